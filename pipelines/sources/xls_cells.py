"""Cells of one sheet of an xls workbook, from its records."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from pipelines.sources.sheet_rows import Seen, SheetRow, column_letters
from pipelines.sources.xls_strings import unicode_text
from pipelines.sources.xlsx_book import Style
from pipelines.sources.xlsx_formats import PLAIN, number_text

_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
    0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}
"""[MS-XLS] 2.5.10, BErr."""
_ROW_HIDDEN: Final = 0x20
_COLUMN_HIDDEN: Final = 0x01
_NO_STYLE: Final = Style(PLAIN, struck=False)


class Cells:
    """Rows of a sheet as they come together from records."""

    def __init__(
        self, strings: Sequence[str], styles: Sequence[Style], seen: Seen, *, from_1904: bool,
        codec: str | None,
    ) -> None:
        """`codec` is that of byte strings (BIFF5); None where strings are Unicode."""
        self._strings, self._styles, self._seen = strings, styles, seen
        self._from_1904, self._codec = from_1904, codec
        self._hidden: set[int] = set()
        self._formula: tuple[int, int, int] | None = None
        self.rows: dict[int, SheetRow] = {}
        """By their number as the sheet shows it."""
        self.merged: list[tuple[int, int, int, int]] = []
        """First row, first column, last row, last column."""

    def take(self, kind: int, record: bytes) -> None:
        """Take one record; those that hold no cell are passed over."""
        match kind:
            case 0x00FD:  # LABELSST
                row, column, style, index = struct.unpack_from("<HHHI", record)
                self._put(row, column, style, self._shared(index))
            case 0x0203:  # NUMBER
                row, column, style, number = struct.unpack_from("<HHHd", record)
                self._put_number(row, column, style, number)
            case 0x027E:  # RK
                row, column, style, stored = struct.unpack_from("<HHHI", record)
                self._put_number(row, column, style, _rk(stored))
            case 0x00BD:  # MULRK
                self._take_numbers(record)
            case 0x0204 | 0x00D6:  # LABEL, RSTRING
                row, column, style = struct.unpack_from("<HHH", record)
                self._put(row, column, style, self._text(record, 6))
            case 0x0205:  # BOOLERR
                row, column, style, value, error = struct.unpack_from("<HHHBB", record)
                self._put(row, column, style, _error(value) if error else _truth(value))
            case 0x0006:  # FORMULA
                self._take_formula(record)
            case 0x0207 if self._formula is not None:  # STRING, the result of the formula before it
                self._put(*self._formula, self._text(record, 0))
                self._formula = None
            case _:
                self._take_layout(kind, record)

    def finish(self) -> None:
        """Mark hidden rows, and report rows that are struck out in part."""
        for number, row in self.rows.items():
            row.hidden = number in self._hidden
        for _, row in sorted(self.rows.items()):
            if 0 < len(row.struck) < len(row.cells):
                self._seen.partly_struck += 1
                first = f"{column_letters(row.struck[0])}{row.number}"
                self._seen.first_struck = self._seen.first_struck or first

    def _take_layout(self, kind: int, record: bytes) -> None:
        match kind:
            case 0x0208 if struct.unpack_from("<H", record, 12)[0] & _ROW_HIDDEN:  # ROW
                self._hidden.add(struct.unpack_from("<H", record)[0] + 1)
            case 0x007D if struct.unpack_from("<H", record, 8)[0] & _COLUMN_HIDDEN:  # COLINFO
                first, last = struct.unpack_from("<HH", record)
                self._seen.hidden_columns.update(range(first, last + 1))
            case 0x00E5:  # MERGEDCELLS
                count, = struct.unpack_from("<H", record)
                for place in range(count):
                    top, bottom, left, right = struct.unpack_from("<HHHH", record, 2 + 8 * place)
                    self.merged.append((top + 1, left, bottom + 1, right))

    def _take_numbers(self, record: bytes) -> None:
        row, column = struct.unpack_from("<HH", record)
        for place in range((len(record) - 6) // 6):
            style, stored = struct.unpack_from("<HI", record, 4 + 6 * place)
            self._put_number(row, column + place, style, _rk(stored))

    def _take_formula(self, record: bytes) -> None:
        """The stored result of a formula: a number, a text that follows, a truth value, an error, nothing."""
        row, column, style = struct.unpack_from("<HHH", record)
        result = record[6:14]
        if result[6:8] != b"\xff\xff":
            self._put_number(row, column, style, struct.unpack("<d", result)[0])
        elif result[0] == 0:
            self._formula = (row, column, style)
        elif result[0] in (1, 2):
            self._put(row, column, style, _truth(result[2]) if result[0] == 1 else _error(result[2]))

    def _shared(self, index: int) -> str:
        if index >= len(self._strings):
            raise IndexError(f"a cell refers to text {index + 1} of {len(self._strings)}")
        return self._strings[index]

    def _text(self, record: bytes, at: int) -> str:
        if self._codec is None:
            return unicode_text(record, at)[0]
        count, = struct.unpack_from("<H", record, at)
        return record[at + 2:at + 2 + count].decode(self._codec, "replace")

    def _put_number(self, row: int, column: int, style: int, number: float) -> None:
        form = self._style(style).number
        self._put(row, column, style, number_text(repr(number), form, from_1904=self._from_1904))

    def _put(self, row: int, column: int, style: int, text: str) -> None:
        if not text:
            return
        place = self.rows.get(row + 1)
        if place is None:
            place = self.rows[row + 1] = SheetRow(row + 1, hidden=False)
        place.cells[column] = text
        if self._style(style).struck:
            place.struck.append(column)

    def _style(self, index: int) -> Style:
        return self._styles[index] if index < len(self._styles) else _NO_STYLE


def _rk(stored: int) -> float:
    """A number packed into 30 bits ([MS-XLS] 2.5.218)."""
    number: float
    if stored & 2:
        number = (stored >> 2) - ((stored >> 31) << 30)
    else:
        number = struct.unpack("<d", struct.pack("<Q", (stored & ~3) << 32))[0]
    return number / 100 if stored & 1 else float(number)


def _truth(value: int) -> str:
    return "TRUE" if value else "FALSE"


def _error(code: int) -> str:
    return _ERRORS.get(code, f"#ERROR {code}")
