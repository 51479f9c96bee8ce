"""Which question settles most others: doubts between groups of records, closed over SAME and DIFFERENT.

SAME is transitive, and what differs from one part of a customer differs from all of it: after an answer other
questions need not be asked. What an answer is worth is the number of doubtful pairs it settles, those that it
settles for certain and those that a SAME, as likely as the pair is believed, would settle on the way. Likely
pairs first is what crowdsourced joins found best (Wang, Li, Kraska, Franklin and Feng 2013, "Leveraging
transitive relations for crowdsourced joins"); here groups differ in size, so the worth is counted in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import Ints
from matching.decisions import Constraints, Pair


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question: are two groups of records one customer?"""

    one: int
    other: int
    """Groups, as numbers."""
    pairs: int
    """Doubtful pairs of records between them."""
    probability: float
    """That they are one customer, 0 to 1."""


@dataclass(slots=True)
class _Edge:
    """What stands open between two groups that answers have made."""

    pairs: int
    probability: float
    asked: list[int]
    """The doubts it is made of."""


class Closure:
    """The doubts, and what follows from the answers given so far.

    Among doubts of equal worth those that come first are asked first.
    """

    def __init__(self, doubts: Sequence[Doubt]) -> None:
        """Nothing is answered yet; a doubt between a group and itself is none."""
        self.doubts: list[Doubt] = []
        self._group: dict[int, int] = {}
        self._open: dict[int, dict[int, _Edge]] = {}
        self._apart: dict[int, set[int]] = {}
        self._state: list[bool] = []
        self._heap: list[tuple[float, int, int, int]] | None = None
        self.extend(doubts)

    def extend(self, doubts: Sequence[Doubt]) -> range:
        """Take more doubts, nothing of which is answered yet; their numbers."""
        first = len(self.doubts)
        for number, doubt in enumerate(doubts, first):
            self.doubts.append(doubt)
            self._state.append(doubt.one != doubt.other)
            if doubt.one != doubt.other:
                edge = _Edge(doubt.pairs, doubt.probability, [number])
                self._add(self.of(doubt.one), self.of(doubt.other), edge)
        self._heap = None
        return range(first, len(self.doubts))

    def retire(self, numbers: Iterable[int]) -> None:
        """Take doubts out: they wait no longer, and count for the worth of no other one.

        All doubts between the same two groups go together.
        """
        for number in numbers:
            doubt = self.doubts[number]
            self._drop(self.of(doubt.one), self.of(doubt.other))
            self._state[number] = False
        self._heap = None

    def is_open(self, number: int) -> bool:
        """Whether the doubt of this number still waits for an answer."""
        return self._state[number]

    def open(self) -> Iterator[int]:
        """The numbers of the doubts that wait, ascending."""
        return (number for number, waits in enumerate(self._state) if waits)

    def worth(self, number: int) -> float:
        """Doubtful pairs that an answer to this doubt is expected to settle; 0 for a settled one."""
        if not self._state[number]:
            return 0.0
        doubt = self.doubts[number]
        return self._worth(self.of(doubt.one), self.of(doubt.other))

    def of(self, group: int) -> int:
        """The group that this one has become part of."""
        root = group
        while (above := self._group.get(root, root)) != root:
            root = above
        while (above := self._group.get(group, group)) != root:
            self._group[group] = root
            group = above
        return root

    def say(self, one: int, other: int, *, same: bool) -> tuple[int, ...]:
        """Take an answer on two groups; the numbers of the doubts it settles, ascending.

        What contradicts earlier answers changes nothing and settles nothing. UNSURE is said as not `same`:
        nobody is asked again, and nothing is merged through it.
        """
        a, b = self.of(one), self.of(other)
        if a == b or b in self._apart.get(a, ()):
            return ()
        near = {a, b, *self._open.get(a, ()), *self._open.get(b, ())}
        settled = self._joined(a, b) if same else self._parted(a, b)
        for number in settled:
            self._state[number] = False
        if self._heap is not None:
            self._weigh_again(near)
        return tuple(sorted(settled))

    def best(self) -> int | None:
        """The doubt whose answer is worth most; None when nothing is open."""
        if self._heap is None:
            self._heap = [self._entry(a, b) for a, edges in self._open.items() for b in edges if a < b]
            heapify(self._heap)
        while self._heap:
            worth, number, a, b = self._heap[0]
            edge = self._open.get(a, {}).get(b)
            if edge is not None and (worth, number) == self._entry(a, b)[:2]:
                return number
            heappop(self._heap)
        return None

    # --- inside ---
    def _entry(self, a: int, b: int) -> tuple[float, int, int, int]:
        return -self._worth(a, b), min(self._open[a][b].asked), a, b

    def _weigh_again(self, near: Iterable[int]) -> None:
        assert self._heap is not None, "asked once there is a heap"
        for a in sorted({self.of(group) for group in near}):
            for b in self._open.get(a, ()):
                heappush(self._heap, self._entry(min(a, b), max(a, b)))

    def _add(self, a: int, b: int, edge: _Edge) -> None:
        known = self._open.setdefault(a, {}).get(b)
        if known is None:
            self._open[a][b] = edge
            self._open.setdefault(b, {})[a] = edge
        else:
            known.pairs += edge.pairs
            known.probability = max(known.probability, edge.probability)
            known.asked += edge.asked

    def _drop(self, a: int, b: int) -> list[int]:
        edge = self._open.get(a, {}).pop(b, None)
        if edge is None:
            return []
        self._open[b].pop(a)
        return edge.asked

    def _parted(self, a: int, b: int) -> list[int]:
        self._apart.setdefault(a, set()).add(b)
        self._apart.setdefault(b, set()).add(a)
        return self._drop(a, b)

    def _joined(self, a: int, b: int) -> list[int]:
        settled = self._drop(a, b)
        strangers = (self._apart.get(a, set()), self._apart.get(b, set()))
        for mine, theirs in ((a, strangers[1]), (b, strangers[0])):
            for c in sorted(self._open.get(mine, {}).keys() & theirs):
                settled += self._drop(mine, c)
        keep, gone = min(a, b), max(a, b)
        self._group[gone] = keep
        for c, edge in self._open.pop(gone, {}).items():
            self._open[c].pop(gone)
            self._add(keep, c, edge)
        apart = self._apart.setdefault(keep, set())
        for c in self._apart.pop(gone, set()):
            self._apart[c].discard(gone)
            self._apart[c].add(keep)
            apart.add(c)
        return settled

    def _worth(self, a: int, b: int) -> float:
        mine, theirs = self._open.get(a, {}), self._open.get(b, {})
        edge = mine.get(b)
        if edge is None:
            return 0.0
        implied = sum(theirs[c].pairs for c in theirs.keys() & self._apart.get(a, set()))
        implied += sum(mine[c].pairs for c in mine.keys() & self._apart.get(b, set()))
        implied += sum(min(mine[c].pairs, theirs[c].pairs) for c in mine.keys() & theirs.keys())
        return edge.pairs + edge.probability * implied


