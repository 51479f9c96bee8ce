"""Saying who looks after a question of the queue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from crm_unify.ids import crm_id
from crm_unify.run.appending import in_turn
from crm_unify.schema.bookkeeping import mig_assignment
from crm_unify.steward.review.values import Question

DECIDE: Final = "decide"


def assign(engine: sa.Engine, question: Question, assignee: str | None, *, by: str) -> None:
    """Keep who looks after a question; None: nobody any more. The last word counts."""
    in_turn(engine, lambda connection: assigned(connection, question, assignee, by=by))


def assigned(connection: sa.Connection, question: Question, assignee: str | None, *, by: str) -> None:
    """The same in the transaction of the connection."""
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
    connection.execute(mig_assignment.delete().where(mig_assignment.c.id == key))
    if assignee is not None:
        connection.execute(mig_assignment.insert().values(**row))
