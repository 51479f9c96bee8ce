r"""Where the rows of a CSV begin and end, and which of them cannot be read.

Two ways to the same answer. Most pieces of a file obey RFC 4180 to the letter; they are taken apart by
whole-array operations on the bytes (the parity of the quotation marks before a byte says whether it stands
inside a value). A piece in which one mark is out of place goes through a regular expression, row by row: a
mark inside an unquoted value is text (`5"`), one that never closes or closes in the middle of a value makes
that physical line a broken row, and reading resumes on the next line. So one bad mark costs one row, never
the rest of the file.

CR LF, LF and CR each end a line, inside quotation marks too as far as line numbers go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MAX_ROW: Final = 4 << 20
"""Bytes; a quotation mark that does not close within them counts as broken, so memory stays bounded."""
BROKEN: Final = -1
"""In place of the number of values: the line could not be taken apart."""

_QUOTE, _LF, _CR = 0x22, 0x0A, 0x0D
BREAK: Final = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a piece of text; blank lines are rows of one value here."""

    starts: Offsets
    """Byte offset of each row in the piece."""
    ends: Offsets
    """Byte offset after its line break."""
    values: Offsets
    """Number of values, or BROKEN."""
    literal: int = 0
    """Rows with a quotation mark inside an unquoted value, taken as text."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Delimiter of a file, and the expressions that read one row with it."""

    delimiter: bytes
    strict: re.Pattern[bytes] = field(init=False)
    """A row by RFC 4180."""
    lenient: re.Pattern[bytes] = field(init=False)
    """A row whose unquoted values may hold quotation marks."""
    unfinished: re.Pattern[bytes] = field(init=False)
    """The beginning of a row that the end of the piece cuts off."""
    value: re.Pattern[bytes] = field(init=False)
    """One value with what ends it."""

    def __post_init__(self) -> None:
        """Build the expressions; possessive, so that a broken row cannot make them slow."""
        d = re.escape(self.delimiter)
        quoted = rb'"(?:[^"]++|"")*+"'
        plain = rb'(?!")[^%b\r\n]*+' % d
        bare = rb'[^"%b\r\n]*+' % d
        end = rb"(?:\r\n|\n|\r)"
        row = rb"(?:(?:%b|%b)%b)*+(?:%b|%b)" + end
        _set(self, "strict", re.compile(row % (quoted, bare, d, quoted, bare)))
        _set(self, "lenient", re.compile(row % (quoted, plain, d, quoted, plain)))
        _set(self, "unfinished", re.compile(
            rb'(?:(?:%b|%b)%b)*+(?:"(?:[^"]++|"")*+"?|%b)\r?\Z' % (quoted, plain, d, plain)))
        _set(self, "value", re.compile(rb"(%b|%b)(?:%b|\Z)" % (quoted, plain, d)))


