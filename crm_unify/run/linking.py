"""Customers with one record of each source at most, where the sources hold nobody twice.

Records of one source that ended in one customer are told apart as a person would tell them, by a verdict of
DIFFERENT, and clustered again by the same model, until none are left. Each round adds verdicts and takes none
back, so it ends.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.progress import Progress
from matching.engine import Matched, match
from matching.features import Features

_VERDICT = "different"


def one_per_source(features: Features, matched: Matched, records: pa.Table, *, progress: Progress) -> Matched:
    """The match with at most one record of each source in a customer; `records` has record_id and system."""
    decisions = _same_source(matched.membership, records)
    found = matched
    while len(decisions):
        found = match(features, model=matched.model, decisions=decisions, progress=progress)
        more = _same_source(found.membership, records)
        if not len(more):
            break
        decisions = pa.concat_tables([decisions, more])
    return found


def _same_source(membership: pa.Table, records: pa.Table) -> pa.Table:
    """A verdict for each two records of one source in one customer."""
    ids = membership["record_id"].combine_chunks()
    at = pc.index_in(ids, value_set=records["record_id"].combine_chunks())
    system = records["system"].take(at).combine_chunks().dictionary_encode().indices.to_numpy()
    cluster = membership["cluster"].combine_chunks().dictionary_encode().indices.to_numpy()
    group = cluster.astype(np.int64) * (int(system.max(initial=0)) + 1) + system
    order = np.argsort(group, kind="stable")
    bounds = np.flatnonzero(np.diff(group[order], prepend=-1, append=-1))
    spans = [(start, stop) for start, stop in pairwise(bounds.tolist()) if stop - start > 1]
    pairs = [pair for start, stop in spans for pair in combinations(order[start:stop].tolist(), 2)]
    left, right = (ids.take(pa.array([pair[side] for pair in pairs], pa.int64())) for side in (0, 1))
    return pa.table({"left": left, "right": right, "verdict": [_VERDICT] * len(pairs)})
