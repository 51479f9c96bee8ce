"""What holds the records of one customer together: its strongest ties, and the weakest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from matching.columns import Ints
from matching.comparisons import compare
from matching.explain import Explainer
from matching.scoring import Scores, score

MOST_RECORDS = 400
"""Records of which all pairs are compared (79,800); of a larger group the first by record id."""


@dataclass(frozen=True, slots=True)
class Tie:
    """One pair of a group of records."""

    left: str
    right: str
    """Record ids, the lesser first."""
    millibits: int
    """The match weight."""
    probability: float
    """Of the same customer, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Held:
    """How the records of one customer hang together by evidence alone, decisions aside."""

    records: int
    """Records of the customer."""
    compared: int
    """Records that were looked at: all of them, or the first MOST_RECORDS."""
    weakest: Tie | None
    """The tie that goes first: without it the customer falls into the two parts. None of a single record."""
    parts: tuple[tuple[str, ...], tuple[str, ...]]
    """Records on the side of the tie's left and of its right record."""
    ties: tuple[Tie, ...]
    """The strongest ties that hold all records together, the weakest first: one fewer than records."""


def ties_between(explainer: Explainer, ones: Sequence[str], others: Sequence[str]) -> tuple[Tie, ...]:
    """All pairs of a record of one side with one of the other, of equal kind; the strongest first."""
    placed = [explainer.place(record) for record in ones], [explainer.place(record) for record in others]
    found: list[Tie] = []
    for kind in sorted({kind for side in placed for kind, _ in side}):
        mine, theirs = ([at for k, at in side if k == kind] for side in placed)
        pairs = sorted({(min(a, b), max(a, b)) for a in mine for b in theirs if a != b})
        left, right = np.array(pairs, np.int64).reshape(-1, 2).T
        found += _ties(explainer, kind, left, right)
    return tuple(sorted(found, key=lambda tie: (-tie.millibits, tie.left, tie.right)))


def _ties(explainer: Explainer, kind: str, left: Ints, right: Ints) -> list[Tie]:
    scores, ids = _scores(explainer, kind, left, right), explainer.held(kind).record_ids
    sides = [ids.take(pa.array(side)).to_pylist() for side in (left, right)]
    return [
        Tie(*row) for row in zip(*sides, scores.millibits.tolist(), scores.probability.tolist(), strict=True)
    ]


def _scores(explainer: Explainer, kind: str, left: Ints, right: Ints) -> Scores:
    return score(kind, compare(explainer.held(kind), left, right), explainer.model.kinds[kind])


def held_together(explainer: Explainer, records: Sequence[str]) -> Held:
    """The ties of one customer's records, which are of one kind.

    The ties are a maximum spanning tree over all pairs (Kruskal 1956): of all ways to hang the records
    together the one whose weakest tie is strongest. KeyError where a record is not there.
    """
    members = sorted(records)[:MOST_RECORDS]
    if len(members) < 2:
        return Held(len(records), len(members), None, ((), ()), ())
    placed = [explainer.place(record) for record in members]
    kind, at = placed[0][0], np.array([position for _, position in placed], np.int64)
    one, two = np.triu_indices(len(members), 1)
    left, right = np.minimum(at[one], at[two]), np.maximum(at[one], at[two])
    scores = _scores(explainer, kind, left, right)
    tree = _tree(len(members), one, two, scores.millibits)
    sure = scores.probability
    ties = sorted(
        (int(scores.millibits[i]), *sorted((members[one[i]], members[two[i]])), float(sure[i])) for i in tree
    )
    every = tuple(Tie(low, high, millibits, share) for millibits, low, high, share in ties)
    return Held(len(records), len(members), every[0], _parts(members, every), every)


def _tree(size: int, one: Ints, two: Ints, millibits: Ints) -> npt.NDArray[np.int64]:
    """Positions of the pairs of a maximum spanning tree; equal weights go to the earlier pair."""
    order = np.lexsort((np.arange(len(one)), -millibits))
    rank = np.empty(len(one), np.int64)
    rank[order] = np.arange(1, len(one) + 1)
    cost = np.zeros((size, size), np.float64)
    cost[one, two] = rank
    kept = minimum_spanning_tree(cost).tocoo().data.astype(np.int64) - 1
    return np.asarray(order[kept], np.int64)


def _parts(members: Sequence[str], ties: Sequence[Tie]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The two sides of the first tie when it is cut."""
    place = {record: i for i, record in enumerate(members)}
    graph = np.zeros((len(members), len(members)), np.int8)
    for tie in ties[1:]:
        graph[place[tie.left], place[tie.right]] = 1
    _, label = connected_components(graph, directed=False)
    sides = [label[place[record]] for record in (ties[0].left, ties[0].right)]
    parts = [tuple(m for m, mine in zip(members, label, strict=True) if mine == side) for side in sides]
    return parts[0], parts[1]