def _set(grammar: Grammar, name: str, pattern: re.Pattern[bytes]) -> None:
    """Set a field of a frozen value while it is being made."""
    object.__setattr__(grammar, name, pattern)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file that begins at a row."""

    text: bytes
    found: Found
    """The complete rows in it."""
    lines: Offsets
    """First physical line of each, header = 1."""


def pieces(chunks: Iterable[bytes], grammar: Grammar, *, line: int, skip: int) -> Iterator[Piece]:
    """The rows of a text that comes in chunks, cut anywhere; the first `skip` bytes hold the header.

    `line` is the physical line of the first row. How the text is cut makes no difference to its rows.
    """
    rest = b""
    for chunk in chunks:
        text, skip = rest + chunk[skip:], max(0, skip - len(chunk))
        found = find_rows(text, grammar, final=False)
        end = int(found.ends[-1]) if len(found.ends) else 0
        breaks = lines_before(text, np.append(found.starts, end), final=False)
        yield Piece(text, found, breaks[:-1] + line)
        line += int(breaks[-1])
        rest = text[end:]
    if rest:
        text = rest if rest.endswith((b"\n", b"\r")) else rest + b"\n"
        found = find_rows(text, grammar, final=True)
        yield Piece(text, found, lines_before(text, found.starts, final=True) + line)


def find_rows(piece: bytes, grammar: Grammar, *, final: bool) -> Found:
    """Complete rows of a piece that begins at a row; what follows the last one belongs to the next piece.

    With `final` nothing follows: the piece must end with a line break and all of it is taken apart.
    """
    found = _by_arrays(np.frombuffer(piece, np.uint8), grammar.delimiter[0], final=final)
    taken = 0 if found is None or len(found.ends) == 0 else int(found.ends[-1])
    stuck = final or len(piece) - taken > MAX_ROW
    if found is not None and not (stuck and taken < len(piece)):
        return found
    return _by_expression(piece, grammar, final=final)


def _by_arrays(buffer: Bytes, delimiter: int, *, final: bool) -> Found | None:
    """Rows of a piece in which every quotation mark is in place, else None."""
    breaks = _break_ends(buffer, final=final)
    delimiters = buffer == delimiter
    quotes = np.flatnonzero(buffer == _QUOTE)
    if len(quotes):
        if not _in_place(buffer, quotes, delimiter):
            return None
        outside = _outside(quotes, len(buffer))
        breaks &= outside
        delimiters &= outside
    ends = np.flatnonzero(breaks) + 1
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    return Found(starts, ends, _per_row(np.flatnonzero(delimiters), ends) + 1)


def _break_ends(buffer: Bytes, *, final: bool) -> Mask:
    """True at the last byte of each line break; a CR at the end waits for the LF that may follow."""
    feeds: Mask = buffer == _LF
    returns: Mask = buffer == _CR
    if returns.any():
        returns[:-1] &= ~feeds[1:]
        returns[-1] &= final
        feeds |= returns
    return feeds


def _in_place(buffer: Bytes, quotes: Offsets, delimiter: int) -> bool:
    """Whether marks open at the start of a value, close at its end or are doubled (RFC 4180, 2.5 to 2.7)."""
    allowed = np.zeros(256, np.bool_)
    allowed[[delimiter, _LF, _CR, _QUOTE]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = buffer[opening[opening > 0] - 1]
    after = buffer[closing[closing < len(buffer) - 1] + 1]
    return bool(allowed[before].all() and allowed[after].all())


def _outside(quotes: Offsets, length: int) -> Mask:
    """True at bytes with an even number of marks before them."""
    marks = np.zeros(length, np.uint8)
    marks[quotes] = 1
    outside: Mask = np.bitwise_xor.accumulate(marks, out=marks) == 0
    return outside


def _per_row(positions: Offsets, ends: Offsets) -> Offsets:
    """How many of the ascending positions lie in each row."""
    return np.diff(np.searchsorted(positions, ends), prepend=0)


def _by_expression(piece: bytes, grammar: Grammar, *, final: bool) -> Found:
    """Rows of a piece with marks out of place, one at a time."""
    rows: list[tuple[int, int, int]] = []
    literal = 0
    for start, end, strict, readable in _rows_one_by_one(piece, grammar, final=final):
        rows.append((start, end, _count_values(piece[start:end], grammar) if readable else BROKEN))
        literal += readable and not strict
    table = np.array(rows, np.int64).reshape(-1, 3)
    return Found(table[:, 0], table[:, 1], table[:, 2], literal)


def _rows_one_by_one(piece: bytes, grammar: Grammar, *, final: bool) -> Iterator[tuple[int, int, bool, bool]]:
    """Start, end, obeys the RFC, readable at all; stops where the next piece is needed."""
    at, length = 0, len(piece)
    while at < length:
        strict = grammar.strict.match(piece, at)
        row = strict or grammar.lenient.match(piece, at)
        line = row or BREAK.search(piece, at)
        if not final and length - at <= MAX_ROW and (
            line is None or _cut_in_break(piece, line.end())
            or (row is None and grammar.unfinished.match(piece, at))
        ):
            return
        end = length if line is None else line.end()
        yield at, end, strict is not None, row is not None
        at = end


def _cut_in_break(piece: bytes, end: int) -> bool:
    """Whether the piece ends in a CR that may be the first half of a line break."""
    return end == len(piece) and piece.endswith(b"\r")


def _count_values(row: bytes, grammar: Grammar) -> int:
    """Number of values of a readable row."""
    if b'"' not in row:
        return row.count(grammar.delimiter) + 1
    return len(values_of(row, grammar))


def values_of(row: bytes, grammar: Grammar) -> list[bytes]:
    """The values of one readable row, quotation marks taken off."""
    body = row.rstrip(b"\r\n")
    values, at, more = [], 0, True
    while more:
        found = grammar.value.match(body, at)
        if found is None:
            msg = f"not a readable row: {row!r}"
            raise ValueError(msg)
        values.append(_unquoted(found.group(1)))
        at, more = found.end(), found.end() > found.end(1)
    return values


def _unquoted(value: bytes) -> bytes:
    """A value without its quotation marks."""
    return value[1:-1].replace(b'""', b'"') if value.startswith(b'"') else value


def lines_before(piece: bytes, offsets: Offsets, *, final: bool) -> Offsets:
    """Number of physical line breaks in front of each offset."""
    breaks = np.flatnonzero(_break_ends(np.frombuffer(piece, np.uint8), final=final))
    return np.searchsorted(breaks, offsets)
