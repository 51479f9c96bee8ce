"""Pictures as plain geometry: what is drawn where, in the picture's own units; the page writes the SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FULL: Final = 1000.0
"""Width of a bar in its own units; the page stretches it to the room there is."""
THINNEST: Final = 4.0
"""A part that is not empty is never drawn thinner, so that a single lost row can be seen."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a stacked bar."""

    css: str
    x: float
    width: float
    label: str
    value: int


def stacked(parts: Sequence[tuple[str, str, int]], *, total: int | None = None) -> tuple[Segment, ...]:
    """A bar of parts ``(css, label, value)``, full when they reach ``total`` (by default their own sum)."""
    whole = sum(value for _, _, value in parts) if total is None else total
    widths = [max(FULL * value / whole, THINNEST) if value else 0.0 for _, _, value in parts] if whole else []
    too_much = max(sum(widths) / FULL, 1.0)
    segments, x = [], 0.0
    for (css, label, value), width in zip(parts, widths, strict=False):
        if value:
            segments.append(Segment(css, round(x, 2), round(width / too_much, 2), label, value))
            x += width / too_much
    return tuple(segments)


# --- a picture of sets and their overlaps (after UpSet: Lex et al. 2014) ---
UPSET_SHOWN: Final = 16
"""Combinations drawn; the page lists the rest."""
_COLUMN, _ROW, _BARS, _TOP, _NAMES, _SIZES = 46.0, 28.0, 150.0, 22.0, 120.0, 150.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with what it stands for."""

    css: str
    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text at a point; ``anchor`` is start, middle or end."""

    css: str
    x: float
    y: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    css: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A place in the matrix: filled when the system belongs to the combination."""

    css: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Upset:
    """Sets as rows, their combinations as columns."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    texts: tuple[Text, ...]


def upset(
    sets: Sequence[tuple[str, int]], combinations: Sequence[tuple[tuple[str, ...], int]]
) -> Upset | None:
    """Draw sets ``(name, size)`` and combinations ``(names, size)``; None when there is nothing to draw."""
    shown = combinations[:UPSET_SHOWN]
    if not shown:
        return None
    left, floor = _NAMES + _SIZES, _TOP + _BARS
    tallest, largest = max(size for _, size in shown), max(size for _, size in sets)
    row_of = {name: floor + 14 + _ROW * (i + 0.5) for i, (name, _) in enumerate(sets)}
    boxes, texts, dots, lines = [], [], [], []
    for i, (name, size) in enumerate(sets):
        y, width = row_of[name], round((_SIZES - 70) * size / largest, 2)
        stripe = "band" if i % 2 else "band odd"
        boxes.append(Box(stripe, 0, y - _ROW / 2, left + _COLUMN * len(shown), _ROW, ""))
        boxes.append(Box("set", left - 14 - width, y - 7, width, 14, f"{name}: {size:,} customers"))
        texts.append(Text("name", 8, y + 4, "start", clipped(name, 16)))
        texts.append(Text("count", left - 20 - width, y + 4, "end", f"{size:,}"))
    for i, (names, size) in enumerate(shown):
        x, height = left + _COLUMN * (i + 0.5), round(max(_BARS * size / tallest, 1.0), 2)
        said = f"{' and '.join(names)}: {size:,} customers"
        css = "one" if len(names) == 1 else "many"
        boxes.append(Box(css, x - 13, floor - height, 26, height, said))
        texts.append(Text("count", x, floor - height - 6, "middle", f"{size:,}"))
        rows = [row_of[name] for name in names]
        lines.append(Line("link", x, min(rows), x, max(rows)))
        dots += [Dot("on" if name in names else "off", x, y) for name, y in row_of.items()]
    height = floor + 14 + _ROW * len(sets) + 4
    return Upset(left + _COLUMN * len(shown), height, tuple(boxes), tuple(lines), tuple(dots), tuple(texts))


