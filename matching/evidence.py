"""Customers of the CRM that evidence alone holds together no longer: they are not split in silence.

A customer whose records would fall apart stays whole while what speaks for its weakest cut is above the line
from which on a person is asked. Below it, it stays whole and a person is asked, or it is split, as the
project says. Where verdicts keep records apart they part in any case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.clustering import CLIP_HIGH, CLIP_LOW, Weighted
from matching.columns import Ints
from matching.decisions import Constraints, Pair

LOST: Final = pa.schema(
    [
        ("customer_id", pa.string()),
        ("parts", pa.list_(pa.list_(pa.string()))),  # record ids, as evidence alone would part them
        ("millibits", pa.int64()),  # of the weakest cut; null: nothing speaks for it
    ]
)
"""Customers about which a person is asked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the CRM holds already."""

    confirmed: pa.Table | None = None
    """``record_id, decision``: the records of customers that a person has confirmed."""
    former: pa.Table | None = None
    """``record_id, customer_id`` of customers that stay whole unless a person says otherwise."""
    split: bool = False
    """Customers that have lost their evidence are split, and nobody is asked."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What keeps customers whole."""

    links: tuple[Pair, ...]
    """Pairs of records that stay together."""
    lost: pa.Table
    """LOST."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Two parts of a customer."""

    average: float
    """Millibits; minus infinity where no pair between them was compared."""
    one: int
    other: int


def kept_whole(
    standing: Standing,
    record_ids: pa.Array,
    *,
    clusters: Ints,
    constraints: Constraints,
    every: Weighted,
    line: int,
) -> Whole:
    """What keeps those customers whole whose records fell into several clusters.

    `every` are the compared pairs with what they vote, `line` the millibits from which on a person is asked.
    """
    if standing.former is None or len(standing.former) == 0:
        return Whole((), LOST.empty_table())
    of = _customers(standing.former, record_ids)
    torn = _torn(of, clusters)
    if len(torn) == 0:
        return Whole((), LOST.empty_table())
    evidence, apart = _evidence(of, clusters, every, torn), _Apart(constraints)
    links, lost = list[Pair](), list[tuple[int, list[Ints], float]]()
    for customer, records in zip(torn.tolist(), _records(of, torn), strict=True):
        parts = _parts(records, clusters)
        cuts = _cuts(parts, clusters, evidence.get(customer, {}))
        joined, asked = _joined(parts, cuts, apart, line=line, split=standing.split)
        links += [(int(parts[a][0]), int(parts[b][0])) for a, b in joined]
        links += [pair for part in parts for pair in pairwise(part.tolist())]
        if asked:
            lost.append((customer, parts, min(asked)))
    together = tuple(sorted({(min(pair), max(pair)) for pair in links}))
    return Whole(together, _listed(lost, standing.former, record_ids))


def _customers(former: pa.Table, record_ids: pa.Array) -> Ints:
    """For each record the number of its customer, -1 for none."""
    place = pc.index_in(record_ids, value_set=former["record_id"].combine_chunks())
    codes = former["customer_id"].combine_chunks().dictionary_encode().indices
    return np.asarray(pc.fill_null(codes.take(place), -1).to_numpy(zero_copy_only=False), np.int64)


