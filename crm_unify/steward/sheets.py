"""Workbooks that go out to people and come back: locked keys, drop-downs, and what was changed in them.

Every text cell is text in the workbook (format `@`, quote prefix), so a value that begins with `=` is never
a formula, a leading zero stays, and editing a cell does not turn it into a date. What was exported is
remembered on a hidden sheet, so that an edit is known as one whatever has become of its source since, and a
workbook whose columns, keys or cells were damaged is refused cell by cell
(:mod:`crm_unify.steward.sheet_edits`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

MEMORY: Final = "crm_unify"
"""Hidden sheet with what was exported: one line a fact, one line an exported row."""
FORM: Final = "1"
"""Version of the hidden sheet."""
LONGEST_CELL: Final = 32_767
"""Characters that a cell can hold."""
CUT: Final = " [... cut]"
"""End of a text that is longer than a cell."""
_PIECE: Final = 15_000
"""Characters of a remembered row in one cell; a cell counts some characters twice."""
MOST_LINES: Final = 20
"""Lines of a cell that are shown; a higher row would fill the screen."""
_LINE: Final = 14.5
"""Height of a line in points."""
LONGEST_LIST: Final = 255
"""Characters that the list of a drop-down can hold."""
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Time stamp inside every workbook: equal content, equal bytes."""
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
LONGEST_TITLE: Final = 31
"""Characters of the title of a sheet."""
RESERVED: Final = "History"
"""A title that Excel keeps for itself: it does not open a workbook with such a sheet."""
_TITLE: Final = re.compile(r"[\\/*?:\[\]]")

Value = str | int | None


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column of a sheet."""

    name: str
    """Header."""
    width: int = 16
    """Characters."""
    key: bool = False
    """Part of what a row is found again by; always locked."""
    editable: bool = False
    """People may change the cell, and it is read back."""
    choices: tuple[str, ...] = ()
    """What a drop-down offers; another text is refused on the way back. Empty: anything."""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as it goes out."""

    title: str
    """As :func:`sheet_title` makes it."""
    columns: tuple[SheetColumn, ...]
    rows: Sequence[Sequence[Value]] = ()
    """Values by row, in the order of the columns; the keys of two rows differ."""
    said: str = ""
    """A sentence above the header: what to do here."""
    room: int = 0
    """Empty rows below, free to be filled in; each that is becomes a new row."""
    marked: frozenset[int] = field(default_factory=frozenset)
    """Rows (from 0) that are set off by their colour."""

    @property
    def header_row(self) -> int:
        """Row of the header, as the spreadsheet shows it."""
        return 2 if self.said else 1

    def key_of(self, row: Sequence[Value]) -> str:
        """What the row is found again by."""
        values = (value for column, value in zip(self.columns, row, strict=True) if column.key)
        texts = ((cell_text(value) or "").strip() or None for value in values)
        return json.dumps(list(texts), ensure_ascii=False)


def sheet_title(text: str) -> str:
    """A text as a title that spreadsheets take: 31 characters at most, some signs left out."""
    return _TITLE.sub(" ", text)[:LONGEST_TITLE].strip("' ") or "sheet"


def unique_titles(names: Iterable[str], *, taken: Iterable[str] = ()) -> list[str]:
    """A title of its own for each name, none of them `taken`; spreadsheets do not tell `A` from `a`."""
    used, titles = {title.casefold() for title in (*taken, RESERVED)}, []
    for name in names:
        title, number = sheet_title(name), 2
        while title.casefold() in used:
            end = f" {number}"
            title, number = f"{sheet_title(name)[: LONGEST_TITLE - len(end)]}{end}", number + 1
        used.add(title.casefold())
        titles.append(title)
    return titles


def write_book(file: Path, sheets: Sequence[Sheet], *, about: Mapping[str, str]) -> None:
    """Write sheets and what is to be known of them on return; equal content gives equal bytes.

    `about` says what the workbook is of: its kind, hashes of the files it shows.
    """
    book = Workbook()
    book.remove(book.active)
    add_sheets(book, sheets, about=about)
    save_book(book, file)


def add_sheets(book: Workbook, sheets: Sequence[Sheet], *, about: Mapping[str, str]) -> None:
    """Put sheets into a workbook, behind those it has; once a workbook. Titles: :func:`unique_titles`."""
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        assert page.title == sheet.title, "the way back finds a sheet by its title"
        _fill(page, sheet)
    if any(column.editable for sheet in sheets for column in sheet.columns):
        _remember(book.create_sheet(MEMORY), sheets, about)


def save_book(book: Workbook, file: Path) -> None:
    """Save a workbook without the hour: openpyxl stamps `modified` and every part of the archive."""
    from io import BytesIO
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    book.properties.created = book.properties.modified = _MADE
    book.properties.creator = "crm-unify"
    made = BytesIO()
    book.save(made)
    with ZipFile(made) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                stamp = _MADE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            new.writestr(ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, ZIP_DEFLATED)


# --- cells ---
_HEAD: Final = PatternFill("solid", fgColor="E9EDEC")
_FREE: Final = PatternFill("solid", fgColor="FBF6DF")
_MARKED: Final = PatternFill("solid", fgColor="FBE3C8")
_LOCKED, _UNLOCKED = Protection(locked=True), Protection(locked=False)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


