"""What a run keeps in its folder for the next sync: everything matching looks at, and what hangs on it.

A cache: without it the next sync works everything out anew, with the same result. Tables are a base, which
later folders share, and the few rows that have taken the place of some of it since.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.records import CHILDREN

MATCHED: Final = ("person", "organisation", "organisation_person", "contact_point", "address",
                  "party_identifier")  # fmt: skip
"""Kinds of claims that matching compares."""
CONSENT: Final = "consent"
PARTY: Final = "party"
HANGING: Final = "hanging"
"""``record_id, kind, parent``: records that are no parties, with the party each hangs on."""
TABLES: Final = (PARTY, *MATCHED, CONSENT, HANGING)
OBJECTIONS: Final = "kept_objections.parquet"
GONE: Final = "kept_gone.parquet"
MOST: Final = 0.1
"""Share of the parties that may stand beside the base; from there on it is written anew."""


class _OnDisk(Mapping[str, pa.Table]):
    """The tables of a run folder, each read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, pa.Table] = {}

    def path(self, name: str) -> Path:
        """The file of a table."""
        return self._folder / f"kept_{name}.parquet"

    def __getitem__(self, name: str) -> pa.Table:
        if name not in TABLES:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = pq.read_table(self.path(name))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)

    def columns(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Some columns of a table."""
        return (
            self._read[name].select(columns)
            if name in self._read
            else pq.read_table(self.path(name), columns=list(columns))
        )

    def empty(self, name: str) -> pa.Table:
        """The table without a row."""
        return pq.read_schema(self.path(name)).empty_table()

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        return int(pq.read_metadata(self.path(name)).num_rows)


@dataclass(frozen=True, slots=True)
class Kept:
    """What matching looks at of all known records, whatever their state."""

    base: Mapping[str, pa.Table]
    """By table, rows as an earlier run wrote them."""
    more: Mapping[str, pa.Table]
    """By table, rows of the records that have changed since."""
    gone: pa.Array
    """Those records: what the base says of them counts no more."""
    objections: pa.Table
    """OBJECTIONS of rows that make no record."""

    def table(self, name: str) -> pa.Table:
        """One table as of now."""
        base = self.base[name]
        if len(self.gone) == 0:
            return base
        kept = base.filter(pc.invert(pc.is_in(base["record_id"], self.gone)))
        return pa.concat_tables([kept, self.more[name]])

    def columns(self, name: str, *columns: str) -> pa.Table:
        """Some columns of one table as of now: the others are not read."""
        if isinstance(self.base, _OnDisk):
            base = self.base.columns(name, columns)
        else:
            base = self.base[name].select(columns)
        if len(self.gone) == 0:
            return base
        return pa.concat_tables([without(base, self.gone), self.more[name].select(columns)])

    def of(self, name: str, record_ids: pa.Array) -> pa.Table:
        """The rows of some records."""
        tables = [self.base[name], self.more[name]]
        mine = [table.filter(pc.is_in(table["record_id"], record_ids)) for table in tables]
        mine[0] = mine[0].filter(pc.invert(pc.is_in(mine[0]["record_id"], self.gone)))
        return pa.concat_tables(mine)

    def with_changed(
        self, record_ids: pa.Array, tables: Mapping[str, pa.Table], objections: pa.Table
    ) -> Kept:
        """The same with what these records say now."""
        gone = pc.unique(pa.concat_arrays([self.gone, record_ids]))
        more = {
            name: pa.concat_tables([without(self.more[name], record_ids), tables[name]]) for name in TABLES
        }
        return replace(self, more=more, gone=gone, objections=objections)

    def write(self, folder: Path) -> None:
        """Into a run folder of the workspace."""
        for path in folder.glob("kept_*"):  # of an attempt that was overtaken: nothing shared is written on
            path.unlink()
        if not isinstance(self.base, _OnDisk) or len(self.gone) > MOST * self.base.rows(PARTY):
            for name in TABLES:
                pq.write_table(self.table(name), folder / f"kept_{name}.parquet", compression="lz4")
        else:
            for name in TABLES:
                link(self.base.path(name), folder / f"kept_{name}.parquet")
                pq.write_table(self.more[name], folder / f"kept_{name}_more.parquet", compression="lz4")
            pq.write_table(pa.table({"record_id": self.gone}), folder / GONE)
        pq.write_table(self.objections, folder / OBJECTIONS)


def without(table: pa.Table, record_ids: pa.Array) -> pa.Table:
    """The rows of other records."""
    return table.filter(pc.invert(pc.is_in(table["record_id"], record_ids)))


def link(source: Path, place: Path) -> None:
    """The same file in another folder, without a copy where the file system can."""
    try:
        os.link(source, place)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, place)


def tables_of(parties: pa.Table, claims: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables of some or all records; their claims are prepared."""
    hanging = [
        pa.table({
            "record_id": rows["record_id"],
            "kind": pa.repeat(pa.scalar(kind), len(rows)),
            "parent": rows["customer_record_id"],
        })
        for kind, rows in claims.items() if "customer" in CHILDREN.get(kind, ())
    ]  # fmt: skip
    return {
        PARTY: parties,
        **{kind: claims[kind] for kind in (*MATCHED, CONSENT)},
        HANGING: pa.concat_tables(hanging),
    }


def kept(parties: pa.Table, claims: Mapping[str, pa.Table], objections: pa.Table) -> Kept:
    """What a run that knows all records keeps."""
    tables = tables_of(parties, claims)
    nothing = {name: table.slice(0, 0) for name, table in tables.items()}
    return Kept(tables, nothing, pa.array([], pa.string()), objections)


def read_kept(folder: Path) -> Kept | None:
    """What a run kept in its folder; None where it kept nothing."""
    if not (folder / OBJECTIONS).is_file():
        return None
    base = _OnDisk(folder)
    if not (folder / GONE).is_file():
        more, gone = {name: base.empty(name) for name in TABLES}, pa.array([], pa.string())
    else:
        more = {name: pq.read_table(folder / f"kept_{name}_more.parquet") for name in TABLES}
        gone = pq.read_table(folder / GONE)["record_id"].combine_chunks()
    return Kept(base, more, gone, pq.read_table(folder / OBJECTIONS))
