"""Learning what levels are worth, from the records themselves and without any labels.

u comes from value frequencies, and for inexact levels from pairs chosen by a hash of the record ids. m, and
what households share, come from expectation maximisation over counts of level patterns with three latent
classes. Every field learns only from pairs that some rule proposed without using that field, else its own
blocking key would teach it that all pairs agree. Pairs that no rule proposed count as unrelated, so the
priors are shares of all pairs. Documented values enter as pseudo-pairs and keep a class from drifting;
where the pairs are too few, or the classes cannot be told apart, the documented weights stay in force and
the model says so. What is learnt is guarded: a project with few households would else learn that its couples
and twins are duplicates whose names and birth dates differ.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.blocking import Candidates, candidates
from matching.cells import levels
from matching.columns import Ints
from matching.comparer import Comparer
from matching.comparisons import cells_of, compare, comparers
from matching.features import Features, KindFeatures
from matching.frequencies import IN_PART, agreeable, chance, remember
from matching.guards import SMALLEST
from matching.hashing import of_texts
from matching.maximising import maximise
from matching.model import Fitted, KindModel, LevelWeight, Model
from matching.patterns import patterns
from matching.policy import COMPARISONS, EXPECTED, NAMING, NEAR, REACHED_BY, Comparison
from matching.settings import Settings

Floats = npt.NDArray[np.float64]

RANDOM_PAIRS = 200_000
"""Pairs chosen by hash to measure how often inexact levels happen by chance."""

THREADS = 2
"""Threads that compare those; the outcome does not depend on it."""

PSEUDO_U = 2000.0
"""Weight of the documented chance of an inexact level, in pairs."""

LESSONS = 500_000
"""Pairs that are learnt from at most."""

FEWEST_PAIRS = 25.0
"""Expected pairs of one customer below which nothing is learnt."""

FEWEST_NAMED_ALIKE = 0.5
"""Share of pairs of one customer that must agree on their name for the classes to count as told apart."""


def train(features: Features, *, settings: Settings | None = None) -> Model:
    """A model of the records: the weights of every kind, and the lines that follow from the costs."""
    kinds = {}
    for kind, held in features.kinds.items():
        taught = lessons(held, candidates(held))
        left, right = taught.found.left.astype(np.int64), taught.found.right.astype(np.int64)
        kinds[kind] = train_kind(held, taught, compare(held, left, right))
    return assembled(kinds, settings or Settings())


def assembled(kinds: dict[str, KindModel], settings: Settings) -> Model:
    """The model of several kinds under the lines of the settings."""
    merge, review = settings.lines()
    return Model(kinds, settings.costs, merge, review)


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """The candidate pairs that are learnt from."""

    found: Candidates
    share: float
    """Their share of all candidates, 0 to 1."""


def lessons(features: KindFeatures, found: Candidates) -> Lessons:
    """The candidates to learn from: all, or those of records chosen by a hash of their ids.

    Past LESSONS pairs more of them teach nothing new, but rare patterns go on growing in number.
    """
    halvings = 0
    while len(found.left) >> halvings > LESSONS:
        halvings += 1
    if not halvings:
        return Lessons(found, 1.0)
    chosen = of_texts(features.record_ids) >> np.uint64(64 - halvings) == 0
    where = np.flatnonzero(chosen[found.left])
    return Lessons(found.at(where), len(where) / len(found.left))


def train_kind(
    features: KindFeatures,
    taught: Lessons,
    cells: npt.NDArray[np.uint8],
    *,
    made: tuple[Comparer, ...] | None = None,
) -> KindModel:
    """The model of one kind from the pairs to learn from and their cells.

    `made` are the comparisons, where they are ready for these records already.
    """
    start, found = documented(features, made=made), taught.found
    if not len(found.left):
        return replace(start, fitted=_unlearnt("there are no pairs to learn from", 0))
    seen = patterns(features.kind, cells, found, start)
    total = len(features) * (len(features) - 1) / 2 * taught.share
    fit = maximise(features.kind, seen, start, total=total)
    reason = _doubt(features.kind, fit)
    if reason is not None:
        return replace(start, fitted=_unlearnt(reason, len(found.left)))
    return fit


def _unlearnt(reason: str, pairs: int) -> Fitted:
    return Fitted(False, f"documented weights: {reason}", pairs, 0, 0.0, 0.0, 0.0, 0)


def _doubt(kind: str, fit: KindModel) -> str | None:
    """Why a fit is not to be used, None where it is."""
    if not fit.fitted.learnt:
        return fit.fitted.reason
    if fit.fitted.same < FEWEST_PAIRS:
        return f"pairs of one customer, about {fit.fitted.same:.0f}, are too few to learn from"
    for name in NAMING[kind]:
        if 1 - fit.weights[name][0].same < FEWEST_NAMED_ALIKE:
            return "the pairs do not tell duplicates from other pairs by themselves"
    return None


def documented(features: KindFeatures, *, made: tuple[Comparer, ...] | None = None) -> KindModel:
    """The documented weights, with the chance agreement of these records' own values."""
    policy = COMPARISONS[features.kind]
    measured = random_levels(features, made or comparers(features))
    weights = {c.name: _levels(features, c, measured[row]) for row, c in enumerate(policy)}
    n = len(features)
    total = max(n * (n - 1) / 2, 1.0)
    carriers, degrees = remember(features, policy)
    same, household, site, namesake = (min(share * n / total, 0.2) for share in EXPECTED[features.kind])
    return KindModel(
        records=n,
        filled={c.name: features.columns[c.name].filled for c in policy},
        prior_same=same,
        prior_household=household,
        prior_site=site,
        prior_namesake=namesake,
        weights=weights,
        fitted=_unlearnt("nothing has been learnt", 0),
        carriers=carriers,
        degrees=degrees,
    )


