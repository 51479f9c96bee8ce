"""The algebra of human verdicts: which records must, and which must not, stand in one cluster.

SAME is transitive. DIFFERENT holds for the two records it names, however long the chain that would join them.
When SAME verdicts chain two records that a DIFFERENT verdict keeps apart, DIFFERENT wins until a person
settles it: the newest SAME of the chain is suspended and listed. UNSURE keeps two records apart in
automatic merging, also through third records; only SAME verdicts overrule it. Two customers that a person has
confirmed are kept apart in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import Ints

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"
VERDICTS = (SAME, DIFFERENT, UNSURE)
"""What a person may say of two records."""

CONFLICT_SCHEMA = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("verdict", pa.string()),
        ("suspended_left", pa.string()),
        ("suspended_right", pa.string()),
        ("chain", pa.list_(pa.string())),
        ("sentence", pa.string()),
    ]
)
"""A contradiction: the two records kept apart, the SAME verdict suspended for it, the chain that joins
them."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Constraints:
    """The verdicts in force, on positions of records."""

    must: tuple[Pair, ...] = ()
    """Pairs that stand in one cluster."""
    cannot: tuple[Pair, ...] = ()
    """Pairs that do not (DIFFERENT and UNSURE)."""
    unsure: tuple[Pair, ...] = ()
    """Those of `cannot` for which a person is still asked."""


@dataclass(slots=True)
class _Forest:
    """SAME verdicts accepted so far, and the group of each record they touch."""

    group: dict[int, int] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)
    edges: dict[int, list[int]] = field(default_factory=dict)

    def find(self, record: int) -> int:
        """The group of a record."""
        if record not in self.group:
            self.group[record], self.members[record] = record, {record}
        return self.group[record]

    def join(self, one: int, two: int) -> None:
        """Accept one more SAME verdict."""
        self.edges.setdefault(one, []).append(two)
        self.edges.setdefault(two, []).append(one)
        a, b = sorted((self.find(one), self.find(two)))
        if a != b:
            moved = self.members.pop(b)
            self.members[a] |= moved
            self.group.update(dict.fromkeys(moved, a))

    def path(self, start: int, end: int) -> list[int]:
        """Records on the shortest chain of accepted SAME verdicts; least records first among equals."""
        came: dict[int, int] = {start: start}
        queue = [start]
        for record in queue:
            for other in sorted(self.edges.get(record, ())):
                if other not in came:
                    came[other] = record
                    queue.append(other)
        path = [end]
        while path[-1] != start:
            path.append(came[path[-1]])
        return path[::-1]


def resolve(decisions: pa.Table | None, record_ids: pa.Array) -> tuple[Constraints, pa.Table]:
    """The verdicts in force among the records, and the contradictions between them.

    `decisions` has left, right, verdict and optionally decided_at (ISO time; without it the greater pair of
    record ids counts as the newer). Verdicts on records that are not there are left aside.
    """
    verdicts = _placed(decisions, record_ids)
    apart = {pair for pair, verdict, _ in verdicts if verdict == DIFFERENT}
    strangers = _strangers(apart)
    forest, conflicts = _Forest(), []
    for (one, two), verdict, _ in verdicts:
        if verdict == SAME:
            against = _against(forest, strangers, one, two)
            if against is None:
                forest.join(one, two)
            else:
                conflicts.append(((one, two), against))
    unsure = {pair for pair, verdict, _ in verdicts if verdict == UNSURE and not _joined(forest, pair)}
    must = {(a, b) if a < b else (b, a) for a, others in forest.edges.items() for b in others}
    found = Constraints(tuple(sorted(must)), tuple(sorted(apart | unsure)), tuple(sorted(unsure - apart)))
    return found, _listed(conflicts, forest, record_ids.to_pylist() if conflicts else [])


def _placed(decisions: pa.Table | None, record_ids: pa.Array) -> list[tuple[Pair, str, tuple[str, int, int]]]:
    """Verdicts on positions left < right, oldest first."""
    if decisions is None or not decisions.num_rows:
        return []
    wrong = set(decisions["verdict"].to_pylist()) - set(VERDICTS)
    if wrong:
        raise ValueError(f"not a verdict: {sorted(map(str, wrong))}; verdicts are {', '.join(VERDICTS)}")
    at = [
        pc.index_in(decisions[side].cast(pa.string()), value_set=record_ids).to_pylist()
        for side in ("left", "right")
    ]
    dated = "decided_at" in decisions.column_names
    when = decisions["decided_at"].cast(pa.string()).to_pylist() if dated else [""] * decisions.num_rows
    rows = zip(at[0], at[1], decisions["verdict"].to_pylist(), when, strict=True)
    placed = [
        ((min(a, b), max(a, b)), verdict, (time or "", min(a, b), max(a, b)))
        for a, b, verdict, time in rows
        if a is not None and b is not None and a != b
    ]
    return sorted(placed, key=lambda row: (row[2], row[1]))


