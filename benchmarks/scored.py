"""One set matched in this process, with every candidate pair scored: what accuracy is read from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.labelled import Labelled, write_rows
from crm_unify.progress import Silent
from crm_unify.run.dedupe import DedupeJob, dedupe
from matching.blocking import candidates
from matching.clustering import inner_pairs
from matching.comparisons import compare
from matching.engine import Matched, match
from matching.estimate import Estimate, Merged, Tally, estimate, supported, tally
from matching.features import Features, KindFeatures, features
from matching.frequencies import known
from matching.model import KindModel
from matching.scoring import MILLI, Scores, score

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One set, matched."""

    data: Labelled
    features: Features
    """What records were compared by."""
    matched: Matched
    """Who is who, and the model."""

    @property
    def membership(self) -> pa.Table:
        """The clusters of the rows: record_id, cluster."""
        found = self.matched.membership
        return found.filter(pc.is_in(found["record_id"], self.data.table["record_id"].combine_chunks()))


def run(data: Labelled, *, by_hand: bool = False) -> Run:
    """Match a set: as `dedupe` does without settings, or with the roles that a person gives the columns."""
    if by_hand:
        made = features(*data.claims())
        return Run(data, made, match(made))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "rows.csv"
        write_rows(data, path)
        found = dedupe(DedupeJob((path,), id="record_id", source="source_system"), progress=Silent())
    return Run(data, found.features, found.matched)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The candidate pairs of one kind of customer."""

    held: KindFeatures
    """The features they were compared by."""
    weights: KindModel
    """The weights they were scored by."""
    cells: npt.NDArray[np.uint8]
    """Comparison by pair."""
    scores: Scores
    probability: npt.NDArray[np.float64]
    """What the run says of each: by its own fields, and of a merged pair by its cluster too."""
    same: Flags
    """True where the truth says one customer; of pairs whose truth is known."""
    estimate: Estimate
    """Accuracy without truth."""


def scored(done: Run) -> Iterator[Scored]:
    """Per kind of customer the candidate pairs with truth and scores, and the estimate without truth."""
    for kind, plain in done.features.kinds.items():
        weights = done.matched.model.kinds[kind]
        held = known(plain, weights)
        found = candidates(held)
        left, right = (np.asarray(side, np.int64) for side in (found.left, found.right))
        cells = compare(held, left, right)
        scores = score(kind, cells, weights)
        true = codes(held.record_ids, done.data.truth, "true_customer")
        same = true[left] == true[right]
        cluster = codes(held.record_ids, done.matched.membership, "cluster")
        label = np.unique(cluster, return_index=True)[1][np.unique(cluster, return_inverse=True)[1]]
        one, two = inner_pairs(label)
        inner = score(kind, compare(held, one, two), weights)
        merged = Merged(one, two, inner.millibits, inner.vote)
        together = label[left] == label[right]
        every = _tally(
            scores.millibits,
            np.asarray(found.proposed_by, np.int64),
            together=together,
            inner=inner.millibits,
        )
        guess = estimate(every, merged, sizes=np.bincount(label), prior=weights.prior_same)
        believed = scores.probability
        believed[together] = _supported(merged, label, left[together], right[together])
        yield Scored(held, weights, cells, scores, believed, same, guess)


def _supported(merged: Merged, label: Ints, left: Ints, right: Ints) -> npt.NDArray[np.float64]:
    """The probability of merged candidates with what their clusters add."""
    code, weight = merged.left * len(label) + merged.right, supported(merged, label)
    order = np.argsort(code)
    at = order[np.minimum(np.searchsorted(code[order], left * len(label) + right), len(code) - 1)]
    return np.asarray(1 / (1 + np.exp2(-np.clip(weight[at] / MILLI, -1000, 1000))))


def _tally(millibits: Ints, proposed_by: Ints, *, together: Flags, inner: Ints) -> Tally:
    """The candidates and all pairs inside clusters, each once."""
    apart = tally(millibits[~together], proposed_by[~together])
    proposed = tally(millibits[together], proposed_by[together])
    return apart + Tally(tally(inner).pairs, proposed.once, proposed.twice)


def codes(ids: pa.Array, table: pa.Table, label: str) -> Ints:
    """The label of each record as a number, -1 where the table does not name it."""
    at = pc.index_in(ids, value_set=table["record_id"].combine_chunks())
    names = table[label].cast(pa.string()).combine_chunks().take(at).dictionary_encode()
    return np.asarray(pc.fill_null(names.indices, -1).to_numpy(zero_copy_only=False), np.int64)
