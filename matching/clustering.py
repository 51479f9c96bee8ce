"""From weighted pairs to clusters: components at a low line, then average linkage inside each of them.

Weights are whole millibits, clipped so that no single pair decides for a whole cluster. Members enter in the
order of their positions and ties go to the lesser one, so row order cannot move a record. Two groups merge
when one pair between them reaches the merge line, all pairs together do not speak against it (their average
is not below EVEN), and no constraint stands between them. A pair
counts in that average by what its records had to compare: a record with little in it does not vote against
its own kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import Flags, Ints
from matching.decisions import Constraints

CLIP_LOW, CLIP_HIGH = -6_000, 12_000
"""Millibits beyond which a single pair has no more say: one disagreement cannot outvote, one agreement
cannot chain."""

MAX_COMPONENT = 200
"""Members up to which all pairs of a component are compared; a larger one is cut by raising the line inside
it."""

LINE_STEP = 1_000
"""Millibits by which the line is raised inside a component that is too large."""


EVEN = 0
"""Average in millibits from which on all pairs between two groups together do not speak against merging them:
even odds. Their strongest pair must reach the merge line by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Weighted pairs of positions."""

    left: Ints
    right: Ints
    """left < right."""
    millibits: Ints
    """Match weights, or what the pairs vote."""
    say: Ints
    """How much each pair counts in an average: what its two records had to compare."""


def components(records: int, pairs: Weighted, *, line: int, must: Ints) -> Ints:
    """The component of each record, named by its least member: pairs at or above the line, and all of `must`.

    `must` is an array of two rows. A component of more than MAX_COMPONENT members is cut by raising the line
    inside it, as long as pairs below the clip are left to cut.
    """
    label = _labels(records, pairs, pairs.millibits >= line, must)
    while line < CLIP_HIGH:
        line += LINE_STEP
        large = np.bincount(label, minlength=records)[label] > MAX_COMPONENT
        if not large.any():
            break
        keep = np.where(large[pairs.left], pairs.millibits >= line, True) & (
            label[pairs.left] == label[pairs.right]
        )
        label = _labels(records, pairs, keep, must)
    return label


def _labels(records: int, pairs: Weighted, keep: Flags, must: Ints) -> Ints:
    left = np.concatenate([pairs.left[keep], must[0]])
    right = np.concatenate([pairs.right[keep], must[1]])
    graph = sp.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(records, records))
    _, label = connected_components(graph, directed=False)
    least = np.full(int(label.max(initial=-1)) + 1, records, np.int64)
    np.minimum.at(least, label, np.arange(records))
    return np.asarray(least[label])


def inner_pairs(label: Ints) -> tuple[Ints, Ints]:
    """All pairs inside components of two up to MAX_COMPONENT members, ascending by component, left, right."""
    order = np.argsort(label, kind="stable").astype(np.int64)
    starts = (
        np.flatnonzero(np.concatenate([[True], label[order][1:] != label[order][:-1]]))
        if len(label)
        else order
    )
    sizes = np.diff(np.append(starts, len(label)))
    fit = (sizes > 1) & (sizes <= MAX_COMPONENT)
    begin, size = np.repeat(starts[fit], sizes[fit]), np.repeat(sizes[fit], sizes[fit])
    place = np.arange(len(begin)) - np.repeat(np.cumsum(sizes[fit]) - sizes[fit], sizes[fit])
    partners = size - 1 - place
    one = np.repeat(begin + place, partners)
    step = np.arange(len(one)) - np.repeat(np.cumsum(partners) - partners, partners) + 1
    return order[one], order[one + step]


def cluster(label: Ints, inner: Weighted, rest: Weighted, *, line: int, constraints: Constraints) -> Ints:
    """The cluster of each record, named by its least member.

    `inner` holds all pairs inside the components `label`, in the order of `inner_pairs`; `rest` the pairs
    known inside components too large for that, which are joined strongest first.
    """
    out = np.arange(len(label), dtype=np.int64)
    touched = _touched(label, constraints)
    where = label[inner.left]
    starts = (
        np.flatnonzero(np.concatenate([[True], where[1:] != where[:-1]]))
        if len(where)
        else np.empty(0, np.int64)
    )
    ends = np.append(starts[1:], len(where))
    clipped = np.clip(inner.millibits, CLIP_LOW, CLIP_HIGH)
    least = np.minimum.reduceat(clipped, starts) if len(starts) else clipped
    most = np.maximum.reduceat(clipped, starts) if len(starts) else clipped
    free = ~touched[where[starts]]
    whole = np.zeros(len(label), np.bool_)
    whole[where[starts[free & (least >= line)]]] = True
    out = np.where(whole[label], label, out)
    for i in np.flatnonzero(~(free & ((least >= line) | (most < line)))):
        span = slice(starts[i], ends[i])
        part = Weighted(inner.left[span], inner.right[span], clipped[span], inner.say[span])
        _agglomerate(out, part, line, constraints)
    if len(rest.left):
        _join_strongest(out, rest, line, constraints)
    return out


def _touched(label: Ints, constraints: Constraints) -> Flags:
    """True for the components (by name) that hold a record under a constraint."""
    touched = np.zeros(len(label), np.bool_)
    records = [record for pair in (*constraints.must, *constraints.cannot) for record in pair]
    touched[label[np.array(records, np.int64)]] = True
    return touched


def _agglomerate(out: Ints, pairs: Weighted, line: int, constraints: Constraints) -> None:
    """Average linkage inside one component; writes each member's cluster into `out`."""
    members = np.unique(np.concatenate([pairs.left, pairs.right]))
    size = len(members)
    i, j = np.searchsorted(members, pairs.left), np.searchsorted(members, pairs.right)
    total, say = np.zeros((size, size), np.int64), np.zeros((size, size), np.int64)
    total[i, j] = total[j, i] = pairs.millibits * pairs.say
    say[i, j] = say[j, i] = pairs.say
    strongest = np.full((size, size), CLIP_LOW, np.int64)
    strongest[i, j] = strongest[j, i] = pairs.millibits
    forbidden = np.eye(size, dtype=np.bool_)
    for a, b in _inside(constraints.cannot, members):
        forbidden[a, b] = forbidden[b, a] = True
    state = _Groups(total, say, strongest, forbidden, np.arange(size))
    for a, b in _inside(constraints.must, members):
        state.merge(*sorted((int(state.group[a]), int(state.group[b]))))
    while True:
        best = state.closest(line)
        if best is None:
            break
        state.merge(*best)
    out[members] = members[state.group]


