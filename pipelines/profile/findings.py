"""Everything suspicious in a profile in one list, what costs data first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipelines.profile.interface import Counted, Profiled, TableProfile
from pipelines.profile.kinds import KINDS

_ONE: Final = {
    "are": "is", "have": "has", "mix": "mixes", "hold": "holds", "look": "looks", "lie": "lies",
    "say": "says", "fall": "falls", "differ": "differs", "count": "counts", "end": "ends",
    "repeat": "repeats", "find": "finds", "share": "shares", "equal": "equals",
}  # fmt: skip
"""Verbs of sentences as they are said of one row"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should look at."""

    code: str
    """Key of KINDS"""
    table: str
    column: str | None
    """None: it is about rows"""
    rows: int
    sentence: str
    """What is said of them, its verb first: ``hold no e-mail address``"""
    examples: tuple[Counted, ...]
    likely: str | None = None
    """Of the first example: what it probably was"""

    @property
    def title(self) -> str:
        """What kind of thing it is."""
        return KINDS[self.code].title

    @property
    def told(self) -> str:
        """Rows and sentence: ``4 rows hold no e-mail address``."""
        if self.rows != 1:
            return f"{self.rows:,} rows {self.sentence}"
        verb, _, rest = self.sentence.partition(" ")
        return f"1 row {_ONE.get(verb, verb)} {rest}"

    @property
    def weight(self) -> int:
        """3: values are wrong or lost; 2: they mean something else than they say; 1: worth knowing."""
        return KINDS[self.code].weight


def findings(profiled: Profiled) -> tuple[Finding, ...]:
    """All of them, those of most weight and then of most rows first."""
    found = [*_references(profiled)]
    for table in profiled.tables:
        found += _rows(table)
        found += _keys(table)
        found += _columns(table)
    order = {code: place for place, code in enumerate(KINDS)}
    return tuple(sorted(found, key=lambda one: (-one.weight, -one.rows, order[one.code])))


def _references(profiled: Profiled) -> Iterator[Finding]:
    for one in profiled.references:
        if one.orphans:
            sentence = f"find no row of {one.to_table} with that {one.to_column}"
            yield Finding("ORPHANS", one.table, one.column, one.orphans, sentence, one.examples)


def _rows(table: TableProfile) -> Iterator[Finding]:
    for code, rows in table.unreadable.items():
        yield Finding("UNREADABLE", table.name, None, rows, f"cannot be read: {code}", ())
    for one in table.repeats:
        cells = tuple(Counted(_line(cells), 1, len(_line(cells))) for cells in one.examples)
        if one.without:
            sentence = f"equal another one but for {' and '.join(one.without)}"
            yield Finding("ROWS-ALIKE", table.name, None, one.rows, sentence, cells)
        else:
            yield Finding("ROWS-REPEATED", table.name, None, one.rows, "say what another one says", cells)
    marked = ((table.hidden, "are hidden"), (table.struck, "are struck out or marked as deleted"))
    for rows, sentence in marked:
        if rows:
            yield Finding("HIDDEN", table.name, None, rows, sentence, ())


def _keys(table: TableProfile) -> Iterator[Finding]:
    """Columns that are nearly a key, where no other one is."""
    if any(key.holds for key in table.keys):
        return
    for key in table.keys:
        name = key.columns[0]
        twice = tuple(one for one in table.column(name).top if one.rows > 1)[:5]
        if key.repeated:
            sentence = "share their value, where all others have one of their own"
            yield Finding("KEY-REPEATED", table.name, name, key.repeated, sentence, twice)
        if key.blank:
            sentence = "have no value, where all others have one of their own"
            yield Finding("KEY-REPEATED", table.name, name, key.blank, sentence, ())


def _columns(table: TableProfile) -> Iterator[Finding]:
    for column in table.columns:
        for one in column.suspicions:
            yield Finding(
                one.code, table.name, column.name, one.rows, one.sentence, one.examples, one.likely
            )


def _line(cells: tuple[str, ...]) -> str:
    return " · ".join(cell for cell in cells if cell.strip())
