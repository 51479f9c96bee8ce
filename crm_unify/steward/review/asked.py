"""Questions made of doubts, under the verdicts in force: who stands on which side, and what is settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from crm_unify.ids import crm_id
from crm_unify.run.consequences import spoken
from crm_unify.run.decisions import Decision, Rulings
from crm_unify.steward.review.doubts import WeakLink
from crm_unify.steward.review.known import Known
from crm_unify.steward.review.values import Question, Reason, Side
from matching.decisions import resolve
from matching.questions import groups
from matching.scoring import MILLI


@dataclass(frozen=True, slots=True)
class Found:
    """A question and how it stands."""

    question: Question
    groups: tuple[int, int] | None
    settled: bool
    """Whether decisions since the run have answered it."""


class Asked:
    """Makes questions of doubts, under the verdicts in force."""

    def __init__(
        self,
        ledger: Known,
        ruled: Rulings,
        decisions: Sequence[Decision],
        assigned: Mapping[tuple[str, str], str],
    ) -> None:
        self._known, self._decisions = ledger, decisions
        self._constraints, self._conflicts = resolve(ruled.verdicts, ledger.record_ids)
        named = sorted({customer for customer in ledger.customer if customer is not None})
        codes = {customer: code for code, customer in enumerate(named)}
        numbers = np.array([codes.get(c or "", -1) for c in ledger.customer], np.int64)
        self._group = groups(numbers, self._constraints)
        self._said = groups(np.full(len(numbers), -1, np.int64), replace(self._constraints, cannot=()))
        self._apart = {self._both(pair) for pair in self._constraints.cannot}
        self._confirmed = {
            ledger.customer[ledger.position[record]]
            for record in ruled.confirmed["record_id"].to_pylist()
            if record in ledger.position
        }
        self._assigned = self._assignments(assigned)
        self._members = self._by_group()

    def apart(self) -> tuple[tuple[int, int], ...]:
        """Groups that verdicts keep apart, ascending."""
        return tuple(sorted(self._apart))

    def _both(self, pair: tuple[int, int]) -> tuple[int, int]:
        """The groups of two records, ascending."""
        one, other = sorted((int(self._group[pair[0]]), int(self._group[pair[1]])))
        return one, other

    def _by_group(self) -> dict[int, list[int]]:
        members: dict[int, list[int]] = {}
        for record, group in enumerate(self._group.tolist()):
            members.setdefault(group, []).append(record)
        return members

    def _assignments(self, assigned: Mapping[tuple[str, str], str]) -> dict[tuple[int, int], str]:
        at = self._known.position
        return {
            self._both((at[one], at[other])): who
            for (one, other), who in sorted(assigned.items())
            if one in at and other in at
        }

    # --- two customers ---
    def between(self, doubts: pa.Table) -> Iterator[Found]:
        """One question for every two groups with doubtful pairs between them."""
        at = self._known.position
        rows: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for row in doubts.to_pylist():
            if row["left"] in at and row["right"] in at:
                rows.setdefault(self._both((at[row["left"]], at[row["right"]])), []).append(row)
        for both, asked in sorted(rows.items()):
            lead = max(asked, key=_strength)
            ends = (lead["left"], lead["right"])
            sides = self._sides(ends, [self._members[int(self._group[at[end]])] for end in ends])
            reasons = {Reason(row["reason"]) for row in asked}
            if all(side.customer in self._confirmed for side in sides):
                reasons.add(Reason.TWO_CONFIRMED)
            numbers = tuple(sorted({row["decision"] for row in asked if row["decision"] is not None}))
            question = self._question(ends, sides, reasons, len(asked), lead)
            settled = both[0] == both[1] or both in self._apart
            yield Found(replace(question, decisions=numbers), both, settled)

    # --- one customer ---
    def inside(self, weak: Sequence[WeakLink], lost: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
        """Customers that may be two: the first part of each against every other."""
        torn = {one["customer_id"] for one in lost}
        for one in lost:
            first, *others = one["parts"]
            for other in others:
                lead = {"millibits": one["millibits"], "probability": None}
                yield from self._parts((first[0], other[0]), (first, other), Reason.LOST_EVIDENCE, lead)
        for link in weak:
            at = self._known.position.get(link.link[0])
            if at is not None and self._known.customer[at] not in torn:
                lead = {"millibits": link.millibits, "probability": link.probability}
                yield from self._parts(link.link, link.parts, link.reason, lead)

    def _parts(
        self,
        ends: tuple[str, str],
        parts: Sequence[Sequence[str]],
        reason: Reason,
        lead: Mapping[str, Any],
    ) -> Iterator[Found]:
        at = self._known.position
        halves = [[at[record] for record in part if record in at] for part in parts]
        if not all(halves) or not all(end in at for end in ends):
            return
        sides = self._sides(ends, halves)
        question = self._question(ends, sides, {reason}, 1, lead)
        said = [{int(self._said[record]) for record in half} for half in halves]
        own = [{int(self._group[record]) for record in half} for half in halves]
        settled = bool(said[0] & said[1]) or not own[0] & own[1]
        yield Found(question, None, settled)

    # --- decisions ---
    def conflicts(self) -> Iterator[Found]:
        """Decisions that contradict each other."""
        for row in self._conflicts.to_pylist():
            ends = (row["left"], row["right"])
            at = self._known.position
            sides = self._sides(ends, [[at[end]] for end in ends])
            lead = {"millibits": None, "probability": None}
            question = self._question(ends, sides, {Reason.CONFLICT}, 1, lead)
            numbers = tuple(sorted(spoken(row, self._decisions)))
            yield Found(replace(question, decisions=numbers), None, settled=False)

    # --- the parts of a question ---
    def _sides(self, ends: tuple[str, str], members: Sequence[Sequence[int]]) -> tuple[Side, Side]:
        one, other = (self._side(end, some) for end, some in zip(ends, members, strict=True))
        return one, other

    def _side(self, end: str, members: Sequence[int]) -> Side:
        ledger = self._known
        customer = ledger.customer[ledger.position[end]]
        return Side(
            customer=customer,
            name=ledger.names.get(customer or "", customer or end),
            records=tuple(ledger.record_ids.take(pa.array(members)).to_pylist()),
            systems=tuple(sorted({ledger.system[record] for record in members})),
            orders=ledger.orders.get(customer or "", 0),
        )

    def _question(
        self,
        ends: tuple[str, str],
        sides: tuple[Side, Side],
        reasons: set[Reason],
        pairs: int,
        lead: Mapping[str, Any],
    ) -> Question:
        ledger = self._known
        one, other = (ledger.position[end] for end in ends)
        since = [moment for moment in (ledger.since[one], ledger.since[other]) if moment is not None]
        low, high = sorted((ledger.system[one], ledger.system[other]))
        gravest = tuple(sorted(reasons, key=list(Reason).index))
        bits = lead["millibits"]
        return Question(
            id=crm_id("Q", *sorted(ends), *(["conflict"] if Reason.CONFLICT in reasons else [])),
            reasons=gravest,
            kind=ledger.kind[one],
            sides=sides,
            leading=ends,
            sources=(low, high),
            pairs=pairs,
            bits=None if bits is None else bits / MILLI,
            probability=lead["probability"],
            since=max(since, default=None),
            assignee=self._assigned.get(self._both((one, other))),
        )


def _strength(doubt: Mapping[str, Any]) -> tuple[bool, int]:
    """Pairs that were compared before others, the strongest first; of equals the first counts."""
    return doubt["millibits"] is not None, doubt["millibits"] or 0
