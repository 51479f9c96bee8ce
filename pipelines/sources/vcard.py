"""vCards (2.1, 3.0, 4.0): each card is a row, each property a column named by what it is and its types.

TEL;TYPE=WORK,FAX:030 1 is the column `TEL FAX WORK`, the second of them `TEL FAX WORK (2)`;
N:Doe;John is `N.family` and `N.given`; a label of an address book takes the place of a type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from crm_unify.rules.model import Source
from pipelines.sources.csv_text import Utf8Stream, find_encoding, is_text, shown
from pipelines.sources.interface import (
    ENCODING_INVALID,
    FILE_CUT_OFF,
    RECORD_DAMAGED,
    Format,
    FoundTable,
    Given,
    Reader,
    Sample,
)
from pipelines.sources.lists import Entry, ListReader, excerpt, numbered
from pipelines.sources.packed import beginning, open_bytes
from pipelines.sources.vcard_lines import Line, Property, parts_of, property_of, text_of, unfolded

_PARTS: Final = {
    "N": ("family", "given", "additional", "prefix", "suffix"),
    "ADR": ("pobox", "extended", "street", "city", "region", "postcode", "country"),
    "ORG": ("name", "unit"),
    "GENDER": ("sex", "text"),
}
"""Properties whose value has parts, and what these are (RFC 6350, 6.2.2, 6.3.1, 6.6.4, 6.2.7)."""
_LABEL: Final = "X-ABLABEL"
_WIDE: Final = ("utf-16", "utf-32")


def _lines(path: Path, encoding: str | None) -> tuple[Iterator[bytes], str]:
    """Physical lines, and the encoding of values that declare none."""
    found = find_encoding(beginning(path, 4096), encoding, path)
    if found.name.startswith(_WIDE):
        return _transcoded(Utf8Stream(path, found, size=1 << 20)), "utf-8"
    return _plain(path, found.skip), found.name


def _plain(path: Path, skip: int) -> Iterator[bytes]:
    with open_bytes(path) as file:
        file.read(skip)
        yield from file


def _transcoded(stream: Utf8Stream) -> Iterator[bytes]:
    rest = b""
    for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def _entries(path: Path, encoding: str | None) -> Iterator[Entry]:
    """The cards of a file; text between them is a row with a problem."""
    lines, codec = _lines(path, encoding)
    card: list[Line] = []
    depth = 0
    for line in unfolded(lines):
        mark = line.content.strip().upper()
        if mark == b"BEGIN:VCARD":
            if depth == 1 and not card[-1].content.upper().startswith(b"AGENT"):
                yield _damaged(card, RECORD_DAMAGED, codec)  # the one before has no end
                depth = 0
            card = card if depth else []
            depth += 1
        if depth:
            card.append(line)
            if mark == b"END:VCARD":
                depth -= 1
                if not depth:
                    yield _entry(card, codec)
        elif mark:
            yield _damaged([line], RECORD_DAMAGED, codec)
    if depth:
        yield _damaged(card, FILE_CUT_OFF, codec)


def _entry(card: list[Line], codec: str) -> Entry:
    """One card as a row."""
    depth = 0
    properties: list[Property] = []
    for line in card:
        found = property_of(line.content, codec)
        if found is None:
            if line.content.strip():
                return _damaged(card, RECORD_DAMAGED, codec)
            continue
        depth += {"BEGIN": 1, "END": -1}.get(found.name, 0)
        if found.name not in ("BEGIN", "END") and depth == 1:
            properties.append(found)
    if not all(is_text(found.value) for found in properties):
        return _damaged(card, ENCODING_INVALID, codec)
    return Entry(card[0].number, _cells(properties))


def _cells(properties: list[Property]) -> dict[str, str | None]:
    labels = {found.group: text_of(found.value) for found in properties if found.name == _LABEL}
    seen: Counter[str] = Counter()
    cells: dict[str, str | None] = {}
    for found in properties:
        if found.name == _LABEL and found.group:
            continue
        label = labels.get(found.group, "").removeprefix("_$!<").removesuffix(">!$_") if found.group else ""
        name = " ".join(filter(None, [found.name, *found.types, label]))
        seen[name] += 1
        name = numbered(name, seen[name])
        if found.name not in _PARTS:
            cells[name] = text_of(found.value)
            continue
        parts, repeated = _PARTS[found.name], Counter[str]()
        for place, part in enumerate(parts_of(found.value)):
            if part:
                title = f"{name}.{parts[min(place, len(parts) - 1)]}"
                repeated[title] += 1
                cells[numbered(title, repeated[title])] = part
    return cells


def _damaged(card: list[Line], code: str, codec: str) -> Entry:
    text = b"\n".join(line.content for line in card).decode("utf-8" if codec == "ascii" else codec, "replace")
    return Entry(card[0].number, problem=code, raw=excerpt(shown(text)))


def _is_vcard(sample: Sample) -> bool:
    """The first line that is not blank begins a card, in any encoding."""
    text = sample.head[:400].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper()
    return text.startswith(b"BEGIN:VCARD")


def _tables(given: Given) -> Iterator[FoundTable]:
    yield FoundTable(Path(given.name).stem, "vcard", given.name)


def _open(source: Source, given: Given) -> Reader:
    return ListReader(given, partial(_entries, given.path, source.encoding))


FORMAT: Final = Format("vcard", "a file of vCards", _is_vcard, _tables, _open)
