"""Which wrong encoding a text went through: what it was, what it was read as, and what it probably said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import ftfy.bad_codecs  # noqa: F401 - registers sloppy-windows-1252, which gives its five gaps back
from ftfy import fix_encoding

MISREAD: Final = r"\pL[„”\x{201a}™•]\pL|[\x{80}-\x{9f}]|[├┬][^\x00-\x7f]"
"""Of a DOS or Mac page read as Windows' quotation marks stand inside words; read as Latin-1, controls do; of
UTF-8 read as a DOS page, lines of a frame"""
_ODD: Final = re.compile("[^\\W\\d_][„”\u201a™•][^\\W\\d_]|[\x80-\x9f]")
_FRAMED: Final = re.compile("[├┬][^\x00-\x7f]")

_UTF8_READ_AS: Final = (
    "sloppy-windows-1252", "latin-1", "cp437", "cp850", "mac_roman", "sloppy-windows-1250", "cp1251",
)  # fmt: skip
_BYTES_READ_AS: Final = (
    ("cp850", "sloppy-windows-1252"), ("mac_roman", "sloppy-windows-1252"),
    ("cp1252", "latin-1"), ("cp850", "latin-1"), ("mac_roman", "latin-1"),
)  # fmt: skip
"""(what it was, what it was read as), the likelier first"""
_LETTERS: Final = frozenset("äöüÄÖÜßéèêëàâçñáíóúôîïùûøåÅæÆœŒÉÑÇãõ")
_SIGNS: Final = frozenset("\u2018\u2019\u2013\u2014\u203a“”„…€•™šŠžŽ")
_TIMES: Final = 2
"""Text that was read wrongly, saved, and read wrongly again"""


@dataclass(frozen=True, slots=True)
class Misread:
    """A text in the wrong encoding."""

    right: str
    """What it probably said"""
    was: str
    """Encoding it was written in"""
    read_as: str
    """Encoding it was read in"""
    times: int = 1


def misread(text: str) -> Misread | None:
    """What a text probably said and how it was spoilt; None when it looks right."""
    right = fix_encoding(text)
    if right != text and "\ufffd" not in right:
        found = _of_utf8(text, right)
        if found is not None:
            return found
    if _FRAMED.search(text):
        return _of_dos(text)
    return _of_bytes(text) if _ODD.search(text) else None


def _of_dos(text: str) -> Misread | None:
    for page in ("cp850", "cp437"):
        try:
            return Misread(text.encode(page).decode("utf-8"), "UTF-8", page)
        except UnicodeError:
            continue
    return None


def _of_utf8(text: str, right: str) -> Misread | None:
    for page in _UTF8_READ_AS:
        now = text
        for times in range(1, _TIMES + 1):
            try:
                now = now.encode(page).decode("utf-8")
            except UnicodeError:
                break
            if now == right:
                return Misread(right, "UTF-8", _called(page), times)
    return None


def _of_bytes(text: str) -> Misread | None:
    """A code page of 8 bits read as another: what is odd becomes letters or, of Windows, its own signs."""
    for was, page in _BYTES_READ_AS:
        try:
            right = text.encode(page).decode(was)
        except UnicodeError:
            continue
        wanted = _SIGNS | _LETTERS if was == "cp1252" else _LETTERS
        changed = [new for old, new in zip(text, right, strict=True) if old != new]
        if changed and all(letter in wanted for letter in changed):
            return Misread(right, was, _called(page))
    return None


def _called(page: str) -> str:
    return page.replace("sloppy-windows-", "cp")
