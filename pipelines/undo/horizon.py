"""How long a run can be taken back: its before-images are kept for some days of run dates, then forgotten.

The age of a run is told by the dates of runs (``--as-of``, else the day a run was started), never by the
clock of the machine that asks. A date that goes back forgets nothing, and neither does one that leaps ahead
by more than the horizon: that is a wrong clock, or a project that has slept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_change, mig_run
from crm_unify.schema.target import reachable


@dataclass(frozen=True, slots=True)
class Dated:
    """A run and its date."""

    run: int
    as_of: date


def prune(engine: sa.Engine, *, days: int) -> tuple[int, ...]:
    """Forget the before-images of runs that are older than this many days; their numbers.

    A transaction of its own beside the load: killed before it ends, the next run does it.
    """
    with reachable(engine), engine.begin() as connection:
        old = expired(_dated(connection), days=days)
        if not old:
            return ()
        c = mig_change.c
        gone = connection.scalars(sa.select(c.run).where(c.run <= old[-1]).distinct().order_by(c.run)).all()
        if gone:  # the expired runs are all runs up to a certain one
            connection.execute(mig_change.delete().where(c.run <= old[-1]))
    return tuple(gone)


def expired(runs: Sequence[Dated], *, days: int) -> tuple[int, ...]:
    """The runs, given oldest first, that lie more than this many days before the newest.

    A run counts as made on the latest date up to it: an undo bears the date of the run that stands again.
    """
    if len(runs) < 2:
        return ()
    horizon, today = timedelta(days=days), runs[-1].as_of
    made = list(accumulate((run.as_of for run in runs), max))
    if today - made[-2] > horizon:
        return ()
    return tuple(run.run for run, on in zip(runs, made, strict=True) if today - on > horizon)


def _dated(connection: sa.Connection) -> list[Dated]:
    c = mig_run.c
    return [Dated(*row) for row in connection.execute(sa.select(c.id, c.as_of).order_by(c.id))]