# --- a histogram of match weights ---
WIDEST: Final = 900.0
_LEFT, _RIGHT, _HEAD, _PLOT, _FOOT = 64.0, 16.0, 46.0, 190.0, 46.0
BINS: Final = 45
"""Most bars in a histogram; the bin is as wide (in whole bits) as that needs."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Stacked bars over an axis of bits, with the lines between the bands."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    texts: tuple[Text, ...]
    series: tuple[tuple[str, str, int], ...]
    """CSS class, label and number of pairs."""


def histogram(
    series: Sequence[tuple[str, str, Mapping[int, int]]], *, marks: Sequence[tuple[str, float]]
) -> Histogram | None:
    """Draw series ``(css, label, pairs by whole bit)`` with vertical ``marks`` (label, bits).

    A bit ``b`` holds the pairs of weight ``b`` up to, not including, ``b + 1``. None when there are no pairs.
    """
    bits = sorted({bit for _, _, counts in series for bit in counts})
    if not bits:
        return None
    edges = [*bits, *(math.floor(at) for _, at in marks)]
    step = max(1, math.ceil((max(edges) + 1 - min(edges)) / BINS))
    first = math.floor((min(edges) - 1) / step) * step
    last = math.ceil((max(edges) + 2) / step) * step
    scale = (WIDEST - _LEFT - _RIGHT) / (last - first)
    binned = [(css, label, _binned(counts, step)) for css, label, counts in series]
    highest = max(sum(counts.get(b, 0) for _, _, counts in binned) for b in range(first, last, step))
    tick = nice_step(highest)
    top = math.ceil(highest / tick) * tick
    frame = _Frame(first=first, last=last, step=step, scale=scale, top=top, tick=tick)
    axis_lines, axis_texts = _axes(frame)
    mark_lines, mark_texts = _marks(frame, marks)
    return Histogram(
        width=WIDEST,
        height=_HEAD + _PLOT + _FOOT,
        boxes=tuple(_bars(frame, binned)),
        lines=(*axis_lines, *mark_lines),
        texts=(*axis_texts, *mark_texts),
        series=tuple((css, label, sum(counts.values())) for css, label, counts in series),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The scales of a histogram."""

    first: int
    last: int
    step: int
    scale: float
    top: int
    tick: int

    def x(self, bits: float) -> float:
        return round(_LEFT + (bits - self.first) * self.scale, 2)

    def y(self, pairs: float) -> float:
        return round(_HEAD + _PLOT * (1 - pairs / self.top), 2)


def _binned(counts: Mapping[int, int], step: int) -> dict[int, int]:
    binned: dict[int, int] = {}
    for bit, number in sorted(counts.items()):
        at = math.floor(bit / step) * step
        binned[at] = binned.get(at, 0) + number
    return binned


def _bars(frame: _Frame, binned: Sequence[tuple[str, str, Mapping[int, int]]]) -> list[Box]:
    boxes = []
    for start in range(frame.first, frame.last, frame.step):
        below = 0
        for css, label, counts in binned:
            number = counts.get(start, 0)
            if not number:
                continue
            said = f"{number:,} pairs of {start:,} to {start + frame.step:,} bits: {label}"
            y, bottom = frame.y(below + number), frame.y(below)
            width = round(frame.step * frame.scale - 1, 2)
            boxes.append(Box(css, frame.x(start), y, width, round(bottom - y, 2), said))
            below += number
    return boxes


def _axes(frame: _Frame) -> tuple[list[Line], list[Text]]:
    lines, texts = [], []
    for pairs in range(0, frame.top + 1, frame.tick):
        y = frame.y(pairs)
        lines.append(Line("base" if pairs == 0 else "grid", _LEFT, y, WIDEST - _RIGHT, y))
        texts.append(Text("tick", _LEFT - 8, y + 4, "end", f"{pairs:,}"))
    step = max(nice_step(frame.last - frame.first, parts=10), 1)
    for bits in range(math.ceil(frame.first / step) * step, frame.last + 1, step):
        said = signed(bits, 0) if bits else "0"
        texts.append(Text("tick", frame.x(bits), _HEAD + _PLOT + 18, "middle", said))
    middle = (_LEFT + WIDEST - _RIGHT) / 2
    said = "match weight in bits: further right, stronger evidence for one and the same customer"
    texts.append(Text("axis", middle, _HEAD + _PLOT + 38, "middle", said))
    return lines, texts


def _marks(frame: _Frame, marks: Sequence[tuple[str, float]]) -> tuple[list[Line], list[Text]]:
    """Each mark a line; its label stands left of the lower and right of the higher one."""
    lines, texts = [], []
    for place, (label, bits) in enumerate(sorted(marks, key=lambda mark: mark[1])):
        x, right = frame.x(bits), place == len(marks) - 1
        lines.append(Line("mark", x, 18, x, _HEAD + _PLOT))
        anchor, gap = ("start", 6) if right else ("end", -6)
        texts.append(Text("mark", x + gap, 28, anchor, f"{label}: {signed(bits)} bits"))
    return lines, texts


def nice_step(highest: int, *, parts: int = 4) -> int:
    """The step of 1, 2 or 5 times a power of ten that cuts ``highest`` into about so many parts."""
    rough = max(highest / parts, 1)
    power = 10 ** math.floor(math.log10(rough))
    return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough))


def signed(bits: float, digits: int = 1) -> str:
    """A match weight with its sign, a real minus."""
    return f"{bits:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def clipped(text: str, length: int) -> str:
    """A text that is not longer than this, the end of a longer one left out."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
