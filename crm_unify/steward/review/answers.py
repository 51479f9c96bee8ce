"""Answering a question of the queue, and saying who looks after it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.ids import crm_id
from crm_unify.run.deciding import Draft
from crm_unify.run.decisions import VERDICT
from crm_unify.schema.bookkeeping import mig_assignment
from crm_unify.steward.review.values import Question, Reason

DECIDE: Final = "decide"


def draft_of(question: Question, verdict: str) -> Draft:
    """The verdict on all records of both sides, not recorded yet.

    Raises UsageError for decisions that contradict each other: one more would not settle them.
    """
    if Reason.CONFLICT in question.reasons:
        numbers = ", ".join(map(str, question.decisions))
        raise UsageError(
            "a further verdict does not settle decisions that contradict each other",
            question.id,
            why=f"decisions {numbers} cannot hold together, and DIFFERENT wins while they stand",
            remedy="take the wrong one back: `crm-unify revoke NUMBER --why ...`",
        )
    return Draft(VERDICT, DECIDE, (question.sides[0].records, question.sides[1].records), verdict=verdict)


def assign(engine: sa.Engine, question: Question, assignee: str | None, *, by: str) -> None:
    """Keep who looks after a question; None: nobody any more. The last word counts."""
    left, right = sorted(question.leading)
    key = crm_id("A", left, right)
    row = {
        "id": key,
        "left_record": left,
        "right_record": right,
        "assignee": assignee,
        "assigned_by": by,
        "assigned_at": datetime.now(UTC).replace(tzinfo=None),
    }
    with engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE") as connection, connection.begin():
        connection.execute(mig_assignment.delete().where(mig_assignment.c.id == key))
        if assignee is not None:
            connection.execute(mig_assignment.insert().values(**row))
