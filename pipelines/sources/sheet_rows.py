"""What a sheet is to its reader, whatever the workbook's format: rows of cells as a person sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

LAST_ROW: Final = 1 << 40
"""Below every sheet."""
_RANGE: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]*):\$?([A-Z]{1,3})\$?([0-9]*)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of cells."""

    name: str
    part: str
    """Where the format keeps it: the member of an archive, the number or offset of the sheet."""
    hidden: bool


@dataclass(slots=True)
class SheetRow:
    """One row of a sheet with the cells that hold something."""

    number: int
    """As the spreadsheet shows it."""
    hidden: bool
    cells: dict[int, str] = field(default_factory=dict)
    """Text by column, A = 0."""
    struck: list[int] = field(default_factory=list)
    """Columns of filled cells that are struck out."""


@dataclass(slots=True)
class Seen:
    """What the pass noticed besides values."""

    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: int = 0
    """Formulas without a stored result."""
    partly_struck: int = 0
    """Rows in which some filled cells are struck out and others are not."""
    first_struck: str = ""
    """The first struck-out cell of such a row."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a sheet has cells."""

    last_rows: dict[int, int]
    """Column (A = 0) -> its last row with a cell that is not empty."""
    merged: tuple[tuple[int, int, int, int], ...]
    """Merged ranges: first row, first column, last row, last column."""


def column_index(letters: str) -> int:
    """Position of a spreadsheet column.

    >>> column_index("A"), column_index("AB")
    (0, 27)
    """
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    """Letters of a column position.

    >>> column_letters(27)
    'AB'
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a sheet in which a table lies; the whole sheet unless one is declared."""

    top: int = 1
    """First row as the spreadsheet shows it."""
    bottom: int = LAST_ROW
    left: int = 0
    """First column, A = 0."""
    right: int = LAST_ROW

    def holds(self, column: int) -> bool:
        """Whether a column belongs to it."""
        return self.left <= column <= self.right


WHOLE: Final = Area()
"""The sheet from end to end."""


def area_of(text: str) -> Area | None:
    """The rectangle of a range as spreadsheets write it; None when it is none. Rows may be left out.

    >>> area_of("B4:D9"), area_of("B4:D")
    (Area(top=4, bottom=9, left=1, right=3), Area(top=4, bottom=1099511627776, left=1, right=3))
    """
    found = _RANGE.fullmatch(text.strip().upper())
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    area = Area(int(top or 1), int(bottom or LAST_ROW), column_index(left), column_index(right))
    return area if area.top <= area.bottom and area.left <= area.right else None


class Book(Protocol):
    """An open workbook."""

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Its sheets of cells in their order."""
        ...

    def extent(self, sheet: Sheet) -> Extent:
        """Columns in use and merged ranges of a sheet."""
        ...

    def rows(self, sheet: Sheet, seen: Seen, *, until: int | None = None) -> Iterator[list[SheetRow]]:
        """Rows with a filled cell, in lists of bounded size; reads little beyond row `until`."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...
