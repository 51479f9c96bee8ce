"""JSON and JSON lines: each object of a list is a row, objects inside it give dotted column names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from crm_unify.errors import GuardStopped
from crm_unify.rules.model import Source
from pipelines.sources.csv_text import Utf8Stream, find_encoding, from_utf8, is_text, shown
from pipelines.sources.flat import Members, flat
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
from pipelines.sources.json_text import JsonBroken, JsonText
from pipelines.sources.lists import Entry, ListReader, excerpt
from pipelines.sources.packed import beginning

_CHUNK: Final = 1 << 20
_START: Final = re.compile(r"\s*(?:\[\s*(?:\{\s*[\"}]|\])|\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\}))")
_DEPTH: Final = 4
"""Objects inside objects in which lists of rows are looked for."""


def _chunks(path: Path, encoding: str | None) -> Iterator[str]:
    """The text of a file; bytes that cannot be decoded are marked."""
    found = find_encoding(beginning(path, 4096), encoding, path)
    stream = Utf8Stream(path, found, size=_CHUNK)
    for chunk in stream:
        yield from_utf8(chunk)


def _entries(path: Path, encoding: str | None, row_path: str | None) -> Iterator[Entry]:
    """The rows of a list, or of values one behind the other."""
    text = JsonText(_chunks(path, encoding))
    try:
        if row_path:
            for name in row_path.split("."):
                _descend(text, name, path, row_path)
        if text.peek() == "[":
            yield from _elements(text)
            return
    except JsonBroken as error:
        yield Entry(error.line, problem=FILE_CUT_OFF, raw=excerpt(f"{error}: {shown(error.rest)}"))
        return
    if row_path:
        yield _entry(text.line, text.value())
        return
    yield from _values(text)


def _descend(text: JsonText, name: str, path: Path, row_path: str) -> None:
    """Step to the value of a member of the object that comes next."""
    if text.skip("{"):
        while text.peek() == '"':
            found = text.value()
            if not text.skip(":"):
                raise text.broken("a colon was expected")
            if found == name:
                return
            text.value()
            text.skip(",")
    raise GuardStopped(f"nothing lies at '{row_path}': there is no '{name}'", str(path),
                       remedy="correct `row_path` under `source` in the rule file")


def _elements(text: JsonText) -> Iterator[Entry]:
    """The elements of a list; behind a broken one nothing can be told apart any more."""
    text.skip("[")
    while text.peek() not in ("]", ""):
        line = text.line
        yield _entry(line, text.value())
        if not text.skip(",") and text.peek() != "]":
            raise text.broken("the list breaks off" if text.peek() == "" else "a comma was expected")
    if not text.skip("]"):
        raise text.broken("the list breaks off")


def _values(text: JsonText) -> Iterator[Entry]:
    """Values one behind the other, usually one a line; a broken one costs its line."""
    while text.peek():
        line = text.line
        try:
            yield _entry(line, text.value())
        except JsonBroken:
            yield Entry(line, problem=RECORD_DAMAGED, raw=excerpt(shown(text.skip_line())))


def _entry(line: int, value: Any) -> Entry:
    cells = flat(value)
    if not all(is_text(text) for text in (*cells, *cells.values()) if text):
        raw = ", ".join(f"{name}: {text}" for name, text in cells.items())
        return Entry(line, problem=ENCODING_INVALID, raw=excerpt(shown(raw)))
    return Entry(line, cells)


def _is_json(sample: Sample) -> bool:
    """A list of objects, or an object, by its first characters."""
    text = sample.head.decode("utf-8-sig", "replace") if b"\x00" not in sample.head[:16] else ""
    return _START.match(text) is not None


def _tables(given: Given) -> Iterator[FoundTable]:
    """The list itself, or each list of objects inside an object."""
    name = Path(given.name).stem
    text = JsonText(_chunks(given.path, None))
    if text.peek() == "[":
        yield FoundTable(name, "json", given.name)
        return
    try:
        value = text.value()
    except JsonBroken:
        value = None
    found = [] if text.peek() else list(_lists(value, "", _DEPTH))
    if not found:
        yield FoundTable(name, "json", given.name)
    for row_path in found:
        yield FoundTable(row_path.rpartition(".")[2], "json", given.name, {"row_path": row_path})


def _lists(value: Any, name: str, depth: int) -> Iterator[str]:
    """Paths of the lists of objects in an object."""
    if not isinstance(value, Members) or not depth:
        return
    for key, inner in value:
        path = f"{name}.{key}" if name else key
        if isinstance(inner, list) and not isinstance(inner, Members):
            if inner and all(isinstance(element, Members) for element in inner):
                yield path
        else:
            yield from _lists(inner, path, depth - 1)


def _open(source: Source, given: Given) -> Reader:
    return ListReader(given, partial(_entries, given.path, source.encoding, source.row_path))


FORMAT: Final = Format("json", "a JSON file", _is_json, _tables, _open)
