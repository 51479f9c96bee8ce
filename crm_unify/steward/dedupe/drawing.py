"""The histogram of all compared pairs by weight: merged, waiting for a person, of one household, apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from crm_unify.steward.report.drawing import Box, Histogram, Line, Text, nice_step, signed
from matching.estimate import CENTRES

Ints = npt.NDArray[np.int64]

WIDTH: Final = 900.0
_LEFT, _RIGHT, _HEAD, _PLOT, _FOOT = 64.0, 16.0, 46.0, 200.0, 46.0
_HEADROOM: Final = 1.5
"""Bars of pairs that stay apart are cut at so many times the highest bar of the others."""
_TELLING: Final = 2
"""Series that set the scale: the merged and the waiting pairs."""
_ROOM: Final = 34.0
"""Room that the number above a cut bar takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Pairs of one fate by bin of `matching.estimate.CENTRES`."""

    css: str
    label: str
    pairs: Ints


@dataclass(frozen=True, slots=True)
class _Frame:
    """The scales."""

    first: int
    last: int
    top: int
    tick: int

    def x(self, bits: float) -> float:
        return round(_LEFT + (bits - self.first) * (WIDTH - _LEFT - _RIGHT) / (self.last - self.first), 2)

    def y(self, pairs: float) -> float:
        return round(_HEAD + _PLOT * (1 - min(pairs / self.top, 1.0)), 2)


def weights(series: Sequence[Series], marks: Sequence[tuple[str, float]]) -> Histogram | None:
    """Stacked bars of whole bits with vertical marks (label, bits); None where there are no pairs.

    Of the pairs that stay apart, in the series from the third on, there may be a thousand times more: where
    a bar outgrows the others it is cut, and its number stands on it; of neighbours on the greatest.
    """
    by_bit = [_by_bit(one.pairs) for one in series]
    bits = sorted({bit for counts in by_bit for bit in counts})
    if not bits:
        return None
    frame = _frame(bits, by_bit, [math.floor(at) for _, at in marks])
    boxes, cut = _bars(frame, series, by_bit)
    lines, texts = _axes(frame)
    for place, (label, at) in enumerate(sorted(marks, key=lambda mark: mark[1])):
        anchor, gap = ("start", 6) if place == len(marks) - 1 else ("end", -6)
        lines.append(Line("mark", frame.x(at), 18, frame.x(at), _HEAD + _PLOT))
        texts.append(Text("mark", frame.x(at) + gap, 28, anchor, f"{label}: {signed(at)} bits"))
    told = tuple((one.css, one.label, int(one.pairs.sum())) for one in series)
    return Histogram(WIDTH, _HEAD + _PLOT + _FOOT, tuple(boxes), tuple(lines), (*texts, *cut), told)


def _by_bit(pairs: Ints) -> dict[int, int]:
    """Pairs by whole bit: bit b holds the weights from b up to, not including, b + 1."""
    bit = np.floor(CENTRES).astype(np.int64)
    sums = np.bincount(bit - bit[0], weights=pairs).astype(np.int64)
    return {int(at + bit[0]): int(sums[at]) for at in np.flatnonzero(sums)}


def _frame(bits: Sequence[int], by_bit: Sequence[dict[int, int]], marks: Sequence[int]) -> _Frame:
    near = [sum(counts.get(bit, 0) for counts in by_bit[:_TELLING]) for bit in bits]
    every = max(sum(counts.get(bit, 0) for counts in by_bit) for bit in bits)
    highest = min(every, math.ceil(_HEADROOM * max(near))) if max(near, default=0) else every
    tick = nice_step(highest)
    return _Frame(min(*bits, *marks) - 1, max(*bits, *marks) + 2, math.ceil(highest / tick) * tick, tick)


def _bars(
    frame: _Frame, series: Sequence[Series], by_bit: Sequence[dict[int, int]]
) -> tuple[list[Box], list[Text]]:
    boxes: list[Box] = []
    tall: list[tuple[int, float]] = []
    width = round(frame.x(1) - frame.x(0) - 1, 2)
    for bit in range(frame.first, frame.last):
        below = 0
        for one, counts in zip(series, by_bit, strict=True):
            if number := counts.get(bit, 0):
                said = f"{number:,} pairs of {bit:,} to {bit + 1:,} bits: {one.label}"
                y, bottom = frame.y(below + number), frame.y(below)
                boxes.append(Box(one.css, frame.x(bit), y, width, round(bottom - y, 2), said))
                below += number
        if below > frame.top:
            tall.append((below, frame.x(bit) + width / 2))
    return boxes, _labels(tall)


def _labels(tall: Sequence[tuple[int, float]]) -> list[Text]:
    """The numbers above bars that are cut, the greatest first, as far as there is room."""
    labels: list[Text] = []
    for pairs, x in sorted(tall, key=lambda one: (-one[0], one[1])):
        if all(abs(x - label.x) >= _ROOM for label in labels):
            labels.append(_cut(x, pairs))
    return labels


def _cut(x: float, pairs: int) -> Text:
    """The number of pairs above a bar that is cut, in short."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if pairs >= size:
            return Text("tick cut", round(x, 2), _HEAD - 4, "middle", f"{pairs / size:.0f}{unit}")
    return Text("tick cut", round(x, 2), _HEAD - 4, "middle", str(pairs))


def _axes(frame: _Frame) -> tuple[list[Line], list[Text]]:
    lines, texts = [], []
    for pairs in range(0, frame.top + 1, frame.tick):
        y = frame.y(pairs)
        lines.append(Line("base" if pairs == 0 else "grid", _LEFT, y, WIDTH - _RIGHT, y))
        texts.append(Text("tick", _LEFT - 8, y + 4, "end", f"{pairs:,}"))
    step = max(nice_step(frame.last - frame.first, parts=10), 1)
    for bits in range(math.ceil(frame.first / step) * step, frame.last + 1, step):
        said = signed(bits, 0) if bits else "0"
        texts.append(Text("tick", frame.x(bits), _HEAD + _PLOT + 18, "middle", said))
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    said = "match weight in bits: further right, stronger evidence for one and the same customer"
    texts.append(Text("axis", middle, _HEAD + _PLOT + 38, "middle", said))
    return lines, texts
