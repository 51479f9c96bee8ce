"""LDIF, what directories export (RFC 2849): each entry is a row, each attribute a column.

An attribute with several values is numbered (`mail`, `mail (2)`); base64 is decoded: text where it is UTF-8,
else hexadecimal digits. Addresses of files (`photo:< file:///...`) are not followed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from crm_unify.rules.model import Source
from pipelines.sources.csv_text import MARK_ERRORS, is_text, shown
from pipelines.sources.interface import (
    ENCODING_INVALID,
    RECORD_DAMAGED,
    Format,
    FoundTable,
    Given,
    Reader,
    Sample,
)
from pipelines.sources.lists import Entry, ListReader, excerpt, numbered
from pipelines.sources.packed import open_bytes
from pipelines.sources.parquet import bytes_text

_ATTRIBUTE: Final = re.compile(rb"([A-Za-z0-9][A-Za-z0-9.;_-]*):([:<]?) *(.*)", re.DOTALL)
_FIRST: Final = re.compile(rb"(?:#[^\n]*\n(?: [^\n]*\n)*|\s|version:\s*\d+\s*\n)*dn::? ", re.IGNORECASE)


def _entries(path: Path) -> Iterator[Entry]:
    """The entries of a file; blank lines are between them."""
    with open_bytes(path) as file:
        for first, lines in _paragraphs(file):
            logical = _unfolded(lines)
            if logical and not logical[0].lower().startswith(b"version:"):
                yield _entry(first, logical)
            elif logical[1:]:
                yield _entry(first, logical[1:])


def _paragraphs(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """First physical line and lines of what stands between blank lines."""
    held: list[bytes] = []
    first = 1
    for number, line in enumerate(lines, 1):
        bare = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n") if number == 1 else line.rstrip(b"\r\n")
        if bare:
            first = first if held else number
            held.append(bare)
        elif held:
            yield first, held
            held = []
    if held:
        yield first, held


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """Logical lines without comments; a line that begins with a blank goes on with the one before."""
    found: list[bytearray] = []
    for line in lines:
        if line.startswith(b" ") and found:
            found[-1] += line[1:]
        else:
            found.append(bytearray(line))
    return [bytes(line) for line in found if not line.startswith(b"#")]


def _entry(first: int, lines: list[bytes]) -> Entry:
    cells: dict[str, str | None] = {}
    seen: Counter[str] = Counter()
    names: dict[str, str] = {}
    for line in lines:
        found = _ATTRIBUTE.fullmatch(line)
        text = None if found is None else _value(found.group(3), found.group(2))
        if found is None or text is None:
            return _damaged(first, lines, RECORD_DAMAGED)
        if not is_text(text):
            return _damaged(first, lines, ENCODING_INVALID)
        written = found.group(1).decode()
        name = names.setdefault(written.lower(), written)  # attributes are the same in any case
        seen[name] += 1
        cells[numbered(name, seen[name])] = text
    return Entry(first, cells)


def _value(stored: bytes, how: bytes) -> str | None:
    """Text of a value; None when it says base64 and is none."""
    if how != b":":
        return stored.decode("utf-8", MARK_ERRORS)
    try:
        return bytes_text(base64.b64decode(stored, validate=True))
    except binascii.Error:
        return None


def _damaged(first: int, lines: list[bytes], code: str) -> Entry:
    return Entry(first, problem=code, raw=excerpt(shown(b"\n".join(lines).decode("utf-8", MARK_ERRORS))))


def _is_ldif(sample: Sample) -> bool:
    """The first attribute is the distinguished name."""
    return _FIRST.match(sample.head.removeprefix(b"\xef\xbb\xbf")) is not None


def _tables(given: Given) -> Iterator[FoundTable]:
    yield FoundTable(Path(given.name).stem, "ldif", given.name)


def _open(_: Source, given: Given) -> Reader:
    return ListReader(given, partial(_entries, given.path))


FORMAT: Final = Format("ldif", "an LDIF file", _is_ldif, _tables, _open)
