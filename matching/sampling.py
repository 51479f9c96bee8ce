"""Accuracy from a stratified sample that people answer: shares with 95 % intervals, without the model.

Precision is the share of right pairs among the merged ones, a weighted mean over strata. Its interval is
Wilson's (1927) at the effective size of the sample: as many independent answers as would have the variance of
the stratified estimate, finite populations included (Korn and Graubard 1998 do so for Clopper and Pearson's).
Recall is the share of merged pairs among all right ones that the blocking rules proposed. Right pairs that
were left apart are few among many, and their count is a sum of shares that are often nought: the intervals of
the strata and of both parts are put together by squares of their half widths (MOVER, Zou and Donner 2008).
UNSURE is no answer: it says nothing of the pair, and its share is reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from matching.columns import Ints

NORMAL_95 = 1.959964
"""Standard deviations either side of the mean that hold 19 of 20 draws of a normal distribution."""
FEWEST = 2
"""Answers below which a stratum says nothing of its spread, and is taken together with others."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stratum:
    """Pairs of one kind, and what people said of a sample of them."""

    pairs: int
    """Pairs there are."""
    answered: int
    """SAME and DIFFERENT among the sampled; those were chosen without regard to what they say."""
    same: int
    """SAME among them."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval, 0 to 1."""

    low: float
    value: float
    high: float
    answers: int
    """Answers it rests on."""

    @property
    def width(self) -> float:
        """Of the interval."""
        return self.high - self.low


def allocate(weights: Sequence[float], sizes: Sequence[int], answers: int) -> list[int]:
    """How many pairs to ask of each stratum: by weight, no more than there are, all `answers` if there are.

    Remainders go to the largest, the first at a tie.
    """
    left, given = min(answers, sum(sizes)), [0] * len(sizes)
    while left:
        room = [weight if given[at] < sizes[at] else 0.0 for at, weight in enumerate(weights)]
        total = sum(room) or sum(float(given[at] < size) for at, size in enumerate(sizes))
        room = room if sum(room) else [float(given[at] < size) for at, size in enumerate(sizes)]
        wanted = [left * weight / total for weight in room]
        whole = [min(int(want), sizes[at] - given[at]) for at, want in enumerate(wanted)]
        if not any(whole):
            at = max(
                range(len(wanted)),
                key=lambda at: (wanted[at] - int(wanted[at]), -at) if room[at] else (-1, -at),
            )
            whole[at] = 1
        given = [have + more for have, more in zip(given, whole, strict=True)]
        left -= sum(whole)
    return given


def wilson(share: float, answers: float) -> tuple[float, float]:
    """Wilson's interval of a share of so many independent answers."""
    if answers <= 0:
        return 0.0, 1.0
    z = NORMAL_95 * NORMAL_95 / answers
    middle = (share + z / 2) / (1 + z)
    half = math.sqrt(max(share * (1 - share) * z + z * z / 4, 0.0)) / (1 + z)
    return max(0.0, middle - half), min(1.0, middle + half)


def _pooled(strata: Sequence[Stratum]) -> list[Stratum]:
    """Strata of enough answers; the others are one, or join the largest."""
    enough = [one for one in strata if one.answered >= FEWEST]
    rest = [one for one in strata if one.answered < FEWEST and one.pairs]
    if not rest:
        return enough
    pool = Stratum(*(sum(getattr(one, name) for one in rest) for name in ("pairs", "answered", "same")))
    if pool.answered >= FEWEST or not enough:
        return [*enough, pool]
    at = max(range(len(enough)), key=lambda number: (enough[number].pairs, -number))
    grown = Stratum(
        enough[at].pairs + pool.pairs, enough[at].answered + pool.answered, enough[at].same + pool.same
    )
    return [*enough[:at], grown, *enough[at + 1 :]]


def share_of(strata: Sequence[Stratum]) -> Share | None:
    """The share of SAME over all strata together; None without an answer or without a pair."""
    pooled = [one for one in _pooled(strata) if one.answered]
    pairs, answers = sum(one.pairs for one in pooled), sum(one.answered for one in strata)
    if not pairs or not answers:
        return None
    value = sum(one.pairs / pairs * one.same / one.answered for one in pooled)
    size = _effective(pooled, pairs, value)
    low, high = (value, value) if math.isinf(size) else wilson(value, size)
    return Share(min(low, value), value, max(high, value), answers)


