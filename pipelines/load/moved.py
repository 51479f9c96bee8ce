"""Whether the CRM is still what a load was worked out from: asked before it is written, and at its end."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from pipelines.changes import ChangeSet
from pipelines.ledger import last_run, state
from pipelines.load.heard import acted_against, hush, only_said, said_since


class StateMovedError(GuardStopped):
    """What a change set was computed from has moved: a decision was made, a model trained, a run done."""


def refuse_moved(connection: sa.Connection, change_set: ChangeSet, *, exact: bool) -> None:
    """Raise StateMovedError for another state of the CRM than that a change set was computed from.

    Not `exact`: what people said alone is let through, unless the change set acts against it.
    """
    now, then = state(connection), change_set.base
    if now == then:
        return
    heeded = not exact and only_said(now, then)
    if heeded and not acted_against(connection, change_set, said_since(connection, then)):
        return
    raise _moved(_what_moved(connection, now.split("/"), then.split("/")))


def listened_last(connection: sa.Connection, change_set: ChangeSet) -> None:
    """Raise StateMovedError where what was written acts against what somebody decided while it was.

    From here to the end of the transaction nobody decides: whoever wants to waits, and decides on what the
    load has left.
    """
    then = change_set.base
    newest = hush(connection, then)
    said = said_since(connection, then, latest=True)
    if acted_against(connection, change_set, said):
        raise _moved(f"decision {newest} was recorded while it was written")


def _moved(why: str) -> StateMovedError:
    return StateMovedError(
        "the plan was made for another state of the CRM", why=why, remedy="make a new plan"
    )


def _what_moved(connection: sa.Connection, now: Sequence[str], then: Sequence[str]) -> str:
    """What has changed since a change set was computed; a state is of loads, decision, model, correction."""
    newest = last_run(connection)
    if now[:1] != then[:1]:
        return "it is empty" if newest is None else f"run {newest.id} has changed it since"
    if now[:2] != then[:2]:
        return f"decision {now[1]} was recorded since"
    if now[:3] != then[:3]:
        return "a model was trained since, or one that waited was withdrawn"
    if now[:4] != then[:4]:
        return f"correction {now[3]} was recorded since"
    return "a customer was erased since"
