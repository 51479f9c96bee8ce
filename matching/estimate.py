"""How right are the clusters, where nobody knows the truth? Precision and recall from the model itself.

Where they come from: each compared pair has a probability of one customer. Summed over the merged pairs it
gives the right ones among them, over the pairs left apart the missed ones. A merged pair is believed for the
sake of its cluster too: if each of two records belongs to the cluster's centre, so do they to each other,
less what their own fields say against it. Pairs that no blocking rule proposed are estimated from the overlap
of the rules, as unseen animals are from those caught once and twice (Chao 1987): a lower bound.

The interval adds chance (the variance of a Poisson-binomial sum, inflated because the pairs of one cluster
stand or fall together) and doubt about the model: all evidence a tenth (DEPENDENCE) too strong, as when
fields depend on one another, and all weights DOUBT_BITS too high; or both too low; and no pair unseen, or
twice as many as thought. What the model cannot know is not in it: a field that is made from another, or a
truth that is not in the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import Codes, Ints
from matching.scoring import MILLI

Floats = npt.NDArray[np.float64]

STEP, HIGHEST = 100, 30_000
"""Millibits to a bin of a tally, and the weight (either way) from which on all pairs share a bin."""

BINS = 2 * HIGHEST // STEP + 1

CENTRES = (np.arange(BINS) * STEP - HIGHEST) / MILLI
"""Weight of each bin in bits."""

DOUBT_BITS = 2.0
"""How far all weights together may be off, in bits: a factor of four in the odds, as of a prior. A judgement;
it is not fitted to any file."""

DEPENDENCE = 0.1
"""Share by which the evidence of the fields may be overstated or understated, because fields that depend on
one another are added up as if they did not. A judgement, too."""

NORMAL_90 = 1.645
"""Standard deviations either side of the mean that hold nine in ten draws of a normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Compared pairs counted by match weight; tallies of batches add up to that of all."""

    pairs: Ints
    """Pairs in each bin."""
    once: Ints
    """Of them, those that exactly one blocking rule proposed."""
    twice: Ints
    """Of them, those that exactly two blocking rules proposed."""

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.pairs + other.pairs, self.once + other.once, self.twice + other.twice)


def tally(millibits: Ints, proposed_by: Ints | Codes | None = None) -> Tally:
    """Count pairs by weight; bit i of `proposed_by` is set where blocking rule i proposes the pair."""
    at = bins(millibits)
    every = np.bincount(at, minlength=BINS)
    if proposed_by is None:
        return Tally(every, np.zeros(BINS, np.int64), np.zeros(BINS, np.int64))
    rules = np.bitwise_count(proposed_by)
    once, twice = (np.bincount(at[rules == number], minlength=BINS) for number in (1, 2))
    return Tally(every, once, twice)


def bins(millibits: Ints) -> Ints:
    """The bin of each weight."""
    held = np.clip(millibits, -HIGHEST, HIGHEST)
    return np.asarray((held + HIGHEST + STEP // 2) // STEP, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """The compared pairs inside clusters."""

    left: Ints
    right: Ints
    """Positions of the records."""
    millibits: Ints
    """Match weights."""
    vote: Ints
    """What each pair says when groups are compared (Scores.vote): below 0 its fields speak against it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and how far it may be off."""

    low: float
    value: float
    high: float
    """Nine times in ten the truth should lie between low and high, if the model is right to its doubts."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Accuracy as the model sees it; no measurement."""

    precision: Interval
    """Share of the merged pairs that belong together, 0 to 1."""
    recall: Interval
    """Share of the pairs that belong together that are merged, 0 to 1."""
    merged: int
    """Merged pairs."""
    right: float
    """Of them, those believed to belong together."""
    missed: float
    """Compared pairs believed to belong together that are apart."""
    unseen: float
    """Pairs believed to belong together that no blocking rule proposed: at least so many."""

    def __str__(self) -> str:
        """In a sentence that names its source."""
        p, r = self.precision, self.recall
        return (
            f"estimated from the model's own probabilities, not measured: precision {p.value:.3f} "
            f"({p.low:.3f} to {p.high:.3f}), recall {r.value:.3f} ({r.low:.3f} to {r.high:.3f})"
        )


