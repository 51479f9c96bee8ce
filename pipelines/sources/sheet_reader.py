"""Sheets as text, the way a person sees them: what is the same in every format of workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from crm_unify.errors import ConfigurationError, GuardStopped, SourceMissing, nearest_name
from crm_unify.rules.model import Source
from pipelines.sources.header_guess import ROWS, guess_header, reads_like_names
from pipelines.sources.interface import (
    Column,
    FoundTable,
    Given,
    counted,
    header_notes,
    name_columns,
    text_batch,
)
from pipelines.sources.sheet_rows import (
    WHOLE,
    Area,
    Book,
    Extent,
    Seen,
    Sheet,
    SheetRow,
    area_of,
    column_index,
    column_letters,
)

_SHOWN: Final = 400
"""Rows of a sheet that are looked at for its header, if they are that sparse."""
LEVELS: Final = 5
"""Header rows that a rule file may declare."""


@dataclass(frozen=True, slots=True)
class Table:
    """Where a table lies in a workbook."""

    sheet: str | None = None
    """None: the only sheet that is not hidden."""
    header_row: int = 1
    """As the sheet shows it."""
    header_rows: int = 1
    area: Area = WHOLE

    @classmethod
    def of(cls, source: Source, path: Path) -> Table:
        """What a rule file declares; the header of a range is its first row unless one is named."""
        area = WHOLE if source.range is None else area_of(source.range)
        if area is None:
            raise ConfigurationError(f"'{source.range}' is no range of cells", path,
                                     remedy="write it like B4:H200 or, without an end, B4:H")
        row = source.header.row if "row" in source.header.model_fields_set else area.top
        return cls(source.sheet, row, source.header.rows, area)


class SheetReader:
    """One table of a workbook as batches of text rows."""

    def __init__(self, given: Given, opened: Callable[[Path], Book], table: Table) -> None:
        """`opened` opens a workbook of the format, or raises the program error that says why it cannot."""
        self._given, self._opened, self._table = given, opened, table
        self._last = table.header_row + table.header_rows - 1
        self._known: tuple[Column, ...] | None = None
        self._header_notes: list[str] = []
        self._notes: list[str] = []

    def header(self) -> tuple[Column, ...]:
        """Columns with a header or a value below it; merged headers reach to the right, levels are joined."""
        if self._known is None:
            with closing(self._opened(self._given.path)) as book:
                self._known = self._read_header(book, self._sheet(book))
        return self._known

    def files(self) -> tuple[Path, ...]:
        """The workbook."""
        return (self._given.path,)

    def notes(self) -> tuple[str, ...]:
        """What the spreadsheet shows that text does not."""
        return tuple(self._notes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows below the header that are not entirely empty."""
        columns = self.header()
        area, seen = self._table.area, Seen()
        with closing(self._opened(self._given.path)) as book:
            sheet = self._sheet(book)
            until = None if area == WHOLE else area.bottom
            for rows in book.rows(sheet, seen, until=until):
                below = _inside([row for row in rows if row.number > self._last], area)
                if below:
                    yield _batch(below, columns, file=self._given.name, sheet=sheet.name)
        self._notes = [*self._header_notes, *_notes(seen, columns)]

    def _sheet(self, book: Book) -> Sheet:
        """The sheet of the declared name; without a name the only one that is not hidden."""
        name = self._table.sheet
        if name is None:
            return only_sheet(book.sheets, self._given.path)
        for sheet in book.sheets:
            if sheet.name == name:
                return sheet
        names = [sheet.name for sheet in book.sheets]
        nearest = nearest_name(name, names)
        raise SourceMissing(f"no sheet '{name}'", str(self._given.path), why=f"there are: {', '.join(names)}",
                            remedy=f"did you mean '{nearest}'?" if nearest else "correct `sheet`")

    def _read_header(self, book: Book, sheet: Sheet) -> tuple[Column, ...]:
        """Columns in use, named by the header rows."""
        first, area = self._table.header_row, self._table.area
        extent = book.extent(sheet)
        found = [row for rows in book.rows(sheet, Seen(), until=self._last) for row in rows]
        rows = _inside([row for row in found if first <= row.number <= self._last], area)
        levels = {row.number: row.cells for row in rows}
        _fill_merged(levels, extent)
        if not any(levels.values()):
            what = f"row {first} of sheet '{sheet.name}' is empty, where the header should stand"
            raise GuardStopped(what, str(self._given.path),
                               remedy="correct `header: {row: ..., rows: ...}` of its rule file")
        used = {column for column, last in extent.last_rows.items() if last > self._last}
        places = sorted(place for place in used.union(*levels.values()) if area.holds(place))
        above = [cells for _, cells in sorted(levels.items())]
        names = [" ".join(cells[place] for cells in above if place in cells) for place in places]
        columns = name_columns(names, [column_letters(place) for place in places])
        self._header_notes = [*header_notes(columns), *_sheet_notes(sheet, extent, self._last)]
        return columns


def only_sheet(sheets: Sequence[Sheet], path: Path) -> Sheet:
    """The one sheet that is not hidden; a configuration error where there are more."""
    shown = [sheet for sheet in sheets if not sheet.hidden]
    if len(shown) == 1:
        return shown[0]
    names = ", ".join(sheet.name for sheet in sheets) or "none"
    raise ConfigurationError("the rule file names no sheet, and the workbook does not have exactly one",
                             path, why=f"there are: {names}", remedy="add `sheet` under `source`")


