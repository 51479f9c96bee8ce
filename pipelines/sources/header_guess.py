"""Where the header of a table probably stands, by the first rows: a proposal, never more.

A header fills about as many cells as the widest of the first rows, and says words there: no numbers, no
dates, no addresses, hardly any text twice. Title lines above it are narrower, rows below it hold values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

ROWS: Final = 60
"""Rows looked at."""
_WIDE: Final = 0.7
"""Share of the widest row's filled cells that a header fills at least."""
_YEAR: Final = re.compile("(19|20)[0-9][0-9]")
"""The one kind of number that often heads a column."""
_WORDS: Final = 0.9
"""Share of its cells that hold words, and share of its words that stand only once."""
_VALUE: Final = re.compile(
    r"[-+(]?[$€£]?\s?[\d.,' /:()+-]*\d[\d.,' /:()+-]*%?|.*@.*\..*|https?://.*|true|false|yes|no|n/a|null",
    re.IGNORECASE | re.DOTALL,
)


def guess_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Position (from 0) of the row that reads like a header; None when none of the first rows does.

    >>> guess_header([["Customers 2024", ""], ["", ""], ["Id", "Name"], ["1", "Smith"]])
    2
    """
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows[:ROWS]]
    widest = max(map(len, filled), default=0)
    for place, cells in enumerate(filled):
        if len(cells) >= max(1, _WIDE * widest) and reads_like_names(cells):
            return place
    return None


def reads_like_names(cells: Sequence[str]) -> bool:
    """Whether cells say words, hardly any of them twice, rather than values."""
    words = [cell for cell in cells if _YEAR.fullmatch(cell) or not _VALUE.fullmatch(cell)]
    return len(words) >= _WORDS * len(cells) and len(set(words)) >= _WORDS * len(words)