def likely_answers(doubts: Sequence[Doubt]) -> int:
    """How many answers settle all doubts, each answered as it is believed, the best asked first."""
    closure, answers = Closure(doubts), 0
    while (number := closure.best()) is not None:
        doubt = closure.doubts[number]
        closure.say(doubt.one, doubt.other, same=doubt.probability >= EVEN)
        answers += 1
    return answers


EVEN = 0.5
"""Probability from which on a pair is more likely one customer than not."""


# --- which records are one group ---
def groups(customer: Ints, constraints: Constraints) -> Ints:
    """The group of each record: its customer as it will be under the verdicts, named by its least record.

    `customer` numbers the customer of each record (below 0: none). A customer whose records verdicts keep
    apart falls into the parts that they name; what a run will make of the rest is not guessed.
    """
    own = np.where(customer < 0, np.arange(len(customer)) + customer.max(initial=0) + 1, customer)
    label = _label(own, constraints.must)
    torn = _torn(label, constraints.cannot)
    if not torn:
        return label
    strangers: dict[int, set[int]] = {}
    for one, other in torn:
        strangers.setdefault(one, set()).add(other)
        strangers.setdefault(other, set()).add(one)
    broken = np.isin(label, label[np.array(sorted(strangers), np.int64)])
    parts: dict[tuple[int, frozenset[int]], int] = {}
    for record in np.flatnonzero(broken).tolist():
        part = (int(own[record]), frozenset(strangers.get(record, ())))
        own[record] = -1 - parts.setdefault(part, len(parts))
    label = _label(own - own.min(initial=0), constraints.must)
    torn = _torn(label, constraints.cannot)
    if torn:  # a SAME verdict ties one record of a part to what another record of it is apart from
        broken = np.isin(label, label[np.array(torn, np.int64).ravel()])
        own = np.where(broken, np.arange(len(own)) + own.max(initial=0) + 1, own)
        label = _label(own - own.min(initial=0), constraints.must)
    return label


def _label(own: Ints, must: tuple[Pair, ...]) -> Ints:
    """Components of records that share a number or that verdicts join, named by their least record."""
    _, first, at = np.unique(own, return_index=True, return_inverse=True)
    joins = np.array(must, np.int64).reshape(-1, 2).T
    left, right = np.concatenate([first[at], joins[0]]), np.concatenate([np.arange(len(own)), joins[1]])
    graph = sp.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(own), len(own)))
    _, label = connected_components(graph, directed=False)
    least = np.full(int(label.max(initial=-1)) + 1, len(own), np.int64)
    np.minimum.at(least, label, np.arange(len(own)))
    return np.asarray(least[label])


def _torn(label: Ints, cannot: tuple[Pair, ...]) -> list[Pair]:
    """Pairs that must be apart, and are in one component."""
    return [(one, other) for one, other in cannot if label[one] == label[other]]
