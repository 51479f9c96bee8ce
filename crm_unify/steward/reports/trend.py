"""A picture of shares over runs: lines over an axis of runs, points with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from crm_unify.steward.report.drawing import Box, Dot, Line, Text, clipped

WIDTH: Final = 900.0
_LEFT, _RIGHT, _HEAD, _PLOT, _FOOT = 56.0, 190.0, 14.0, 170.0, 40.0
_APART: Final = 14.0
"""Least distance of two labels beside the lines."""
TICKS: Final = 4
LABELLED: Final = 12
"""Runs that are named below the axis; of more, every second, third ... is."""
LINES: Final = 6
"""Lines in one picture: as many as can be told apart by colour and label."""


@dataclass(frozen=True, slots=True)
class Point:
    """One share."""

    at: int
    """Place on the axis, from 0."""
    value: float
    low: float | None = None
    high: float | None = None
    """Ends of its interval."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Lines as geometry, in the picture's own units."""

    title: str
    """What the picture says, for those who cannot see it, too."""
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    texts: tuple[Text, ...]


def trend(title: str, places: Sequence[str], series: Sequence[tuple[str, Sequence[Point]]]) -> Trend | None:
    """Draw series (label, points) over the `places` of an axis; None where there is no point.

    The n-th series has the n-th colour. The scale begins at the nearest tenth below the least value, for what
    changes is small beside the whole.
    """
    drawn = [(number, label, points) for number, (label, points) in enumerate(series[:LINES]) if points]
    if not drawn:
        return None
    least = min(p.value if p.low is None else p.low for *_, points in drawn for p in points)
    scale = _Scale(floor=min(int(least * 10) / 10, 0.9), places=max(len(places), 1))
    lines, texts = _axes(scale, places)
    boxes, dots = [], []
    labels = _labels(scale, [points[-1].value for *_, points in drawn])
    for height, (number, label, points) in zip(labels, drawn, strict=True):
        css = f"s{number}"
        spots = [(scale.x(p.at), scale.y(p.value)) for p in points]
        for p, (x, y) in zip(points, spots, strict=True):
            if p.low is not None and p.high is not None:
                top, bottom = scale.y(p.high), scale.y(p.low)
                said = f"{label}, {places[p.at]}: {p.value:.1%}, between {p.low:.1%} and {p.high:.1%}"
                boxes.append(Box(f"{css} interval", x - 4, top, 8, round(bottom - top, 2), said))
            dots.append(Dot(css, x, y))
        lines += [Line(css, *one, *other) for one, other in pairwise(spots)]
        last = points[-1]
        said = f"{clipped(label, 18)} {last.value:.1%}"
        texts.append(Text(css, scale.x(scale.places - 1) + 12, height, "start", said))
    return Trend(title, WIDTH, _HEAD + _PLOT + _FOOT, tuple(boxes), tuple(lines), tuple(dots), tuple(texts))


@dataclass(frozen=True, slots=True)
class _Scale:
    floor: float
    places: int

    def x(self, at: int) -> float:
        room = WIDTH - _LEFT - _RIGHT - 24
        return round(_LEFT + 12 + room * (at / (self.places - 1) if self.places > 1 else 0.5), 2)

    def y(self, value: float) -> float:
        return round(_HEAD + _PLOT * (1 - (value - self.floor) / (1 - self.floor)), 2)


def _axes(scale: _Scale, places: Sequence[str]) -> tuple[list[Line], list[Text]]:
    lines, texts = [], []
    for step in range(TICKS + 1):
        share = scale.floor + (1 - scale.floor) * step / TICKS
        y = scale.y(share)
        lines.append(Line("base" if step == 0 else "grid", _LEFT, y, WIDTH - _RIGHT, y))
        texts.append(Text("tick", _LEFT - 8, y + 4, "end", f"{100 * share:.3g} %"))
    every = -(-len(places) // LABELLED)
    for at, name in enumerate(places):
        if (len(places) - 1 - at) % every == 0:
            texts.append(Text("tick", scale.x(at), _HEAD + _PLOT + 20, "middle", name))
    return lines, texts


def _labels(scale: _Scale, values: Sequence[float]) -> list[float]:
    """Heights of labels beside the ends of the lines, moved apart where they would cover each other."""
    order = sorted(range(len(values)), key=lambda at: scale.y(values[at]))
    heights, before = [0.0] * len(values), float("-inf")
    for at in order:
        heights[at] = before = max(scale.y(values[at]) + 4, before + _APART)
    return heights
