"""The algebra of human verdicts: which records must, and which must not, stand in one cluster.

SAME is transitive. DIFFERENT holds for the two records it names, however long the chain that would join them.
When SAME verdicts chain two records that a DIFFERENT verdict keeps apart, DIFFERENT wins until a person
settles it: the newest SAME of the chain is suspended as a whole and listed. UNSURE keeps two records apart in
automatic merging, also through third records; only SAME verdicts overrule it. Two customers that a person has
confirmed are kept apart in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from matching.columns import Ints

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"
VERDICTS = (SAME, DIFFERENT, UNSURE)
"""What a person may say of two records."""

DIRECT = 2
"""Records in a chain of one verdict: the very pair that was said to be different."""

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
    ask: tuple[Pair, ...] = ()
    """Those of `cannot` about which a person is asked; nobody is asked again about a live UNSURE."""


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

    def path(self, start: int, end: int, *, also: Iterable[Pair]) -> list[int]:
        """Records on the shortest chain of SAME verdicts, those accepted and `also` these.

        Least records come first among equals.
        """
        further: dict[int, list[int]] = {}
        for one, two in also:
            further.setdefault(one, []).append(two)
            further.setdefault(two, []).append(one)
        came: dict[int, int] = {start: start}
        queue = [start]
        for record in queue:
            for other in sorted({*self.edges.get(record, ()), *further.get(record, ())}):
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
    record ids counts as the newer) and decision: rows of one number are one word of one person, which holds
    as a whole or, where it contradicts a DIFFERENT verdict anywhere, not at all. Verdicts on records that are
    not there are left aside.
    """
    verdicts = _placed(decisions, record_ids)
    apart = {v.pair for v in verdicts if v.verdict == DIFFERENT}
    strangers = _strangers(apart)
    forest, conflicts = _Forest(), []
    for pairs in _words([v for v in verdicts if v.verdict == SAME]):
        against = _against(forest, strangers, pairs)
        if against is None:
            for one, two in pairs:
                forest.join(one, two)
        else:
            conflicts.append((pairs, against))
    unsure = {v.pair for v in verdicts if v.verdict == UNSURE and not _joined(forest, v.pair)}
    must = {(a, b) if a < b else (b, a) for a, others in forest.edges.items() for b in others}
    found = Constraints(tuple(sorted(must)), tuple(sorted(apart | unsure)))
    return found, _listed(conflicts, forest, record_ids.to_pylist() if conflicts else [])


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One row of the decisions, on positions."""

    pair: Pair
    """left < right."""
    verdict: str
    decision: int
    """Rows of one number are one word."""
    when: str


def _placed(decisions: pa.Table | None, record_ids: pa.Array) -> list[_Verdict]:
    """Verdicts on records that are there, oldest first."""
    if decisions is None or not decisions.num_rows:
        return []
    wrong = set(decisions["verdict"].to_pylist()) - set(VERDICTS)
    if wrong:
        raise ValueError(f"not a verdict: {sorted(map(str, wrong))}; verdicts are {', '.join(VERDICTS)}")
    at = [
        pc.index_in(decisions[side].cast(pa.string()), value_set=record_ids).to_pylist()
        for side in ("left", "right")
    ]
    size, names = decisions.num_rows, decisions.column_names
    when = decisions["decided_at"].cast(pa.string()).to_pylist() if "decided_at" in names else [""] * size
    words = decisions["decision"].to_pylist() if "decision" in names else list(range(size))
    rows = zip(at[0], at[1], decisions["verdict"].to_pylist(), words, when, strict=True)
    placed = [
        _Verdict((min(a, b), max(a, b)), verdict, word, time or "")
        for a, b, verdict, word, time in rows
        if a is not None and b is not None and a != b
    ]
    return sorted(placed, key=lambda v: (v.when, v.pair, v.verdict))


def _words(verdicts: list[_Verdict]) -> Iterator[list[Pair]]:
    """The pairs of each word, in the order in which the words were said."""
    words: dict[int, list[Pair]] = {}
    for verdict in verdicts:
        words.setdefault(verdict.decision, []).append(verdict.pair)
    yield from words.values()


def _joined(forest: _Forest, pair: Pair) -> bool:
    return forest.find(pair[0]) == forest.find(pair[1])


def _strangers(apart: Iterable[Pair]) -> dict[int, set[int]]:
    """For each record those that a DIFFERENT verdict keeps it apart from."""
    found: dict[int, set[int]] = {}
    for one, two in apart:
        found.setdefault(one, set()).add(two)
        found.setdefault(two, set()).add(one)
    return found


def _against(forest: _Forest, strangers: dict[int, set[int]], pairs: list[Pair]) -> Pair | None:
    """The least DIFFERENT verdict that joining the groups of these pairs would break.

    No verdict is broken within a group, so only one between two groups can be.
    """
    trial = _Forest()
    for one, two in pairs:
        trial.join(forest.find(one), forest.find(two))
    broken = []
    for groups in trial.members.values():
        together = set().union(*(forest.members[group] for group in groups))
        broken += [
            (min(record, other), max(record, other))
            for record in together
            for other in strangers.get(record, set()) & together
        ]
    return min(broken, default=None)


def _listed(conflicts: list[tuple[list[Pair], Pair]], forest: _Forest, ids: list[str]) -> pa.Table:
    """The contradictions, each with the shortest chain that joins the two records."""
    rows = []
    for pairs, (left, right) in conflicts:
        chain = forest.path(left, right, also=pairs)
        said = {*pairs, *((two, one) for one, two in pairs)}
        suspended = next(sorted(step) for step in pairwise(chain) if step in said)
        names, (one, two) = [ids[i] for i in chain], (ids[i] for i in suspended)
        sentence = _sentence(names, (one, two))
        rows.append(
            {
                "left": ids[left],
                "right": ids[right],
                "verdict": DIFFERENT,
                "suspended_left": one,
                "suspended_right": two,
                "chain": names,
                "sentence": sentence,
            }
        )
    return pa.Table.from_pylist(rows, schema=CONFLICT_SCHEMA)


def _sentence(chain: list[str], suspended: tuple[str, str]) -> str:
    """A contradiction in words; the ends of the chain were said to be different."""
    both = f"{chain[0]} and {chain[-1]} were said to be different"
    if len(chain) == DIRECT:
        return f"{both} and to be the same: the SAME verdict is suspended"
    newest = " = ".join(suspended)
    return f"{both}, yet SAME verdicts join them: {' = '.join(chain)}; the newest, {newest}, is suspended"


def between_confirmed(
    constraints: Constraints, confirmed: pa.Table | None, record_ids: pa.Array, label: Ints
) -> Constraints:
    """The constraints, and that evidence alone merges no two customers which a person has confirmed.

    `confirmed` has record_id and decision: the records of each confirmed customer, which SAME verdicts hold
    together unless a person contradicts; `label` names the component of each record. Only customers that
    meet in a component need to be kept apart; a person is asked about them.
    """
    if confirmed is None or not confirmed.num_rows:
        return constraints
    place = pc.index_in(confirmed["record_id"], value_set=record_ids).to_pylist()
    words: dict[int, list[int]] = {}
    for at, decision in zip(place, confirmed["decision"].to_pylist(), strict=True):
        if at is not None:
            words.setdefault(decision, []).append(at)
    alike = tuple(pair for records in words.values() for pair in pairwise(records))
    stands_for = _held_together(constraints.must, len(record_ids))
    customer = _held_together((*constraints.must, *alike), len(record_ids))
    meeting: dict[int, set[tuple[int, int]]] = {}
    for at in {at for records in words.values() for at in records}:
        meeting.setdefault(int(label[at]), set()).add((int(stands_for[at]), int(customer[at])))
    pairs = {
        (min(one, other), max(one, other))
        for records in meeting.values()
        for (one, mine), (other, theirs) in combinations(sorted(records), 2)
        if mine != theirs
    }
    cannot = pairs | set(constraints.cannot)
    ask = pairs - set(constraints.cannot)
    return Constraints(constraints.must, tuple(sorted(cannot)), tuple(sorted(ask)))


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
