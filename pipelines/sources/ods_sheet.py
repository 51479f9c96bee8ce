"""One pass over the content of an ods workbook: every filled cell as a person sees it.

Source: OpenDocument 1.3, part 3, sections 9.1 (tables) and 19 (attributes). Numbers are taken from their
value, not from what is shown, except where a format fills them up with zeros (`01067`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final
from xml.parsers import expat

from pipelines.sources.sheet_rows import Seen, SheetRow, column_letters
from pipelines.sources.xlsx_formats import plain_number
from pipelines.sources.xlsx_strings import local_name

_CHUNK: Final = 1 << 18
_ROWS: Final = 1_000
MAX_COLUMN: Final = 16_384
"""Columns that spreadsheets have; cells beyond it are layout."""
_DIGITS: Final = re.compile(r"\D")
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?")
_ASIDE: Final = frozenset({"annotation", "shapes", "tracked-changes", "named-expressions", "forms"})
"""Elements whose texts are no cells."""


class ContentPass:
    """Reads the rows of one sheet; the others are passed over."""

    def __init__(self, sheet: int, seen: Seen) -> None:
        """`sheet` is its place among the tables of the document, from 0."""
        self._wanted, self._seen = sheet, seen
        self._table = -1
        self._inside = self._aside = 0
        self._struck_styles: set[str] = set()
        self._style = ""
        self._row = SheetRow(0, hidden=False)
        self._next, self._column, self._repeat = 1, 0, 1
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._text: list[str] | None = None
        self._ready: list[SheetRow] = []
        self.merged: list[tuple[int, int, int, int]] = []
        """First row, first column, last row, last column."""
        self.done = False
        """The sheet ended."""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = lambda tag, given: self._start(local_name(tag), given)
        self._parser.EndElementHandler = lambda tag: self._end(local_name(tag))
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def rows(self, stream: IO[bytes], *, until: int | None = None) -> Iterator[list[SheetRow]]:
        """Rows with a filled cell, in lists as they come."""
        while not self.done and (chunk := stream.read(_CHUNK)):
            self._parser.Parse(chunk, False)
            yield from self._handed_out(until)
            if until is not None and self._next > until + 1:
                return
        if not self.done:
            self._parser.Parse(b"", True)
        yield from self._handed_out(until)

    def _handed_out(self, until: int | None) -> Iterator[list[SheetRow]]:
        ready, self._ready = self._ready, []
        for at in range(0, len(ready), _ROWS):
            yield [row for row in ready[at:at + _ROWS] if until is None or row.number <= until]

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name in _ASIDE:
            self._aside += 1
        elif self._aside:
            return
        elif name == "table":
            self._table += self._inside == 0
            self._inside += 1
        elif self._table < self._wanted:
            self._start_style(name, given)
        elif self._table == self._wanted and not self.done:
            self._start_inside(name, _local(given))

    def _start_style(self, name: str, given: dict[str, str]) -> None:
        """Remember the cell styles that strike out."""
        attributes = _local(given)
        if name == "style":
            self._style = attributes.get("name", "")
        elif name == "text-properties" and attributes.get("text-line-through-style", "none") != "none":
            self._struck_styles.add(self._style)

    def _start_inside(self, name: str, given: dict[str, str]) -> None:
        match name:
            case "table-row":
                hidden = given.get("visibility", "visible") != "visible"
                self._row, self._column = SheetRow(self._next, hidden), 0
                self._repeat = int(given.get("number-rows-repeated", "1"))
            case "table-cell" | "covered-table-cell":
                self._cell, self._paragraphs = given, []
            case "p":
                self._text = []
            case "s" if self._text is not None:
                self._text.append(" " * int(given.get("c", "1")))
            case "tab" if self._text is not None:
                self._text.append("\t")
            case "line-break" if self._text is not None:
                self._text.append("\n")
            case "table-column":
                self._note_columns(given)

    def _note_columns(self, given: dict[str, str]) -> None:
        """Layout of columns stands in front of the rows."""
        count = min(int(given.get("number-columns-repeated", "1")), MAX_COLUMN)
        if given.get("visibility", "visible") != "visible":
            self._seen.hidden_columns.update(range(self._column, self._column + count))
        self._column += count

    def _characters(self, text: str) -> None:
        if self._text is not None and not self._aside:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if name in _ASIDE:
            self._aside -= 1
        elif self._aside:
            return
        elif name == "table":
            self._inside -= 1
            self.done = self.done or (self._inside == 0 and self._table == self._wanted)
        elif self._table != self._wanted or self.done:
            return
        elif name == "p" and self._text is not None:
            self._paragraphs.append("".join(self._text))
            self._text = None
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "table-row":
            self._end_row()

    def _end_cell(self) -> None:
        cell = self._cell
        count = int(cell.get("number-columns-repeated", "1"))
        text = cell_text(cell, "\n".join(self._paragraphs))
        columns = int(cell.get("number-columns-spanned", "1"))
        rows = int(cell.get("number-rows-spanned", "1"))
        if columns > 1 or rows > 1:
            top, left = self._row.number, self._column
            self.merged.append((top, left, top + rows - 1, left + columns - 1))
        if text:
            for column in range(self._column, min(self._column + count, MAX_COLUMN)):
                self._row.cells[column] = text
                if cell.get("style-name") in self._struck_styles:
                    self._row.struck.append(column)
        elif "formula" in cell and "value-type" not in cell:
            self._seen.uncomputed += 1
        self._column += count

    def _end_row(self) -> None:
        row, repeat = self._row, self._repeat
        self._next += repeat
        if not row.cells:
            return
        if 0 < len(row.struck) < len(row.cells):
            self._seen.partly_struck += 1
            first = f"{column_letters(row.struck[0])}{row.number}"
            self._seen.first_struck = self._seen.first_struck or first
        self._ready += [
            SheetRow(row.number + place, row.hidden, dict(row.cells), list(row.struck))
            for place in range(repeat)
        ]


def cell_text(cell: dict[str, str], shown: str) -> str:
    """Text of a cell from its attributes and what is shown.

    >>> cell_text({"value-type": "float", "value": "1067"}, "01067")
    '01067'
    >>> cell_text({"value-type": "date", "date-value": "2024-01-02T00:00:00"}, "2 Jan")
    '2024-01-02'
    """
    match cell.get("value-type"):
        case "float" | "percentage" | "currency" if "value" in cell and not shown.startswith("#"):
            number = plain_number(cell["value"])
            digits = _DIGITS.sub("", shown)
            filled = digits.startswith("0") and len(digits) > 1 and digits.lstrip("0") == number
            return shown if filled else number
        case "date":
            return cell.get("date-value", shown).removesuffix("T00:00:00")
        case "time":
            return _clock(cell.get("time-value", "")) or shown
        case "boolean":
            return cell.get("boolean-value", shown).upper()
        case "string" if "string-value" in cell:
            return cell["string-value"]
    return shown


def _clock(duration: str) -> str:
    """A duration as hours, minutes and seconds; empty when it is none."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return ""
    sign, *parts, rest = found.groups()
    days, hours, minutes, seconds = (int(part or 0) for part in parts)
    fraction = f".{rest.rstrip('0')}" if rest and rest.rstrip("0") else ""
    return f"{sign}{days * 24 + hours:02}:{minutes:02}:{seconds:02}{fraction}"


def _local(attributes: dict[str, str]) -> dict[str, str]:
    """Attributes by their bare names; where two have one, that of the document format, not an extension."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        prefix, _, bare = name.rpartition(":")
        if bare not in found or prefix in ("office", "table", "style", "text"):
            found[bare] = value
    return found


def _refuse_doctype(*_: object) -> None:
    """A part of a document has no document type; one that has is an attack or no workbook."""
    raise expat.ExpatError("a document type declaration")
