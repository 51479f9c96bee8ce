"""From weighted pairs to clusters: components at a low line, then average linkage inside each of them.

Weights are whole millibits, clipped so that no single pair decides for a whole cluster. Members enter in the
order of their positions and ties go to the lesser one, so row order cannot move a record. Two groups merge
when one pair between them reaches the merge line, all pairs together do not speak against it (their average
reaches a line of its own), and no constraint stands between them. A pair
counts in that average by what its records had to compare: a record with little in it does not vote against
its own kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import Codes, Flags, Ints, run_starts, within
from matching.decisions import Constraints

CLIP_LOW, CLIP_HIGH = -5_000, 12_000
"""Millibits beyond which a single pair has no more say: one disagreement cannot outvote, one agreement
cannot chain."""

MAX_COMPONENT = 200
"""Members up to which all pairs of a component are compared; a larger one is cut by raising the line inside
it."""

AT_ONCE = 500_000
"""Pairs of components that are clustered together, which bounds the memory this takes."""

LINE_STEP = 1_000
"""Millibits by which the line is raised inside a component that is too large."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Weighted pairs of positions."""

    left: Ints | Codes
    right: Ints | Codes
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
    starts = run_starts(label[order])
    sizes = np.diff(np.append(starts, len(label)))
    fit = (sizes > 1) & (sizes <= MAX_COMPONENT)
    size = np.repeat(sizes[fit], sizes[fit])
    place = within(sizes[fit])
    partners = size - 1 - place
    one = np.repeat(np.repeat(starts[fit], sizes[fit]) + place, partners)
    return order[one], order[one + within(partners) + 1]


@dataclass(frozen=True, slots=True)
class Lines:
    """What two groups must reach to be merged, in millibits."""

    merge: int
    """The weight of their strongest pair."""
    average: int
    """The average of all pairs between them."""


