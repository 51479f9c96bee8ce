"""Why two records look alike, or do not: the levels of a scored pair in words, the strongest first."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from matching.model import Model
from matching.policy import COMPARISONS, NEAR

WORTH_SAYING: Final = 1.0
"""Bits (log2): a comparison that less than doubles or halves the odds is not mentioned."""
UNSAID: Final = frozenset({"source"})
"""Comparisons that say nothing about the customer."""
_VALUES: Final = re.compile(r":? ?\{left\}( / \{right\})?")


@dataclass(frozen=True, slots=True)
class Reason:
    """One comparison of a pair."""

    sentence: str
    shared: float
    """Bits for one customer, household or site against unrelated records."""
    apart: float
    """Bits against one customer: against the likelier of a household's and unrelated records."""


def reasons(pair: Mapping[str, Any], model: Model) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What two records have in common, and what tells them apart; `pair` is a row of the scored pairs.

    A comparison is named on the side on which it weighs more: a landline speaks a little for a household
    rather than one customer, and far more against strangers.
    """
    found = list(_reasons(pair, model))
    shared = sorted((r for r in found if r.shared >= max(r.apart, WORTH_SAYING)), key=lambda r: -r.shared)
    apart = sorted((r for r in found if r.apart >= WORTH_SAYING and r not in shared), key=lambda r: -r.apart)
    return tuple(r.sentence for r in shared), tuple(r.sentence for r in apart)


def _reasons(pair: Mapping[str, Any], model: Model) -> Iterator[Reason]:
    kind = pair["kind"]
    for comparison in COMPARISONS[kind]:
        level = pair.get(f"level_{comparison.name}")
        if level is None or level < 0 or comparison.name in UNSAID:
            continue
        weight = model.kinds[kind].weights[comparison.name][level]
        near = [getattr(weight, name) for name in NEAR]  # sharing a home or site, yet not the same
        yield Reason(
            sentence=_VALUES.sub("", comparison.levels[level].sentence),
            shared=math.log2(max(weight.same, *near) / weight.unrelated),
            apart=math.log2(max(weight.unrelated, *near) / weight.same),
        )
