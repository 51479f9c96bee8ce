"""Lists in XML: each element at a declared path is a row, its attributes and children are columns.

    <customers><customer id="7"><name>Ann</name><tel>1</tel><tel>2</tel></customer></customers>
    row_path: customers/customer gives @id = 7, name = Ann, tel = 1, tel (2) = 2

Documents that declare entities are refused: that is how a few lines become gigabytes, or files of this
machine become data (CWE-776, CWE-611). Nothing outside the document is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from crm_unify.errors import ConfigurationError, GuardStopped
from crm_unify.rules.model import Source
from pipelines.sources.flat import Members, flat
from pipelines.sources.interface import FILE_CUT_OFF, Format, FoundTable, Given, Reader, Sample
from pipelines.sources.lists import Entry, ListReader
from pipelines.sources.packed import UNPACKING_ERRORS, beginning, chunks_of
from pipelines.sources.xlsx_strings import local_name

_CHUNK: Final = 1 << 18
_START: Final = re.compile(rb"\s*<(?:\?xml|!--|[A-Za-z_])")
_HTML: Final = re.compile(rb"\s*<(?:!doctype\s+)?html", re.IGNORECASE)
_OFFICE: Final = b"urn:oasis:names:tc:opendocument"
_DEPTH: Final = 60
"""Elements inside each other in a row; deeper ones are no data."""
_LOOKED_AT: Final = 4 << 20
"""Bytes in which lists are looked for."""


class _Rows:
    """Handlers that collect the rows of one path."""

    def __init__(self, path: Path, row_path: str) -> None:
        self._file, self._wanted = path, row_path.strip("/").split("/")
        self._open: list[str] = []
        self._stack: list[tuple[Members, list[str]]] = []
        self._line = 0
        self.ready: list[Entry] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._refuse_entities

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self._open.append(local_name(tag))
        if self._stack or self._is_row():
            if len(self._stack) >= _DEPTH:
                raise GuardStopped(f"elements lie more than {_DEPTH} deep in a row", str(self._file),
                                   remedy="correct `row_path`, or have the file looked at")
            if not self._stack:
                self._line = self.parser.CurrentLineNumber
            attributes = ((f"@{local_name(name)}", value) for name, value in given.items())
            self._stack.append((Members(attributes), []))

    def _characters(self, text: str) -> None:
        if self._stack:
            self._stack[-1][1].append(text)

    def _end(self, _: str) -> None:
        name = self._open.pop()
        if not self._stack:
            return
        members, texts = self._stack.pop()
        value = _value(members, "".join(texts))
        if self._stack:
            self._stack[-1][0].append((name, value))
        else:
            self.ready.append(Entry(self._line, flat(value)))

    def _is_row(self) -> bool:
        return len(self._open) == len(self._wanted) and all(
            wanted in ("*", name) for wanted, name in zip(self._wanted, self._open, strict=True)
        )

    def _refuse_entities(self, *_: object) -> None:
        raise GuardStopped("the XML document declares entities of its own", str(self._file),
                           why="a few of them can fill any memory, or read files of this machine",
                           remedy="have the file written without a document type, or remove it by hand")


def _value(members: Members, text: str) -> Any:
    """Text of an element without children; beside attributes it comes first, without a name."""
    content = text if not members or text.strip() else ""
    if not members:
        return content or None
    return Members([*([("", content)] if content.strip() else []), *members])


def _entries(path: Path, row_path: str) -> Iterator[Entry]:
    """The rows of a document; where it breaks off or is no XML any more, a row with the reason."""
    rows = _Rows(path, row_path)
    try:
        for chunk in chunks_of(path, _CHUNK):
            rows.parser.Parse(chunk, False)
            ready, rows.ready = rows.ready, []
            yield from ready
        rows.parser.Parse(b"", True)
    except (expat.ExpatError, *UNPACKING_ERRORS) as error:
        yield from rows.ready
        line = rows.parser.CurrentLineNumber
        yield Entry(line, problem=FILE_CUT_OFF, raw=f"nothing can be read from here on: {error}")
        return
    yield from rows.ready


class _Survey:
    """Counts elements by their path."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self.counts: Counter[str] = Counter()
        self.parents: set[str] = set()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.EntityDeclHandler = self._stop

    def _start(self, tag: str, given: dict[str, str]) -> None:
        path = "/".join(self._open)
        self._open.append(local_name(tag))
        mine = f"{path}/{self._open[-1]}" if path else self._open[-1]
        self.counts[mine] += 1
        self.parents.add(path)
        if given:
            self.parents.add(mine)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _stop(self, *_: object) -> None:
        raise expat.ExpatError("entities")


def _tables(given: Given) -> Iterator[FoundTable]:
    """Paths of elements that repeat and have something in them, the outermost ones."""
    survey = _Survey()
    with suppress(expat.ExpatError):  # what comes before says enough; reading tells where it breaks off
        survey.parser.Parse(beginning(given.path, _LOOKED_AT), False)
    found = [path for path, count in survey.counts.items() if count > 1 and path in survey.parents]
    for path in found:
        if not any(path.startswith(f"{other}/") for other in found):
            yield FoundTable(path.rpartition("/")[2], "xml", given.name, {"row_path": path})


def _is_xml(sample: Sample) -> bool:
    """Begins like XML, and is neither a web page nor a document of an office program."""
    head = sample.head.removeprefix(b"\xef\xbb\xbf")
    if _OFFICE in head[:4096]:
        return False
    if head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return True
    return _START.match(head) is not None and _HTML.match(head) is None


def _open(source: Source, given: Given) -> Reader:
    if source.row_path is None:
        raise ConfigurationError("an XML file needs the path of its rows", given.path,
                                 remedy="declare `row_path` under `source`, for example customers/customer")
    return ListReader(given, partial(_entries, given.path, source.row_path))


FORMAT: Final = Format("xml", "an XML file", _is_xml, _tables, _open)
