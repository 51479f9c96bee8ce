"""The small charts of a profile: bars of values and patterns, columns of lengths and years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_unify.steward.report.drawing import FULL, THINNEST, Box

WIDTH: Final = 360.0
HEIGHT: Final = 56.0
FEWEST: Final = 3
"""Columns of a chart; fewer say nothing that the smallest and the greatest do not"""
_MOST: Final = 60
"""Columns of a chart; more years than that are drawn by fives, then by tens"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: a text, its rows, and how long its bar is of FULL."""

    text: str
    rows: int
    share: float
    """Of the filled rows, 0 to 1"""
    width: float
    title: str
    """What is said of it besides"""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many rows fall where: years, or lengths in characters."""

    boxes: tuple[Box, ...]
    first: str
    last: str
    what: str


def bars(parts: Sequence[tuple[str, int, str]], *, filled: int) -> tuple[Bar, ...]:
    """Bars of (text, rows, title), the longest of all the room there is where it stands for all rows."""
    return (
        tuple(
            Bar(text, rows, rows / filled, round(max(FULL * rows / filled, THINNEST), 1), title)
            for text, rows, title in parts
        )
        if filled
        else ()
    )


def spread(parts: Sequence[tuple[int, int, int]], what: str) -> Spread | None:
    """Columns of (from, to, rows), empty stretches left free; None where there are fewer than FEWEST."""
    if len(parts) < FEWEST:
        return None
    low, high = parts[0][0], parts[-1][1]
    scale, tallest = WIDTH / (high - low + 1), max(rows for _, _, rows in parts)
    boxes = []
    for first, last, rows in parts:
        height = max(HEIGHT * rows / tallest, 1.0)
        width = max(scale * (last - first + 1) - 1, 0.8)
        where = f"{first}" if first == last else f"{first} to {last}"
        boxes.append(Box("size", round(scale * (first - low), 2), round(HEIGHT - height, 2), round(width, 2),
                         round(height, 2), f"{where}: {rows:,}"))  # fmt: skip
    return Spread(tuple(boxes), str(low), str(high), what)


def by_years(years: Sequence[tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    """Years as stretches of 1, 5, 10 or 50, as many as can be drawn."""
    if not years:
        return ()
    span = years[-1][0] - years[0][0] + 1
    step = next(one for one in (1, 5, 10, 50, 500) if span / one <= _MOST or one == 500)
    found: dict[int, int] = {}
    for year, rows in years:
        start = year // step * step
        found[start] = found.get(start, 0) + rows
    return tuple((start, start + step - 1, rows) for start, rows in found.items())