def _torn(of: Ints, clusters: Ints) -> Ints:
    """The customers with records in several clusters."""
    known = np.flatnonzero(of >= 0)
    pairs = np.unique(of[known] * len(clusters) + clusters[known])
    numbers, counts = np.unique(pairs // max(len(clusters), 1), return_counts=True)
    return np.asarray(numbers[counts > 1])


def _records(of: Ints, customers: Ints) -> Iterator[Ints]:
    """The records of each of these customers, ascending."""
    order = np.argsort(of, kind="stable")
    ends = (np.searchsorted(of[order], customers, side=side) for side in ("left", "right"))
    for first, last in zip(*ends, strict=True):
        yield order[first:last]


def _parts(records: Ints, clusters: Ints) -> list[Ints]:
    """The records of a customer by cluster, in the order of their least records."""
    groups: dict[int, list[int]] = {}
    for record in records.tolist():
        groups.setdefault(int(clusters[record]), []).append(record)
    return [np.array(group, np.int64) for group in sorted(groups.values())]


def _evidence(
    of: Ints, clusters: Ints, every: Weighted, torn: Ints
) -> dict[int, dict[Pair, tuple[int, int]]]:
    """By torn customer and pair of clusters the sums of votes times say, and of say."""
    here = (of[every.left] >= 0) & (of[every.left] == of[every.right])
    here &= clusters[every.left] != clusters[every.right]
    here &= np.isin(of[every.left], torn)
    found: dict[int, dict[Pair, tuple[int, int]]] = {}
    for at in np.flatnonzero(here).tolist():
        left, right = int(clusters[every.left[at]]), int(clusters[every.right[at]])
        pair = (min(left, right), max(left, right))
        sums = found.setdefault(int(of[every.left[at]]), {})
        vote, say = sums.get(pair, (0, 0))
        weight = min(max(int(every.millibits[at]), CLIP_LOW), CLIP_HIGH)
        sums[pair] = (vote + weight * int(every.say[at]), say + int(every.say[at]))
    return found


class _Apart:
    """Which groups of records verdicts keep apart, by way of all that SAME holds to them."""

    def __init__(self, constraints: Constraints) -> None:
        self._group: dict[int, set[int]] = {}
        for one, other in constraints.must:
            self.join(one, other)
        self._strangers: dict[int, set[int]] = {}
        for one, other in constraints.cannot:
            self._strangers.setdefault(one, set()).add(other)
            self._strangers.setdefault(other, set()).add(one)

    def _of(self, record: int) -> set[int]:
        return self._group.setdefault(record, {record})

    def join(self, one: int, other: int) -> None:
        """Two records belong together."""
        small, large = sorted((self._of(one), self._of(other)), key=len)
        if small is not large:
            large |= small
            self._group.update(dict.fromkeys(small, large))

    def parted(self, one: Iterable[int], other: Iterable[int]) -> bool:
        """Whether a verdict stands between the groups of these records."""
        theirs = set().union(*(self._of(record) for record in other))
        mine = set().union(*(self._of(record) for record in one))
        return any(self._strangers.get(record, set()) & theirs for record in mine)


def _cuts(parts: list[Ints], clusters: Ints, evidence: dict[Pair, tuple[int, int]]) -> list[_Cut]:
    """Every two parts, the strongest first; ties go to the lesser ones."""
    names = [int(clusters[part[0]]) for part in parts]
    cuts = []
    for one, other in combinations(range(len(parts)), 2):
        low, high = sorted((names[one], names[other]))
        vote, say = evidence.get((low, high), (0, 0))
        cuts.append(_Cut(vote / say if say else -math.inf, one, other))
    return sorted(cuts, key=lambda cut: (-cut.average, cut.one, cut.other))


def _joined(
    parts: list[Ints], cuts: list[_Cut], apart: _Apart, *, line: int, split: bool
) -> tuple[list[Pair], list[float]]:
    """The parts that stay together, strongest first, and the averages of the cuts a person is asked about."""
    group = list(range(len(parts)))
    joined, asked = list[Pair](), list[float]()
    for part in parts:
        for one, other in pairwise(part.tolist()):
            apart.join(one, other)
    for cut in cuts:
        weak = cut.average < line
        if group[cut.one] == group[cut.other] or (weak and split):
            continue
        if apart.parted(parts[cut.one].tolist(), parts[cut.other].tolist()):
            continue
        joined.append((cut.one, cut.other))
        apart.join(int(parts[cut.one][0]), int(parts[cut.other][0]))
        asked += [cut.average] if weak else []
        group = [group[cut.one] if number == group[cut.other] else number for number in group]
    return joined, asked


def _listed(lost: list[tuple[int, list[Ints], float]], former: pa.Table, record_ids: pa.Array) -> pa.Table:
    names = former["customer_id"].combine_chunks().dictionary_encode().dictionary
    rows = [
        {
            "customer_id": names[customer].as_py(),
            "parts": [record_ids.take(pa.array(part)).to_pylist() for part in parts],
            "millibits": None if math.isinf(weakest) else round(weakest),
        }
        for customer, parts, weakest in lost
    ]
    return pa.Table.from_pylist(rows, schema=LOST)
