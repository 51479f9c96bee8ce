"""What the first lines of a delimited text say: the delimiter, and where the header stands."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipelines.sources.csv_rows import BREAK, Grammar, values_of
from pipelines.sources.csv_text import from_utf8, shown
from pipelines.sources.header_guess import ROWS, guess_header

CANDIDATES: Final = (b",", b";", b"\t", b"|")
"""Delimiters that are tried; others have to be declared."""
_RARE: Final = (b"^", b"~", b":", b"\x1f", b"\x01", b"*", b"#")
"""Delimiters that are proposed when none of the usual ones splits anything."""
_SAMPLE_ROWS: Final = 50
_EVEN_ROWS: Final = 2_000
"""Rows by whose evenness a table is told from other text."""
_ALMOST_ALL: Final = 0.9
"""Share of even rows that a rare delimiter has to give."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table seems to lie in a text; a proposal."""

    delimiter: bytes
    header: int | None
    """Physical line of the header, from 1; None when no line looks like one."""
    evenness: float
    """Share of the rows, from the header on, that have as many values as most of them; 0 to 1."""
    width: int
    """Values in most rows."""


def sniff(text: bytes) -> bytes:
    r"""The delimiter that splits the header and most of the first rows into the same number of values.

    >>> sniff(b"name;city\nSmith, John;Leeds\n")
    b';'
    """
    def fitness(candidate: bytes) -> tuple[bool, float, int]:
        """Splits at all, share of rows as wide as the header, width."""
        rows = (values for _, values in _rows(text, candidate) if values)
        widths = [len(values) for values in itertools.islice(rows, _SAMPLE_ROWS)]
        width = widths[0] if widths else 1
        return width > 1, widths.count(width) / max(len(widths), 1), width

    return max(CANDIDATES, key=fitness)


def find_layout(text: bytes) -> Layout:
    """Delimiter and header line of a table that may stand below a few lines of title; the text is UTF-8."""
    delimiter = max((*CANDIDATES, *_RARE), key=lambda mark: _evenness(text, mark))
    rows = list(itertools.islice(_rows(text, delimiter), _EVEN_ROWS))
    place = guess_header([[shown(from_utf8(value)) for value in values] for _, values in rows[:ROWS]])
    below = rows[place or 0:]
    widths = Counter(len(values) for _, values in below)
    width, count = widths.most_common(1)[0] if below else (0, 0)
    line = None if place is None else 1 + len(BREAK.findall(text[:rows[place][0]]))
    covered = min(1, len(below) / ((place or 0) + 1))  # a longer preamble than table is prose
    return Layout(delimiter, line, covered * count / max(len(below), 1), width)


def _evenness(text: bytes, delimiter: bytes) -> tuple[bool, bool, float, int]:
    """Splits at all, is a usual one, share of rows of the commonest width, that width."""
    widths = Counter(len(values) for _, values in itertools.islice(_rows(text, delimiter), ROWS))
    wide = [(count, width) for width, count in widths.items() if width > 1]
    count, width = max(wide, default=(0, 1))
    share = count / max(widths.total(), 1)
    usual = delimiter in CANDIDATES
    return width > 1 and (usual or share > _ALMOST_ALL), usual, share, width


def line_start(text: bytes, line: int) -> int:
    """Offset of a physical line, counted from 1; the end of the text when it has fewer."""
    at = 0
    for _ in range(line - 1):
        found = BREAK.search(text, at)
        at = len(text) if found is None else found.end()
    return at


def _rows(text: bytes, delimiter: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Offset and values of the rows that are not blank; no values where a line cannot be taken apart."""
    grammar, at = Grammar(delimiter), 0
    while at < len(text):
        row = grammar.lenient.match(text, at)
        line = row or BREAK.search(text, at)
        end = len(text) if line is None else line.end()
        if text[at:end].strip(b"\r\n"):
            yield at, [] if row is None else values_of(row.group(), grammar)
        at = end
