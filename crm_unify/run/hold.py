"""The hold that an undo leaves behind, and the word of a person that lifts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.schema.bookkeeping import mig_undo
from crm_unify.schema.target import reachable
from pipelines.load.holding import held_by, refuse_on_hold


@dataclass(frozen=True, slots=True)
class Held:
    """An undo that nobody has resumed after."""

    run: int
    """Number of the undo."""
    undone: int
    """The run it took back."""
    by: str

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {"run": self.run, "undone": self.undone, "by": self.by}


def refuse_while_held(engine: sa.Engine) -> None:
    """Raise GuardStopped while the project is on hold, before any work is done for nothing."""
    with reachable(engine), engine.connect() as connection:
        refuse_on_hold(connection)


def standing_holds(engine: sa.Engine) -> tuple[Held, ...]:
    """What the project is on hold for. Raises UsageError when it is not."""
    with reachable(engine), engine.connect() as connection:
        found = tuple(Held(*row) for row in held_by(connection))
    if not found:
        raise UsageError("the project is not on hold", remedy="`crm-unify runs` tells what was undone")
    return found


def resume(engine: sa.Engine, holds: tuple[Held, ...], *, by: str) -> None:
    """Lift these holds."""
    now, u = datetime.now(UTC).replace(tzinfo=None), mig_undo.c
    with reachable(engine), engine.begin() as connection:
        for one in holds:
            lifted = mig_undo.update().where(u.run == one.run, u.resumed_at.is_(None))
            connection.execute(lifted.values(resumed_by=by, resumed_at=now))
