"""How far stewards agree where two of them judged the same records: Cohen's kappa (Cohen 1960)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Final

from crm_unify.run.decisions import VERDICT, Decision

MEMBERS: Final = 50
"""Records of a side that are looked at: two decisions on the same customers share some of these."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two people said of the same pairs."""

    one: str
    other: str
    judged: int
    """Times both judged the same."""
    agreed: int
    kappa: float | None
    """-1 to 1: agreement beyond what chance would give; None where chance alone would give all of it."""


def agreements(decisions: Sequence[Decision]) -> tuple[Agreement, ...]:
    """By pair of people; a verdict that its own giver took back does not count."""
    given = {one.id: one.by for one in decisions}
    counted = [
        one
        for one in decisions
        if one.kind == VERDICT and (one.revoked_by is None or given.get(one.revoked_by) != one.by)
    ]
    said = {decision.id: decision.verdict or "" for decision in counted}
    verdicts: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one, other in sorted(_same_question(counted)):
        left, right = sorted((one, other), key=lambda number: given[number])
        verdicts.setdefault((given[left], given[right]), []).append((said[left], said[right]))
    return tuple(_agreement(people, pairs) for people, pairs in sorted(verdicts.items()))


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two judges over the same things; None where each gave one and the same answer only."""
    if not pairs:
        return None
    size = len(pairs)
    seen = sum(one == other for one, other in pairs) / size
    firsts, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(firsts[name] * others[name] for name in firsts) / (size * size)
    return None if chance == 1 else (seen - chance) / (1 - chance)


def _agreement(people: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> Agreement:
    return Agreement(*people, len(pairs), sum(one == other for one, other in pairs), kappa(pairs))


def _same_question(decisions: Sequence[Decision]) -> set[tuple[int, int]]:
    """Decisions of different people that are about some same two records, each pair of decisions once.

    Of several verdicts of one person on a pair of records the last counts.
    """
    last: dict[tuple[str, str], dict[str, int]] = {}
    for decision in decisions:
        sides = [list(islice(records, MEMBERS)) for records in decision.sides.values()]
        for one, other in combinations(sides, 2):
            for left, right in product(one, other):
                key = (min(left, right), max(left, right))
                last.setdefault(key, {})[decision.by] = decision.id
    found: set[tuple[int, int]] = set()
    for by_person in last.values():
        found.update(combinations(sorted(by_person.values()), 2))
    return found
