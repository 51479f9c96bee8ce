"""The review queue as the server holds it: what people decide is taken in, and a new run makes a new one.

A decision changes what is asked about the records it names and about those that hang together with them, so
that part alone is gathered anew. All of it is gathered only after a run, by a thread of its own: whoever
looks meanwhile sees the former queue. After an erasure nobody does.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock, Thread
from typing import Final

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.agreements import mig_audit
from crm_unify.schema.bookkeeping import mig_assignment, mig_decision, mig_erasure, mig_run
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import newest_run
from crm_unify.steward.review.evidence import Evidence, evidence_of, holding, part_of, spoken_of
from crm_unify.steward.review.gather import gathered, queue_from
from crm_unify.steward.review.known import assignments
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Question, Settled
from crm_unify.steward.web.making import NotReady

LOG: Final = logging.getLogger(__name__)
OLD: Final = "a run has been: the questions are gathered anew, and those from before it are shown meanwhile"
TROUBLE: Final = "the questions could not be gathered anew, and are out of date; it is tried again"
Given = Mapping[tuple[str, str], str]
"""By the two records that lead a question who looks after it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What a queue is made of."""

    run: int
    """The newest run; as all of these 0: none yet."""
    decision: int
    """The newest decision."""
    erasure: int
    """The newest erasure: nothing that was read before it is shown any more."""
    audit: int
    """The newest act of anybody on a page."""
    assignments: tuple[object, ...]
    """Number of assignments, and the moment of the newest."""

    def before(self, other: Stand) -> bool:
        """Whether this is an older look at the database than the other."""
        mine, theirs = (
            (one.run, one.decision, one.erasure, one.audit) for one in (self, other)
        )
        return any(a < b for a, b in zip(mine, theirs, strict=True))


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that was recorded, for the queue to take in."""

    question: str
    """Empty where it changes nothing that is asked: a pin."""
    verdict: str


@dataclass(slots=True)
class Held:
    """A queue with all it was made of."""

    queue: Queue
    evidence: Evidence
    beside: Mapping[str, Collection[str]]
    """By record others that something is asked about together with it."""
    given: Given
    lapsed: int
    """Decisions nobody took back that hold no longer all the same."""
    stand: Stand


