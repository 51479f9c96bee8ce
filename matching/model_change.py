"""What a newly trained model sees otherwise than the one before: weights, expected pairs, lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from matching.model import KindModel, LevelWeight, Model
from matching.policy import COMPARISONS

WORTH_SAYING: Final = 0.05
"""Bits by which a weight must have moved to be told."""


@dataclass(frozen=True, slots=True)
class WeightChange:
    """A level whose worth has moved."""

    comparison: str
    """Name of the comparison."""
    level: int
    """Level of agreement, from 0 (disagreement) up."""
    sentence: str
    """The level in words, without values."""
    before: float
    after: float
    """Bits for the same customer against unrelated records, at a value of usual frequency."""

    @property
    def moved(self) -> float:
        """Bits; above 0: the level speaks more for one customer than before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class KindChange:
    """What has changed for one kind of customer."""

    kind: str
    records: tuple[int | None, int]
    """Records before and now; None where the kind had no model."""
    same: tuple[float | None, float]
    """Pairs of one customer to expect among the candidates, before and now; 0 where nothing was learnt."""
    neighbours: tuple[float | None, float]
    """Pairs of one household or site to expect, before and now."""
    learnt: bool
    """False: the documented weights are in force."""
    reason: str
    """How the weights came about, in a sentence."""
    weights: tuple[WeightChange, ...]
    """Weights that moved, the furthest first."""


def kind_changes(before: Model | None, after: Model) -> tuple[KindChange, ...]:
    """The changes of every kind of the new model."""
    kinds = {} if before is None else before.kinds
    return tuple(_kind(name, kinds.get(name), now) for name, now in sorted(after.kinds.items()))


def _kind(name: str, before: KindModel | None, now: KindModel) -> KindChange:
    return KindChange(
        kind=name,
        records=(None if before is None else before.records, now.records),
        same=(None if before is None else before.fitted.same, now.fitted.same),
        neighbours=(None if before is None else _neighbours(before), _neighbours(now)),
        learnt=now.fitted.learnt,
        reason=now.fitted.reason,
        weights=() if before is None else _weights(name, before, now),
    )


def _neighbours(model: KindModel) -> float:
    return model.fitted.household + model.fitted.site


def _weights(kind: str, before: KindModel, now: KindModel) -> tuple[WeightChange, ...]:
    changes = [
        WeightChange(c.name, number, _plain(level.sentence), bits(old), bits(new))
        for c in COMPARISONS[kind]
        for number, (level, old, new) in enumerate(
            zip(c.levels, before.weights[c.name], now.weights[c.name], strict=True)
        )
    ]
    moved = [change for change in changes if abs(change.moved) >= WORTH_SAYING]
    return tuple(sorted(moved, key=lambda c: (-abs(c.moved), c.comparison, c.level)))


def bits(weight: LevelWeight) -> float:
    """The match weight of a level, log2 of m over u."""
    return math.log2(weight.same / weight.unrelated)


def _plain(sentence: str) -> str:
    """The sentence of a level without the places of its values."""
    return sentence.split(": {")[0].replace(" {left}", "").replace(" {right}", "")
