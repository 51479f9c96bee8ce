"""Pairs that cannot matter any more are dropped before their costliest comparisons are made.

The log-likelihoods of a pair add up over its comparisons. Of those that are not made yet it is known what
they can add at most: the best cell of a comparison, or less where a glance at the two values tells how far
they can agree. A pair that stays below the line against strangers or against a household whatever comes, and
is no pair of a household or site that would be listed, is dropped; for those that are kept nothing changes.
Cheap comparisons come first, and before each of the costly ones the pairs are looked through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.cells import CELLS, levels
from matching.columns import MISSING, Flags, Ints, Small
from matching.comparer import Ceiling, Comparer, LevelsOfPairs
from matching.model import KindModel
from matching.policy import CLASSES, COMPARISONS, NEAR, UNRELATED
from matching.scoring import priors, tables

COSTLY = {
    "person": ("birth_date", "phone", "family", "given", "address", "email"),
    "organisation": ("phone", "address", "email", "branch", "name"),
}
"""The comparisons made last: pairs are looked through before each of them. Those of a person stand in the
order that leaves the fewest for the next, of 300,000 invented people 1 in 4 for the e-mail addresses."""

LOOKED_AT = {"person": ("birth_date", "address"), "organisation": ("address",)}
"""Of these a glance at two unlike values tells so much that it pays before all costly comparisons."""

_PAYS = 0.95
"""Share of pairs that must be left for them not to be worth moving together."""

Gains = npt.NDArray[np.int32]
"""Millibits by which cells speak for one class against another: contest by cell."""

_EVERY = levels(np.arange(CELLS, dtype=np.uint8))

_STRANGERS, _HOUSEHOLD = (0, UNRELATED), (0, CLASSES.index("household"))
"""One customer against another class: those that drop most pairs."""

_LISTED = tuple((CLASSES.index(name), UNRELATED) for name in NEAR)
"""A class whose pairs may be listed against strangers."""


@dataclass(slots=True, eq=False)
class _Pairs:
    """The pairs that may still matter, and what is known of them."""

    at: Ints
    """Their positions."""
    left: Ints
    right: Ints
    spared: Flags
    total: list[Gains]
    """By contest: the most they may come to."""
    cells: dict[int, Small]
    """By row: the cells of the comparisons made."""
    bounds: dict[int, list[Gains]]
    """By row: what a comparison not made yet adds at most, contest by contest."""

    def keep(self, kept: Ints) -> None:
        """Drop all others."""
        self.at, self.left, self.right = (part.take(kept) for part in (self.at, self.left, self.right))
        self.spared, self.total = self.spared.take(kept), [part.take(kept) for part in self.total]
        self.cells = {row: cells.take(kept) for row, cells in self.cells.items()}
        self.bounds = {row: _kept(bound, kept) for row, bound in self.bounds.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """What it takes to drop the hopeless pairs of one kind."""

    made: tuple[Comparer, ...]
    """The comparisons."""
    order: tuple[int, ...]
    """Their rows in the order in which they are made."""
    costly: frozenset[int]
    """Rows before which pairs are looked through."""
    looks: tuple[int, ...]
    """Rows of which a glance tells much, in the order in which they are glanced at."""
    gains: tuple[Gains, ...]
    """By row: what each cell adds in each contest: those of one customer, then those of classes listed."""
    agreed: tuple[Gains | None, ...]
    """By row: what agreeing on each value adds at most, contest by value; None where no glance tells."""
    start: Gains
    """By contest: the prior."""
    rivals: int
    """Contests of one customer; what remains are classes listed."""
    least: int
    """Millibits from which on a pair is kept for its weight."""

    def sifted(self, left: Ints, right: Ints, spared: Flags) -> tuple[Ints, npt.NDArray[np.uint8]]:
        """The positions of the pairs that may matter, ascending, and their cells.

        `spared` marks pairs that are kept whatever they come to.
        """
        state = _Pairs(np.arange(len(left)), left, right, spared, [], {}, {})
        state.bounds = {row: self._most(row, left, right) for row in self.order}
        state.total = [np.full(len(left), first, np.int32) for first in self.start]
        for bound in state.bounds.values():
            _add(state.total, bound)
        for row in self.order:
            if row not in self.costly:
                self._compare(state, row)
        self._drop(state)
        for row in self.looks:
            known = self.made[row].ceiling
            if known is not None and known.limit is not None:
                self._look(state, row, known, known.limit)
                self._drop(state)
        for row in self.order:
            if row in self.costly:
                self._compare(state, row)
                self._drop(state)
        cells = [state.cells[row] for row in range(len(self.made))]
        return state.at, np.stack(cells) if cells else np.zeros((0, len(state.at)), np.uint8)

    def _compare(self, state: _Pairs, row: int) -> None:
        """Make a comparison, and count what it says in place of what it could have said."""
        state.cells[row] = cell = self.made[row].compare(state.left, state.right)
        code = cell.astype(np.intp)
        _add(state.total, [gain.take(code) for gain in self.gains[row]])
        _add(state.total, [-bound for bound in state.bounds.pop(row)])

    def _look(self, state: _Pairs, row: int, known: Ceiling, limit_of: LevelsOfPairs) -> None:
        """Count what a comparison of unlike values can say at most, at a glance."""
        one, two = known.column.first.take(state.left), known.column.first.take(state.right)
        asked = (one != two) | (one == MISSING)
        if known.told:
            asked &= (one != MISSING) & (two != MISSING)
        asked = np.flatnonzero(asked)
        limit = limit_of(state.left.take(asked), state.right.take(asked)).astype(np.intp)
        for part, bound, gain in zip(state.total, state.bounds[row], self.gains[row], strict=True):
            most = np.array([gain[np.isin(_EVERY, levels)].max() for levels in known.limits]).take(limit)
            part[asked] += most - bound[asked]
            bound[asked] = most

    def _drop(self, state: _Pairs) -> None:
        """Leave the pairs that may still matter, where that are so few that it pays."""
        kept = np.flatnonzero(self._possible(state.total) | state.spared)
        if len(kept) < _PAYS * len(state.at):
            state.keep(kept)

    def _possible(self, total: list[Gains]) -> Flags:
        """Where every contest of one customer may reach the line, or some class listed may be likeliest."""
        found = np.logical_and.reduce([part >= self.least for part in total[: self.rivals]])
        return np.asarray(np.logical_or.reduce([found, *(part >= 0 for part in total[self.rivals :])]))

    def _most(self, row: int, left: Ints, right: Ints) -> list[Gains]:
        """What a comparison can add at most to each pair, contest by contest; one number if it is one."""
        known, agreed, gains = self.made[row].ceiling, self.agreed[row], self.gains[row]
        if known is None or agreed is None:
            return list(gains.max(axis=1, keepdims=True))
        return _told(known, agreed, _below(gains, known.unlike), left, right)


def _add(total: list[Gains], more: list[Gains]) -> None:
    for part, some in zip(total, more, strict=True):
        part += some


def _kept(bound: list[Gains], kept: Ints) -> list[Gains]:
    return [part if len(part) == 1 else part.take(kept) for part in bound]


def _told(known: Ceiling, agreed: Gains, unlike: Gains, left: Ints, right: Ints) -> list[Gains]:
    """What a comparison can add at most to pairs of which a glance tells how far their values agree."""
    one, two = known.column.first.take(left), known.column.first.take(right)
    equal = np.flatnonzero((one == two) & (one != MISSING))
    code = one.take(equal)
    out = list(np.repeat(unlike[:, None], len(left), axis=1))
    absent = np.flatnonzero((one == MISSING) | (two == MISSING)) if known.told else equal[:0]
    for part, top in zip(out, agreed, strict=True):
        part[equal], part[absent] = top.take(code), 0
    return out


def _agreed(known: Ceiling, gains: Gains) -> Gains:
    """The most that agreeing on each value can add, contest by value: once for all pairs, not batch by batch.

    A file has nearly as many values as records, and many batches.
    """
    best = np.maximum(gains.take(known.same, axis=1), 0)
    outdone = np.flatnonzero(levels(known.same) <= known.unlike)
    best[:, outdone] = np.maximum(best[:, outdone], _below(gains, known.unlike)[:, None])
    return best


def _below(gains: Gains, level: int) -> Gains:
    """The most that cells up to a level add, the missing one among them."""
    return np.asarray(gains[:, level >= _EVERY].max(axis=1))


def sieve(
    kind: str, made: tuple[Comparer, ...], weights: KindModel, *, least: int, listed: bool = True
) -> Sieve:
    """The sieve of a kind under a model; pairs of `least` millibits and more are kept.

    `listed` says that pairs of a household or site are kept whatever their weight.
    """
    table, prior = tables(kind, weights), priors(weights)
    contests = (_STRANGERS, *_LISTED) if listed else (_STRANGERS, _HOUSEHOLD)
    one, two = (list(side) for side in zip(*contests, strict=True))
    gains = tuple((row[one] - row[two]).astype(np.int32) for row in table)
    names = [comparison.name for comparison in COMPARISONS[kind]]
    costly = [names.index(name) for name in COSTLY[kind]]
    order = [row for row in range(len(names)) if row not in costly] + costly
    looks = tuple(names.index(name) for name in LOOKED_AT[kind])
    start = (prior[one] - prior[two]).astype(np.int32)
    agreed = tuple(
        None if comparer.ceiling is None else _agreed(comparer.ceiling, gain)
        for comparer, gain in zip(made, gains, strict=True)
    )
    rivals = 1 if listed else 2
    return Sieve(made, tuple(order), frozenset(costly), looks, gains, agreed, start, rivals, least)
