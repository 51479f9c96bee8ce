"""What the model has learnt: how often each level is met in each class, as bars beside each other."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from crm_unify.steward.report.page import share
from matching.model import KindModel, LevelWeight, Model
from matching.policy import COMPARISONS, Comparison

CLASSES: Final = {
    "person": ("same customer", "same household", "same place", "namesakes", "strangers"),
    "organisation": ("same customer", "branches of one", "same place", "namesakes", "strangers"),
}
"""The classes of pairs in short, in the order of `LevelWeight.by_class`."""
FULL: Final = 100.0
"""Width of a bar in its own units."""
WIDEST_BITS: Final = 16.0
"""A weight of so many bits fills its half of the picture."""
RARE: Final = 0.001
"""Shares below are told as one in so many."""
_VALUES: Final = re.compile(r":? ?\{left\}( / \{right\})?")


@dataclass(frozen=True, slots=True)
class ShareBar:
    """How often a level is met in one class."""

    said: str
    width: float
    """0 to FULL"""


@dataclass(frozen=True, slots=True)
class BitsBar:
    """A weight left (against) or right (for) of the middle."""

    css: str
    x: float
    width: float
    """Both 0 to FULL"""


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One level of a comparison."""

    sentence: str
    shares: tuple[ShareBar, ...]
    """One a class."""
    bits: float
    """Log2 of the share among one customer by that among strangers."""
    bar: BitsBar


@dataclass(frozen=True, slots=True)
class ComparisonRows:
    """One comparison, full agreement first."""

    name: str
    doc: str
    filled: float
    """Share of the records that have the field, 0 to 1."""
    learnt: bool
    """False: the documented shares are in force."""
    levels: tuple[LevelRow, ...]


@dataclass(frozen=True, slots=True)
class KindChart:
    """The weights of one kind of customer."""

    kind: str
    learnt: bool
    how: str
    """How the weights came about, in a sentence."""
    classes: tuple[str, ...]
    comparisons: tuple[ComparisonRows, ...]
    unfilled: tuple[str, ...]
    """Comparisons that no two records have the field for."""


def kind_charts(model: Model, kinds: Collection[str], *, sources: int) -> tuple[KindChart, ...]:
    """The weights of these kinds; a single source is nothing to compare by."""
    unsaid = frozenset({"source"} if sources < 2 else ())
    return tuple(_kind(kind, model.kinds[kind], unsaid) for kind in kinds)


def _kind(kind: str, model: KindModel, unsaid: frozenset[str]) -> KindChart:
    """The comparisons that two records at least have a value for."""
    known = [c for c in COMPARISONS[kind] if model.filled.get(c.name, 0) > 1 and c.name not in unsaid]
    unfilled = tuple(_named(c) for c in COMPARISONS[kind] if c not in known)
    rows = tuple(_comparison(c, model) for c in known)
    return KindChart(kind, model.fitted.learnt, _how(model), CLASSES[kind], rows, unfilled)


def _how(model: KindModel) -> str:
    fitted = model.fitted
    if not fitted.learnt:
        return f"Not learnt from these rows. {fitted.reason[:1].upper()}{fitted.reason[1:]}."
    return (
        f"Learnt from {fitted.pairs:,} pairs in {fitted.patterns:,} patterns, about {fitted.same:,.0f} of "
        f"them of one customer and {fitted.household + fitted.site:,.0f} of one household or site."
    )


def _named(comparison: Comparison) -> str:
    return comparison.name.replace("_", " ")


def _comparison(comparison: Comparison, model: KindModel) -> ComparisonRows:
    levels = zip(comparison.levels, model.weights[comparison.name], strict=True)
    rows = [_level(_without_values(level.sentence), weight) for level, weight in levels]
    filled = model.filled[comparison.name] / max(model.records, 1)
    learnt = model.fitted.learnt and comparison.learnt
    return ComparisonRows(_named(comparison), comparison.doc, filled, learnt, tuple(reversed(rows)))


def _without_values(sentence: str) -> str:
    return _VALUES.sub("", sentence.replace("from {left}", "from one source system"))


def _level(sentence: str, weight: LevelWeight) -> LevelRow:
    shares = tuple(ShareBar(_said(part), round(FULL * part, 2)) for part in weight.by_class)
    bits = math.log2(weight.same / weight.unrelated)
    return LevelRow(sentence, shares, bits, bits_bar(bits, WIDEST_BITS))


def _said(part: float) -> str:
    return share(part) if part >= RARE else f"1 in {round(1 / part):,}"


def bits_bar(bits: float, widest: float) -> BitsBar:
    """A bar of a weight; `widest` bits and more fill half of the picture."""
    width = round(FULL / 2 * min(abs(bits) / widest, 1.0), 2)
    return BitsBar("for", FULL / 2, width) if bits >= 0 else BitsBar("against", FULL / 2 - width, width)
