"""Strings in the records of an xls workbook: two ways to store characters, cut anywhere between records.

Source: [MS-XLS] 2.5.293 to 2.5.296 (XLUnicodeRichExtendedString and its like).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

_WIDE, _EXTENDED, _RICH = 1, 4, 8
"""Bits of the flags in front of the characters."""
CODE_PAGES: Final = {1200: "utf-16-le", 10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252", 367: "ascii"}


def code_page(number: int) -> str:
    """Python's name for a code page number; unknown ones are read as cp1252.

    >>> code_page(1252), code_page(10000)
    ('cp1252', 'mac_roman')
    """
    name = CODE_PAGES.get(number, f"cp{number}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name


def unicode_text(record: bytes, at: int, *, count_bytes: int = 2) -> tuple[str, int]:
    """A string inside one record, and where it ends."""
    count = int.from_bytes(record[at:at + count_bytes], "little")
    flags = record[at + count_bytes]
    at += count_bytes + 1 + (2 if flags & _RICH else 0) + (4 if flags & _EXTENDED else 0)
    end = at + count * (2 if flags & _WIDE else 1)
    return _decoded(record[at:end], flags), end


def _decoded(stored: bytes, flags: int) -> str:
    return stored.decode("utf-16-le" if flags & _WIDE else "latin-1", "replace")


class SharedStrings:
    """Reads the table of shared strings, a record and those that continue it."""

    def __init__(self, records: Sequence[bytes]) -> None:
        """The first record, with the counts, and its continuations."""
        self._records = records
        self._record, self._at = 0, 8

    def all(self) -> list[str]:
        """Every string; fewer than the record promises where it breaks off."""
        count, = struct.unpack_from("<I", self._records[0], 4)
        found: list[str] = []
        try:
            while len(found) < count:
                found.append(self._next())
        except (struct.error, IndexError):
            pass  # a cell that refers to one of the missing strings is told there
        return found

    def _next(self) -> str:
        count, flags = struct.unpack("<HB", self._taken(3))
        runs, = struct.unpack("<H", self._taken(2)) if flags & _RICH else (0,)
        extra, = struct.unpack("<I", self._taken(4)) if flags & _EXTENDED else (0,)
        text = self._characters(count, flags)
        self._taken(4 * runs + extra)
        return text

    def _characters(self, count: int, flags: int) -> str:
        """Characters that may go on in the next record, where they have flags of their own."""
        parts: list[str] = []
        while count:
            if self._at >= len(self._records[self._record]):
                self._record, self._at = self._record + 1, 1
                flags = self._records[self._record][0]
            width = 2 if flags & _WIDE else 1
            here = min(count, (len(self._records[self._record]) - self._at) // width)
            if not here:
                raise IndexError("a character is cut in two")
            parts.append(_decoded(self._records[self._record][self._at:self._at + here * width], flags))
            self._at += here * width
            count -= here
        return "".join(parts)

    def _taken(self, size: int) -> bytes:
        """The next bytes, from as many records as it takes."""
        taken = bytearray()
        while len(taken) < size:
            if self._at >= len(self._records[self._record]):
                self._record, self._at = self._record + 1, 0
            part = self._records[self._record][self._at:self._at + size - len(taken)]
            taken += part
            self._at += len(part)
        return bytes(taken)
