"""What a plan is computed against: the target as it is, or an empty CRM in memory while there is none.

A plan writes nothing, so it neither makes nor migrates the tables of its target.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import is_empty, refuse_old, upgrade
from pipelines.load import hold


@contextmanager
def untouched(engine: sa.Engine) -> Iterator[sa.Engine]:
    """A database to read from: the locked target, or a new one in memory when the target has no tables yet.

    Raises LockHeld while a run works on the target; GuardStopped for somebody else's database; UsageError
    for one that waits for an upgrade; Unreachable when it does not answer.
    """
    if is_empty(engine):
        fresh = open_target("sqlite://")
        upgrade(fresh)
        try:
            yield fresh
        finally:
            fresh.dispose()
        return
    with hold(engine):
        refuse_old(engine)
        yield engine
