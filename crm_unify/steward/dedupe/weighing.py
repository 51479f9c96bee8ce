"""How all compared pairs of a run weigh, and the accuracy that follows from it.

A run keeps only the pairs that matter; the page also draws those that stay apart. They are weighed again, of
many millions a sample: every n-th candidate in the order of the record ids, whole customers by their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.progress import Progress
from matching.blocking import Candidates
from matching.clustering import inner_pairs
from matching.comparisons import compare
from matching.engine import Matched
from matching.estimate import BINS, Estimate, Merged, Tally, estimate, tally
from matching.explain import Explainer
from matching.features import KindFeatures
from matching.model import KindModel
from matching.pairs import BATCH
from matching.scoring import Scores, score

MOST_PAIRS: Final = 500_000
"""Candidates, and pairs inside customers, that are weighed; of more of them a sample of about so many."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """The weights of all compared pairs of one kind of customer."""

    kind: str
    candidates: int
    """Pairs that blocking proposed."""
    sampled: int
    """One candidate in so many was weighed; 1: all of them."""
    outside: Ints
    """Candidates of two customers by bin (`matching.estimate.CENTRES`), scaled up from the sample."""
    inside: Ints
    """Pairs of one customer by bin, scaled up from the sample."""
    estimate: Estimate


def weighings(
    explainer: Explainer, matched: Matched, *, link: bool, progress: Progress
) -> tuple[Weighing, ...]:
    """The weights of the pairs of every kind, in the order of the run's report.

    With `link` two records of one source are known to be different and not counted.
    """
    kinds = [one.kind for one in matched.report]
    return tuple(_weighing(explainer, matched, kind, link=link, progress=progress) for kind in kinds)


def _weighing(
    explainer: Explainer, matched: Matched, kind: str, *, link: bool, progress: Progress
) -> Weighing:
    held, model, found = explainer.held(kind), explainer.model.kinds[kind], explainer.proposed(kind)
    label = customers(held.record_ids, matched.membership)
    every = max(1, -(-len(found.left) // MOST_PAIRS))
    sample = found.at(np.arange(0, len(found.left), every))
    if link:
        source = held.columns["source"].first
        sample = sample.at(np.flatnonzero(source[sample.left] != source[sample.right]))
    outside, proposed = _weighed(held, model, sample, label, progress)
    merged = _merged(held, model, label)
    inner = tally(merged.millibits).pairs
    once, twice = (every * (getattr(outside, name) + getattr(proposed, name)) for name in ("once", "twice"))
    sizes = np.bincount(label)
    total = int((sizes * (sizes - 1) // 2).sum())
    return Weighing(
        kind,
        candidates=len(found.left),
        sampled=every,
        outside=outside.pairs * every,
        inside=np.rint(inner * (total / max(len(merged.left), 1))).astype(np.int64),
        estimate=estimate(
            Tally(outside.pairs * every + inner, once, twice), merged, sizes=sizes, prior=model.prior_same
        ),
    )


def customers(ids: pa.Array, membership: pa.Table) -> Ints:
    """The customer of each record as a number; numbers follow the order of the records."""
    at = pc.index_in(ids, value_set=membership["record_id"].combine_chunks())
    names = membership["cluster"].combine_chunks().take(at).dictionary_encode()
    return np.asarray(names.indices.to_numpy(zero_copy_only=False), np.int64)


def _weighed(
    held: KindFeatures, model: KindModel, found: Candidates, label: Ints, progress: Progress
) -> tuple[Tally, Tally]:
    """The candidates of two customers, and those of one."""
    none = Tally(*(np.zeros(BINS, np.int64) for _ in range(3)))
    outside, inside = none, none
    with progress.stage(f"weighing pairs of {held.kind}s for the page", len(found.left)) as stage:
        for span in _spans(len(found.left)):
            left, right = found.left[span].astype(np.int64), found.right[span].astype(np.int64)
            weight = _scores(held, model, left, right).millibits
            by, together = found.proposed_by[span], label[left] == label[right]
            outside += tally(weight[~together], by[~together])
            inside += tally(weight[together], by[together])
            stage.advance(len(left))
    return outside, inside


def _merged(held: KindFeatures, model: KindModel, label: Ints) -> Merged:
    """The pairs inside customers; of very many the pairs of every n-th customer."""
    left, right = inner_pairs(label)
    every = max(1, -(-len(left) // MOST_PAIRS))
    kept = label[left] % every == 0
    left, right = left[kept], right[kept]
    scores = [_scores(held, model, left[span], right[span]) for span in _spans(len(left))]
    nothing = np.empty(0, np.int64)
    weight, vote = (np.concatenate([nothing, *parts]) for parts in
                    ([s.millibits for s in scores], [s.vote for s in scores]))  # fmt: skip
    return Merged(left, right, weight, vote)


def _spans(pairs: int) -> Iterator[slice]:
    return (slice(start, start + BATCH) for start in range(0, pairs, BATCH))


def _scores(held: KindFeatures, model: KindModel, left: Ints, right: Ints) -> Scores:
    return score(held.kind, compare(held, left, right), model)