def _fill(page: Worksheet, sheet: Sheet) -> None:
    """Header, rows, room for new ones; everything but what people may edit is locked (without a password)."""
    if sheet.said:
        put(page, 1, 1, sheet.said)
        page.cell(1, 1).font = Font(italic=True)
    for place, column in enumerate(sheet.columns, 1):
        put(page, sheet.header_row, place, column.name)
        head = page.cell(sheet.header_row, place)
        head.font, head.fill, head.alignment = Font(bold=True), _HEAD, _WRAPPED
        dimension = page.column_dimensions[get_column_letter(place)]
        dimension.width, dimension.hidden = column.width, column.hidden
    heads = [_lines(column.name, column) for column in sheet.columns]
    page.row_dimensions[sheet.header_row].height = _LINE * max(heads)
    for number, row in enumerate(_padded(sheet), sheet.header_row + 1):
        _row(page, number, row, sheet)
    last = sheet.header_row + len(sheet.rows) + sheet.room
    _drop_downs(page, sheet, last)
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = f"{sheet.header_row}:{sheet.header_row}"
    page.freeze_panes = page.cell(sheet.header_row + 1, 1)
    page.auto_filter.ref = f"A{sheet.header_row}:{get_column_letter(len(sheet.columns))}{max(last, 2)}"
    if any(column.editable for column in sheet.columns):
        page.protection.sheet = True
        page.protection.formatColumns = page.protection.formatRows = False  # False: allowed
        page.protection.autoFilter = page.protection.sort = False


def _padded(sheet: Sheet) -> Iterator[Sequence[Value]]:
    yield from sheet.rows
    for _ in range(sheet.room):
        yield (None,) * len(sheet.columns)


def _row(page: Worksheet, number: int, row: Sequence[Value], sheet: Sheet) -> None:
    at = number - sheet.header_row - 1
    new = at >= len(sheet.rows)
    for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True), 1):
        put(page, number, place, cell_text(value) if column.key or column.editable else value)
        cell = page.cell(number, place)
        free = column.editable or (new and column.key)
        cell.protection = _UNLOCKED if free else _LOCKED
        cell.alignment = _WRAPPED
        if free:
            cell.fill = _FREE
        elif at in sheet.marked:
            cell.fill = _MARKED
    page.row_dimensions[number].height = _LINE * max(map(_lines, row, sheet.columns))


def _lines(value: Value, column: SheetColumn) -> int:
    """Lines that a text needs in its column; programs differ in whether they find out by themselves."""
    wrapped = (len(line) // max(column.width - 1, 1) + 1 for line in str(value or "").split("\n"))
    return 1 if column.hidden else min(sum(wrapped), MOST_LINES)


def put(page: Worksheet, row: int, column: int, value: Value) -> None:
    """Write one cell: a text as text whatever it begins with, a number as a number."""
    cell = page.cell(row, column)
    if isinstance(value, int):
        cell.value = value
        return
    cell.number_format, cell.quotePrefix = "@", True
    if value is not None:
        cell.value = cell_text(value)
        cell.data_type = "s"  # whatever openpyxl takes it for: a formula, an error


def cell_text(value: Value) -> str | None:
    """What a cell holds of a value: characters that XML forbids are pictured, a text too long is cut."""
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    text = _NOT_IN_XML.sub(_pictured, value.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT


def _pictured(found: re.Match[str]) -> str:
    """A picture of a control character; `_x0041_` would be read as `A`, so its underscore is widened."""
    code = ord(found.group()[0])
    if found.group() == "_x":
        return "\N{FULLWIDTH LOW LINE}x"
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def _drop_downs(page: Worksheet, sheet: Sheet, last: int) -> None:
    if last <= sheet.header_row:  # a sheet without a row to choose in
        return
    for place, column in enumerate(sheet.columns, 1):
        listed = ",".join(column.choices)
        fits = bool(column.choices) and len(listed) <= LONGEST_LIST
        if not fits or any("," in choice or '"' in choice for choice in column.choices):
            continue  # the list cannot be written as one; the way back checks the text all the same
        choice = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        choice.error = f"One of: {', '.join(column.choices)}"[:255]
        choice.showErrorMessage = True
        letter = get_column_letter(place)
        choice.add(f"{letter}{sheet.header_row + 1}:{letter}{last}")
        page.add_data_validation(choice)


# --- what was exported ---
def _remember(page: Worksheet, sheets: Sequence[Sheet], about: Mapping[str, str]) -> None:
    """Facts as `about, name, value`; rows as `row, sheet, key, editable values as JSON` (in pieces)."""
    page.sheet_state = "veryHidden"
    lines: list[tuple[str, ...]] = [("form", FORM)]
    lines += [("about", name, value) for name, value in about.items()]
    for sheet in sheets:
        if any(column.editable for column in sheet.columns):
            lines.append(("sheet", sheet.title))
            lines += [("row", sheet.title, sheet.key_of(row), *_editable(sheet, row)) for row in sheet.rows]
    for number, line in enumerate(lines, 1):
        for place, text in enumerate(line, 1):
            put(page, number, place, text)


def _editable(sheet: Sheet, row: Sequence[Value]) -> list[str]:
    values: dict[str, Any] = {
        column.name: cell_text(value)
        for column, value in zip(sheet.columns, row, strict=True)
        if column.editable
    }
    text = json.dumps(values, ensure_ascii=False)
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