def _joined(forest: _Forest, pair: Pair) -> bool:
    return forest.find(pair[0]) == forest.find(pair[1])


def _strangers(apart: Iterable[Pair]) -> dict[int, set[int]]:
    """For each record those that a DIFFERENT verdict keeps it apart from."""
    found: dict[int, set[int]] = {}
    for one, two in apart:
        found.setdefault(one, set()).add(two)
        found.setdefault(two, set()).add(one)
    return found


def _against(forest: _Forest, strangers: dict[int, set[int]], one: int, two: int) -> Pair | None:
    """The least DIFFERENT verdict that joining two groups would break; within a group none is broken."""
    a, b = forest.find(one), forest.find(two)
    few, many = sorted((forest.members[a], forest.members[b]), key=len)
    broken = [
        (min(record, other), max(record, other))
        for record in few
        for other in strangers.get(record, set()) & many
        if a != b
    ]
    return min(broken, default=None)


def _listed(conflicts: list[tuple[Pair, Pair]], forest: _Forest, ids: list[str]) -> pa.Table:
    rows = []
    for suspended, (left, right) in conflicts:
        near, far = suspended if _joined(forest, (left, suspended[0])) else suspended[::-1]
        chain = [ids[i] for i in [*forest.path(left, near), *forest.path(far, right)]]
        sentence = (
            f"{ids[left]} and {ids[right]} were said to be different, yet SAME verdicts join them: "
            f"{' = '.join(chain)}; the newest, {ids[suspended[0]]} = {ids[suspended[1]]}, is suspended"
        )
        rows.append(
            {
                "left": ids[left],
                "right": ids[right],
                "verdict": DIFFERENT,
                "suspended_left": ids[suspended[0]],
                "suspended_right": ids[suspended[1]],
                "chain": chain,
                "sentence": sentence,
            }
        )
    return pa.Table.from_pylist(rows, schema=CONFLICT_SCHEMA)


def between_confirmed(
    constraints: Constraints, confirmed: pa.Array | None, record_ids: pa.Array, label: Ints
) -> Constraints:
    """The constraints, and that evidence alone merges no two customers which a person has confirmed.

    `confirmed` are the record ids of confirmed customers, whose members SAME verdicts hold together; `label`
    names the component of each record. Only customers that meet in a component need to be kept apart; a
    person is asked about them.
    """
    if confirmed is None or not len(confirmed):
        return constraints
    at = pc.index_in(pc.unique(confirmed), value_set=record_ids).drop_null().to_numpy(zero_copy_only=False)
    stands_for = np.unique(_held_together(constraints.must, len(record_ids))[at.astype(np.int64)])
    meeting: dict[int, list[int]] = {}
    for record, component in zip(stands_for.tolist(), label[stands_for].tolist(), strict=True):
        meeting.setdefault(component, []).append(record)
    pairs = {pair for records in meeting.values() for pair in combinations(records, 2)}
    cannot = pairs | set(constraints.cannot)
    asked = (pairs - set(constraints.cannot)) | set(constraints.unsure)
    return Constraints(constraints.must, tuple(sorted(cannot)), tuple(sorted(asked)))


def _held_together(must: tuple[Pair, ...], records: int) -> Ints:
    """For each record the least one that SAME verdicts hold it together with."""
    left, right = np.array(must, np.int64).reshape(-1, 2).T
    graph = sp.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(records, records))
    _, group = connected_components(graph, directed=False)
    least = np.full(int(group.max(initial=-1)) + 1, records, np.int64)
    np.minimum.at(least, group, np.arange(records))
    return np.asarray(least[group])


def codes(pairs: Iterable[Pair], records: int) -> Ints:
    """Pairs as ascending numbers left * records + right."""
    return np.array(sorted(a * records + b for a, b in pairs), np.int64)
