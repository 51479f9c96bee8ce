"""What is doubtful, pair by pair: out of the scored pairs of a run, unsure verdicts and re-keyed records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from crm_unify.steward.review.values import Reason
from matching.columns import Flags, Ints
from matching.scoring import MILLI

DOUBTS: Final = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("reason", pa.string()),
        ("millibits", pa.int64()),  # null: never compared
        ("probability", pa.float64()),
        ("decision", pa.int64()),  # the decision it is about
    ]
)
"""Two records that a person should look at."""

SHARING: Final[Mapping[str, tuple[int, ...]]] = {"email": (4, 5), "phone": (1, 3), "address": (5,)}
"""Levels of values that several people or a whole site use, see :mod:`matching.policy`."""
PERSONAL: Final[Mapping[str, int]] = {"email": 6, "phone": 4, "identifier": 2}
"""Levels of values that only one customer uses."""

WEAK: Final = 0.8
"""Probability of the weakest link of a customer below which a person is asked: one in five would be wrong."""


def between_customers(pairs: pa.Table, *, merge_bits: float) -> pa.Table:
    """DOUBTS of the scored pairs that wait for a person."""
    asked = pairs.filter(pc.equal(pairs["band"], "review"))
    strong = asked["millibits"].to_numpy() >= round(merge_bits * MILLI)
    reason = np.where(strong, Reason.CONTRADICTION, np.where(_sharing(asked), Reason.SHARED, Reason.BAND))
    return _doubts(asked, pa.array(reason.tolist(), pa.string()))


def _doubts(pairs: pa.Table, reason: pa.Array) -> pa.Table:
    columns = {name: pairs[name] for name in ("left", "right", "millibits", "probability")}
    return pa.table(columns | {"reason": reason, "decision": pa.nulls(len(pairs), pa.int64())}).select(
        DOUBTS.names
    )


def _sharing(pairs: pa.Table) -> Flags:
    """Pairs that share what others use too, and nothing that is theirs alone."""
    shares, own = np.zeros(len(pairs), np.bool_), np.zeros(len(pairs), np.bool_)
    for name, levels in SHARING.items():
        shares |= np.isin(_level(pairs, name), levels)
    for name, level in PERSONAL.items():
        own |= _level(pairs, name) == level
    return shares & ~own


def _level(pairs: pa.Table, name: str) -> Ints:
    column = f"level_{name}"
    if column not in pairs.column_names:
        return np.full(len(pairs), -1, np.int64)
    return np.asarray(pc.fill_null(pairs[column], -1).to_numpy(), np.int64)


@dataclass(frozen=True, slots=True)
class WeakLink:
    """A merged customer that stands on a link which may not hold."""

    reason: Reason
    link: tuple[str, str]
    """The two records it joins."""
    millibits: int
    probability: float
    parts: tuple[tuple[str, ...], tuple[str, ...]]
    """What the customer falls into without it; record ids, ascending."""


def weak_links(pairs: pa.Table, *, oversize: int) -> list[WeakLink]:
    """Merged customers to look at.

    A customer is held together by its strongest links (a maximum spanning tree); the weakest of these is what
    it stands on. Customers of more than `oversize` records are asked about whatever that is.
    """
    merged = pairs.filter(pc.equal(pairs["band"], "merge"))
    merged = merged.select(["left", "right", "millibits", "probability"]).combine_chunks()
    if not len(merged):
        return []
    ids = pc.unique(pa.concat_arrays([_column(merged, "left"), _column(merged, "right")])).sort()
    left, right = (pc.index_in(_column(merged, side), ids).to_numpy().astype(np.int64) for side in ENDS)
    tree = _spanning(left, right, merged["millibits"].to_numpy(), size=len(ids))
    customer = _components(left[tree], right[tree], size=len(ids))
    last = dict(zip(customer[left[tree]].tolist(), tree.tolist(), strict=True))  # the strongest come first
    large, sure = np.bincount(customer) > oversize, merged["probability"].to_numpy()
    chosen = [at for of, at in sorted(last.items()) if large[of] or sure[at] < WEAK]
    kept = tree[~np.isin(tree, chosen)]
    part = _components(left[kept], right[kept], size=len(ids))
    order = np.lexsort((np.arange(len(ids)), customer))
    bounds = np.searchsorted(customer[order], np.arange(len(large) + 1))
    found = []
    for at in chosen:
        of = int(customer[left[at]])
        members = order[bounds[of] : bounds[of + 1]]
        mine = part[members] == part[left[at]]
        halves = tuple(tuple(ids.take(pa.array(members[some])).to_pylist()) for some in (mine, ~mine))
        reason = Reason.OVER_SIZE if large[of] else Reason.WEAK_LINK
        link = (ids[int(left[at])].as_py(), ids[int(right[at])].as_py())
        bits = merged["millibits"][at].as_py()
        found.append(WeakLink(reason, link, bits, float(sure[at]), (halves[0], halves[1])))
    return found


ENDS: Final = ("left", "right")


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _spanning(left: Ints, right: Ints, millibits: Ints, *, size: int) -> Ints:
    """Rows of the links that hold customers together, the strongest first."""
    order = np.lexsort((right, left, -millibits))
    rank = np.empty(len(left), np.float64)
    rank[order] = np.arange(1, len(left) + 1)  # no two links are equal: the tree is the same on every machine
    graph = sp.coo_array((rank, (left, right)), shape=(size, size)).tocsr()
    kept = np.sort(np.asarray(minimum_spanning_tree(graph).data, np.int64))
    return np.asarray(order[kept - 1])


def _components(left: Ints, right: Ints, *, size: int) -> Ints:
    graph = sp.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
