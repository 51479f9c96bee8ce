"""The review queue as the server holds it: made once, kept by every answer, made anew when others act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.bookkeeping import mig_assignment, mig_decision, mig_run
from crm_unify.steward.newest import newest_run
from crm_unify.steward.review.gather import queue_of
from crm_unify.steward.review.queue import Queue

Stand = tuple[Any, ...]
"""What a queue was made of: the newest run, the newest decision, the assignments."""


@dataclass(slots=True)
class Board:
    """The queue of a project; one request at a time works on it."""

    project: LoadedProject
    engine: sa.Engine
    _queue: Queue | None = None
    _stand: Stand | None = None
    _lock: RLock = field(default_factory=RLock)

    @contextmanager
    def queue(self, connection: sa.Connection) -> Iterator[Queue]:
        """The queue as it stands now, to be looked at; nobody else changes it meanwhile.

        Raises UsageError when the project was never run.
        """
        with self._lock:
            stand = _stand(connection)
            if self._queue is None or stand != self._stand:
                self._queue, self._stand = queue_of(newest_run(self.project), connection), stand
            yield self._queue

    def kept(self, connection: sa.Connection, before: Stand) -> None:
        """What was changed in the queue since `before` has been written: it need not be made anew.

        Somebody else who wrote in between changes more than one step, and then it is.
        """
        with self._lock:
            if self._stand == before:
                self._stand = _stand(connection)

    def forget(self) -> None:
        """Make it anew with the next request: an answer was taken back."""
        with self._lock:
            self._queue = None

    @property
    def lock(self) -> RLock:
        """For those who look, write and note what they wrote in one go."""
        return self._lock


def _stand(connection: sa.Connection) -> Stand:
    run = connection.scalar(sa.select(sa.func.max(mig_run.c.id)))
    decision = connection.scalar(sa.select(sa.func.max(mig_decision.c.id)))
    a = mig_assignment.c
    given = connection.execute(sa.select(sa.func.count(), sa.func.max(a.assigned_at))).one()
    return (run, decision, *given)
