"""Workbooks of before 2007 (xls, BIFF8 and BIFF5): sheets as a person sees them, with their number formats.

A sheet of this format has at most 65,536 rows; one is in memory at a time. Source: [MS-XLS], Excel Binary
File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.rules.model import Source
from pipelines.sources.compound import MAGIC, CompoundFile, damaged_workbook, stream_names
from pipelines.sources.interface import Format, FoundTable, Given, Reader, Sample
from pipelines.sources.sheet_reader import SheetReader, Table, sheet_tables
from pipelines.sources.sheet_rows import Extent, Seen, Sheet, SheetRow
from pipelines.sources.xls_cells import Cells
from pipelines.sources.xls_strings import SharedStrings, code_page, unicode_text
from pipelines.sources.xlsx_book import ENCRYPTED, Style
from pipelines.sources.xlsx_formats import number_format

_BOF, _EOF, _CONTINUE, _SST = 0x0809, 0x000A, 0x003C, 0x00FC
_BIFF8: Final = 0x0600
_WORKSHEET: Final = 0
_STRUCK: Final = 0x0008
_ROWS: Final = 1_000
_STREAMS: Final = ("Workbook", "Book", "WORKBOOK", "BOOK")


class XlsBook:
    """An open workbook."""

    def __init__(self, path: Path) -> None:
        """Read what holds for all sheets; what is no readable workbook is named."""
        self._path = path
        self._stream = _workbook_stream(path)
        self.sheets: tuple[Sheet, ...] = ()
        self._from_1904, self._codec, self._wide = False, "cp1252", True
        self._strings: list[str] = []
        self._fonts: list[bool] = []
        self._formats: dict[int, str] = {}
        self._cell_formats: list[tuple[int, int]] = []
        try:
            self._read_globals()
        except (struct.error, IndexError, _Broken) as error:
            raise damaged_workbook(self._path, str(error)) from None
        self._styles = [self._style(font, number) for font, number in self._cell_formats]

    def extent(self, sheet: Sheet) -> Extent:
        """Columns in use and merged ranges."""
        cells = self._cells(sheet)
        last: dict[int, int] = {}
        for number, row in sorted(cells.rows.items()):
            last.update(dict.fromkeys(row.cells, number))
        return Extent(last, tuple(sorted(cells.merged)))

    def rows(self, sheet: Sheet, seen: Seen, *, until: int | None = None) -> Iterator[list[SheetRow]]:
        """Rows with a filled cell."""
        cells = self._cells(sheet, seen)
        found = [row for number, row in sorted(cells.rows.items()) if until is None or number <= until]
        for at in range(0, len(found), _ROWS):
            yield found[at:at + _ROWS]

    def close(self) -> None:
        """Nothing is open: the file is in memory."""

    def _cells(self, sheet: Sheet, seen: Seen | None = None) -> Cells:
        """All cells of a sheet."""
        cells = Cells(
            self._strings, self._styles, seen or Seen(), from_1904=self._from_1904,
            codec=None if self._wide else self._codec,
        )
        try:
            for kind, record, _ in _records(self._stream, int(sheet.part)):
                cells.take(kind, record)
        except (struct.error, IndexError, _Broken) as error:
            raise damaged_workbook(self._path, f"sheet '{sheet.name}': {error}") from None
        cells.finish()
        return cells

    def _read_globals(self) -> None:
        shared: list[bytes] = []
        sheets: list[Sheet] = []
        for kind, record, before in _records(self._stream, 0):
            match kind:
                case 0x0809:  # BOF
                    self._wide = struct.unpack_from("<H", record)[0] == _BIFF8
                case 0x002F:  # FILEPASS
                    raise ConfigurationError("the workbook is protected with a password", self._path,
                                             remedy="save it without a password and run again")
                case 0x0042:  # CODEPAGE
                    self._codec = code_page(struct.unpack_from("<H", record)[0])
                case 0x0022:  # DATEMODE
                    self._from_1904 = record[:1] == b"\x01"
                case 0x0085 if record[5] == _WORKSHEET:  # BOUNDSHEET
                    sheets.append(self._sheet(record))
                case 0x0031:  # FONT
                    self._fonts.append(bool(struct.unpack_from("<H", record, 2)[0] & _STRUCK))
                case 0x041E:  # FORMAT
                    self._formats[struct.unpack_from("<H", record)[0]] = self._text(record, 2)
                case 0x00E0:  # XF
                    self._cell_formats.append(struct.unpack_from("<HH", record))
                case 0x00FC:  # SST
                    shared.append(record)
                case 0x003C if before == _SST:  # CONTINUE
                    shared.append(record)
        self.sheets = tuple(sheets)
        self._strings = SharedStrings(shared).all() if shared else []

    def _sheet(self, record: bytes) -> Sheet:
        at, state = struct.unpack_from("<IB", record)
        return Sheet(self._text(record, 6), str(at), hidden=bool(state & 3))

    def _text(self, record: bytes, at: int) -> str:
        """A string with a short count in front: names of sheets, and formats of BIFF5."""
        if self._wide:
            return unicode_text(record, at, count_bytes=2 if at == 2 else 1)[0]
        count = record[at]
        return record[at + 1:at + 1 + count].decode(self._codec, "replace")

    def _style(self, font: int, number: int) -> Style:
        place = font - (font > 4)  # there is no font 4
        struck = self._fonts[place] if place < len(self._fonts) else False
        return Style(number_format(number, self._formats.get(number)), struck)


class _Broken(Exception):
    """The stream ends before it should."""


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Kind, content and the kind before of the records from `at` to the end of its part of the stream."""
    before = depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if at + 4 + size > len(stream):
            break
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:  # charts inside a sheet have cells of their own
            yield kind, stream[at + 4:at + 4 + size], before
        if kind == _EOF and depth == 0:
            return
        if kind != _CONTINUE:
            before = kind
        at += 4 + size
    raise _Broken("it ends in the middle")


def _workbook_stream(path: Path) -> bytes:
    """The stream of records; other kinds of file are told apart."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    if start != MAGIC:
        why = "it is a newer workbook (xlsx) or an archive" if start.startswith(b"PK") else "no compound file"
        raise ConfigurationError("the file is not an xls workbook", path, why=why,
                                 remedy="correct `reader` in the rule file")
    found = CompoundFile(path)
    for name in _STREAMS:
        if name in found.names:
            return found.stream(name)
    if "EncryptedPackage" in found.names:
        raise ConfigurationError("the workbook is protected with a password", path,
                                 remedy="save it without a password and run again")
    why = f"it holds {', '.join(found.names)}"
    raise ConfigurationError("the file is not an xls workbook", path, why=why,
                             remedy="correct `reader` in the rule file")


def _is_xls(sample: Sample) -> bool:
    """A compound file with a workbook in it; a damaged one may be, unless it speaks of a password."""
    names = stream_names(sample.path, sample.head)
    return any(name in names for name in _STREAMS) or ("?" in names and ENCRYPTED not in sample.head)


def _tables(given: Given) -> Iterator[FoundTable]:
    yield from sheet_tables(given, XlsBook, "xls")


def _open(source: Source, given: Given) -> Reader:
    return SheetReader(given, XlsBook, Table.of(source, given.path))


FORMAT: Final = Format("xls", "an xls workbook", _is_xls, _tables, _open)
