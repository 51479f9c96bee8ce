"""From cells to match weights, in whole millibits.

Each class has a log-likelihood per cell; they are rounded to integers before they are summed, so that neither
the order of pairs nor the number of threads can move a weight. The match weight of a pair is the log2 of the
odds that it is the same customer rather than a household or site, or unrelated: prior, comparisons and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.cells import CELLS, levels, rarities
from matching.columns import Flags, Ints, Small
from matching.contradictions import (
    CONTRADICTED_SAY,
    CONTRADICTED_VOTE_BITS,
    contradicted,
)
from matching.model import KindModel, LevelWeight
from matching.policy import (
    CLASSES,
    COMPARISONS,
    NAME_ALONE_BITS,
    NAME_COUNTED,
    NAMING,
    NEAR,
    REACHED_BY,
    UNRELATED,
)

MILLI = 1000
"""Millibits in a bit."""

SMOOTHING_RECORDS = 200
"""Weight of the documented frequency of a value, in records: small projects see too few values to judge
rarity."""

RAREST_BITS, COMMONEST_BITS = 12.0, -10.0
"""Bounds of what rarity may add to, or take from, an agreement."""

RIVALS = [CLASSES.index(name) for name in (*NEAR, "unrelated")]
"""The classes that the evidence of the fields is held against: any two records of one name might be
namesakes, which their prior says and no single field."""

Floats = npt.NDArray[np.float64]

Tables = npt.NDArray[np.int64]
"""Log-likelihoods in millibits: comparison, class, cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The scores of pairs."""

    millibits: Ints
    """Match weight: log2 of the odds of the same customer, times 1000."""
    klass: npt.NDArray[np.int8]
    """The likeliest class, a position in CLASSES."""
    evidence: Ints
    """The same without the priors, against the stronger rival: below 0 the fields themselves speak
    against."""
    contradicted: Flags
    """True where the two records contradict each other about who they are."""

    def at(self, where: npt.NDArray[np.integer]) -> Scores:
        """The scores of some of the pairs."""
        return Scores(
            self.millibits[where], self.klass[where], self.evidence[where], self.contradicted[where]
        )

    @classmethod
    def together(cls, parts: Sequence[Scores]) -> Scores:
        """Several lots of scores in one."""
        return cls(
            np.concatenate([part.millibits for part in parts]),
            np.concatenate([part.klass for part in parts]),
            np.concatenate([part.evidence for part in parts]),
            np.concatenate([part.contradicted for part in parts]),
        )

    @property
    def vote(self) -> Ints:
        """What a pair has to say when groups of records are compared, in millibits.

        A pair that is likely the same votes by its weight, one whose fields speak against it by that
        evidence; in between it abstains with 0: that any two records are seldom the same is not held
        against it again. One whose records contradict each other votes against.
        """
        vote = np.where(self.millibits >= 0, self.millibits, np.minimum(self.evidence, 0))
        against = np.minimum(vote, int(CONTRADICTED_VOTE_BITS * MILLI))
        return np.where(self.contradicted, against, vote)

    @property
    def probability(self) -> npt.NDArray[np.float64]:
        """Probability of the same customer, 0 to 1."""
        odds = np.clip(self.millibits / MILLI, -1000, 1000)
        return np.asarray(1 / (1 + np.exp2(-odds)))


def frequency(carriers: Floats | Ints, filled: int, *, own: float, documented: float) -> Floats:
    """Share of other customers' records that carry a value, smoothed towards the documented.

    Of the carriers the record in hand is taken off, and the `own` further records that its customer is
    expected to have with the value: a rare name that one customer brings nine times is still rare.
    """
    others = np.maximum(np.asarray(carriers, np.float64) - 1 - own, 0.5)
    return np.asarray((others + SMOOTHING_RECORDS * documented) / (max(filled, 1) + SMOOTHING_RECORDS))


def own_carriers(model: KindModel, comparison: str, level: int) -> float:
    """How many further records a record's customer is expected to have that agree with it at a level.

    None of what customers are reached by: sisters and families share that too, which its degree tells.
    """
    if comparison in REACHED_BY:
        return 0.0
    return model.prior_same * max(model.records - 1, 0) * model.weights[comparison][level].same


def rarity_bits(
    weight: LevelWeight, rarity: npt.NDArray[np.int64], filled: int, *, own: float, documented: float
) -> npt.NDArray[np.float64]:
    """What agreeing on a value of each rarity class adds to the usual agreement, in bits."""
    if weight.usual is None:
        return np.zeros(len(rarity))
    typical = 1.5 * np.exp2(rarity.astype(np.float64))
    bits = np.log2(weight.usual / frequency(typical, filled, own=own, documented=documented))
    return np.asarray(np.clip(bits, COMMONEST_BITS, RAREST_BITS))


def tables(kind: str, model: KindModel) -> Tables:
    """The log-likelihood tables of a kind, rounded to millibits."""
    policy = COMPARISONS[kind]
    out = np.zeros((len(policy), len(CLASSES), CELLS), np.int64)
    every = np.arange(CELLS, dtype=np.uint8)
    level, rarity = levels(every), rarities(every)
    for row, comparison in enumerate(policy):
        for number, weight in enumerate(model.weights[comparison.name]):
            here = level == number
            documented = comparison.levels[number].unrelated
            own, filled = own_carriers(model, comparison.name, number), model.filled[comparison.name]
            extra = rarity_bits(weight, rarity[here], filled, own=own, documented=documented)
            for klass, share in enumerate(weight.by_class):
                earns = klass == 0 or CLASSES[klass] in comparison.shared
                bits = np.log2(share) + (extra if earns else 0.0)
                out[row, klass, here] = np.rint(bits * MILLI).astype(np.int64)
    return out


def priors(model: KindModel) -> Ints:
    """Log2 of the prior share of each class, in millibits."""
    return np.asarray(np.rint(np.log2(model.priors) * MILLI), np.int64)


def likelihoods(kind: str, cells: npt.NDArray[np.uint8], model: KindModel) -> Ints:
    """Prior and likelihood in millibits, class by pair, with the name's share bounded."""
    table, prior = tables(kind, model), priors(model)
    out = np.repeat(prior[:, None], cells.shape[1], axis=1)
    for row in range(len(table)):
        for klass in range(len(CLASSES)):
            out[klass] += table[row, klass][cells[row]]
    out[UNRELATED] += name_excess(kind, cells, table, prior=prior, records=model.records)
    return out


