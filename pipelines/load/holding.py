"""The hold: after a run was undone, no other writes until a person says that the cause is gone."""

from __future__ import annotations

import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.schema.bookkeeping import mig_undo


def held_by(connection: sa.Connection) -> list[tuple[int, int, str]]:
    """The undos nobody has resumed after, oldest first: run, the run it took back, who did."""
    u = mig_undo.c
    query = sa.select(u.run, u.undoes, u.undone_by).where(u.holds, u.resumed_at.is_(None)).order_by(u.run)
    return [(row.run, row.undoes, row.undone_by) for row in connection.execute(query)]


def refuse_on_hold(connection: sa.Connection) -> None:
    """Raise GuardStopped while the project is on hold."""
    held = held_by(connection)
    if held:
        _, undone, who = held[-1]
        raise GuardStopped(
            "the project is on hold",
            connection.engine.url.render_as_string(hide_password=True),
            why=f"run {undone} was undone by {who}, and the next one would do the same again",
            remedy="nothing was written; see to the cause, look at `crm-unify plan`, then `crm-unify resume`",
        )
