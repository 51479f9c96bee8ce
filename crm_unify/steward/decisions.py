"""The decisions of people as a list: which hold, which wait, which lapsed, which contradict each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.run.consequences import contradictions, spoken, suspended
from crm_unify.run.decisions import REVOKE, Decision, Said, read_decisions, rulings
from crm_unify.run.subjects import subject
from crm_unify.schema.bookkeeping import mig_run, mig_source_record


@dataclass(frozen=True, slots=True)
class Listed:
    """One decision and how it stands."""

    decision: Decision
    state: str
    """Empty where it holds; else that it was revoked, waits for a run, is suspended, or lapsed."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Decisions that cannot hold together."""

    decisions: tuple[int, ...]
    """Their numbers."""
    records: tuple[str, str]
    """The two that are kept apart."""
    suspended: tuple[str, str]
    """The two of which SAME does not hold meanwhile."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What was asked for."""

    decisions: tuple[Listed, ...]
    conflicts: tuple[Conflict, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "decisions": [one.decision.as_json() | {"state": one.state or "holds"} for one in self.decisions],
            "conflicts": [
                {
                    "decisions": list(one.decisions),
                    "records": list(one.records),
                    "suspended": list(one.suspended),
                    "sentence": one.sentence,
                }
                for one in self.conflicts
            ],
        }


def listing(connection: sa.Connection, *, about: str | None, every: bool) -> Listing:
    """The decisions that hold (or `every` one there was), of one record or customer when `about` names it.

    Raises UsageError for a name nobody has.
    """
    decisions = read_decisions(connection)
    found = rulings(decisions, said_of(connection, decisions))
    rows = contradictions(found).to_pylist()
    other = {number: LAPSED for number, _, _ in found.lapsed}
    other |= {number: SUSPENDED for row in rows for number in suspended(row, decisions)}
    newest = connection.scalar(sa.select(sa.func.max(mig_run.c.started_at)))
    wanted = None if about is None else set(subject(connection, about).records)
    listed = tuple(
        Listed(decision, _state(decision, other, newest))
        for decision in decisions
        if (every or _live(decision)) and (wanted is None or wanted & {m.record_id for m in decision.members})
    )
    conflicts = tuple(
        Conflict(
            decisions=tuple(sorted(spoken(row, decisions))),
            records=(row["left"], row["right"]),
            suspended=(row["suspended_left"], row["suspended_right"]),
            sentence=row["sentence"],
        )
        for row in rows
        if wanted is None or wanted & set(row["chain"])
    )
    return Listing(listed, conflicts)


def _live(decision: Decision) -> bool:
    return decision.revoked_by is None and decision.kind != REVOKE


LAPSED: Final = "lapsed: a record says something new, so the question is open again"
SUSPENDED: Final = "suspended: others contradict it, and DIFFERENT wins until that is settled"


def _state(decision: Decision, other: Mapping[int, str], newest: datetime | None) -> str:
    if decision.revoked_by is not None:
        return f"revoked by decision {decision.revoked_by}"
    if decision.id in other:
        return other[decision.id]
    if newest is None or decision.at > newest:
        return "waits for the next run"
    return ""


def said_of(connection: sa.Connection, decisions: Sequence[Decision]) -> Said:
    """What the records of UNSURE verdicts say now."""
    asked = sorted({m.record_id for d in decisions if _live(d) and d.verdict == "unsure" for m in d.members})
    c = mig_source_record.c
    query = sa.select(c.record_id, c.row_hash, c.claims_hash).where(c.record_id.in_(asked))
    return {row.record_id: (row.row_hash, row.claims_hash) for row in connection.execute(query)}
