"""The reliability diagrams of all measured sets as one SVG, from `results.json` alone.

`python -m benchmarks.reliability` writes `reliability.svg`: one square a set, the probability the model gives
from left to right, the share of those pairs that are of one customer upwards. A calibrated model lies on the
diagonal; the grey strip is what is tolerated. Bands of fewer than 200 pairs are drawn hollow.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page import IN_PROCESS
from benchmarks.results import Result, read
from matching.calibration import TOLERANCE, Band, Point, points

DRAWING = Path(__file__).parent / "reliability.svg"

SIDE, GAP, ACROSS = 170, 60, 5
"""Side of a square, space between squares (pixels), and squares in a row."""

LARGEST = 7.0
"""Radius of the band with the most pairs, pixels."""


def drawing(results: Sequence[Result]) -> str:
    """One square for each result that has bands."""
    shown = [one for one in results if one.bands]
    rows = -(-len(shown) // ACROSS)
    width, height = ACROSS * (SIDE + GAP) + GAP, rows * (SIDE + GAP) + GAP
    squares = [
        f'<g transform="translate({GAP + i % ACROSS * (SIDE + GAP)} {GAP + i // ACROSS * (SIDE + GAP)})">'
        f"{square(one)}</g>"
        for i, one in enumerate(shown)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="10">'
        '<rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *squares, "</svg>"]) + "\n"


def square(one: Result) -> str:
    """The bands of one result."""
    strip = TOLERANCE * SIDE
    tolerated = f"0,{SIDE - strip} {SIDE - strip},0 {SIDE},0 {SIDE},{strip} {strip},{SIDE} 0,{SIDE}"
    bands = [Band(low, high, int(pairs), p, y) for low, high, pairs, p, y in one.bands]
    return (
        f'<text x="0" y="-8">{one.set}, {one.rows:,} rows</text>'
        f'<polygon points="{tolerated}" fill="#e4e4e4"/>'
        f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>'
        f'<path d="M0 {SIDE}L{SIDE} 0" stroke="#888" stroke-dasharray="3 3"/>'
        f'<text x="0" y="{SIDE + 13}">0</text><text x="{SIDE - 6}" y="{SIDE + 13}">1</text>'
        + "".join(_mark(point) for point in points(bands))
    )


def _mark(point: Point) -> str:
    band = point.band
    colour = "#1a6e3c" if band.holds else "#b3261e"
    fill = colour if band.judged else "none"
    said = f"{band.pairs:,} pairs: {band.believed:.3f} believed, {band.observed:.3f} observed"
    return (
        f'<circle cx="{point.x * SIDE:.1f}" cy="{point.y * SIDE:.1f}" r="{2 + LARGEST * point.size:.1f}" '
        f'fill="{fill}" fill-opacity="0.6" stroke="{colour}"><title>{said}</title></circle>'
    )


def main() -> int:
    """Draw what was measured without configuration."""
    results = [one for one in read() if IN_PROCESS in one.tool]
    DRAWING.write_text(drawing(results), encoding="utf-8")
    print(f"{DRAWING.name}: {sum(bool(one.bands) for one in results)} sets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