def _effective(strata: Sequence[Stratum], pairs: int, value: float) -> float:
    """Independent answers of the same variance; infinite where every pair was answered."""
    middle = (value * pairs + 1) / (
        pairs + 2
    )  # never nought or one: the spread of a sample is not that of all
    variance = 0.0
    for one in strata:
        share = (one.same + FEWEST * middle) / (one.answered + FEWEST)
        rest = 1 - one.answered / one.pairs
        variance += (one.pairs / pairs) ** 2 * share * (1 - share) / one.answered * max(rest, 0.0)
    whole = sum((one.pairs / pairs) ** 2 / one.answered * (1 - one.answered / one.pairs) for one in strata)
    if variance <= 0 or whole <= 0:
        return math.inf
    spread = max(value * (1 - value), middle * (1 - middle))
    return min(
        spread / variance, 1 / whole
    )  # strata of few answers look purer than they are: no gain by them


@dataclass(frozen=True, slots=True)
class _Count:
    """Right pairs among some, with an interval."""

    low: float
    value: float
    high: float


def _count(strata: Sequence[Stratum]) -> _Count:
    """Right pairs over all strata: those answered, and of the rest as many as the answers foretell.

    A share of m further pairs, foretold from n answers, varies as one of 1 / (1/m + 1/n) answers would.
    """
    value, below, above = 0.0, 0.0, 0.0
    for one in strata:
        rest = one.pairs - one.answered
        if rest <= 0:
            value += one.same
            continue
        share = one.same / one.answered if one.answered else 0.0
        low, high = wilson(share, 1 / (1 / rest + 1 / one.answered)) if one.answered else (0.0, 1.0)
        value += one.same + rest * share
        below += (rest * (share - low)) ** 2
        above += (rest * (high - share)) ** 2
    return _Count(max(0.0, value - math.sqrt(below)), value, value + math.sqrt(above))


def recall_of(merged: Sequence[Stratum], apart: Sequence[Stratum]) -> Share | None:
    """The share of right pairs that were merged, of all right ones among both; None without an answer."""
    found, missed = share_of(merged), _count(apart)
    if found is None:
        return None
    pairs = sum(one.pairs for one in merged)
    right = _Count(found.low * pairs, found.value * pairs, found.high * pairs)
    value = _part(right.value, missed.value)
    below = math.hypot(value - _part(right.low, missed.value), value - _part(right.value, missed.high))
    above = math.hypot(_part(right.high, missed.value) - value, _part(right.value, missed.low) - value)
    answers = found.answers + sum(one.answered for one in apart)
    return Share(max(0.0, value - below), value, min(1.0, value + above), answers)


def _part(one: float, other: float) -> float:
    return one / (one + other) if one + other > 0 else 1.0


# --- drawing a sample ---
def drawn(stratum: Ints, chosen: Sequence[int], order: Ints) -> Ints:
    """Rows of a sample: of each stratum as many as `chosen` says, those that come first in `order`.

    `stratum` numbers the stratum of each row; `order` is a number of each row that is none of its affair.
    """
    rows = np.lexsort((order, stratum))
    starts = np.searchsorted(stratum[rows], np.arange(len(chosen) + 1))
    parts = [rows[start : start + number] for start, number in zip(starts[:-1], chosen, strict=True)]
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def with_answers(sizes: Sequence[int], stratum: Sequence[int], same: Sequence[bool]) -> list[Stratum]:
    """The strata of these sizes with their answers."""
    strata = [Stratum(size, 0, 0) for size in sizes]
    for at, yes in zip(stratum, same, strict=True):
        one = strata[at]
        strata[at] = replace(one, answered=one.answered + 1, same=one.same + int(yes))
    return strata


@dataclass(frozen=True, slots=True)
class Difference:
    """How much a share has moved from one sample to another, with an interval that holds the truth."""

    low: float
    value: float
    high: float

    @property
    def fell(self) -> bool:
        """Whether it is certain enough that the share is lower now."""
        return self.high < 0

    @property
    def rose(self) -> bool:
        """Whether it is certain enough that the share is higher now."""
        return self.low > 0


def moved(before: Share, now: Share, *, comparisons: int = 1) -> Difference:
    """From one independent sample to another (Newcombe 1998, method 10: MOVER over both intervals).

    With one comparison a difference that excludes nought by chance is seen at most once in twenty; where
    several shares are looked at, half widths grow as Bonferroni's level asks for, so that this holds for all
    of them together.
    """
    wider = NormalDist().inv_cdf(1 - 0.025 / max(comparisons, 1)) / NORMAL_95
    value = now.value - before.value
    below = math.hypot(now.value - now.low, before.high - before.value)
    above = math.hypot(now.high - now.value, before.value - before.low)
    return Difference(value - wider * below, value, value + wider * above)
