"""The input rows of records, column beside column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.roles.interface import EVIDENCE, ColumnRole, Role
from crm_unify.run.taken_for import TakenFor
from crm_unify.steward.dedupe.marks import Value, beside

USED_SHOWN, UNUSED_SHOWN = 24, 6
"""Columns of a row that are shown: those that matching compares, and others, which may help a person."""
NAMES: Final = (
    Role.FULL_NAME, Role.PARTY_NAME, Role.GIVEN_NAME, Role.MIDDLE_NAME, Role.FAMILY_NAME, Role.ORGANISATION,
)  # fmt: skip
"""Roles that say what somebody is called."""
SIMPLE_NAMES: Final = 3
"""Name columns that are enough to recognise a customer by."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row."""

    column: ColumnRole
    value: str | None
    """None where it is blank."""


@dataclass(frozen=True, slots=True)
class InputRow:
    """One row of the input."""

    record_id: str
    table: str
    source: str
    cells: tuple[Cell, ...]

    @property
    def called(self) -> str:
        """What the row calls its customer; empty where it says nothing."""
        named = [cell for cell in self.cells if cell.column.role in NAMES and cell.value is not None]
        whole = [cell for cell in named if cell.column.role in (Role.FULL_NAME, Role.PARTY_NAME)]
        return " ".join(str(cell.value) for cell in (whole[:1] or named[:SIMPLE_NAMES]))


@dataclass(frozen=True, slots=True)
class Field:
    """One column of two rows."""

    label: str
    """Its header; both headers where they differ."""
    used: bool
    """Whether matching compares it."""
    left: Value
    right: Value


def input_rows(tables: Sequence[TakenFor], wanted: Collection[str]) -> dict[str, InputRow]:
    """The rows of some records."""
    ids = pa.array(sorted(set(wanted)), pa.string())
    found: dict[str, InputRow] = {}
    for one in tables:
        places = np.flatnonzero(pc.is_in(one.ids, value_set=ids).to_numpy(zero_copy_only=False))
        for place in places.tolist():
            row = _row(one, place)
            found[row.record_id] = row
    return found


def _row(one: TakenFor, place: int) -> InputRow:
    columns = zip(one.roles.columns, one.table.columns, strict=True)
    cells = tuple(Cell(role, column[place].as_py()) for role, column in columns)
    return InputRow(one.ids[place].as_py(), one.table.label, one.source[place].as_py() or "", cells)


def fields(left: InputRow, right: InputRow) -> tuple[tuple[Field, ...], int]:
    """The columns of two rows that either fills, those in use first, and how many more there are."""
    filled = [pair for pair in _aligned(left, right) if any(cell and cell.value is not None for cell in pair)]
    used = [pair for pair in filled if _used(pair)][:USED_SHOWN]
    others = [pair for pair in filled if not _used(pair)]
    telling = sorted(others, key=lambda pair: not all(cell and cell.value is not None for cell in pair))
    shown = [*used, *telling[:UNUSED_SHOWN]]
    return tuple(_field(*pair) for pair in shown), len(filled) - len(shown)


_Aligned = tuple[Cell | None, Cell | None]


def _aligned(left: InputRow, right: InputRow) -> Iterator[_Aligned]:
    """Cells of the same header beside each other, else the first of the same role that has no partner yet."""
    same = {cell.column.column for cell in left.cells} & {cell.column.column for cell in right.cells}
    by_name = {cell.column.column: cell for cell in right.cells}
    free = [cell for cell in right.cells if cell.column.column not in same]
    for cell in left.cells:
        if cell.column.column in same:
            yield cell, by_name[cell.column.column]
            continue
        partner = next((other for other in free if _alike(cell.column, other.column)), None)
        free = [other for other in free if other is not partner]
        yield cell, partner
    yield from ((None, cell) for cell in free)


def _alike(one: ColumnRole, other: ColumnRole) -> bool:
    return one.role in EVIDENCE and (one.role, one.scheme) == (other.role, other.scheme)


def _used(pair: _Aligned) -> bool:
    return any(cell is not None and cell.column.role in EVIDENCE for cell in pair)


def _field(left: Cell | None, right: Cell | None) -> Field:
    values = [None if cell is None else cell.value for cell in (left, right)]
    headers = dict.fromkeys(cell.column.column for cell in (left, right) if cell is not None)
    return Field(" / ".join(headers), _used((left, right)), *beside(*values))