@dataclass(slots=True)
class Board:
    """The queue of a project; one request at a time works on it."""

    project: LoadedProject
    engine: sa.Engine
    _held: Held | None = None
    _erasure: int = 0
    """The newest erasure anybody has seen."""
    _stale: bool = False
    """Whether all has to be gathered anew though no run has been."""
    _trouble: bool = False
    _maker: Thread | None = None
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
            if now.erasure > self._erasure:
                self._held, self._remembered, self._erasure = None, {}, now.erasure
            if self._held is None:
                self._take(self._made(connection))
            held = self._held
            if held is None:  # this look at the database is older than an erasure that others have seen
                raise NotReady("the queue is being prepared", why="somebody was erased", remedy="ask again")
            if not now.before(held.stand):
                self._take_in(held, connection, now)
            if self._stale or now.run > held.stand.run:
                self._begin()
            self._said = {number: said for number, said in self._said.items() if number > held.stand.decision}
            yield held.queue

    def recorded(self, decisions: Sequence[int], question: str, verdict: str) -> None:
        """These decisions were recorded as the answer to a question; of a pin `question` is empty."""
        with self._lock:
            for number in decisions:
                self._said[number] = Said(question, verdict)

    def settled(self, decision: int) -> Settled | None:
        """What the answer settled that was recorded as this decision; None where that is not known."""
        with self._lock:
            return self._settled.pop(decision, None)

    def remembered(self, name: str) -> Question | None:
        """A question that was open since the server began, settled or not: people go back to look.

        Asked for beside :meth:`queue`, which forgets them with an erasure.
        """
        return self._remembered.get(name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the queue they see."""
        if self._trouble:
            return (TROUBLE,)
        return (OLD,) if self._maker is not None else ()

    def anew(self) -> None:
        """Have all gathered anew when somebody looks next: what was taken in cannot be relied on."""
        with self._lock:
            self._stale = True

    def wait(self) -> None:
        """Return when nothing is gathered."""
        maker = self._maker
        if maker is not None:
            maker.join()

    # --- what was decided since ---
    def _take_in(self, held: Held, connection: sa.Connection, now: Stand) -> None:
        """Have the queue say what holds now."""
        since = range(held.stand.decision + 1, now.decision + 1)
        said = {number: self._said.pop(number) for number in since if number in self._said}
        for number, one in said.items():
            if one.question:
                self._settled[number] = held.queue.answered(one.question, one.verdict)
        if now.run != held.stand.run:
            return  # what a run has made of the rest is gathered whole
        if len(since) > MANY:
            self._stale, held.stand = True, now
        else:
            others = [number for number in since if number not in said]
            records = spoken_of(connection, others) | self._given_anew(held, connection, now)
            self._gather_again(held, connection, records)
            held.stand = now

    def _given_anew(self, held: Held, connection: sa.Connection, now: Stand) -> set[str]:
        """Records that lead a question which was given to somebody else."""
        if now.assignments == held.stand.assignments:
            return set()
        before, held.given = held.given, assignments(connection)
        pairs = before.keys() | held.given.keys()
        return {r for pair in pairs if before.get(pair) != held.given.get(pair) for r in pair}

    def _gather_again(self, held: Held, connection: sa.Connection, records: Collection[str]) -> None:
        """Gather what hangs together with these records, that alone."""
        part = part_of(held.beside, connection, records)
        if part is None:
            self._stale = True
        elif part:
            made = gathered(held.evidence, connection, part)
            held.queue.replaced(
                part, made.questions, groups=made.groups, apart=made.apart, settled=made.settled
            )
            held.queue.holding(holding(connection) - held.lapsed)
            self._remembered |= {question.id: question for question in made.questions}

    # --- all of it ---
    def _made(self, connection: sa.Connection) -> Held:
        now = stand(connection)
        evidence = evidence_of(newest_run(self.project), connection)
        queue = queue_from(evidence, connection)
        lapsed = holding(connection) - queue.answers
        return Held(queue, evidence, evidence.beside(), assignments(connection), lapsed, now)

    def _take(self, held: Held) -> None:
        """Hold this queue from now on, unless somebody was erased after it was read."""
        if held.stand.erasure >= self._erasure:
            self._held, self._erasure = held, held.stand.erasure
            self._remembered |= {question.id: question for question in held.queue.every()}

    def _begin(self) -> None:
        """Have one thread gather all; none where one is at it."""
        if self._maker is None:
            self._stale = False  # what comes from now on makes it stale again
            self._maker = Thread(target=self._work, daemon=True)
            self._maker.start()

    def _work(self) -> None:
        made: Held | None = None
        try:
            with reachable(self.engine), self.engine.connect() as connection:
                made = self._made(connection)
        except Exception:
            LOG.exception("the questions could not be gathered anew; it is tried again when somebody looks")
        with self._lock:
            self._maker, self._trouble = None, made is None
            self._stale |= made is None
            if made is not None:
                self._take(made)


MANY: Final = 500
"""Decisions at once, out of a workbook, from which on all is gathered anew."""


def stand(connection: sa.Connection) -> Stand:
    """What a queue would be made of now."""
    run, decision, erasure, audit = (
        connection.scalar(sa.select(sa.func.max(table.c.id))) or 0
        for table in (mig_run, mig_decision, mig_erasure, mig_audit)
    )
    a = mig_assignment.c
    given = connection.execute(sa.select(sa.func.count(), sa.func.max(a.assigned_at))).one()
    return Stand(run, decision, erasure, audit, tuple(given))
