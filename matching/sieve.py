"""Pairs that cannot matter any more are dropped before their costliest comparisons are made.

The log-likelihoods of a pair add up over its comparisons. After the cheap ones, what the others can add at
most is known: the best cell of a comparison, or less where the two values are seen to be equal or not. A pair
whose sum stays below both lines whatever comes is dropped; for those that are kept nothing changes. Of the
candidates of 300,000 invented people more than half go before any name is compared, and three in four before
given names are, which cost most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.cells import CELLS, levels
from matching.columns import MISSING, Flags, Ints
from matching.comparer import Ceiling, Comparer
from matching.model import KindModel
from matching.policy import CLASSES, COMPARISONS, NEAR, UNRELATED
from matching.scoring import priors, tables

COSTLY = {"person": ("email", "family", "given"), "organisation": ("email", "branch", "name")}
"""The comparisons made last, the costliest at the end: pairs are looked through before each of them."""

_ASKED = (0, *(CLASSES.index(name) for name in NEAR))
"""The classes a pair is kept for: one customer, and those whose pairs are listed whatever their weight."""

Gains = npt.NDArray[np.int32]
"""Millibits by which a cell speaks for each class asked, against unrelated: class by cell."""

_EVERY = levels(np.arange(CELLS, dtype=np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """What it takes to drop the hopeless pairs of one kind."""

    made: tuple[Comparer, ...]
    """The comparisons."""
    order: tuple[int, ...]
    """Their rows in the order in which they are made."""
    costly: frozenset[int]
    """Rows before which pairs are looked through."""
    gains: tuple[Gains, ...]
    """By row: what each cell adds."""
    start: Gains
    """By class asked: the prior, against unrelated."""
    least: int
    """Millibits from which on a pair is kept for its weight."""

    def sifted(self, left: Ints, right: Ints, spared: Flags) -> tuple[Ints, npt.NDArray[np.uint8]]:
        """The positions of the pairs that may matter, ascending, and their cells.

        `spared` marks pairs that are kept whatever they come to.
        """
        at, cells = np.arange(len(left)), np.zeros((len(self.made), len(left)), np.uint8)
        most = {row: self._most(row, left, right) for row in self.order if row in self.costly}
        total = np.repeat(self.start[:, None], len(left), axis=1)
        for bound in most.values():
            total += bound
        for row in self.order:
            if row in self.costly:
                kept = np.flatnonzero(self._possible(total) | spared[at])
                at, total = at[kept], total[:, kept] - most[row][:, at[kept]]
            cell = self.made[row].compare(left[at], right[at])
            cells[row, at] = cell
            total += self.gains[row][:, cell]
        return at, cells[:, at]

    def _possible(self, total: Gains) -> Flags:
        return np.asarray((total[0] >= self.least) | (total[1:] >= 0).any(axis=0))

    def _most(self, row: int, left: Ints, right: Ints) -> Gains:
        """What a comparison can add at most to each pair."""
        known, gains = self.made[row].ceiling, self.gains[row]
        if known is None:
            return np.repeat(gains.max(axis=1, keepdims=True), len(left), axis=1)
        return _told(known, gains, left, right)


def _told(known: Ceiling, gains: Gains, left: Ints, right: Ints) -> Gains:
    """What a comparison can add at most to pairs of which it is told whether their values are equal."""
    one, two = known.column.first[left], known.column.first[right]
    unlike = gains[:, known.unlike >= _EVERY].max(axis=1, keepdims=True)
    best = np.maximum(gains[:, known.same], 0)
    outdone = levels(known.same) <= known.unlike
    best[:, outdone] = np.maximum(best[:, outdone], unlike)
    out = np.repeat(unlike, len(left), axis=1)
    equal = np.flatnonzero((one == two) & (one != MISSING))
    out[:, equal] = best[:, one[equal]]
    return out


def sieve(kind: str, made: tuple[Comparer, ...], weights: KindModel, *, least: int) -> Sieve:
    """The sieve of a kind under a model; pairs of `least` millibits and more are kept."""
    table, prior = tables(kind, weights), priors(weights)
    gains = tuple((row[list(_ASKED)] - row[UNRELATED]).astype(np.int32) for row in table)
    names = [comparison.name for comparison in COMPARISONS[kind]]
    costly = [names.index(name) for name in COSTLY[kind]]
    order = [row for row in range(len(names)) if row not in costly] + costly
    start = (prior[list(_ASKED)] - prior[UNRELATED]).astype(np.int32)
    return Sieve(made, tuple(order), frozenset(costly), gains, start, least)
