"""The review queue as the server holds it: made once, kept by every answer, made anew when others act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import RLock

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.bookkeeping import mig_assignment, mig_decision, mig_erasure, mig_run
from crm_unify.steward.newest import newest_run
from crm_unify.steward.review.gather import queue_of
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Question, Settled


@dataclass(frozen=True, slots=True)
class Stand:
    """What a queue is made of."""

    run: int | None
    """The newest run."""
    decision: int
    """The newest decision; 0: none yet."""
    assignments: tuple[object, ...]
    erasure: int = 0
    """The newest erasure: nothing that was read before it is shown any more."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that was recorded, for the queue to take in."""

    question: str
    """Empty where it changes nothing that is asked: a pin."""
    verdict: str


@dataclass(slots=True)
class Board:
    """The queue of a project; one request at a time works on it."""

    project: LoadedProject
    engine: sa.Engine
    _queue: Queue | None = None
    _stand: Stand = Stand(None, 0, ())
    _said: dict[int, Said] = field(default_factory=dict)
    """By decision what the queue has not taken in yet."""
    _settled: dict[int, Settled] = field(default_factory=dict)
    _remembered: dict[str, Question] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    @contextmanager
    def queue(self, connection: sa.Connection) -> Iterator[Queue]:
        """The queue as it stands now, to be looked at; nobody else changes it meanwhile.

        Raises UsageError when the project was never run.
        """
        with self._lock:
            now = stand(connection)
            if now.erasure != self._stand.erasure:
                self._queue, self._remembered = None, {}
            if self._queue is None or not self._taken_in(self._queue, now):
                self._queue = queue_of(newest_run(self.project), connection)
                self._remembered |= {question.id: question for question in self._queue.every()}
            self._stand = now
            self._said = {number: said for number, said in self._said.items() if number > now.decision}
            yield self._queue

    def recorded(self, decisions: Sequence[int], question: str, verdict: str) -> None:
        """These decisions were recorded as the answer to a question; of a pin `question` is empty."""
        with self._lock:
            for number in decisions:
                self._said[number] = Said(question, verdict)

    def settled(self, decision: int) -> Settled | None:
        """What the answer settled that was recorded as this decision; None where that is not known."""
        with self._lock:
            return self._settled.pop(decision, None)

    def assign(self, connection: sa.Connection, name: str, assignee: str | None) -> None:
        """A question was given to somebody, and that is recorded."""
        with self._lock:
            if self._queue is not None and self._queue.question(name) is not None:
                self._queue.assigned(name, assignee)
                self._stand = replace(self._stand, assignments=stand(connection).assignments)

    def remembered(self, name: str) -> Question | None:
        """A question that was open since the server began, settled or not: people go back to look.

        Asked for beside :meth:`queue`, which forgets them with an erasure.
        """
        return self._remembered.get(name)

    def _taken_in(self, queue: Queue, now: Stand) -> bool:
        """Take in what was answered here; False where somebody else acted, or a run has been."""
        since = range(self._stand.decision + 1, now.decision + 1)
        same = (now.run, now.assignments) == (self._stand.run, self._stand.assignments)
        if not same or any(number not in self._said for number in since):
            return False
        for number in since:
            said = self._said[number]
            if said.question:
                self._settled[number] = queue.answered(said.question, said.verdict)
        return True


def stand(connection: sa.Connection) -> Stand:
    """What a queue would be made of now."""
    run = connection.scalar(sa.select(sa.func.max(mig_run.c.id)))
    decision = connection.scalar(sa.select(sa.func.max(mig_decision.c.id)))
    a = mig_assignment.c
    given = connection.execute(sa.select(sa.func.count(), sa.func.max(a.assigned_at))).one()
    erasure = connection.scalar(sa.select(sa.func.max(mig_erasure.c.id)))
    return Stand(run, decision or 0, tuple(given), erasure or 0)
