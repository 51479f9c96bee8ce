"""The guard on what is learnt: identifying evidence keeps its documented worth.

Expectation maximisation explains what it sees with the classes it has. Where a file holds few households, the
couples and twins in it would be learnt as duplicates whose names and birth dates differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.policy import CLASSES, GUARD, NAMES_THE_PARTY, Comparison

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-9
"""No share is smaller: what never occurred among these records is rare, not impossible."""


def guarded(comparison: Comparison, share: Floats, *, documented: Floats) -> Floats:
    """Learnt shares, class by level, that leave identifying evidence its documented worth.

    A disagreement on who somebody is has at most GUARD times its documented share in class same. Of what a
    household or site shares by nature, an agreement tells one customer from it at most as well as documented.
    """
    out = share.copy()
    most = GUARD * documented[0, 0] / documented[0].sum()
    if comparison.name in NAMES_THE_PARTY and out[0, 0] > most:
        out[0, 1:] *= (1 - most) / out[0, 1:].sum()
        out[0, 0] = most
    if comparison.learnt and comparison.name not in NAMES_THE_PARTY:
        for klass in (CLASSES.index(name) for name in comparison.shared):
            least = out[0] * documented[klass] / documented[0]
            out[klass] = _floored(out[klass], np.append(0.0, least[1:]))
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
