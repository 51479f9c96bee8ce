"""The drawing of :mod:`benchmarks.questions`: how fast each order of asking settles what is doubtful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDE, HIGH, GAP = 300, 200, 60
COLOURS = {"queue": "#1b6e53", "random": "#c0652b", "listed": "#999999"}
Curves = Mapping[str, Sequence[float]]
"""By order the share that is settled after each answer, 0 to 1."""


def drawing(tasks: Sequence[tuple[str, Curves]]) -> str:
    """One square a named task: answers from left to right, share of the doubtful pairs settled upwards."""
    width = GAP + len(tasks) * (WIDE + GAP)
    squares = [
        f'<g transform="translate({GAP + at * (WIDE + GAP)} {GAP})">{_square(name, curves)}</g>'
        for at, (name, curves) in enumerate(tasks)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HIGH + 2 * GAP}" width="{width}" '
        f'height="{HIGH + 2 * GAP}" font-family="sans-serif" font-size="10">'
        '<rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *squares, "</svg>"]) + "\n"


def _square(title: str, curves: Curves) -> str:
    longest = max(map(len, curves.values()))
    lines = []
    for at, (name, curve) in enumerate(curves.items()):
        points = " ".join(
            f"{(i + 1) / longest * WIDE:.1f},{HIGH - share * HIGH:.1f}" for i, share in enumerate(curve)
        )
        lines.append(
            f'<polyline points="0,{HIGH} {points}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>'
        )
        lines.append(f'<text x="{WIDE - 70}" y="{HIGH - 40 + 14 * at}" fill="{COLOURS[name]}">{name}</text>')
    return (
        f'<text x="0" y="-8">{title}: share of doubtful pairs settled</text>'
        f'<rect width="{WIDE}" height="{HIGH}" fill="none" stroke="#888"/>'
        f'<text x="0" y="{HIGH + 14}">0</text><text x="{WIDE - 60}" y="{HIGH + 14}">{longest} answers</text>'
        + "".join(lines)
    )
