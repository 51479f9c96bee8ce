"""Lineage as a picture: columns of a source on the left, fields of the CRM on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_unify.steward.lineage import CUSTOMER, Way
from crm_unify.steward.report.drawing import Box, Text, clipped

ROW: Final = 24.0
"""Height of a column or field."""
_SIDE, _GAP, _TOP, _HEAD, _PAD = 250.0, 330.0, 8.0, 30.0, 12.0
LONGEST: Final = 32
"""Characters of a name in the picture."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line from a column to a field."""

    css: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, names and curves in the picture's own units."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A column of the source as it is drawn."""

    name: str
    css: str
    """`used`, `idle` (left out on purpose) or `lost` (nobody takes it)."""
    note: str = ""
    """What else it is used for, in a word."""


def picture(columns: Sequence[DrawnColumn], ways: Sequence[tuple[str, Way]]) -> Picture | None:
    """Draw the columns of one source and where they go; None when nothing goes anywhere.

    Of each way comes the name that its field has in the picture. Fields that come out of another one are left
    out: they would double every line of a name.
    """
    drawn = [(name, way) for name, way in ways if way.out_of is None and not name.startswith(f"{CUSTOMER}.")]
    links = dict.fromkeys((column, name, "value") for name, way in drawn for column in way.columns)
    links |= dict.fromkeys(
        (column, name, "beside")
        for name, way in drawn
        for column in way.looked_at
        if (column, name, "value") not in links
    )
    if not links:
        return None
    kinds: dict[str, dict[str, None]] = {}
    for _, target, _ in links:
        kind, _, field = target.partition(".")
        kinds.setdefault(kind, {})[field] = None
    left = {column.name: _HEAD + ROW * (place + 0.5) for place, column in enumerate(columns)}
    right, boxes, texts, bottom = _fields(kinds)
    height = max(_HEAD + ROW * len(columns), bottom) + _TOP
    shift = max(0.0, (bottom - _HEAD - ROW * len(columns)) / 2)
    left = {name: y + shift for name, y in left.items()}
    for column in columns:
        y = left[column.name]
        boxes.append(Box(f"column {column.css}", 0, y - ROW / 2 + 2, _SIDE, ROW - 4, column.name))
        texts.append(Text(f"name {column.css}", 10, y + 4, "start", clipped(column.name, LONGEST)))
        if column.note:
            texts.append(Text("note", _SIDE - 8, y + 4, "end", column.note))
    texts.append(Text("head", 0, left[columns[0].name] - ROW / 2 - 8, "start", "Columns of the source"))
    curves = tuple(
        _curve(left[column], right[target], css, f"{column} → {target}")
        for column, target, css in links
        if column in left
    )
    return Picture(2 * _SIDE + _GAP, height, tuple(boxes), curves, tuple(texts))


def _fields(kinds: dict[str, dict[str, None]]) -> tuple[dict[str, float], list[Box], list[Text], float]:
    """The fields on the right, one group for each kind."""
    places: dict[str, float] = {}
    boxes: list[Box] = []
    texts: list[Text] = []
    y, x = _TOP, _SIDE + _GAP
    for kind, fields in kinds.items():
        texts.append(Text("head", x, y + 14, "start", kind.replace("_", " ")))
        y += _HEAD - _TOP
        for field in fields:
            places[f"{kind}.{field}"] = y + ROW / 2
            boxes.append(Box("field", x, y + 2, _SIDE, ROW - 4, f"{kind}.{field}"))
            texts.append(Text("name", x + 10, y + ROW / 2 + 4, "start", field.replace("_", " ")))
            y += ROW
        y += _PAD
    return places, boxes, texts, y


def _curve(start: float, end: float, css: str, label: str) -> Curve:
    x1, x2 = _SIDE, _SIDE + _GAP
    bend = _GAP * 0.5
    path = f"M{x1:.0f} {start:.1f}C{x1 + bend:.0f} {start:.1f} {x2 - bend:.0f} {end:.1f} {x2:.0f} {end:.1f}"
    return Curve(css, path, label)
