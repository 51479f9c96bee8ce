"""The review queue of the newest run, as it stands after everything people have decided since."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.run.decisions import CONFIRM, VERDICT, Decision, Rulings, live, read_decisions, rulings
from crm_unify.run.rekeyed import open_pairs
from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.steward.decisions import said_of
from crm_unify.steward.newest import Newest
from crm_unify.steward.review.asked import Asked, Found
from crm_unify.steward.review.doubts import DOUBTS, WeakLink
from crm_unify.steward.review.evidence import Evidence, evidence_of
from crm_unify.steward.review.known import assignments, known
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Done, Question, Reason
from pipelines.database.read import matching

AT_WORK: Final = 900.0
"""Seconds between two answers of one person from which on there was a break."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is asked under the decisions in force: everything, or a part by itself."""

    waiting: tuple[Found, ...]
    settled: tuple[Question, ...]
    """Questions that decisions since the run have settled."""
    apart: tuple[tuple[int, int], ...]
    """Groups that verdicts keep apart."""
    holding: tuple[Decision, ...]
    """Verdicts and confirmations in force, those of the part."""

    @property
    def questions(self) -> list[Question]:
        """The open questions."""
        return [one.question for one in self.waiting]

    @property
    def groups(self) -> list[tuple[int, int] | None]:
        """The groups on both sides of each."""
        return [one.groups for one in self.waiting]


def queue_of(newest: Newest, connection: sa.Connection) -> Queue:
    """The queue of a run, over one connection to its database."""
    return queue_from(evidence_of(newest, connection), connection)


def queue_from(evidence: Evidence, connection: sa.Connection) -> Queue:
    """The queue of this evidence, as it stands now."""
    made = gathered(evidence, connection)
    done = Done(len(made.holding), _pace(made.holding))
    return Queue(
        made.questions,
        groups=made.groups,
        apart=made.apart,
        settled=made.settled,
        done=done,
        notes=evidence.notes,
    )


def gathered(
    evidence: Evidence, connection: sa.Connection, about: Collection[str] | None = None
) -> Gathered:
    """The questions under the decisions in force now; those `about` the records of a part, or all."""
    decisions = read_decisions(connection, about=None if about is None else sorted(about))
    ruled = rulings(decisions, said_of(connection, decisions))
    mine = evidence if about is None else evidence.about(about)
    doubts = _doubts(mine, ruled, connection)
    ledger = known(connection, _named(doubts, mine.weak, mine.lost, ruled))
    asked = Asked(ledger, ruled, decisions, assignments(connection))
    found = [*asked.between(doubts), *asked.inside(mine.weak, mine.lost), *asked.conflicts()]
    return Gathered(
        waiting=tuple(one for one in found if not one.settled),
        settled=tuple(one.question for one in found if one.settled),
        apart=asked.apart(),
        holding=tuple(in_force(decisions, ruled)),
    )


def in_force(decisions: Sequence[Decision], ruled: Rulings) -> list[Decision]:
    """Verdicts and confirmations that hold, without the unsure ones that lapsed."""
    lapsed = {number for number, _, _ in ruled.lapsed}
    return [one for one in live(decisions) if one.kind in (VERDICT, CONFIRM) and one.id not in lapsed]


def _doubts(evidence: Evidence, ruled: Rulings, connection: sa.Connection) -> pa.Table:
    """DOUBTS of every kind between customers."""
    others: list[tuple[str, str, Reason, int | None]]
    others = [(one, other, Reason.STALE, number) for number, one, other in ruled.lapsed]
    keys = _open_keys(evidence.rekeyed, ruled, connection)
    others += [(one, other, Reason.OPEN_KEYS, None) for one, other in keys]
    rows = [
        {"left": min(one, other), "right": max(one, other), "reason": reason, "decision": number}
        for one, other, reason, number in others
    ]
    return pa.concat_tables([evidence.doubts, pa.Table.from_pylist(rows, schema=DOUBTS)])


def _open_keys(waiting: pa.Table, ruled: Rulings, connection: sa.Connection) -> list[tuple[str, str]]:
    """Records that are gone, each with one that has come and may be the same row."""
    if not len(waiting):
        return []
    ids = pa.chunked_array([*waiting["record_id"].chunks, *waiting["new_id"].chunks], pa.string())
    r = mig_source_record.c
    records = matching(connection, sa.select(r.record_id, r.state), r.record_id, ids)
    asked = open_pairs(waiting, records, ruled.verdicts)
    return list(zip(asked["record_id"].to_pylist(), asked["new_id"].to_pylist(), strict=True))


def _named(
    doubts: pa.Table, weak: Sequence[WeakLink], lost: Sequence[Mapping[str, Any]], ruled: Rulings
) -> Iterator[str]:
    """Every record that matters."""
    for table in (doubts, ruled.verdicts):
        for side in ("left", "right"):
            yield from table[side].to_pylist()
    yield from ruled.confirmed["record_id"].to_pylist()
    for link in weak:
        yield from link.link
    for one in lost:
        yield from (record for part in one["parts"] for record in part)


def _pace(holding: Sequence[Decision]) -> float | None:
    """Median seconds between two answers of one person, breaks left out; None until somebody gave two."""
    last: dict[str, Decision] = {}
    gaps = []
    for decision in holding:
        before = last.get(decision.by)
        last[decision.by] = decision
        if before is not None:
            gaps.append((decision.at - before.at).total_seconds())
    at_work = [gap for gap in gaps if MOMENT <= gap <= AT_WORK]
    return median(at_work) if at_work else None


MOMENT: Final = 0.5
"""Seconds below which two decisions were recorded by one act (an import), not by two looks."""