def estimate(compared: Tally, merged: Merged, *, sizes: Ints, prior: float) -> Estimate:
    """Precision and recall of clusters of these sizes, from all compared pairs and the merged among them.

    `prior` is the share of all pairs that are of one customer (KindModel.prior_same), 0 to 1. Merged pairs
    that were not compared, in clusters too large for it, count as right as often as the others.
    """
    weight, total = supported(merged), int((sizes * (sizes - 1) // 2).sum())
    apart = np.maximum(compared.pairs - tally(merged.millibits).pairs, 0)
    held = np.bincount(bins(weight), minlength=BINS)
    share = total / len(weight) if len(weight) else 1.0
    sums = [_sums(held, apart, compared, believed=_doubted(sign, prior)) for sign in (0, -1, 1)]
    right, missed, unseen = sums[0]
    together = held.sum()
    precisions = [_ratio(one, together) for one, _, _ in sums]
    recalls = [_ratio(one * share, one * share + two + three) for one, two, three in sums]
    recalls += [_ratio(right * share, right * share + missed + unseen * times) for times in (0, 2)]
    chance = _chance(held, apart, sizes)
    belongs = right + missed + unseen
    spread = np.hypot((1 - recalls[0]) * chance[0], recalls[0] * chance[1]) / max(belongs, 1.0)
    return Estimate(
        precision=_interval(precisions, chance[0] / max(together, 1)),
        recall=_interval(recalls, float(spread)),
        merged=total,
        right=right * share,
        missed=missed,
        unseen=unseen,
    )


def supported(merged: Merged, label: Ints | None = None) -> Ints:
    """The weight of each merged pair with what its cluster adds, in millibits.

    `label` is the cluster of each record by the position of a record; None: what the pairs connect.

    Two records belong together through a third with the product of both probabilities; what their own fields
    say against it is taken off. The third is the centre of the cluster: the record whose links to the others
    are believed most.
    """
    if not len(merged.left):
        return merged.millibits
    label = _clusters(merged) if label is None else label
    centre = _centres(merged, label)
    link = _to_centre(merged, label, centre)
    through = link[merged.left] * link[merged.right]
    bits = np.log2(np.maximum(through, 1e-12)) - np.log2(np.maximum(1 - through, 1e-12))
    lifted = np.rint(bits * MILLI).astype(np.int64) + np.minimum(merged.vote, 0)
    direct = (centre[label[merged.left]] == merged.left) | (centre[label[merged.right]] == merged.right)
    return np.where(direct, merged.millibits, np.maximum(merged.millibits, lifted))


def _clusters(merged: Merged) -> Ints:
    """The cluster of each record that the merged pairs connect, as a number."""
    size = int(max(merged.left.max(), merged.right.max())) + 1
    ones = np.ones(len(merged.left), np.int8)
    graph = sp.coo_array((ones, (merged.left, merged.right)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _centres(merged: Merged, label: Ints) -> Ints:
    """The centre of each cluster: the record with the greatest sum of probabilities, the least at a tie."""
    believed = np.rint(_probability(merged.millibits / MILLI) * 1e6).astype(np.int64)
    total, most = np.zeros(len(label), np.int64), np.zeros(len(label), np.int64)
    for side in (merged.left, merged.right):
        np.add.at(total, side, believed)
    np.maximum.at(most, label, total)
    first = np.flatnonzero(total == most[label])[::-1]
    centre = np.zeros(len(label), np.int64)
    centre[label[first]] = first
    return centre


def _to_centre(merged: Merged, label: Ints, centre: Ints) -> Floats:
    """Probability that each record is the same customer as the centre of its cluster."""
    link = np.zeros(len(label))
    link[centre] = 1.0
    found = _probability(merged.millibits / MILLI)
    for one, other in ((merged.left, merged.right), (merged.right, merged.left)):
        at = centre[label[one]] == one
        link[other[at]] = found[at]
    return link


def _probability(bits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp2(-np.clip(bits, -1000, 1000))))


def _doubted(sign: int, prior: float) -> Floats:
    """Probability of each bin; with sign 1 or -1 if evidence is stronger or weaker than the model thinks."""
    before = np.log2(max(prior, 1e-12))
    bits = before + (CENTRES - before) * (1 + sign * DEPENDENCE) + sign * DOUBT_BITS
    return _probability(bits)


def _sums(held: Ints, apart: Ints, compared: Tally, *, believed: Floats) -> tuple[float, float, float]:
    """Right among the merged, missed among the apart and unseen pairs, by the probability of each bin."""
    once, twice = float(compared.once @ believed), float(compared.twice @ believed)
    unseen = once * once / (2 * twice) if twice else once * (once - 1) / 2 if once > 1 else 0.0
    return float(held @ believed), float(apart @ believed), min(unseen, once)


def _chance(held: Ints, apart: Ints, sizes: Ints) -> tuple[float, float]:
    """Standard deviations of the right and of the missed pairs, if the probabilities are what they say.

    A wrong record in a cluster of s makes s - 1 pairs wrong at once: the variance of independent pairs is
    multiplied by the mean of s - 1 over pairs (the design effect of Kish 1965).
    """
    believed = _probability(CENTRES)
    pairs = sizes * (sizes - 1) // 2
    together = float(np.sum(pairs * (sizes - 1)) / max(int(pairs.sum()), 1))
    variances = [float(count @ (believed * (1 - believed))) for count in (held, apart)]
    right, missed = np.sqrt(np.maximum(together, 1.0) * np.array(variances)).tolist()
    return right, missed


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0


def _interval(values: list[float], deviation: float) -> Interval:
    """The value, and chance and doubt on either side of it: independent, so their squares add up."""
    value, low, high = values[0], min(values), max(values)
    chance = NORMAL_90 * deviation
    return Interval(
        low=max(0.0, value - float(np.hypot(value - low, chance))),
        value=value,
        high=min(1.0, value + float(np.hypot(high - value, chance))),
    )