def name_excess(kind: str, cells: npt.NDArray[np.uint8], table: Tables, *, prior: Ints, records: int) -> Ints:
    """How far the name by itself would lift the posterior odds above what it may, in millibits."""
    rows = [i for i, c in enumerate(COMPARISONS[kind]) if c.name in NAMING[kind]]
    total = np.full(cells.shape[1], prior[0] - prior[UNRELATED], np.int64)
    for row in rows:
        total += (table[row, 0] - table[row, UNRELATED])[cells[row]]
    return np.maximum(total - int(name_alone_bits(records) * MILLI), 0)


def name_alone_bits(records: int) -> float:
    """The most that a name can do by itself in a file of so many records, in bits of posterior odds."""
    return NAME_ALONE_BITS + max(0.0, float(np.log2(records / NAME_COUNTED))) if records else NAME_ALONE_BITS


def score(kind: str, cells: npt.NDArray[np.uint8], model: KindModel) -> Scores:
    """The match weight and the likeliest class of each pair."""
    found = likelihoods(kind, cells, model)
    same, rivals = found[0], found[1:]
    high = rivals.max(axis=0)
    odds = np.add.reduce(np.exp2((rivals - high) / MILLI), axis=0)
    either = high + np.rint(MILLI * np.log2(odds)).astype(np.int64)
    told = found - priors(model)[:, None]
    evidence = told[0] - told[RIVALS].max(axis=0)
    against = contradicted(kind, cells, model)
    return Scores(same - either, np.argmax(found, axis=0).astype(np.int8), evidence, against)


def say(kind: str, cells: npt.NDArray[np.uint8], model: KindModel) -> Ints:
    """How much each pair had to compare: the bits its fields tell on average, at least one.

    A field tells, on average over the pairs of one customer, the divergence of m from u (Kullback and
    Leibler). A contradiction has more to say.
    """
    total = np.zeros(cells.shape[1], np.int64)
    for row, comparison in enumerate(COMPARISONS[kind]):
        weights = model.weights[comparison.name]
        told = sum(weight.same * np.log2(weight.same / weight.unrelated) for weight in weights)
        total += np.where(cells[row] > 0, int(np.rint(max(told, 0.0))), 0)
    return np.maximum(total, 1) * np.where(contradicted(kind, cells, model), CONTRADICTED_SAY, 1)


def bits_by_comparison(kind: str, cell: Sequence[int] | Small, model: KindModel) -> npt.NDArray[np.int64]:
    """Of one pair: for each comparison the millibits for the same customer against each rival class."""
    table = tables(kind, model)
    rows = np.arange(len(table))
    picked = table[rows, :, np.asarray(cell)]
    return np.asarray(picked[:, :1] - picked[:, 1:])
