"""Strings of a workbook: shared ones by their index, and whether runs of rich text are struck out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final
from xml.parsers import expat

_CHUNK: Final = 1 << 20
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


def local_name(tag: str) -> str:
    """Name of an element without namespace or prefix: transitional and strict workbooks differ in those."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def is_on(attributes: dict[str, str], name: str, *, absent: bool = False) -> bool:
    """Whether a truth value of the format is set; `absent` is what it means not to be there."""
    value = attributes.get(name)
    return absent if value is None else value in ("1", "true")


def unescaped(text: str) -> str:
    """Text with `_x000D_` and its like as the characters they stand for (ISO/IEC 29500-1, 22.4.2.4)."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(escape: re.Match[str]) -> str:
    """The character of an escape; half a surrogate pair is none and stays as written."""
    character = chr(int(escape.group(1), 16))
    return escape.group() if "\ud800" <= character <= "\udfff" else character


class TextPass:
    """Handlers that collect the text of string items, shared (`si`) or in a cell (`is`).

    They run for each of millions of elements: slots, few calls and the usual case first.
    """

    __slots__ = ("_aside", "_parser", "_parts", "_plain", "_runs", "_text")

    def __init__(self) -> None:
        """Make a parser with handlers that fit the prefix of the root element."""
        self._parts: list[str] = []
        self._text = ""
        self._runs: list[bool | None] = []
        self._aside = self._plain = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start_root
        self._parser.CharacterDataHandler = lambda text: self._parts.append(text)
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def _start_root(self, tag: str, _: dict[str, str]) -> None:
        """Take the handlers that fit: prefixes in front of names are rare and cost time."""
        if ":" not in tag:
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
            return
        self._parser.StartElementHandler = lambda name, attributes: self._start(local_name(name), attributes)
        self._parser.EndElementHandler = lambda name: self._end(local_name(name))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def _end(self, name: str) -> None:
        raise NotImplementedError

    def _start_run(self, name: str, attributes: dict[str, str]) -> None:
        """Elements of rich text: runs, their formats, and phonetic reading aids, which are left out."""
        match name:
            case "r":
                self._plain = True
            case "rPr":
                self._plain = False
                self._runs.append(False)
            case "strike" if self._runs:
                self._runs[-1] = is_on(attributes, "val", absent=True)
            case "rPh":
                self._aside = True

    def _end_run(self, name: str) -> None:
        if name == "rPh":
            self._aside = False
        elif name == "r" and self._plain:
            self._runs.append(None)

    def _struck(self) -> bool | None:
        """Whether all runs are struck out; None: as the cell is."""
        if False in self._runs:
            return False
        return True if self._runs and None not in self._runs else None


class _SharedPass(TextPass):
    """Collects shared strings."""

    __slots__ = ("struck", "values")

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []
        self.struck: dict[int, bool] = {}

    def feed(self, xml: bytes) -> None:
        """Take the next bytes; none is the end."""
        self._parser.Parse(xml, not xml)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "t":
            self._parts = []
        elif name == "si":
            self._text = ""
            self._runs = []
        else:
            self._start_run(name, attributes)

    def _end(self, name: str) -> None:
        if name == "t":
            if not self._aside:
                self._text += "".join(self._parts)
        elif name == "si":
            if self._runs and (struck := self._struck()) is not None:
                self.struck[len(self.values)] = struck
            self.values.append(unescaped(self._text))
        else:
            self._end_run(name)


class Strings:
    """Shared strings, read as far as they are asked for: a header needs few of them, the cells below all."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        """`stream` is the part that holds them; None for a workbook without."""
        self._pass = _SharedPass()
        read = (lambda: b"") if stream is None else (lambda: stream.read(_CHUNK))
        self._chunks: Iterator[bytes] = iter(read, b"")
        self.struck = self._pass.struck
        """Index -> whether all runs of a rich text are struck out; plain texts are as their cell is."""

    def __getitem__(self, index: int) -> str:
        """The string at this index."""
        while index >= len(self._pass.values):
            self._pass.feed(next(self._chunks))
        return self._pass.values[index]

    def all(self) -> list[str]:
        """Every string."""
        for chunk in self._chunks:
            self._pass.feed(chunk)
        return self._pass.values


def _refuse_doctype(*_: object) -> None:
    """A part of a workbook has no document type; one that has is an attack or no workbook."""
    raise expat.ExpatError("a document type declaration")
