"""Xlsx and xlsm workbooks: sheets as text with their number formats, hidden and struck rows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from crm_unify.rules.model import Source
from pipelines.sources.archive import ZIP_ERRORS
from pipelines.sources.compound import damaged_workbook, stream_names
from pipelines.sources.interface import Format, FoundTable, Given, Reader, Sample
from pipelines.sources.sheet_reader import SheetReader, Table, sheet_tables
from pipelines.sources.sheet_rows import Extent, Seen, Sheet, SheetRow
from pipelines.sources.xlsx_book import Workbook
from pipelines.sources.xlsx_sheet import SheetPass, extent_of

_ROW_FORMS: Final = (b"xl/workbook.xml", b"xl/worksheets", b"spreadsheetml")


class XlsxBook:
    """An open workbook, read by a SAX pass over the XML of its sheets."""

    def __init__(self, path: Path) -> None:
        """Open the archive; what is no readable workbook is named."""
        self._path = path
        with _told(path):
            self._book = Workbook(path)

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Worksheets; charts and macros are none."""
        return self._book.sheets

    def extent(self, sheet: Sheet) -> Extent:
        """Columns in use, found by a search through the bytes where cells carry references."""
        with _told(self._path), self._book.open_sheet(sheet) as stream:
            extent = extent_of(stream)
        return extent if extent.last_rows else self._extent_by_reading(sheet)

    def rows(self, sheet: Sheet, seen: Seen, *, until: int | None = None) -> Iterator[list[SheetRow]]:
        """Rows with a filled cell; a part that breaks off stops the run."""
        book = self._book
        with _told(self._path), book.strings() as strings, book.open_sheet(sheet) as stream:
            whole = until is None
            sweep = SheetPass(strings, book.styles(), from_1904=book.from_1904, whole=whole, seen=seen)
            yield from sweep.rows(stream, until=until)

    def close(self) -> None:
        """Close the archive."""
        self._book.close()

    def _extent_by_reading(self, sheet: Sheet) -> Extent:
        """Columns in use of a sheet whose cells carry no references, as some programs write them."""
        last: dict[int, int] = {}
        for rows in self.rows(sheet, Seen()):
            for row in rows:
                last.update(dict.fromkeys(row.cells, row.number))
        return Extent(last, ())


class XlsxReader(SheetReader):
    """One sheet of a workbook as batches of text rows."""

    def __init__(
        self, path: Path, *, name: str, sheet: str | None = None, header_row: int = 1, header_rows: int = 1
    ) -> None:
        """`name` is the file as origins call it; `header_row` counts as the sheet shows it."""
        super().__init__(Given(path, name), XlsxBook, Table(sheet, header_row, header_rows))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """A workbook that breaks off is named."""
    try:
        yield
    except (ExpatError, ParseError, *ZIP_ERRORS) as error:
        raise damaged_workbook(path, str(error)) from None


def _is_xlsx(sample: Sample) -> bool:
    """An archive whose parts are those of a spreadsheet (ISO/IEC 29500-2)."""
    if not sample.head.startswith(b"PK"):
        return "EncryptedPackage" in stream_names(sample.path, sample.head)
    try:
        with zipfile.ZipFile(sample.path) as archive:
            names = archive.namelist()
    except ZIP_ERRORS:
        return any(form in sample.head for form in _ROW_FORMS)
    return any(name.startswith("xl/") and name.endswith("workbook.xml") for name in names)


def _tables(given: Given) -> Iterator[FoundTable]:
    yield from sheet_tables(given, XlsxBook, "xlsx")


def _open(source: Source, given: Given) -> Reader:
    return SheetReader(given, XlsxBook, Table.of(source, given.path))


FORMAT: Final = Format("xlsx", "an xlsx workbook", _is_xlsx, _tables, _open)
