"""Expectation maximisation over counts of level patterns: what every class agrees on, and how large it is.

Documented values enter as pseudo-pairs and keep a class from drifting; what is learnt is guarded.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.guards import SMALLEST, guarded, noise
from matching.model import Fitted, KindModel, LevelWeight
from matching.patterns import Patterns
from matching.policy import CLASSES, COMPARISONS, NEAR, UNRELATED, Comparison

Floats = npt.NDArray[np.float64]

PSEUDO_PAIRS, PSEUDO_PART = 40.0, 0.05
"""Weight of the documented shares of a class: pairs at least, and as a part of the pairs of the class."""

ROUNDS, CLOSE_ENOUGH = 60, 1e-5
"""Rounds of expectation maximisation at most, and the change of the priors (relative) at which it ends."""

NAMESAKES_BY = frozenset(("given", "family", "gender", "name"))
"""What makes two customers namesakes; how it agrees is not learnt, else the class drifts."""

MOST_RELATED = 0.9
"""Share of all pairs that are anything but unrelated, at most: of three records they might be all."""


@dataclass(slots=True)
class _State:
    """The parameters while they are being fitted."""

    shares: list[Floats]
    """Per comparison an array class by level."""
    prior: Floats
    """Share of all pairs in each class."""


def maximise(kind: str, seen: Patterns, start: KindModel, *, total: float) -> KindModel:
    """Expectation maximisation from the documented weights; u stays as measured.

    Where the pairs that it calls one customer are in truth those of another class, the fit says so in place
    of being learnt: see :func:`_mistaken`.
    """
    policy = COMPARISONS[kind]
    shares = [np.array([w.by_class for w in start.weights[c.name]]).T for c in policy]
    state = _State(shares, np.array(start.priors))
    first = [s.copy() for s in shares]
    rounds, change = 0, np.inf
    with ThreadPoolExecutor(len(_HALVES)) as pool:
        while rounds < ROUNDS and change >= CLOSE_ENOUGH:
            logs, before = _logs(seen, state, pool), state.prior
            allowed = pool.submit(noise, policy, seen, logs, shares=state.shares)
            weight = _odds(logs) * seen.count
            learnt = _learnt(policy, seen, weight, first=first)
            state = _State(
                _guarded(policy, learnt, first=first, allowed=allowed.result()), _prior(weight, total)
            )
            rounds, change = rounds + 1, float(np.abs(state.prior / before - 1).max())
        weight = _odds(_logs(seen, state, pool)) * seen.count
    sums, other = weight.sum(axis=1), _mistaken(seen, weight[0], first)
    fitted = Fitted(
        other is None,
        LEARNT if other is None else f"the pairs look like {_CALLED[other]}",
        int(seen.count.sum()),
        len(seen.count),
        float(sums[0]),
        float(sums[1]),
        float(sums[2]),
        rounds,
    )
    return _with(start, policy, state, fitted)


LEARNT = "learnt from this project's pairs"
"""The reason that stands beside a fit that is used."""

_CALLED = {
    "household": "households or branches, not like duplicates",
    "site": "neighbours or colleagues, not like duplicates",
}
"""What the pairs of each class are called, where they were taken for duplicates."""


def _mistaken(seen: Patterns, weight: Floats, first: list[Floats]) -> str | None:
    """The class that the pairs called one customer are like, where that is another one; else None.

    Classes have no names but the ones they started with. A chain of shops, all of one name and web domain at
    addresses of their own, draws the class of one customer to its branches: then disagreeing in address and
    number is what "one customer" usually does. So the pairs are asked again what they would be by documented
    shares alone.
    """
    told = np.zeros((len(NEAR), len(weight)))
    for row, read in enumerate(seen.readings):
        shares = np.log2(first[row] / first[row].sum(axis=1, keepdims=True))
        for bits, name in zip(told, NEAR, strict=True):
            bits[read.told] += (shares[0] - shares[CLASSES.index(name)])[read.told_level]
    speaks = told @ weight
    return NEAR[int(np.argmin(speaks))] if speaks.min() < 0 else None


_HALVES = (slice(0, len(CLASSES) // 2), slice(len(CLASSES) // 2, len(CLASSES)))
"""The classes in two lots, for as many threads; a class's figures do not depend on the others'."""


def _logs(seen: Patterns, state: _State, pool: ThreadPoolExecutor) -> Floats:
    """Log2 of prior and likelihood, class by pattern."""
    logs = np.repeat(np.log2(state.prior)[:, None], len(seen.count), axis=1)
    levels = [np.concatenate([np.zeros((len(CLASSES), 1)), np.log2(s)], axis=1) for s in state.shares]

    def add(half: slice) -> None:
        for padded, read in zip(levels, seen.readings, strict=True):
            logs[half] += padded[half].take(read.place, axis=1)

    list(pool.map(add, _HALVES))
    logs[: len(seen.rarity_bits)] += seen.rarity_bits
    return logs


def _odds(logs: Floats) -> Floats:
    """Probability of each class for each pattern."""
    odds = logs - logs.max(axis=0)
    np.exp2(odds, out=odds)
    odds /= odds.sum(axis=0)
    return np.asarray(odds)


def _learnt(
    policy: tuple[Comparison, ...], seen: Patterns, weight: Floats, *, first: list[Floats]
) -> list[Floats]:
    """The share of each level in each class, where it may be learnt, as documented elsewhere."""
    shares = []
    for row, comparison in enumerate(policy):
        share, read = first[row].copy(), seen.readings[row]
        # What a household agrees on only by chance is not learnt, else the class drifts into the duplicates.
        taught = (0, *(CLASSES.index(name) for name in comparison.shared))
        if comparison.namesakes is not None and comparison.name not in NAMESAKES_BY:
            taught = (*taught, CLASSES.index("namesake"))
        for klass in taught if comparison.learnt else ():
            mine = weight[klass].take(read.taught)
            counts = np.bincount(read.taught_level, weights=mine, minlength=len(comparison.levels))
            pseudo = max(PSEUDO_PAIRS, PSEUDO_PART * counts.sum())
            prior = first[row][klass] / first[row][klass].sum()
            share[klass] = np.maximum((counts + pseudo * prior) / (counts.sum() + pseudo), SMALLEST)
        shares.append(share)
    return shares


def _guarded(
    policy: tuple[Comparison, ...],
    learnt: list[Floats],
    *,
    first: list[Floats],
    allowed: Mapping[str, float],
) -> list[Floats]:
    return [
        guarded(comparison, share, documented=told, allowed=allowed.get(comparison.name, 0.0))
        for comparison, share, told in zip(policy, learnt, first, strict=True)
    ]


def _prior(weight: Floats, total: float) -> Floats:
    """Share of all pairs in each class."""
    found = weight.sum(axis=1)[:UNRELATED]
    prior = np.maximum(found, 0.5) / max(total, 2.0)
    prior *= min(1.0, MOST_RELATED / float(prior.sum()))
    return np.append(prior, 1 - prior.sum())


def _with(start: KindModel, policy: tuple[Comparison, ...], state: _State, fitted: Fitted) -> KindModel:
    weights = {}
    for comparison, share in zip(policy, state.shares, strict=True):
        old = start.weights[comparison.name]
        weights[comparison.name] = tuple(
            LevelWeight(float(same), float(home), float(site), float(named), w.unrelated, w.usual)
            for (same, home, site, named), w in zip(share[:UNRELATED].T, old, strict=True)
        )
    return replace(
        start,
        prior_same=float(state.prior[0]),
        prior_household=float(state.prior[1]),
        prior_site=float(state.prior[2]),
        prior_namesake=float(state.prior[3]),
        weights=weights,
        fitted=fitted,
    )
