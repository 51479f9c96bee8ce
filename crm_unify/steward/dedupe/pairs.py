"""Pairs as the page shows them: both rows side by side, and the bits of every field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from crm_unify.steward.dedupe.choice import PairOf
from crm_unify.steward.dedupe.model_chart import bits_bar
from crm_unify.steward.dedupe.rows import InputRow, fields
from crm_unify.steward.dedupe.values import PairView, ReasonView
from matching.explain import Explainer
from matching.explanation import Explanation
from matching.scoring import MILLI

LEAST_WIDEST: Final = 12.0
"""Bits that fill half a picture where no part of the pair has more."""


def pair_views(
    chosen: Sequence[PairOf], explainer: Explainer, rows: Mapping[str, InputRow]
) -> tuple[PairView, ...]:
    """The pairs, explained."""
    return tuple(_pair(explainer.pair(*pair, silent_rules=False), rows) for pair in chosen)


def _pair(found: Explanation, rows: Mapping[str, InputRow]) -> PairView:
    left, right = rows[found.left], rows[found.right]
    shown, more = fields(left, right)
    unknown = tuple(one.comparison.replace("_", " ") for one in found.fields if one.level < 0)
    return PairView(left, right, shown, more, found, _reasons(found), unknown)


def _reasons(found: Explanation) -> tuple[ReasonView, ...]:
    """The parts of the weight in their order; they add up to it."""
    widest = max([LEAST_WIDEST, *(abs(step.millibits) / MILLI for step in found.steps)])
    begin = f"to begin with, against: {found.rival_words}"
    parts = (
        (step.millibits / MILLI, begin if step.name == "prior" else step.sentence) for step in found.steps
    )
    return tuple(ReasonView(bits, sentence, bits_bar(bits, widest)) for bits, sentence in parts)