def _levels(features: KindFeatures, comparison: Comparison, measured: Floats) -> tuple[LevelWeight, ...]:
    """Documented m, measured u; level 0 takes what the others leave."""
    unrelated, usual = [], []
    others = 0.0 if comparison.name in REACHED_BY else 2 * EXPECTED[features.kind][0]
    for number, level in enumerate(comparison.levels):
        values = agreeable(features, comparison.name, number) if level.rarity else None
        if values is None:
            agree, mean = float(measured[number]), None
        else:
            agree, mean = chance(values, own=others * level.same, documented=level.unrelated)
            if (comparison.name, number) in IN_PART:
                agree = float(measured[number])
        unrelated.append(max(agree, SMALLEST))
        usual.append(mean)
    unrelated[0] = max(1 - sum(unrelated[1:]), 0.01)
    chance_alone = [u / sum(unrelated) for u in unrelated]
    same = [level.same for level in comparison.levels]
    near = [_by_chance(comparison, name, chance_alone) for name in NEAR]
    named = comparison.namesakes or chance_alone
    return tuple(LevelWeight(*row) for row in zip(same, *near, named, chance_alone, usual, strict=True))


def _by_chance(comparison: Comparison, klass: str, unrelated: list[float]) -> list[float]:
    """Documented shares of a household or site; what it agrees on by chance, as often as chance here has it.

    Partial agreements that speak for one customer (a slip, an initial) follow the chance measured in these
    records, at their documented ratio to it. Full ones have reasons of their own: names handed down, twins.
    """
    levels = comparison.levels
    shares = [float(getattr(level, klass)) for level in levels]
    if klass in comparison.shared:
        return shares
    for number in range(1, len(levels) - 1):
        if levels[number].same > shares[number]:
            shares[number] *= unrelated[number] / levels[number].unrelated
    shares[0] = max(1 - sum(shares[1:]), 0.01)
    whole = sum(shares)
    return [share / whole for share in shares] if whole > 1 else shares


def random_levels(features: KindFeatures, made: tuple[Comparer, ...]) -> list[Floats]:
    """Shares of levels among unrelated pairs, per comparison, smoothed towards the documented ones."""
    policy = COMPARISONS[features.kind]
    left, right = hashed_pairs(features)
    half = len(left) // 2
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(lambda at: cells_of(made, left[at], right[at]), (slice(half), slice(half, None)))
        found = levels(np.concatenate(list(parts), axis=1))
    agree = [i for i, c in enumerate(policy) if c.name not in ("source", "gender", "legal_form", "suffix")]
    alike = sum((found[i] == len(policy[i].levels) - 1).astype(np.int64) for i in agree)
    unlike = alike < 2 if len(agree) else np.ones(len(left), np.bool_)
    shares = []
    for row, comparison in enumerate(policy):
        chosen = found[row][unlike & (found[row] >= 0)]
        count = np.bincount(chosen, minlength=len(comparison.levels)).astype(np.float64)
        prior = np.array([level.unrelated for level in comparison.levels])
        pseudo = PSEUDO_U if comparison.name not in ("source", "gender") else 10.0
        shares.append((count + pseudo * prior / prior.sum()) / (count.sum() + pseudo))
    return shares


def hashed_pairs(features: KindFeatures) -> tuple[Ints, Ints]:
    """Pairs of neighbours in the order of a hash of the record ids: the same for any row order."""
    n = len(features)
    order = np.argsort(of_texts(features.record_ids), kind="stable")
    order, n = order[:RANDOM_PAIRS], min(n, RANDOM_PAIRS)
    reach = 1
    while reach * 2 < n and reach * 2 * n <= RANDOM_PAIRS:
        reach *= 2
    one = np.concatenate([order[: n - step] for step in range(1, reach + 1) if step < n] or [order[:0]])
    two = np.concatenate([order[step:] for step in range(1, reach + 1) if step < n] or [order[:0]])
    return np.minimum(one, two), np.maximum(one, two)
