"""Sheets of xlsx workbooks as text, the way a person sees them in the spreadsheet."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

import pyarrow as pa

from crm_unify.errors import GuardStopped
from pipelines.sources.interface import Column, counted, header_notes, name_columns, text_batch
from pipelines.sources.xlsx_book import Sheet, Workbook, damaged
from pipelines.sources.xlsx_sheet import (
    Extent,
    Seen,
    SheetPass,
    SheetRow,
    column_index,
    column_letters,
    extent_of,
)


class XlsxReader:
    """One sheet of a workbook as batches of text rows."""

    def __init__(
        self, path: Path, *, name: str, sheet: str | None = None, header_row: int = 1, header_rows: int = 1
    ) -> None:
        """`name` is the file as origins call it; `header_row` counts as the sheet shows it."""
        self._path, self._name, self._sheet = path, name, sheet
        self._first, self._last = header_row, header_row + header_rows - 1
        self._known: tuple[Column, ...] | None = None
        self._header_notes: list[str] = []
        self._notes: list[str] = []

    def header(self) -> tuple[Column, ...]:
        """Columns with a header or a value below it; merged headers reach to the right, levels are joined."""
        if self._known is None:
            with self._open() as (book, sheet):
                self._known = self._read_header(book, sheet)
        return self._known

    def files(self) -> tuple[Path, ...]:
        """The workbook."""
        return (self._path,)

    def notes(self) -> tuple[str, ...]:
        """What the spreadsheet shows that text does not."""
        return tuple(self._notes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows below the header that are not entirely empty."""
        columns = self.header()
        with self._open() as (book, sheet):
            with book.strings() as strings:
                sweep = SheetPass(strings, book.styles(), from_1904=book.from_1904)
            with book.open_sheet(sheet) as stream:
                for rows in sweep.rows(stream):
                    below = [row for row in rows if row.number > self._last]
                    if below:
                        yield _batch(below, columns, file=self._name, sheet=sheet.name)
        self._notes = [*self._header_notes, *_notes(sweep.seen, columns)]

    def _read_header(self, book: Workbook, sheet: Sheet) -> tuple[Column, ...]:
        """Columns in use, named by the header rows."""
        with book.open_sheet(sheet) as stream:
            extent = extent_of(stream)
        if not extent.last_rows:
            extent = self._extent_by_reading(book, sheet)
        with book.strings() as strings, book.open_sheet(sheet) as stream:
            sweep = SheetPass(strings, book.styles(), from_1904=book.from_1904, whole=False)
            rows = [row for rows in sweep.rows(stream, until=self._last) for row in rows]
        levels = {row.number: row.cells for row in rows if self._first <= row.number <= self._last}
        _fill_merged(levels, extent)
        used = {column for column, last in extent.last_rows.items() if last > self._last}
        places = sorted(used.union(*levels.values()))
        if not any(levels.values()):
            what = f"row {self._first} of sheet '{sheet.name}' is empty, where the header should stand"
            raise GuardStopped(what, str(self._path),
                               remedy="correct `header: {row: ..., rows: ...}` of its rule file")
        above = [cells for _, cells in sorted(levels.items())]
        found = [" ".join(cells[place] for cells in above if place in cells) for place in places]
        columns = name_columns(found, [column_letters(place) for place in places])
        self._header_notes = [*header_notes(columns), *_sheet_notes(sheet, extent, self._last)]
        return columns

    def _extent_by_reading(self, book: Workbook, sheet: Sheet) -> Extent:
        """Columns in use of a sheet whose cells carry no references, as some programs write them."""
        last: dict[int, int] = {}
        with book.strings() as strings, book.open_sheet(sheet) as stream:
            sweep = SheetPass(strings, book.styles(), from_1904=book.from_1904)
            for rows in sweep.rows(stream):
                for row in rows:
                    last.update(dict.fromkeys(row.cells, row.number))
        return Extent(last, ())

    @contextmanager
    def _open(self) -> Iterator[tuple[Workbook, Sheet]]:
        """The workbook and the sheet; a workbook that breaks off is named."""
        try:
            book = Workbook(self._path)
            try:
                yield book, book.sheet(self._sheet)
            finally:
                book.close()
        except (ExpatError, ParseError, BadZipFile, zlib.error, EOFError) as error:
            raise damaged(self._path, str(error)) from None


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