def _inside(pairs: tuple[tuple[int, int], ...], members: Ints) -> list[tuple[int, int]]:
    position = {int(m): i for i, m in enumerate(members)} if pairs else {}
    return [(position[a], position[b]) for a, b in pairs if a in position and b in position]


@dataclass(slots=True)
class _Groups:
    """The groups of one component; a group stands at the place of its least member."""

    total: Ints
    """Summed weight between groups, each pair times its say."""
    say: Ints
    """Summed say between groups."""
    strongest: Ints
    """Weight of the strongest pair between groups."""
    forbidden: Flags
    """True where two groups must not merge, or one of them is gone."""
    group: Ints
    """Group of each member."""

    def closest(self, line: int) -> tuple[int, int] | None:
        """The two groups of the greatest average that may merge; ties go to the lesser places."""
        average = self.total / np.maximum(self.say, 1)
        average[self.forbidden | (self.strongest < line)] = -np.inf
        at = int(np.argmax(average))
        a, b = divmod(at, len(self.total))
        return (min(a, b), max(a, b)) if average[a, b] >= min(EVEN, line) else None

    def merge(self, a: int, b: int) -> None:
        """Move group b into group a < b."""
        if a == b:
            return
        self.total[a] += self.total[b]
        self.total[:, a] += self.total[:, b]
        self.say[a] += self.say[b]
        self.say[:, a] += self.say[:, b]
        self.strongest[a] = np.maximum(self.strongest[a], self.strongest[b])
        self.strongest[:, a] = self.strongest[a]
        self.forbidden[a] |= self.forbidden[b]
        self.forbidden[:, a] |= self.forbidden[:, b]
        self.forbidden[b] = self.forbidden[:, b] = True
        self.group[self.group == b] = a


def _join_strongest(out: Ints, pairs: Weighted, line: int, constraints: Constraints) -> None:
    """Join the strongest pairs first, as constraints allow: for components too large to compare all."""
    apart: dict[int, set[int]] = {}
    for a, b in constraints.cannot:
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)
    group = {int(r): {int(r)} for r in np.unique(np.concatenate([pairs.left, pairs.right]))}
    strong = np.flatnonzero(pairs.millibits >= line)
    order = strong[np.lexsort((pairs.right[strong], pairs.left[strong], -pairs.millibits[strong]))]
    edges = list(zip(pairs.left[order].tolist(), pairs.right[order].tolist(), strict=True))
    must = [pair for pair in constraints.must if pair[0] in group and pair[1] in group]
    for a, b in [*must, *edges]:
        small, large = sorted((group[a], group[b]), key=len)
        if small is not large and not any(apart.get(r, set()) & large for r in small):
            large |= small
            group.update(dict.fromkeys(small, large))
    for record, members in group.items():
        out[record] = min(members) if len(members) < 2 else out[record]
    for members in {id(m): m for m in group.values()}.values():
        out[np.array(sorted(members))] = min(members)
