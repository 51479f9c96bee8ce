"""The guard on what is learnt: identifying evidence keeps its documented worth.

Expectation maximisation explains what it sees with the classes it has. Where a file holds few households, the
couples and twins in it would be learnt as duplicates whose names and birth dates differ.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from matching.patterns import Patterns
from matching.policy import CLASSES, GUARD, NAMES_THE_PARTY, Comparison

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-9
"""No share is smaller: what never occurred among these records is rare, not impossible."""


SURE = 0.9
"""Probability of one customer, by all other fields, from which a pair shows how slovenly a field is kept."""

PSEUDO_SURE = 40.0
"""Weight of the documented shares among those pairs, in pairs."""

SLIPS: Mapping[str, tuple[int, ...]] = {"given": (1, 3, 4), "birth_date": (1, 3), "name": (2, 3, 4)}
"""Levels that only a slip of the hand makes: where there are none, plain differences are other people."""


MOST_BY_SLIPS = 2.0
"""How many times the share of slips plain disagreement may have and still come from the same hand."""


def noise(
    policy: tuple[Comparison, ...], seen: Patterns, logs: Floats, *, shares: list[Floats]
) -> dict[str, float]:
    """The share of plain disagreement on who somebody is that a file's own slips make believable.

    Among pairs that all other fields call one customer, twins and namesakes differ plainly and without slips,
    a slovenly hand makes slips of every size: plain disagreement is believed up to the share of slips. Where
    it is much commoner than slips it is no slip itself, and none is believed.
    """
    found = {}
    for row, comparison in enumerate(policy):
        if comparison.name not in NAMES_THE_PARTY or not comparison.learnt:
            continue
        read = seen.readings[row]
        others = logs.take(read.told, axis=1)
        others -= np.log2(shares[row]).take(read.told_level, axis=1)
        others -= others.max(axis=0, initial=-np.inf)
        odds = np.exp2(others, out=others)
        here = odds[0] >= SURE * odds.sum(axis=0)
        sure, level = read.told[here], read.told_level[here]
        count = np.bincount(level, weights=seen.count[sure], minlength=len(comparison.levels))
        usual = np.array([level.same for level in comparison.levels])
        share = (count + PSEUDO_SURE * usual / usual.sum()) / (count.sum() + PSEUDO_SURE)
        slips = float(share[list(SLIPS[comparison.name])].sum()) if comparison.name in SLIPS else 1.0
        plain = float(share[0])
        found[comparison.name] = min(plain, slips) if plain <= MOST_BY_SLIPS * slips else 0.0
    return found


def guarded(comparison: Comparison, share: Floats, *, documented: Floats, allowed: float = 0.0) -> Floats:
    """Learnt shares, class by level, that leave identifying evidence its documented worth.

    A disagreement on who somebody is has at most GUARD times its documented share in class same, or the
    share `allowed` by the noise of the file. Of what a household, site or namesake shares by nature, an
    agreement tells one customer from it at most as well as documented.
    """
    out = share.copy()
    most = max(GUARD * documented[0, 0] / documented[0].sum(), allowed)
    if comparison.name in NAMES_THE_PARTY and out[0, 0] > most:
        out[0, 1:] *= (1 - most) / out[0, 1:].sum()
        out[0, 0] = most
    if comparison.learnt and comparison.name not in NAMES_THE_PARTY:
        rivals = (*comparison.shared, *(("namesake",) if comparison.namesakes else ()))
        for klass in (CLASSES.index(name) for name in rivals):
            least = out[0] * documented[klass] / documented[0]
            out[klass] = _floored(out[klass], least)
    return out


def _floored(share: Floats, least: Floats) -> Floats:
    """Shares that add up to 1, none below its least; the others give way in proportion."""
    out, held = share / share.sum(), np.zeros(len(share), np.bool_)
    for _ in share:
        held |= out < least
        rest = 1 - float(least[held].sum())
        if rest < SMALLEST * len(share):
            least = np.maximum(least, SMALLEST)
            return np.asarray(least / least.sum())
        out = np.where(held, least, share * rest / share[~held].sum())
    return np.asarray(out)
