"""The bytes of a text file as UTF-8, whatever code page they were written in.

A byte order mark decides, then what the rule file declares, else UTF-8. Nothing is guessed: every detector
tried took 8-bit code pages for one another. Bytes that mean nothing in the encoding become lone surrogates
(U+DC00 plus the byte), which no text holds, so that the row they stand in is found and its bytes can be
shown.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError, nearest_name
from pipelines.sources.packed import UNPACKING_ERRORS, chunks_of

MARK: Final = 0xED
"""First UTF-8 byte of a marked byte; the second is 0xB0 to 0xBF, which valid UTF-8 never has after it."""

MARK_ERRORS: Final = "crm-unify-mark"
"""Name of the codec error handler that marks undecodable bytes."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_NEEDED: Final = ("utf-16", "utf-32")
_MARKED: Final = re.compile("[\udc00-\udcff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NUL_SHARE: Final = 0.2
"""Western text in UTF-16 is about half NUL bytes; a damaged 8-bit file has a handful."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of one file are read."""

    name: str
    """Python codec."""
    skip: int
    """Bytes of the byte order mark."""
    declared: bool
    """The rule file named it and no byte order mark overruled it."""
    notes: tuple[str, ...] = ()
    """What a person should know about the choice."""


def find_encoding(head: bytes, declared: str | None, path: Path) -> Encoding:
    """Encoding by byte order mark, declaration or default, from the first bytes of the file."""
    name = None if declared is None else _known_codec(declared, path)
    for mark, marked in _BOMS:
        if head.startswith(mark):
            differs = name is not None and not marked.startswith(name.removesuffix("-sig"))
            note = f"the file begins with the byte order mark of {marked}, not {declared}; read as {marked}"
            return Encoding(marked, len(mark), declared=False, notes=(note,) if differs else ())
    if name is not None:
        _refuse_unmarked(name, head, path)
        return Encoding(name, 0, declared=True)
    if head.count(0) > len(head) * _NUL_SHARE:
        raise ConfigurationError(
            "the file is no UTF-8 text, and its source declares no encoding", path,
            why="every few bytes is a NUL, as in UTF-16 without a byte order mark or in a binary file",
            remedy="declare `encoding: utf-16-le` (or what it is) under `source` in the rule file",
        )
    return Encoding("utf-8", 0, declared=False)


def _refuse_unmarked(name: str, head: bytes, path: Path) -> None:
    """An encoding that leaves the order of its bytes to a mark cannot be read without one."""
    if name in _MARK_NEEDED and head:
        raise ConfigurationError(
            f"the file is declared as {name} and has no byte order mark", path,
            why="without the mark nobody can tell which byte of a character comes first",
            remedy=f"declare `encoding: {name}-le` (or `-be`), or what the file really is",
        )


def _known_codec(declared: str, path: Path) -> str:
    """Canonical name of a text codec; an unknown one is a configuration error."""
    try:
        str(b"any", declared, "replace")
    except LookupError:
        from encodings.aliases import aliases  # only to name the nearest one

        raise ConfigurationError(f"unknown encoding '{declared}'", path,
                                 nearest=nearest_name(declared, aliases.values())) from None
    return codecs.lookup(declared).name


class Utf8Stream:
    """A file read as UTF-8 chunks; remembers whether bytes had to be marked."""

    def __init__(self, path: Path, encoding: Encoding, *, size: int) -> None:
        """Read `path` in pieces of about `size` bytes."""
        self._path, self._encoding, self._size = path, encoding, size
        self.marked = 0
        """Undecodable bytes so far."""
        self.utf8_all_along = False
        """All bytes make valid UTF-8 and some are not ASCII; known at the end of a declared 8-bit file."""
        self.cut_off = ""
        """Why the rest of a packed file cannot be unpacked; empty when all of it was read."""

    def __iter__(self) -> Iterator[bytes]:
        """The chunks; a character is never cut."""
        codec = codecs.getincrementaldecoder(self._encoding.name)(MARK_ERRORS)
        witness = _Utf8Witness()
        watched = self._encoding.declared and not self._encoding.name.startswith("utf")
        for chunk in self._chunks():
            if watched:
                witness.see(chunk)
            yield self._utf8(codec.decode(chunk))
        yield self._utf8(codec.decode(b"", final=True))
        self.utf8_all_along = watched and witness.convinced()

    def _chunks(self) -> Iterator[bytes]:
        """The bytes behind the mark; a packed file that breaks off ends where it does."""
        try:
            yield from chunks_of(self._path, self._size, skip=self._encoding.skip)
        except UNPACKING_ERRORS as error:
            self.cut_off = str(error)

    def _utf8(self, text: str) -> bytes:
        """UTF-8 of the text, marks counted."""
        try:
            return text.encode()
        except UnicodeEncodeError:
            self.marked += len(_MARKED.findall(text))
            return text.encode(errors="surrogatepass")


class _Utf8Witness:
    """Looks on whether bytes that are declared to be something else are UTF-8 all along."""

    def __init__(self) -> None:
        self._codec = codecs.getincrementaldecoder("utf-8")("strict")
        self._foreign = False
        self._beyond_ascii = False

    def see(self, chunk: bytes) -> None:
        """Take note of the next bytes."""
        if self._foreign:
            return
        self._beyond_ascii = self._beyond_ascii or not chunk.isascii()
        try:
            self._codec.decode(chunk)
        except UnicodeDecodeError:
            self._foreign = True

    def convinced(self) -> bool:
        """Whether every byte fitted UTF-8 and that says something (pure ASCII says nothing)."""
        return self._beyond_ascii and not self._foreign and self._codec.getstate()[0] == b""


def shown(text: str) -> str:
    r"""The text with each marked byte as \xNN, and other halves of surrogate pairs as \uNNNN."""
    if is_text(text):
        return text
    marked = _MARKED.sub(lambda mark: f"\\x{ord(mark.group()) - 0xDC00:02x}", text)
    return marked.encode(errors="backslashreplace").decode()


def is_text(text: str) -> bool:
    """Whether all of it is characters: no marked byte, no half of a surrogate pair."""
    return _SURROGATE.search(text) is None


def is_marked(text: str) -> bool:
    """Whether some byte of the text could not be decoded."""
    return _MARKED.search(text) is not None


def from_utf8(utf8: bytes) -> str:
    """Text, possibly with marks, from a chunk of `Utf8Stream`."""
    return utf8.decode(errors="surrogatepass")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Stand-ins for the bytes a decoder refused."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start:error.end]), error.end


codecs.register_error(MARK_ERRORS, _mark)
