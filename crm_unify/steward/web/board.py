"""The review queue as the server holds it: made once, kept by every answer, made anew when others act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from crm_unify.steward.review.values import Question, Settled

Stand = tuple[Any, ...]
"""What a queue was made of: the newest run, the newest decision, the assignments."""


@dataclass(slots=True)
class Board:
    """The queue of a project; one request at a time works on it."""

    project: LoadedProject
    engine: sa.Engine
    _queue: Queue | None = None
    _remembered: dict[str, Question] = field(default_factory=dict)
    _stand: Stand | None = None
    _lock: RLock = field(default_factory=RLock)

    @contextmanager
    def queue(self, connection: sa.Connection) -> Iterator[Queue]:
        """The queue as it stands now, to be looked at; nobody else changes it meanwhile.

        Raises UsageError when the project was never run.
        """
        with self._lock:
            now = stand(connection)
            if self._queue is None or now != self._stand:
                self._queue, self._stand = queue_of(newest_run(self.project), connection), now
                self._remembered |= {question.id: question for question in self._queue.every()}
            yield self._queue

    def remembered(self, name: str) -> Question | None:
        """A question that was open since the server began, settled or not: people go back to look."""
        return self._remembered.get(name)

    def answered(
        self, connection: sa.Connection, before: Stand, name: str, verdict: str, decisions: Sequence[int]
    ) -> Settled | None:
        """Take an answer that was recorded as these decisions, on the queue as it stood `before`.

        None: somebody else acted in between, and the queue is made anew with the next request.
        """
        with self._lock:
            now = stand(connection)
            alone = now == (before[0], decisions[-1], *before[2:]) and len(decisions) == decisions[-1] - (
                before[1] or 0
            )
            if self._queue is None or self._stand != before or not alone:
                self._queue = None
                return None
            self._stand = now
            return self._queue.answered(name, verdict)

    def forget(self) -> None:
        """Make it anew with the next request: an answer was taken back."""
        with self._lock:
            self._queue = None

    @property
    def lock(self) -> RLock:
        """For those who look, write and note what they wrote in one go."""
        return self._lock


def stand(connection: sa.Connection) -> Stand:
    """What a queue would be made of now."""
    run = connection.scalar(sa.select(sa.func.max(mig_run.c.id)))
    decision = connection.scalar(sa.select(sa.func.max(mig_decision.c.id)))
    a = mig_assignment.c
    given = connection.execute(sa.select(sa.func.count(), sa.func.max(a.assigned_at))).one()
    return (run, decision, *given)
