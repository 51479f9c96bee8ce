"""Pairs compared and scored batch by batch: a pair that cannot matter any more is dropped within its batch.

The memory this takes is that of a batch for each thread and of the pairs worth keeping, however many pairs
the blocking rules propose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from crm_unify.progress import Progress
from matching.blocking import Candidates
from matching.clustering import MAX_COMPONENT, inner_pairs
from matching.columns import Codes, Flags, Ints, distinct, numbered
from matching.comparer import Comparer
from matching.comparisons import cells_of
from matching.features import KindFeatures
from matching.model import KindModel
from matching.policy import CLASSES, NEAR
from matching.scored_pairs import Cells, Scored, by_pattern, chosen, together
from matching.scoring import Scores
from matching.sieve import sieve

BATCH = 250_000
"""Pairs compared at a time: what bounds the memory of a comparison."""

WORTH_SHARING = 20_000
"""Pairs from which on they are shared out among threads, however few batches they are."""

Positions = Ints | Codes
"""Positions of records, in 64 bits or in 32."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """How pairs are compared and scored."""

    features: KindFeatures
    made: tuple[Comparer, ...]
    """The comparisons, ready for these records."""
    threads: int
    """Threads that compare; the outcome does not depend on it."""
    progress: Progress


_ASKED = tuple(CLASSES.index(name) for name in NEAR)
"""The classes whose pairs are listed whatever their weight."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Which pairs are worth keeping."""

    least: int
    """Millibits from which on a pair is."""
    listed: bool
    """True where pairs of a household or site are, whatever their weight, because they are listed."""

    def of(self, scores: Scores) -> Flags:
        """Which of the scores are worth it."""
        heavy = scores.millibits >= self.least
        return np.asarray(heavy | np.isin(scores.klass, _ASKED)) if self.listed else heavy


_T = TypeVar("_T")


def compared(work: Work, left: Positions, right: Positions) -> Cells:
    """The cells of pairs."""

    def batch(span: slice) -> Cells:
        return cells_of(work.made, left[span].astype(np.int64), right[span].astype(np.int64))

    parts = list(_batches(work, len(left), batch)) or [batch(slice(0, 0))]
    return np.concatenate(parts, axis=1)


def worth_keeping(
    work: Work, weights: KindModel, found: Candidates, *, worth: Worth, always: Ints, cells: Cells | None
) -> Scored:
    """The candidates that are worth it, and those of `always`.

    `always` holds numbers left * records + right, ascending. Where the cells are known already, they are
    not worked out again; else hopeless pairs are dropped before all their cells are known.
    """
    records, kind = len(work.features), work.features.kind
    sifter = sieve(kind, work.made, weights, least=worth.least, listed=worth.listed)

    def batch(span: slice) -> Scored:
        left, right = found.left[span].astype(np.int64), found.right[span].astype(np.int64)
        spared = np.isin(left * records + right, always) if len(always) else np.zeros(len(left), np.bool_)
        if cells is None:
            at, own = sifter.sifted(left, right, spared)
        else:
            at, own = np.arange(len(left)), cells[:, span]
        patterns, pattern = by_pattern(kind, own, weights)
        matters = worth.of(patterns.scores)[pattern] | spared[at]
        kept = at[matters]
        patterns, pattern = chosen(patterns, pattern, matters)
        mine = found.at(kept + span.start)
        return Scored(mine.left, mine.right, mine.rule, pattern, patterns)

    return together(list(_batches(work, len(found.left), batch)) or [batch(slice(0, 0))])


def given_up(kind: str, cells: Cells, weights: KindModel, *, worth: Worth) -> float:
    """Pairs of one customer among those that are not worth keeping, as the model sees them."""
    patterns, pattern = by_pattern(kind, cells, weights)
    count = np.bincount(pattern, minlength=len(patterns)).astype(np.float64)
    return float((count * ~worth.of(patterns.scores)) @ patterns.scores.probability)


def all_of(work: Work, weights: KindModel, left: Ints, right: Ints, rule: npt.NDArray[np.int8]) -> Scored:
    """All of the pairs, compared and scored."""

    def batch(span: slice) -> Scored:
        cells = cells_of(work.made, left[span], right[span])
        patterns, pattern = by_pattern(work.features.kind, cells, weights)
        one, two = left[span].astype(np.int32), right[span].astype(np.int32)
        return Scored(one, two, rule[span], pattern, patterns)

    return together(list(_batches(work, len(left), batch)) or [batch(slice(0, 0))])


def missing_inside(
    found: Candidates, have: Scored, label: Ints, *, must: Ints
) -> tuple[Ints, Ints, npt.NDArray[np.int8]]:
    """The pairs inside components that are not among those kept, ascending, with their rules.

    They are all pairs of a component of up to MAX_COMPONENT members, the candidates in a larger one, and
    those that a person said are the same.
    """
    records = len(label)
    inside = np.flatnonzero(label[found.left] == label[found.right])
    proposed = numbered(found.left[inside], found.right[inside], records)
    large = np.bincount(label, minlength=records)[label[found.left[inside]]] > MAX_COMPONENT
    left, right = (np.concatenate(sides) for sides in zip(inner_pairs(label), must, strict=True))
    wanted = distinct(np.concatenate([left * records + right, proposed[large]]))
    new = wanted[_places(wanted, have.codes(records)) < 0]
    at = _places(new, proposed)
    rule = np.where(at < 0, -1, found.rule[inside][at] if len(inside) else -1).astype(np.int8)
    one = new // records
    return one, new - one * records, rule


def _places(wanted: Ints, ascending: Ints) -> Ints:
    """Where each number stands among ascending ones, -1 where it does not."""
    if not len(ascending):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[at] == wanted, at, -1)


def spans(pairs: int, threads: int) -> list[slice]:
    """Stretches of one size, of BATCH pairs at most; of many pairs as many as leave no thread without one."""
    number = -(-pairs // BATCH)
    if pairs >= WORTH_SHARING:
        number = -(-number // threads) * threads
    return [slice(pairs * at // number, pairs * (at + 1) // number) for at in range(number)]


def _batches(work: Work, pairs: int, batch: Callable[[slice], _T]) -> Iterator[_T]:
    """What comes of each batch, in order, on the threads of the settings."""
    lots = spans(pairs, work.threads)
    if not lots:
        return
    with (
        work.progress.stage(f"comparing pairs of {work.features.kind}s", pairs) as stage,
        ThreadPoolExecutor(work.threads) as pool,
    ):
        for span, found in zip(lots, pool.map(batch, lots), strict=True):
            stage.advance(span.stop - span.start)
            yield found