def cluster(label: Ints, inner: Weighted, rest: Weighted, *, lines: Lines, constraints: Constraints) -> Ints:
    """The cluster of each record, named by its least member.

    `inner` holds all pairs inside the components `label`, in the order of `inner_pairs`; `rest` the pairs
    known inside components too large for that, which are joined strongest first.
    """
    out = np.arange(len(label), dtype=np.int64)
    where = label[inner.left]
    starts = run_starts(where)
    clipped = replace(inner, millibits=np.clip(inner.millibits, CLIP_LOW, CLIP_HIGH))
    least = np.minimum.reduceat(clipped.millibits, starts) if len(starts) else starts
    most = np.maximum.reduceat(clipped.millibits, starts) if len(starts) else starts
    free = ~_touched(label, constraints)[where[starts]]
    whole = np.zeros(len(label), np.bool_)
    clear = least >= max(lines.merge, lines.average)
    whole[where[starts[free & clear]]] = True
    out = np.where(whole[label], label, out)
    pairs = np.diff(np.append(starts, len(where)))
    for i in np.flatnonzero(~free):
        _agglomerate(out, clipped, starts[[i]], lines, pairs=int(pairs[i]), constraints=constraints)
    asked = free & ~clear & (most >= lines.merge)
    for number in np.unique(pairs[asked]):
        alike = starts[asked & (pairs == number)]
        for some in np.array_split(alike, -(-len(alike) * int(number) // AT_ONCE)):
            _agglomerate(out, clipped, some, lines, pairs=int(number), constraints=Constraints())
    if len(rest.left):
        _join_strongest(out, rest, max(lines.merge, lines.average), constraints)
    return out


def _touched(label: Ints, constraints: Constraints) -> Flags:
    """True for the components (by name) that hold a record under a constraint."""
    touched = np.zeros(len(label), np.bool_)
    records = [record for pair in (*constraints.must, *constraints.cannot) for record in pair]
    touched[label[np.array(records, np.int64)]] = True
    return touched


def _agglomerate(
    out: Ints, inner: Weighted, starts: Ints, lines: Lines, *, pairs: int, constraints: Constraints
) -> None:
    """Average linkage inside components of one size; writes each member's cluster into `out`.

    The pairs of each component start at `starts`; constraints are given for a single component only.
    Thousands of small components advance together: one at a time they take fifteen times as long.
    """
    size = (1 + isqrt(1 + 8 * pairs)) // 2
    at = starts[:, None] + np.arange(pairs)
    members = np.concatenate([inner.left[starts, None], inner.right[at[:, : size - 1]]], axis=1)
    i, j = np.triu_indices(size, 1)
    weight, say = inner.millibits[at], inner.say[at]
    state = _Groups(
        _square(weight * say, i, j, 0),
        _square(say, i, j, 0),
        _square(weight, i, j, CLIP_LOW),
        np.repeat(np.eye(size, dtype=np.bool_)[None], len(starts), axis=0),
        np.tile(np.arange(size), (len(starts), 1)),
    )
    for x, y in _inside(constraints.cannot, members[0]):
        state.forbidden[0, x, y] = state.forbidden[0, y, x] = True
    for x, y in _inside(constraints.must, members[0]):
        one, two = sorted((int(state.group[0, x]), int(state.group[0, y])))
        if one != two:
            state.merge(np.array([0]), np.array([one]), np.array([two]))
    open_ones = np.arange(len(starts))
    while len(open_ones):
        open_ones, a, b = state.closest(open_ones, lines)
        state.merge(open_ones, a, b)
    out[members] = np.take_along_axis(members, state.group, axis=1)


def _square(values: Ints, i: Ints, j: Ints, diagonal: int) -> Ints:
    """Component by member by member, from the values of the pairs i < j of each component."""
    size = int(j.max()) + 1
    out = np.full((len(values), size, size), diagonal, np.int64)
    out[:, i, j] = out[:, j, i] = values
    return out


def _inside(pairs: tuple[tuple[int, int], ...], members: Ints) -> list[tuple[int, int]]:
    position = {int(m): i for i, m in enumerate(members)} if pairs else {}
    return [(position[a], position[b]) for a, b in pairs if a in position and b in position]


@dataclass(slots=True)
class _Groups:
    """The groups of components of one size; a group stands at the place of its least member."""

    total: Ints
    """Component, group, group: summed weight between groups, each pair times its say."""
    say: Ints
    """Summed say between groups."""
    strongest: Ints
    """Weight of the strongest pair between groups."""
    forbidden: Flags
    """True where two groups must not merge, or one of them is gone."""
    group: Ints
    """Component, member: the group it is in."""

    def closest(self, asked: Ints, lines: Lines) -> tuple[Ints, Ints, Ints]:
        """Of the components asked for, those with groups that may merge, and the two of the greatest average.

        Ties go to the lesser places.
        """
        average = self.total[asked] / np.maximum(self.say[asked], 1)
        average[self.forbidden[asked] | (self.strongest[asked] < lines.merge)] = -np.inf
        flat = average.reshape(len(asked), -1)
        at = np.argmax(flat, axis=1)
        found = flat[np.arange(len(asked)), at] >= lines.average
        a, b = np.divmod(at[found], average.shape[1])
        return asked[found], np.minimum(a, b), np.maximum(a, b)

    def merge(self, at: Ints, a: Ints, b: Ints) -> None:
        """In each component of `at`, move group b into group a < b."""
        for sums in (self.total, self.say):
            sums[at, a] += sums[at, b]
            sums[at, :, a] += sums[at, :, b]
        self.strongest[at, a] = np.maximum(self.strongest[at, a], self.strongest[at, b])
        self.strongest[at, :, a] = self.strongest[at, a]
        self.forbidden[at, a] |= self.forbidden[at, b]
        self.forbidden[at, :, a] |= self.forbidden[at, :, b]
        self.forbidden[at, b] = self.forbidden[at, :, b] = True
        group = self.group[at]
        self.group[at] = np.where(group == b[:, None], a[:, None], group)


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
