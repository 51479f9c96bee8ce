"""Rows that are kept because nobody delivers them again: of frozen sources, and of sources that send changes.

The CRM database keeps them as JSON, row by row (``mig_snapshot``), with what they are as a whole and which
files were applied (``mig_delivery``). The workspace of the last run has them too and is asked first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_delivery, mig_snapshot
from crm_unify.schema.target import reachable
from pipelines.database.read import fetch
from pipelines.landed import MANIFEST, Landed, read_landed
from pipelines.sources.interface import ORIGIN, Column, batch_schema

KEPT: Final = "(kept)"
"""Stands among the files of a landing for the rows that were kept."""
_ROWS: Final = 1 << 16
Table = Callable[[], pa.Table]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the CRM database knows of the rows it keeps for one map."""

    content: str | None = None
    """Content hash of the rows as a whole; None when none are kept."""
    columns: tuple[Column, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file that was applied, by name."""


def read_delivered(engine: sa.Engine) -> dict[str, Delivered]:
    """What is kept, by map. Raises Unreachable when the database does not answer."""
    c = mig_delivery.c
    with reachable(engine), engine.connect() as connection:
        if not sa.inspect(connection).has_table(mig_delivery.name):
            return {}
        rows = fetch(connection, sa.select(c.map, c.file, c.digest, c.header).order_by(c.id)).to_pylist()
    found: dict[str, Delivered] = {}
    for name in sorted({row["map"] for row in rows}):
        mine = [row for row in rows if row["map"] == name]
        whole = next(row for row in mine if row["file"] is None)
        columns = tuple(Column(**one) for one in json.loads(whole["header"]))
        files = {row["file"]: row["digest"] for row in mine if row["file"] is not None}
        found[name] = Delivered(whole["digest"], columns, dict(sorted(files.items())))
    return found


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where kept rows are found: in the workspace of the last run, else in the database."""

    engine: sa.Engine
    delivered: Mapping[str, Delivered]
    previous: Path | None
    """Landed rows of the last run."""
    cursors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """How far tables with a cursor were read in the last run, by map."""

    def of(self, name: str) -> Delivered:
        """What is kept of a map."""
        return self.delivered.get(name, Delivered())

    def rows(self, name: str) -> KeptRows | None:
        """The rows of a map as they were last; None when nobody has kept them."""
        known, landed = self.of(name), self._landed(name)
        if landed is not None and known.content in (None, landed.content_hash):
            return KeptRows(landed.columns, landed.content_hash, lambda: pq.read_table(landed.path))
        if known.content is None:
            return None
        return KeptRows(known.columns, known.content, lambda: self._stored(name, known.columns))

    def _landed(self, name: str) -> Landed | None:
        if self.previous is None or not (self.previous / MANIFEST).is_file():
            return None
        found = (one for one in read_landed(self.previous) if one.map == name and one.path.is_file())
        return next(found, None)

    def _stored(self, name: str, columns: Sequence[Column]) -> pa.Table:
        query = sa.select(mig_snapshot.c.row).where(mig_snapshot.c.map == name).order_by(mig_snapshot.c.id)
        with reachable(self.engine), self.engine.connect() as connection:
            texts = fetch(connection, query)["row"].to_pylist()
        return unfolded_rows([json.loads(text) for text in texts], columns)


class KeptRows:
    """A reader of rows that were kept: they are not read from their source again."""

    def __init__(self, columns: Sequence[Column], content: str, table: Table) -> None:
        """The rows that `table` gives when somebody asks; `content` is their hash as a whole."""
        self._columns = tuple(columns)
        self._table = table
        self.content = content

    @property
    def kept(self) -> str:
        """Content hash of the rows."""
        return self.content

    def header(self) -> tuple[Column, ...]:
        """The columns they had."""
        return self._columns

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows."""
        schema = batch_schema(self._columns)
        table = self._table().select(schema.names).cast(schema)
        yield from table.combine_chunks().to_batches(max_chunksize=_ROWS)

    def files(self) -> tuple[Path, ...]:
        """None: nothing of the source is read."""
        return ()

    def notes(self) -> tuple[str, ...]:
        """That they were not read."""
        return ("rows kept by an earlier run; the source is not read",)


# --- rows as text ---
def folded_rows(table: pa.Table, columns: Sequence[Column]) -> list[str]:
    """Each row as JSON: where it stood, and its cells by header; empty ones are left out."""
    return [json.dumps(_told(row, columns), sort_keys=True, ensure_ascii=False) for row in table.to_pylist()]


def _told(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    origin = {name: row[name] for name in ORIGIN.names if row[name] not in (None, False)}
    return origin | {"cells": {c.header: row[c.field] for c in columns if row[c.field] is not None}}


def unfolded_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> pa.Table:
    """The rows again."""
    origin = {
        f.name: [row.get(f.name, False if pa.types.is_boolean(f.type) else None) for row in rows]
        for f in ORIGIN
    }
    cells = {c.field: [row["cells"].get(c.header) for row in rows] for c in columns}
    return pa.Table.from_pydict(origin | cells, schema=batch_schema(columns))


def header_text(columns: Sequence[Column]) -> str:
    """Columns as JSON."""
    return json.dumps([asdict(column) for column in columns], ensure_ascii=False)