def sheet_tables(given: Given, opened: Callable[[Path], Book], reader: str) -> Iterator[FoundTable]:
    """A table for each sheet with cells, its header row proposed."""
    with closing(opened(given.path)) as book:
        for sheet in book.sheets:
            notes = [f"sheet '{sheet.name}' is hidden"] if sheet.hidden else []
            options: dict[str, Any] = {"sheet": sheet.name}
            rows = _first_rows(book, sheet)
            if not rows:
                continue
            row = _header_row(rows)
            if row is None:
                notes.append("no row among the first looks like a header; the first one is taken for it")
            if (row or rows[0].number) != 1:
                options["header"] = {"row": row or rows[0].number}
            if row is not None and (levels := _header_levels(book, sheet, rows, row)) > 1:
                options["header"] = {"row": row, "rows": levels}
                notes.append(f"the header seems to reach from row {row} to row {row + levels - 1}")
            yield FoundTable(sheet.name, reader, given.name, options, notes=tuple(notes))


def _first_rows(book: Book, sheet: Sheet) -> list[SheetRow]:
    found: list[SheetRow] = []
    for rows in book.rows(sheet, Seen(), until=_SHOWN):
        found += rows
        if len(found) >= ROWS:
            break
    return found[:ROWS]


def _header_row(rows: Sequence[SheetRow]) -> int | None:
    place = guess_header([list(row.cells.values()) for row in rows])
    return None if place is None else rows[place].number


def _header_levels(book: Book, sheet: Sheet, rows: Sequence[SheetRow], row: int) -> int:
    """How many rows the header has, by the cells merged in it; 1 where the row below is full, or none is.

    A cell merged over several rows reaches down to the last of them; one merged over several columns heads
    names of its own below it.
    """
    by_number = {found.number: list(found.cells.values()) for found in rows}
    if len(by_number.get(row + 1, ())) >= len(by_number[row]):
        return 1
    last = row
    for top, left, bottom, right in sorted(book.extent(sheet).merged):
        if row <= top <= last:
            last = max(last, bottom)
            if right > left and reads_like_names(by_number.get(bottom + 1, ())):
                last = max(last, bottom + 1)
    is_table = any(found.number > last for found in rows)
    return min(last - row + 1, LEVELS) if is_table else 1


def _inside(rows: list[SheetRow], area: Area) -> list[SheetRow]:
    """The rows of a range, cells beside it left out."""
    if area == WHOLE:
        return rows
    inside = [row for row in rows if area.top <= row.number <= area.bottom]
    for row in inside:
        row.cells = {place: text for place, text in row.cells.items() if area.holds(place)}
        row.struck = [place for place in row.struck if area.holds(place)]
    return [row for row in inside if row.cells]


def _fill_merged(levels: dict[int, dict[int, str]], extent: Extent) -> None:
    """Write the text of each merged header cell into the columns it reaches over, in its first row."""
    for top, left, _, right in extent.merged:
        cells = levels.get(top, {})
        if left in cells:
            cells.update(dict.fromkeys(range(left, right + 1), cells[left]))


def _batch(rows: Sequence[SheetRow], columns: tuple[Column, ...], *, file: str, sheet: str) -> pa.RecordBatch:
    """Rows of the sheet as a batch."""
    places = [column_index(column.letter or "") for column in columns]
    cells = [pa.array([row.cells.get(place) for row in rows], pa.string()) for place in places]
    if sum(len(row.cells) for row in rows) != sum(len(column) - column.null_count for column in cells):
        msg = "a cell stands in a column that the search for columns missed"
        raise RuntimeError(msg)
    flags = (
        pa.array([row.hidden for row in rows], pa.bool_()),
        pa.array([len(row.struck) == len(row.cells) for row in rows], pa.bool_()),
    )
    numbers = pa.array([row.number for row in rows], pa.int64())
    return text_batch(columns, cells, file=file, sheet=sheet, row=numbers, flags=flags)


def _sheet_notes(sheet: Sheet, extent: Extent, last_header: int) -> list[str]:
    """What the sheet as a whole makes a person ask."""
    notes = [f"sheet '{sheet.name}' is hidden"] if sheet.hidden else []
    merged = [top for top, _, _, _ in extent.merged if top > last_header]
    if merged:
        ranges = counted(len(merged), "merged range")
        notes.append(f"{ranges} below the header (first: row {min(merged)}), value in its first cell only")
    return notes


def _notes(seen: Seen, columns: Sequence[Column]) -> list[str]:
    """What the cells make a person ask."""
    hidden = [c.header for c in columns if column_index(c.letter or "") in seen.hidden_columns]
    notes = {
        f"hidden columns, read like any other: {', '.join(hidden)}": len(hidden),
        f"{counted(seen.uncomputed, 'formula')} without a stored result, read as empty: "
        "open the workbook in a spreadsheet program and save it": seen.uncomputed,
        f"{counted(seen.partly_struck, 'row')} struck out in part, read like any other "
        f"(first: cell {seen.first_struck})": seen.partly_struck,
    }
    return [note for note, count in notes.items() if count]
