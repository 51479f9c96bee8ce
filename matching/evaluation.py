"""Accuracy against known truth: pairwise, B-cubed, whole clusters, and by pair of sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.calibration import Band
from matching.columns import Ints


@dataclass(frozen=True, slots=True)
class Ratio:
    """Precision and recall of one way of counting."""

    precision: float
    """Of what was put together, the share that belongs together, 0 to 1."""
    recall: float
    """Of what belongs together, the share that was put together, 0 to 1."""

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class SourcePair:
    """Pairs across two sources, or within one."""

    left: str
    right: str
    """Source names, left <= right."""
    true_pairs: int
    """Pairs that belong together."""
    found_pairs: int
    """Pairs put together."""
    right_pairs: int
    """Pairs put together that belong together."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a membership agrees with the truth, over the records that both know."""

    records: int
    """Records that stand in both tables."""
    customers: int
    """True customers among them."""
    clusters: int
    """Clusters among them."""
    pairwise: Ratio
    """Counting pairs of records."""
    bcubed: Ratio
    """Counting, for each record, the share of its cluster and of its customer (Bagga and Baldwin 1998)."""
    clusters_exact: Ratio
    """Counting clusters that are a true customer, no record more and none less."""
    true_pairs: int
    """Pairs of records that belong together."""
    by_source: tuple[SourcePair, ...] = ()
    """Pairs by the sources of their records, where sources were given."""
    bands: tuple[Band, ...] = ()
    """Believed and observed in the bands of probability from the review line up, where they were counted."""


def evaluate(membership: pa.Table, truth: pa.Table, *, sources: pa.Table | None = None) -> Evaluation:
    """Compare a membership (record_id, cluster) with the truth (record_id, true_customer).

    Records that only one table knows are left aside. `sources` (record_id, system) adds the counts by source.
    """
    at = pc.index_in(
        truth["record_id"].cast(pa.string()), value_set=membership["record_id"].cast(pa.string())
    )
    known = truth.filter(at.is_valid())
    mine = membership["cluster"].take(pc.drop_null(at))
    found, true = _codes(mine), _codes(known["true_customer"])
    both = _codes_of_pairs(found, true)
    return Evaluation(
        records=len(found),
        customers=len(np.unique(true)),
        clusters=len(np.unique(found)),
        pairwise=Ratio(_share(_pairs(both), _pairs(found)), _share(_pairs(both), _pairs(true))),
        bcubed=Ratio(_overlap(both, found), _overlap(both, true)),
        clusters_exact=_exact(both, found, true),
        true_pairs=_pairs(true),
        by_source=_by_source(known, sources, found=found, true=true) if sources is not None else (),
    )


def _codes(column: pa.ChunkedArray) -> Ints:
    encoded = pc.dictionary_encode(column.cast(pa.string()).combine_chunks())
    flat = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return np.asarray(flat.indices.to_numpy(zero_copy_only=False), np.int64)


def _codes_of_pairs(one: Ints, two: Ints) -> Ints:
    width = int(two.max(initial=0)) + 1
    return np.asarray(np.unique(one * width + two, return_inverse=True)[1], np.int64)


def _pairs(codes: Ints) -> int:
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _overlap(both: Ints, whole: Ints) -> float:
    """Mean over records of the size of the overlap as a part of the whole the record is in."""
    if not len(both):
        return 1.0
    return float((np.bincount(both)[both] / np.bincount(whole)[whole]).mean())


def _exact(both: Ints, found: Ints, true: Ints) -> Ratio:
    if not len(both):
        return Ratio(1.0, 1.0)
    first = np.unique(both, return_index=True)[1]
    size = np.bincount(both)[both[first]]
    exact = int(((size == np.bincount(found)[found[first]]) & (size == np.bincount(true)[true[first]])).sum())
    return Ratio(exact / len(np.unique(found)), exact / len(np.unique(true)))


def _by_source(known: pa.Table, sources: pa.Table, *, found: Ints, true: Ints) -> tuple[SourcePair, ...]:
    at = pc.index_in(known["record_id"].cast(pa.string()), value_set=sources["record_id"].cast(pa.string()))
    systems = sources["system"].cast(pa.string()).take(at)
    names = sorted(pc.unique(systems).to_pylist())
    code = np.asarray(pc.index_in(systems, value_set=pa.array(names, pa.string())).to_numpy(), np.int64)
    both = _codes_of_pairs(found, true)
    counts = [_across(group, code, len(names)) for group in (true, found, both)]
    return tuple(
        SourcePair(names[i], names[j], *(int(count[i, j]) for count in counts))
        for i in range(len(names))
        for j in range(i, len(names))
    )


def _across(group: Ints, source: Ints, sources: int) -> Ints:
    """Pairs within groups by the sources of both records, in the upper triangle."""
    rows, row = np.unique(group * sources + source, return_counts=True)
    held = np.zeros((int(group.max(initial=0)) + 1, sources), np.int64)
    held[rows // sources, rows % sources] = row
    out = held.T @ held
    inside = (held * (held - 1) // 2).sum(axis=0)
    out[np.arange(sources), np.arange(sources)] = inside
    return np.asarray(out, np.int64)
