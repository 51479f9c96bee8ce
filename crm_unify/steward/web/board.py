"""The review queue as the server holds it: what people decide is taken in, and a new run makes a new one.

A decision changes what is asked about the records it names and about those that hang together with them, so
that part alone is gathered anew. All of it is gathered by a thread of its own, never in a request: at the
start, and after a run; whoever looks meanwhile sees the former queue, also while the run is committed and has
not left its results yet. After an erasure nobody does: they are told that the queue is being prepared.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock, Thread
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import CrmUnifyError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.place import workspace_of
from crm_unify.schema.agreements import mig_audit
from crm_unify.schema.bookkeeping import mig_assignment, mig_decision, mig_erasure, mig_run
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest, newest_run
from crm_unify.steward.review.evidence import Evidence, evidence_of, holding, part_of, spoken_of
from crm_unify.steward.review.gather import gathered, queue_from
from crm_unify.steward.review.known import assignments
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Question, Settled
from crm_unify.steward.web.making import NotMade, NotReady

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
    newest: Newest
    """The run that it was made of."""
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
    _failed: CrmUnifyError | None = None
    """What stood against gathering all, the last time."""
    _maker: Thread | None = None
    _said: dict[int, Said] = field(default_factory=dict)
    """By decision what the queue has not taken in yet."""
    _settled: dict[int, Settled] = field(default_factory=dict)
    _remembered: dict[str, Question] = field(default_factory=dict)
    """Questions that were open since the newest run, by id."""
    _former: dict[str, Question] = field(default_factory=dict)
    """Those that were open between the run before it and it."""
    _lock: RLock = field(default_factory=RLock)

    @contextmanager
    def queue(self, connection: sa.Connection) -> Iterator[Queue]:
        """The queue as it stands now, to be looked at; nobody else changes it meanwhile.

        Raises NotReady while there is none, and what stood against it when it could not be gathered (as
        UsageError, that the project was never run): once, for then it is tried again at the next call.
        """
        now = stand(connection)  # before the lock: whoever waits for the database holds up nobody
        with self._lock:
            if now.erasure > self._erasure:
                self._held, self._failed, self._erasure = None, None, now.erasure
                self._remembered, self._former = {}, {}
            held = self._held
            if held is None:
                raise self._missing()
            if not now.before(held.stand):
                self._take_in(held, connection, now)
            if self._stale or now.run > held.stand.run or held.newest.has_come(self.project):
                self._begin()
            self._said = {number: said for number, said in self._said.items() if number > held.stand.decision}
            yield held.queue

    def prepare(self) -> None:
        """Have the queue gathered where there is none, before anybody looks."""
        with self._lock:
            if self._held is None:
                self._begin()

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
        """A question that was open since the run before the newest, settled or not: people go back to look.

        Asked for beside :meth:`queue`, which forgets them with an erasure.
        """
        return self._remembered.get(name) or self._former.get(name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the queue they see."""
        if self._failed is not None:
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
    def _missing(self) -> CrmUnifyError:
        """Why there is no queue to show."""
        failed, self._failed = self._failed, None
        if failed is not None:
            return failed
        self._begin()
        why, remedy = "all that is asked is gathered once", "wait a moment: it is asked for again by itself"
        return NotReady("the queue is being prepared", why=why, remedy=remedy)

    def _published(self) -> Newest | None:
        """The newest run; None while it has not left its results yet and there is a former queue to show."""
        newest = newest_run(self.project)
        if newest.folder is None and self._held is not None:
            busy = workspace_of(self.project).is_busy()
            newest = newest_run(self.project)  # it may have left them between the two looks
            if newest.folder is None and busy:
                return None
        return newest

    def _made(self, connection: sa.Connection, newest: Newest) -> Held:
        now = stand(connection)
        evidence = evidence_of(newest, connection)
        queue = queue_from(evidence, connection)
        lapsed = holding(connection) - queue.answers
        return Held(queue, newest, evidence, evidence.beside(), assignments(connection), lapsed, now)

    def _take(self, held: Held) -> None:
        """Hold this queue from now on, unless somebody was erased after it was read."""
        if held.stand.erasure >= self._erasure:
            if self._held is not None and held.stand.run > self._held.stand.run:
                self._former, self._remembered = self._remembered, {}
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
        failed: CrmUnifyError | None = None
        try:
            newest = self._published()
            if newest is not None:
                with reachable(self.engine), self.engine.connect() as connection:
                    made = self._made(connection, newest)
        except Exception as error:
            LOG.exception("the questions could not be gathered; it is tried again when somebody looks")
            failed = error if isinstance(error, CrmUnifyError) else _unforeseen(error)
        with self._lock:
            self._maker, self._failed = None, failed
            self._stale |= made is None
            if made is not None:
                self._take(made)


def _unforeseen(error: Exception) -> CrmUnifyError:
    remedy = "ask for them again; the log of the server says more"
    return NotMade("the questions could not be gathered", why=type(error).__name__, remedy=remedy)


MANY: Final = 500
"""Decisions at once, out of a workbook, from which on all is gathered anew."""


def stand(connection: sa.Connection) -> Stand:
    """What a queue would be made of now."""
    numbered = [table.c.id for table in (mig_run, mig_decision, mig_erasure, mig_audit)]
    wanted = [*map(sa.func.max, numbered), sa.func.count(mig_assignment.c.assigned_at)]
    wanted.append(sa.func.max(mig_assignment.c.assigned_at))
    # one query: this is asked for every page
    row = connection.execute(sa.select(*(sa.select(one).scalar_subquery() for one in wanted))).one()
    run, decision, erasure, audit = (number or 0 for number in row[:4])
    return Stand(run, decision, erasure, audit, tuple(row[4:]))
