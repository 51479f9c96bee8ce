"""The header of a dBase table: where records begin, how long they are, which columns are in them.

Sources: the dBase "Table File Structure" pages for levels 2, 5 and 7; Microsoft's "Table File Structure" of
Visual FoxPro 9.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError, GuardStopped
from pipelines.sources.interface import check_width

VISUAL_FOXPRO: Final = frozenset({0x30, 0x31, 0x32})
_DBASE2: Final = frozenset({0x02})
_OTHERS: Final = frozenset({0x03, 0x43, 0x63, 0x83, 0x8B, 0x8E, 0xCB, 0xE5, 0xF5, 0xFB, 0x7B})
_DBASE7: Final = frozenset({0x04, 0x8C})
VERSIONS: Final = VISUAL_FOXPRO | _DBASE2 | _OTHERS | _DBASE7
_DBASE2_DATA: Final = 521
"""Bytes of the header of dBase II, however many columns there are."""
_END: Final = 0x0D
_SYSTEM, _NULLABLE, _BINARY = 1, 2, 4
"""Bits of a column's flags in Visual FoxPro."""
_VARIABLE: Final = "VQ"
"""Types that keep their length in the last byte unless they are full."""

CODE_PAGES: Final = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x04: "mac_roman", 0x08: "cp865", 0x09: "cp437",
    0x0A: "cp850", 0x0B: "cp437", 0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850", 0x11: "cp437",
    0x12: "cp850", 0x13: "cp932", 0x14: "cp850", 0x15: "cp437", 0x16: "cp850", 0x17: "cp865", 0x18: "cp437",
    0x19: "cp437", 0x1A: "cp850", 0x1B: "cp437", 0x1C: "cp863", 0x1D: "cp850", 0x1F: "cp852", 0x22: "cp852",
    0x23: "cp852", 0x24: "cp860", 0x25: "cp850", 0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "cp936",
    0x4E: "cp949", 0x4F: "cp950", 0x50: "cp874", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252",
    0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x67: "cp861", 0x6A: "cp737", 0x6B: "cp857", 0x6C: "cp863",
    0x78: "cp950", 0x79: "cp949", 0x7A: "cp936", 0x7B: "cp932", 0x7C: "cp874", 0x7D: "cp1255",
    0x7E: "cp1256", 0x86: "cp737", 0x87: "cp852", 0x88: "cp857", 0x96: "mac_cyrillic", 0x97: "mac_latin2",
    0x98: "mac_greek", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}
"""Language driver (byte 29) -> code page. Mazovia (0x69) and Kamenicky (0x68) have no codec in Python."""


@dataclass(frozen=True, slots=True)
class DbfColumn:
    """One column of the records."""

    name: bytes
    """In the code page of the table."""
    kind: str
    """Letter of its type: C, N, D, L, M, ..."""
    offset: int
    """First byte in the record, behind the mark of deletion at 0."""
    width: int
    decimals: int
    binary: bool = False
    """Bytes, whatever the type says."""
    null_bit: int | None = None
    """Bit of the null flags that says the value is missing."""
    short_bit: int | None = None
    """Bit that says the last byte is the length of the value."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the header says."""

    version: int
    records: int
    """As the header claims; the file may hold fewer."""
    start: int
    """Offset of the first record."""
    length: int
    """Bytes of a record."""
    columns: tuple[DbfColumn, ...]
    """Without those of the system."""
    nulls: DbfColumn | None
    """Column of the null flags."""
    language: int
    """Language driver, 0 when none was noted."""

    @property
    def code_page(self) -> str | None:
        """Code page by the language driver; often not the one that was used."""
        return CODE_PAGES.get(self.language)


def read_layout(path: Path) -> Layout:
    """The header of a table; raises ConfigurationError when it is none, GuardStopped when it breaks off."""
    with path.open("rb") as file:
        head = file.read(1 << 17)
    if len(head) < 32 or head[0] not in VERSIONS:
        raise ConfigurationError("the file is not a dBase table", path, why=f"it begins with {head[:16]!r}",
                                 remedy="correct `reader` in the rule file, or deliver the right file")
    try:
        return _dbase2(head) if head[0] in _DBASE2 else _later(head, path)
    except (struct.error, IndexError) as error:
        raise GuardStopped("the header of the table is damaged or was cut off", str(path), why=str(error),
                           remedy="ask for the delivery again") from None


def _dbase2(head: bytes) -> Layout:
    records, length = struct.unpack_from("<H3xH", head, 1)
    columns: list[DbfColumn] = []
    at, offset = 8, 1
    while head[at] != _END and at < _DBASE2_DATA - 1:
        name, kind, width, decimals = struct.unpack_from("<11scB2xB", head, at)
        columns.append(DbfColumn(_bare(name), kind.decode("latin-1"), offset, width, decimals))
        at, offset = at + 16, offset + width
    return Layout(head[0], records, _DBASE2_DATA, length, tuple(columns), None, 0)


def _later(head: bytes, path: Path) -> Layout:
    records, start, length = struct.unpack_from("<IHH", head, 4)
    if start < 33 or length < 1:
        raise struct.error(f"records of {length} bytes from byte {start} on")
    seven = head[0] in _DBASE7
    columns = _columns(head[:start], seven=seven, visual=head[0] in VISUAL_FOXPRO)
    columns = _long_texts(columns, length)
    check_width(len(columns), path)
    if columns and columns[-1].offset + columns[-1].width > length:
        raise struct.error(f"its columns need more than the {length} bytes of a record")
    nulls = next((column for column in columns if column.kind == "0"), None)
    kept = tuple(column for column in columns if column.kind != "0")
    return Layout(head[0], records, start, length, kept, nulls, head[29])


def _columns(head: bytes, *, seven: bool, visual: bool) -> list[DbfColumn]:
    """Descriptors of columns up to the end mark; bits of the null flags are given out in their order."""
    size, at, offset, bit = (48, 68, 1, 0) if seven else (32, 32, 1, 0)
    found: list[DbfColumn] = []
    while at + size <= len(head) and head[at] != _END:
        if seven:
            name, kind, width, decimals = struct.unpack_from("<32scBB", head, at)
            flags = 0
        else:
            name, kind, width, decimals, flags = struct.unpack_from("<11sc4xBBB", head, at)
        letter, short, null = kind.decode("latin-1").upper(), None, None
        if visual and letter in _VARIABLE:
            short, bit = bit, bit + 1
        if visual and flags & _NULLABLE:
            null, bit = bit, bit + 1
        binary = visual and bool(flags & _BINARY) and letter in "CMV"
        found.append(DbfColumn(_bare(name), letter, offset, width, decimals, binary, null, short))
        at, offset = at + size, offset + width
    return found


def _long_texts(columns: list[DbfColumn], length: int) -> list[DbfColumn]:
    """Texts of more than 255 bytes have the rest of their width where decimals stand (Clipper, FoxPro)."""
    if not any(column.kind == "C" and column.decimals for column in columns):
        return columns
    offset, wider = 1, []
    for column in columns:
        width = column.width + (column.decimals << 8 if column.kind == "C" else 0)
        wider.append(DbfColumn(column.name, column.kind, offset, width, 0 if column.kind == "C" else
                               column.decimals, column.binary, column.null_bit, column.short_bit))
        offset += width
    return wider if offset == length else columns


def _bare(name: bytes) -> bytes:
    return name.partition(b"\x00")[0].rstrip()
