"""What the verdicts that hold say of records: whether one more says the same, or contradicts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

from crm_unify.run.consequences import described
from crm_unify.run.decisions import CONFIRM, VERDICT, Decision
from matching.decisions import DIFFERENT, SAME

Sides = Sequence[Sequence[str]]


class Standing:
    """Verdicts on records, closed over SAME; UNSURE keeps apart as DIFFERENT does."""

    def __init__(self, holding: Iterable[Decision]) -> None:
        """Those that hold, oldest first; of those that contradict each other DIFFERENT wins."""
        self._group: dict[str, str] = {}
        self._apart: dict[str, set[str]] = {}
        self._said: list[tuple[Sides, str, str]] = []
        ordered = sorted(
            (one for one in holding if one.kind in (VERDICT, CONFIRM)),
            key=lambda one: (one.verdict != DIFFERENT, one.id),
        )
        for decision in ordered:
            sides = list(decision.sides.values())
            if decision.kind == CONFIRM:
                sides = [[record] for side in sides for record in side]
            verdict = SAME if decision.kind == CONFIRM else str(decision.verdict)
            if verdict != SAME or not self._broken(sides):
                self.say(sides, verdict, f"decision {decision.id} ({described(decision)})")

    def holds(self, sides: Sides, verdict: str) -> bool:
        """Whether this follows from what holds."""
        roots = [{self._of(record) for record in side} for side in sides]
        if verdict == SAME:
            return len(set().union(*roots)) == 1
        said = self._word(sides)
        return said == verdict and all(
            b in self._apart.get(a, ())
            for one, other in combinations(roots, 2)
            for a, b in product(one, other)
        )

    def against(self, sides: Sides, verdict: str) -> str | None:
        """What that holds is against it, in words; None where nothing is."""
        roots = [{self._of(record) for record in side} for side in sides]
        if verdict == SAME:
            return self._told(sides) if self._broken(sides) else None
        joined = any(one & other for one, other in combinations(roots, 2))
        parted = self._word(sides)
        if joined or (parted is not None and parted != verdict):
            return self._told(sides)
        return None

    def say(self, sides: Sides, verdict: str, by: str) -> None:
        """One more verdict holds; `by` names it."""
        self._said.append((sides, verdict, by))
        if verdict == SAME:
            first = sides[0][0]
            for record in (record for side in sides for record in side):
                self._join(first, record)
            return
        roots = [{self._of(record) for record in side} for side in sides]
        for one, other in combinations(roots, 2):
            for a, b in product(one, other):
                self._apart.setdefault(a, set()).add(b)
                self._apart.setdefault(b, set()).add(a)

    # --- inside ---
    def _of(self, record: str) -> str:
        root = record
        while (above := self._group.get(root, root)) != root:
            root = above
        while (above := self._group.get(record, record)) != root:
            self._group[record] = root
            record = above
        return root

    def _join(self, one: str, other: str) -> None:
        a, b = self._of(one), self._of(other)
        if a == b:
            return
        self._group[b] = a
        mine = self._apart.setdefault(a, set())
        for stranger in self._apart.pop(b, set()):
            self._apart[stranger].discard(b)
            self._apart[stranger].add(a)
            mine.add(stranger)

    def _broken(self, sides: Sides) -> bool:
        """Whether joining all these records would join some that are kept apart."""
        roots = {self._of(record) for side in sides for record in side}
        return any(self._apart.get(root, set()) & roots for root in roots)

    def _about(self, sides: Sides) -> Iterator[tuple[str, str]]:
        """Verdicts that have a part in what holds between these sides, newest first."""
        roots = {self._of(record) for side in sides for record in side}
        for said, verdict, by in reversed(self._said):
            touched = [{self._of(record) for record in side} & roots for side in said]
            if sum(map(bool, touched)) > 1:
                yield verdict, by

    def _word(self, sides: Sides) -> str | None:
        """The verdict, DIFFERENT or UNSURE, that was last given between these sides."""
        roots = [{self._of(record) for record in side} for side in sides]
        apart = any(
            b in self._apart.get(a, ())
            for one, other in combinations(roots, 2)
            for a, b in product(one, other)
        )
        return (
            next((verdict for verdict, _ in self._about(sides) if verdict != SAME), None) if apart else None
        )

    def _told(self, sides: Sides) -> str:
        words = [f"{verdict.upper()} by {by}" for verdict, by in self._about(sides)]
        return f"it contradicts what holds: {words[0]}" if words else "it contradicts what holds"
