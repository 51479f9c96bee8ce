"""Level patterns: pairs alike to the model, counted, so that learning costs patterns and not pairs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from matching.blocking import Candidates
from matching.cells import levels
from matching.columns import Codes, Flags, Ints
from matching.model import KindModel
from matching.policy import CLASSES, COMPARISONS
from matching.rules import RULES
from matching.scoring import MILLI, name_excess, priors, tables

RARE = ("same", "household", "site")
"""The classes, first of all, that agree on rare values more often than chance does."""

RARITY_STEP, RARITY_STEPS = 2, 16
"""Rarity enters a pattern in steps of this many bits, and this many steps at most either way."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one comparison says of the patterns, looked up once for all rounds of learning."""

    place: Ints
    """By pattern: level + 1, 0 where there is none."""
    told: Ints
    """Patterns that have a level."""
    told_level: Ints
    taught: Ints
    """Patterns that have a level and teach the comparison."""
    taught_level: Ints


def _reading(level: Ints, teaches: Flags) -> Reading:
    told, taught = np.flatnonzero(level >= 0), np.flatnonzero(teaches & (level >= 0))
    return Reading(level + 1, told, level[told], taught, level[taught])


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Distinct patterns in ascending order, with what the model needs to know of each."""

    level: npt.NDArray[np.int64]
    """Comparison by pattern: the level, -1 where there is none."""
    rarity_bits: npt.NDArray[np.float64]
    """Class (same, household, site) by pattern: what the rarity of the values agreed on adds, in bits."""
    teaches: Flags
    """Comparison by pattern: True where a rule that does not use the comparison proposed the pairs."""
    count: Ints
    """Pairs of each pattern."""
    readings: tuple[Reading, ...] = field(init=False)
    """By comparison."""

    def __post_init__(self) -> None:
        """Read the patterns comparison by comparison."""
        read = tuple(_reading(*row) for row in zip(self.level, self.teaches, strict=True))
        object.__setattr__(self, "readings", read)


def patterns(kind: str, cells: npt.NDArray[np.uint8], found: Candidates, start: KindModel) -> Patterns:
    """The patterns of the candidate pairs and their integer counts."""
    policy = COMPARISONS[kind]
    code = np.zeros(cells.shape[1], np.int64)
    level = levels(cells)
    for row in range(len(policy)):
        code = code * 8 + (level[row] + 1)
    for step in _rarity(kind, cells, start):
        code = code * (2 * RARITY_STEPS) + step
    for name in _doubtful(kind):
        code = code * 2 + _teaches(kind, name, found.proposed_by)
    distinct, count = np.unique(code, return_counts=True)
    return _decoded(kind, distinct, count.astype(np.int64))


def _decoded(kind: str, code: Ints, count: Ints) -> Patterns:
    size = len(COMPARISONS[kind])
    teaches = np.ones((size, len(code)), np.bool_)
    names = [comparison.name for comparison in COMPARISONS[kind]]
    for name in reversed(_doubtful(kind)):
        teaches[names.index(name)], code = (code % 2).astype(np.bool_), code // 2
    bits = np.zeros((len(RARE), len(code)))
    for row in reversed(range(len(RARE))):
        bits[row], code = (code % (2 * RARITY_STEPS) - RARITY_STEPS) * RARITY_STEP, code // (2 * RARITY_STEPS)
    level = np.zeros((size, len(code)), np.int64)
    for row in reversed(range(size)):
        level[row], code = code % 8 - 1, code // 8
    return Patterns(level, bits, teaches, count)


def _rarity(kind: str, cells: npt.NDArray[np.uint8], start: KindModel) -> list[Ints]:
    """For each class but the unrelated, the rarity of all values agreed on together, in steps."""
    table, plain = tables(kind, start), tables(kind, without_rarity(start))
    total = np.zeros((len(RARE), cells.shape[1]), np.int64)
    for row, comparison in enumerate(COMPARISONS[kind]):
        extra = (table[row, 0] - plain[row, 0])[cells[row]]
        total[0] += extra
        for name in comparison.shared:
            total[CLASSES.index(name)] += extra
    total -= name_excess(kind, cells, table, prior=priors(start), records=start.records)
    return [_stepped(bits) for bits in total]


def without_rarity(model: KindModel) -> KindModel:
    """The model with every agreement at its usual worth."""
    weights = {
        name: tuple(replace(weight, usual=None) for weight in levels)
        for name, levels in model.weights.items()
    }
    return replace(model, weights=weights)


def _stepped(millibits: Ints) -> Ints:
    steps = np.rint(millibits / (MILLI * RARITY_STEP)).astype(np.int64)
    return np.clip(steps, -RARITY_STEPS, RARITY_STEPS - 1) + RARITY_STEPS


def _doubtful(kind: str) -> list[str]:
    """Comparisons that some blocking rule presupposes; all others learn from every pair."""
    return sorted(frozenset().union(*(rule.uses for rule in RULES[kind])))


def _teaches(kind: str, comparison: str, proposed_by: Codes) -> Ints:
    allowed = sum(1 << i for i, rule in enumerate(RULES[kind]) if comparison not in rule.uses)
    return np.asarray((proposed_by & np.int32(allowed)) != 0, np.int64)
