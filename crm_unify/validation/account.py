"""Conservation: every extracted row is in exactly one place, every mapped record in exactly one customer.

The account is kept by row identity, never by counts: one row lost and another doubled is two errors, though
the sum is right. A run whose account does not balance stops before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import AccountUnbalanced
from crm_unify.records import NO_ROW, PARTIES, SYS_JOINED_ROW, Fate, Severity

EXAMPLES: Final = 5
"""Rows named in the message of an account that does not balance."""
_REMEDY: Final = "this is a defect of the program, not of your data: please report it with this message"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """Where the rows of one source table went."""

    map: str
    extracted: int
    """Rows of the current snapshot."""
    mapped: int
    held: int
    quarantined: int
    discarded: int
    withheld_values: int
    """Values left out of rows that were mapped; not part of the sum of rows."""

    def as_json(self) -> dict[str, int]:
        """The figures by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "map"}


def balance(
    extracted: Mapping[str, pa.Array], fates: pa.Table, rejections: pa.Table
) -> tuple[AccountLine, ...]:
    """The account of rows, one line for each map in order of name.

    ``extracted`` are the row ids of each map's snapshot; ``fates`` is ROW_FATES, ``rejections`` REJECTIONS.
    Raises AccountUnbalanced when a row has no fate, two fates, or a fate without having been extracted.
    """
    return tuple(
        _line(name, extracted[name], _of(fates, name), _of(rejections, name)) for name in sorted(extracted)
    )


def _of(table: pa.Table, name: str) -> pa.Table:
    return table.filter(pc.field("map") == name)


def _line(name: str, extracted: pa.Array, fates: pa.Table, rejections: pa.Table) -> AccountLine:
    placed = fates["row_id"].combine_chunks()
    _refuse(name, "rows extracted twice under one identity", _repeated(extracted))
    _refuse(name, "rows lost: extracted, and found in no place", _missing(extracted, placed))
    _refuse(name, "rows in two places", _repeated(placed))
    _refuse(name, "rows in a place that were never extracted", _missing(placed, extracted))
    by_fate = {fate: pc.sum(pc.equal(fates["fate"], fate)).as_py() or 0 for fate in Fate}
    withheld = pc.sum(pc.equal(rejections["severity"], Severity.WITHHOLD)).as_py() or 0
    return AccountLine(
        name,
        len(extracted),
        **{str(fate): count for fate, count in by_fate.items()},
        withheld_values=withheld,
    )


def check_records(records: pa.Table, fates: pa.Table, xref: pa.Table) -> None:
    """Every mapped row made a record and every record comes from a mapped row; each party has one customer.

    ``records`` is RECORDS of this snapshot; ``xref`` is ``record_id, customer_id``. Raises AccountUnbalanced.
    """
    lines = pc.fill_null(pc.equal(fates["rule"], SYS_JOINED_ROW), False)  # of rows that made a record
    mapped = fates.filter(pc.and_not(pc.equal(fates["fate"], Fate.MAPPED), lines))
    rows = _place(mapped["map"], mapped["row_id"])
    standing = pc.fill_null(pc.equal(records["row_hash"], NO_ROW), False)
    made = records.filter(pc.invert(standing))  # placeholders come from no row
    of_records = pc.unique(_place(made["map"], made["row_id"]))
    _refuse("records", "mapped rows without a record", _missing(rows, of_records))
    _refuse("records", "records of rows that were not mapped", _missing(of_records, rows))
    _refuse("records", "records with the same id", _repeated(records["record_id"].combine_chunks()))
    parties = records.filter(pc.is_in(records["kind"], pa.array(PARTIES)))["record_id"].combine_chunks()
    assigned = xref["record_id"].combine_chunks()
    _refuse("customers", "records in no customer", _missing(parties, assigned))
    _refuse("customers", "records in two customers", _repeated(assigned))


def _place(maps: pa.ChunkedArray, row_ids: pa.ChunkedArray) -> pa.Array:
    return pc.binary_join_element_wise(maps, row_ids, "!").combine_chunks()


def _missing(these: pa.Array, there: pa.Array) -> pa.Array:
    return these.filter(pc.invert(pc.is_in(these, there)))


def _repeated(ids: pa.Array) -> pa.Array:
    counts = pc.value_counts(ids)
    return counts.field("values").filter(pc.greater(counts.field("counts"), 1))


def _refuse(where: str, what: str, ids: pa.Array) -> None:
    if len(ids) == 0:
        return
    named: Sequence[str] = sorted(str(i) for i in ids.slice(0, EXAMPLES).to_pylist())
    raise AccountUnbalanced(
        f"{len(ids)} {what}", where, why="for instance " + ", ".join(named), remedy=_REMEDY
    )
