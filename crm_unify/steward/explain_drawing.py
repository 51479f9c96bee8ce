"""The waterfall: how the parts of a match weight add up, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from crm_unify.steward.report.drawing import Box, Line, Text, clipped, nice_step, signed
from matching.explanation import Explanation

WIDTH: Final = 960.0
_NAMES: Final = 400.0
_BITS: Final = 60.0
_RIGHT: Final = 16.0
_ROW: Final = 26.0
_TOP: Final = 34.0
_FOOT: Final = 40.0
LONGEST: Final = 62
"""Small letters of a sentence beside its bar; the whole stands in its title and in the table below."""
CAPITAL: Final = 1.35
"""Small letters that a capital or a figure is as wide as."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Bars that begin where the one above ends, over an axis of bits."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where bits stand."""

    low: int
    high: int

    def x(self, millibits: float) -> float:
        room = WIDTH - _NAMES - _BITS - _RIGHT
        return round(_NAMES + _BITS + room * (millibits / 1000 - self.low) / (self.high - self.low), 2)


def waterfall(pair: Explanation) -> Waterfall:
    """Draw the parts of a pair, top to bottom, with the lines of the bands."""
    rows = [(step.sentence, step.millibits) for step in pair.steps]
    ends = list(accumulate(millibits for _, millibits in rows))
    reach = [0, *ends, pair.merge, pair.review]
    axis = _Axis(math.floor(min(reach) / 1000) - 1, math.ceil(max(reach) / 1000) + 1)
    floor = _TOP + _ROW * (len(rows) + 1)
    lines, texts = _grid(axis, floor)
    marks = (("ask", pair.review), ("merge", pair.merge))
    for (name, at), anchor in zip(marks, ("end", "start"), strict=True):
        lines.append(Line("mark", axis.x(at), 18, axis.x(at), floor))
        texts.append(Text("mark", axis.x(at) + (5 if anchor == "start" else -5), 26, anchor, name))
    boxes: list[Box] = []
    for place, ((sentence, millibits), end) in enumerate(zip(rows, ends, strict=True)):
        boxes.append(_bar(axis, place, end - millibits, end, sentence))
        texts += _labels(place, sentence, millibits, "name")
        lines.append(_joint(axis, place, end))
    boxes.append(_bar(axis, len(rows), 0, pair.millibits, "together, the match weight"))
    texts += _labels(len(rows), "together, the match weight", pair.millibits, "mark")
    return Waterfall(WIDTH, floor + _FOOT, tuple(boxes), tuple(lines), tuple(texts))


def _bar(axis: _Axis, place: int, start: int, end: int, label: str) -> Box:
    left, right = sorted((axis.x(start), axis.x(end)))
    css = "for" if end >= start else "against"
    said = f"{label}: {signed((end - start) / 1000)} bits"
    return Box(css, left, _y(place) - 8, round(max(right - left, 1.5), 2), 16, said)


def _labels(place: int, sentence: str, millibits: int, css: str) -> Sequence[Text]:
    y = _y(place) + 4
    return (
        Text(css, 8, y, "start", _fitting(sentence)),
        Text(f"{css} count", _NAMES + _BITS - 12, y, "end", signed(millibits / 1000)),
    )


def _fitting(sentence: str) -> str:
    """As much of a sentence as there is room for; values stand in it in capitals."""
    ends = accumulate(CAPITAL if one.isupper() or one.isdigit() else 1.0 for one in sentence)
    return clipped(sentence, max(sum(end <= LONGEST for end in ends), 1))


def _joint(axis: _Axis, place: int, end: int) -> Line:
    """The thin line from the end of a bar to the beginning of the next."""
    return Line("joint", axis.x(end), _y(place) - 8, axis.x(end), _y(place + 1) + 8)


def _grid(axis: _Axis, floor: float) -> tuple[list[Line], list[Text]]:
    lines, texts = [], []
    step = max(nice_step(axis.high - axis.low, parts=8), 1)
    for bits in range(math.ceil(axis.low / step) * step, axis.high + 1, step):
        x = axis.x(1000 * bits)
        lines.append(Line("base" if bits == 0 else "grid", x, _TOP - 4, x, floor))
        texts.append(Text("tick", x, floor + 16, "middle", signed(bits, 0) if bits else "0"))
    said = "bits: each doubles the odds of one and the same customer"
    texts.append(Text("axis", (axis.x(1000 * axis.low) + WIDTH - _RIGHT) / 2, floor + 33, "middle", said))
    return lines, texts


def _y(place: int) -> float:
    return _TOP + _ROW * (place + 0.5)
