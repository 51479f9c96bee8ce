"""PICTURE and USAGE of COBOL items: what bytes an item has and what they mean.

Source: IBM Enterprise COBOL for z/OS, Language Reference, "PICTURE clause", "USAGE clause", "SIGN clause".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Form(Enum):
    """How an elementary item is stored."""

    TEXT = "text"
    ZONED = "zoned"
    """A digit a byte, the sign above the last or first digit or in a byte of its own."""
    EDITED = "edited"
    """Digits dressed up for print: signs, points, blanks for zeros."""
    BINARY = "binary"
    PACKED = "packed"
    """Two digits a byte, the sign in the last half byte (COMP-3)."""
    UNSIGNED_PACKED = "unsigned packed"
    """Two digits a byte without a sign (COMP-6)."""
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes of one elementary item."""

    form: Form
    width: int
    """Bytes."""
    digits: int = 0
    scale: int = 0
    """Digits behind the decimal point, which is not stored; negative: zeros in front of it are not stored."""
    signed: bool = False
    leading: bool = False
    """The sign is at the first digit."""
    separate: bool = False
    """The sign has a byte of its own."""
    native: bool = False
    """Every value of the bytes may be (COMP-5), not only those the picture has digits for."""


_REPEATED: Final = re.compile(r"(.)\((\d+)\)")
_TEXTUAL: Final = re.compile(r"[XAGN]")
_PLAIN: Final = re.compile(r"S?V?P*9*P*V?9*P*")
_FLOATS: Final = {"COMP-1": 4, "COMP-2": 8}
_POINTERS: Final = {"INDEX": 4, "POINTER": 4}
_WORDS: Final = ((4, 2), (9, 4), (18, 8))
"""Digits up to which a binary item has so many bytes."""
_BINARY: Final = frozenset({"COMP", "COMP-0", "COMP-4", "COMP-5", "COMP-9", "BINARY", "COMP-X"})
_PACKED: Final = frozenset({"COMP-3", "PACKED-DECIMAL"})


def expanded(picture: str) -> str:
    """A picture with every symbol written out.

    >>> expanded("S9(3)V99")
    'S999V99'
    """
    return _REPEATED.sub(lambda found: found.group(1) * int(found.group(2)), picture.upper())


def storage_of(picture: str, usage: str, *, leading: bool, separate: bool) -> Storage:
    """What an elementary item stores; raises ValueError for what no item can be."""
    if usage in _FLOATS:
        return Storage(Form.FLOAT, _FLOATS[usage])
    if usage in _POINTERS:
        return Storage(Form.BINARY, _POINTERS[usage], digits=9, native=True)
    symbols = expanded(picture)
    if _TEXTUAL.search(symbols):
        return Storage(Form.TEXT, len(symbols) * (2 if set(symbols) & set("GN") else 1))
    if not _PLAIN.fullmatch(symbols):
        scale = len(re.sub(r"[^9Z*]", "", symbols.partition("V")[2]))
        width = len(re.sub("[SV]", "", symbols))
        return Storage(Form.EDITED, width, scale=scale, signed=symbols.startswith("S"))
    return _number(symbols, usage, leading=leading, separate=separate)


def _number(symbols: str, usage: str, *, leading: bool, separate: bool) -> Storage:
    digits = symbols.count("9")
    if not digits:
        raise ValueError(f"no digit in PICTURE {symbols}")
    signed, scale = symbols.startswith("S"), _scale(symbols)
    if usage in _PACKED:
        return Storage(Form.PACKED, digits // 2 + 1, digits, scale, signed)
    if usage == "COMP-6":
        return Storage(Form.UNSIGNED_PACKED, -(-digits // 2), digits, scale)
    if usage in _BINARY:
        return Storage(Form.BINARY, _binary_width(digits), digits, scale, signed, native=usage == "COMP-5")
    if usage != "DISPLAY":
        raise ValueError(f"USAGE {usage} is not supported")
    signed = signed or separate
    return Storage(Form.ZONED, digits + separate, digits, scale, signed, leading, separate)


def _scale(symbols: str) -> int:
    """Digits behind the point; P stands for zeros that are not stored."""
    before, point, after = symbols.lstrip("S").partition("V")
    if point and "P" not in before + after:
        return len(after)
    bare = before + after
    if bare.startswith("P"):
        return len(bare)
    return -bare.count("P") if bare.endswith("P") else len(after)


def _binary_width(digits: int) -> int:
    """Bytes of a binary item; beyond 18 digits as many as the value and its sign need."""
    for most, width in _WORDS:
        if digits <= most:
            return width
    return math.ceil((math.ceil(digits * math.log2(10)) + 1) / 8)
