"""Which pairs a person should see: the most doubtful, the strongest and weakest merges, the largest.

Everything is chosen by weight; ties go to the pair of the lesser record ids. Of a customer one pair is shown,
so that one large group does not fill the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from crm_unify.steward.dedupe.weighing import customers
from matching.engine import Matched
from matching.outcome import BANDS
from matching.scoring import MILLI

SHOWN: Final = 10
"""Pairs of each list."""
STRONG_SHOWN: Final = 3
"""Pairs that reach the merge line and stay apart."""
LARGEST_SHOWN: Final = 8
"""Customers of most records."""
WEAK_BITS: Final = 4.0
"""A customer whose weakest tie is lighter (odds of 16 to 1) is worth a look."""

Ints = npt.NDArray[np.int64]
PairOf = tuple[str, str]
"""Two record ids, the lesser first."""


@dataclass(frozen=True, slots=True)
class Large:
    """One of the largest customers."""

    records: int
    members: tuple[str, ...]
    """Some of its record ids, the least first."""
    weakest: float | None
    """Bits of its weakest tie; None where its pairs were not all compared."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is worth a look, as record ids."""

    doubtful: tuple[PairOf, ...]
    """Of those that wait for a person the nearest to even odds."""
    strong: tuple[PairOf, ...]
    """Pairs that reach the merge line and wait because their customers as a whole speak against it."""
    strongest: tuple[PairOf, ...]
    weakest: tuple[PairOf, ...]
    """The ties without which a customer would fall apart, the lightest first."""
    largest: tuple[Large, ...]
    review: int
    """Pairs that wait for a person."""
    between: int
    """Pairs of customers that they stand between."""
    strong_pairs: int
    """Of the waiting pairs those that reach the merge line."""
    weak_customers: int
    """Customers whose weakest tie is lighter than WEAK_BITS."""
    merged_customers: int
    """Customers of two records or more."""
    fewest: int
    """Customers there would be if every waiting pair were the same."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The kept pairs of a run by position."""

    ids: pa.Array
    label: Ints
    """Customer of each record."""
    left: Ints
    right: Ints
    millibits: Ints
    band: Ints
    """A position in BANDS."""

    def named(self, at: Iterable[int]) -> tuple[PairOf, ...]:
        """The record ids of some pairs."""
        places = list(at)
        left, right = (pa.array(side[places], pa.int64()) for side in (self.left, self.right))
        return tuple(zip(self.ids.take(left).to_pylist(), self.ids.take(right).to_pylist(), strict=True))

    def where(self, band: str) -> Ints:
        """The pairs of a band."""
        return np.flatnonzero(self.band == BANDS.index(band))

    def first_of_each(self, order: Ints, wanted: int) -> list[int]:
        """The first pairs in an order whose customers were not met before."""
        seen: set[int] = set()
        found: list[int] = []
        for at in order:
            own = {int(self.label[self.left[at]]), int(self.label[self.right[at]])}
            if not own & seen:
                seen |= own
                found.append(int(at))
            if len(found) == wanted:
                break
        return found


def chosen(matched: Matched) -> Chosen:
    """The pairs and customers that are worth a look."""
    pairs = _pairs(matched)
    merged, review, ties = pairs.where("merge"), pairs.where("review"), _ties(pairs)
    weight = pairs.millibits
    strong = review[weight[review] >= round(matched.model.merge_bits * MILLI)]
    open_ones = np.setdiff1d(review, strong, assume_unique=True)
    doubtful = open_ones[np.argsort(np.abs(weight[open_ones]), kind="stable")]
    weakest = pairs.first_of_each(ties, SHOWN)
    light = ties[weight[ties] < WEAK_BITS * MILLI]
    sizes = np.bincount(pairs.label)
    return Chosen(
        doubtful=pairs.named(pairs.first_of_each(doubtful, SHOWN)),
        strong=pairs.named(pairs.first_of_each(_strongest(strong, weight), STRONG_SHOWN)),
        strongest=pairs.named(pairs.first_of_each(_strongest(merged, weight), SHOWN)),
        weakest=pairs.named(weakest),
        largest=_largest(pairs, sizes, ties),
        review=len(review),
        between=len(np.unique(np.sort(_customers(pairs, review), axis=0), axis=1).T),
        strong_pairs=len(strong),
        weak_customers=len(np.unique(pairs.label[pairs.left[light]])),
        merged_customers=int((sizes > 1).sum()),
        fewest=_fewest(pairs, review, len(sizes)),
    )


def _pairs(matched: Matched) -> _Pairs:
    ids = matched.membership["record_id"].combine_chunks()
    sides = (pc.index_in(matched.pairs[side], value_set=ids).to_numpy() for side in ("left", "right"))
    left, right = (np.asarray(side, np.int64) for side in sides)
    band = pc.index_in(matched.pairs["band"], value_set=pa.array(BANDS)).to_numpy()
    millibits = np.asarray(matched.pairs["millibits"].to_numpy(), np.int64)
    return _Pairs(ids, customers(ids, matched.membership), left, right, millibits, np.asarray(band, np.int64))


def _strongest(pairs: Ints, weight: Ints) -> Ints:
    return pairs[np.argsort(-weight[pairs], kind="stable")]


def _ties(pairs: _Pairs) -> Ints:
    """The strongest ties that hold all customers together (Kruskal 1956), the weakest first."""
    merged = pairs.where("merge")
    order = _strongest(merged, pairs.millibits)
    records = len(pairs.ids)
    rank = np.arange(1, len(order) + 1, dtype=np.float64)
    graph = sp.coo_array((rank, (pairs.left[order], pairs.right[order])), shape=(records, records))
    kept = np.sort(minimum_spanning_tree(graph.tocsr()).data.astype(np.int64)) - 1
    return np.asarray(order[kept][::-1], np.int64)


def _customers(pairs: _Pairs, some: Ints) -> Ints:
    """The customers of both sides of some pairs, an array of two rows."""
    return np.stack([pairs.label[pairs.left[some]], pairs.label[pairs.right[some]]])


def _fewest(pairs: _Pairs, review: Ints, size: int) -> int:
    one, other = _customers(pairs, review)
    graph = sp.coo_array((np.ones(len(review), np.int8), (one, other)), shape=(size, size))
    return int(connected_components(graph, directed=False)[0])


def _largest(pairs: _Pairs, sizes: Ints, ties: Ints) -> tuple[Large, ...]:
    order: Sequence[int] = np.argsort(-sizes, kind="stable")[:LARGEST_SHOWN].tolist()
    of_ties = pairs.label[pairs.left[ties]]
    found = []
    for customer in order:
        if sizes[customer] < 2:
            break
        members = np.flatnonzero(pairs.label == customer)[:LARGEST_SHOWN]
        own = ties[of_ties == customer]
        bits = pairs.millibits[own[0]] / MILLI if len(own) == sizes[customer] - 1 else None
        names = tuple(pairs.ids.take(pa.array(members)).to_pylist())
        found.append(Large(int(sizes[customer]), names, bits))
    return tuple(found)
