"""Small xls workbooks, written record by record: just enough for a reader to be tried on."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

SECTOR = 512
END, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
Cell = Callable[[int, int], bytes]
GLOBALS, SHEET = struct.pack("<HHHH", 0x0600, 5, 0, 0), struct.pack("<HHHH", 0x0600, 0x10, 0, 0)


def record(kind: int, content: bytes, *, style: int = 0, behind: bytes = b"") -> Cell:
    """A cell of any kind, its place in front of its content; `behind` it another record."""
    return lambda row, column: framed(kind, struct.pack("<HHH", row, column, style) + content) + behind


def label(index: int) -> Cell:
    """A cell that shows a shared string."""
    return record(0x00FD, struct.pack("<I", index))


def number(value: float, *, style: int = 0) -> Cell:
    """A cell that holds a number."""
    return record(0x0203, struct.pack("<d", value), style=style)


def framed(kind: int, content: bytes) -> bytes:
    """A record with kind and size in front."""
    return struct.pack("<HH", kind, len(content)) + content


def workbook(
    path: Path, strings: Sequence[str], rows: Sequence[Sequence[Cell]], *, formats: Sequence[str] = (),
    cut: int = 8000, before: bytes = b"", extra: bytes = b"", from_1904: bool = False,
) -> Path:
    """Write a workbook with the sheet S; style n has format n, records of strings end after `cut` bytes."""
    look = b"".join(
        framed(0x041E, struct.pack("<HHB", 163 + n, len(code), 0) + code.encode())
        for n, code in enumerate(formats, 1)
    )
    look += b"".join(framed(0x00E0, struct.pack("<HH", 0, n and 163 + n)) for n in range(len(formats) + 1))
    head = framed(0x0809, GLOBALS) + before + framed(0x0022, struct.pack("<H", from_1904)) + look
    tail = shared(strings, cut) + framed(0x000A, b"")
    at = len(head) + 4 + 8 + len(tail) + 1
    sheet = framed(0x0085, struct.pack("<IBB", at - 1, 0, 0) + b"\x01\x00S")
    at = len(head) + len(sheet) + len(tail)
    sheet = framed(0x0085, struct.pack("<IBB", at, 0, 0) + b"\x01\x00S")
    cells = b"".join(cell(y, x) for y, row in enumerate(rows) for x, cell in enumerate(row))
    body = framed(0x0809, SHEET) + extra + cells + framed(0x000A, b"")
    path.write_bytes(compound("Workbook", head + sheet + tail + body))
    return path


def shared(strings: Sequence[str], cut: int) -> bytes:
    """The table of shared strings, continued in new records; a string cut in two has its flags again."""
    records = [bytearray(struct.pack("<II", len(strings), len(strings)))]
    for text in strings:
        records[-1] += struct.pack("<HB", len(text), 1)
        for character in text:
            if len(records[-1]) >= cut:
                records.append(bytearray(b"\x01"))
            records[-1] += character.encode("utf-16-le")
        if len(records[-1]) >= cut:
            records.append(bytearray())
    first, *more = records
    return framed(0x00FC, bytes(first)) + b"".join(framed(0x003C, bytes(part)) for part in more)


def compound(name: str, stream: bytes) -> bytes:
    """A compound file with one stream: the allocation table, a sector of the directory, then the data."""
    stream = stream.ljust(4096, b"\x00")
    count = -(-len(stream) // SECTOR)
    tables = -(-(count + 2) // 127)
    chain = [TABLE] * tables + [END] + [tables + 2 + n for n in range(count - 1)] + [END]
    chain += [FREE] * (tables * 128 - len(chain))
    listed = list(range(tables)) + [FREE] * (109 - tables)
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += b"\x00" * 10 + struct.pack("<IIIIIIII", tables, tables, 0, 4096, END, 0, END, 0)
    head += struct.pack("<109I", *listed)
    directory = _entry("Root Entry", 5, END, 0) + _entry(name, 2, tables + 1, len(stream))
    data = stream.ljust(count * SECTOR, b"\x00")
    return head + struct.pack(f"<{len(chain)}I", *chain) + directory.ljust(SECTOR, b"\x00") + data


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\x00\x00"
    front = text.ljust(64, b"\x00") + struct.pack("<HB", len(text), kind)
    return front.ljust(116, b"\x00") + struct.pack("<IQ", start, size)
