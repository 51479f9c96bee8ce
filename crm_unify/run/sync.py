"""A run by itself, every night or every quarter of an hour: patient, and free where nothing is new."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_unify.errors import Unreachable
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.alerts import alerts
from crm_unify.run.approvals import refuse_unapproved
from crm_unify.run.found import MATCHED_ANEW, Given, Landing, land_sources
from crm_unify.run.hold import refuse_while_held
from crm_unify.run.place import aside, folder_of, workspace_of
from crm_unify.run.publishing import PLAN_FILE, Work, forgotten, published
from crm_unify.run.quiet import nothing_new
from crm_unify.run.telling import Telling
from crm_unify.run.timing import StageTime
from crm_unify.run.waiting import ASKED, lasting
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from pipelines.changes import ChangeSet, write_plan
from pipelines.ledger import LastRun, newest
from pipelines.load import RunRecord, StateMovedError, apply, hold
from pipelines.load.lock import TargetLock

if TYPE_CHECKING:
    from crm_unify.run.planned import Outcome, Planned

PAUSES: Final = (5.0, 20.0, 60.0)
"""Seconds before each further try when a database has hung up."""
ATTEMPTS: Final = 5
"""Plans that decisions of people may overtake before a sync gives up."""
QUEUES: Final = ("quarantined", "held", "withheld_values")
"""Rows and values that wait for people, by map."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Synced:
    """What one sync did."""

    run: int
    """Its number in ``mig_run``."""
    quiet: bool
    """Nothing was new, so nothing was worked out."""
    written_rows: int
    customers: int
    account: Mapping[str, Mapping[str, int]]
    """By map, where its rows are."""
    queues: Mapping[str, int]
    """What waits for people."""
    grown: Mapping[str, int]
    """By queue, how much longer it is than after the last run."""
    asked: Mapping[str, Sequence[Any]]
    """What people are asked about customers that lost their evidence, and about keys; as of the last run."""
    waiting: Sequence[tuple[int, str]]
    """What needs a person, with counts, as a run tells it."""
    drift: Sequence[Mapping[str, str]]
    """What is different about the sources, as a run tells it."""
    seconds: float
    anew: str | None
    """Why everything was worked out anew; None where what had changed was enough."""
    matched_anew: str | None
    """Why matching looked at all records where the rest looked at what had changed; None where it did not."""
    planned: Planned | None
    """None of a quiet sync."""
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures of DESIGN section 10 and more, as plain values."""
        return {
            "run": self.run,
            "quiet": self.quiet,
            "anew": self.anew,
            "matched_anew": self.matched_anew,
            "account": {name: dict(line) for name, line in self.account.items()},
            "customers": self.customers,
            "written_rows": self.written_rows,
            "review_pairs": self.queues["review_pairs"],
            "queues": dict(self.queues),
            "grown": dict(self.grown),
            "drift": list(self.drift),
            "rekeyed": 0 if self.planned is None else self.planned.rekeyed,
            "deleted": 0 if self.planned is None else self.planned.deleted,
            "resembles_erased": [] if self.planned is None else list(self.planned.resembling),
            **{name: list(self.asked.get(name, ())) for name in ASKED},
            "waiting": {what: n for n, what in self.waiting},
            "seconds": round(self.seconds, 3),
            "stages": [stage.as_json() for stage in self.stages],
            "notes": list(self.notes),
        }


def sync(project: LoadedProject, *, given: Given, progress: Progress) -> Synced:
    """Bring the CRM up to date with the sources; what nobody changed is not looked at twice.

    Asks nobody. Raises what a run raises; nothing is written then.
    """
    engine, workspace = open_target(project.project.target, root=project.root), workspace_of(project)
    telling = Telling(progress, workspace.path, engine.url)
    work = Work.begun(telling)
    with hold(engine) as lock, telling.of("sync"):
        upgrade(engine)
        refuse_while_held(engine)
        refuse_unapproved(project, engine, allowed=bool(given.unapproved))
        with aside(workspace) as folder:
            landing = land_sources(
                project, engine, folder, workspace=workspace, progress=work.timed, given=given
            )
            told = given.accepted or given.unapproved
            nothing = None if told else nothing_new(project, engine, landing, as_of=given.as_of)
            done = None if nothing is None else _quiet(nothing, engine, landing, work=work, lock=lock)
            if done is None:
                done = _worked_out(project, engine, landing, given=given, work=work, lock=lock)
            telling.done(done.run)
            fallen = alerts(engine, news=True)
            notes = (*done.notes, *fallen, *forgotten(engine, days=project.project.undo_horizon))
            return replace(done, notes=notes)


def _worked_out(
    project: LoadedProject, engine: sa.Engine, landing: Landing, *, given: Given, work: Work, lock: TargetLock
) -> Synced:
    """Plan and apply; what a person decides meanwhile is heard, and planned again.

    While people go on deciding it is written all the same, as long as it does not act against them: else no
    sync would come through while they are at work. What they said then is heard by the next.
    """
    from crm_unify.run.stages import carried_out  # a second to import, and seldom needed

    last = newest(engine)
    for left in reversed(range(ATTEMPTS)):
        planned, anew = _planned(project, engine, landing, given=given, progress=work.timed)
        try:
            first = left == ATTEMPTS - 1
            done = carried_out(planned, engine, work=work, lock=lock, exact=first)
            return _synced(done, last, anew)
        except StateMovedError:
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _planned(
    project: LoadedProject, engine: sa.Engine, landing: Landing, *, given: Given, progress: Progress
) -> tuple[Planned, str | None]:
    """The plan out of what has changed; where that does not tell for certain, of a full run, and why."""
    from crm_unify.run.changed import NotAloneError
    from crm_unify.run.incremental import plan_news
    from crm_unify.run.stages import plan

    try:
        return plan_news(project, engine, landing, given=given, progress=progress), None
    except NotAloneError as error:
        reason = str(error)
    return plan(project, engine, landing, given=given, progress=progress), reason


def _quiet(
    nothing: ChangeSet, engine: sa.Engine, landing: Landing, *, work: Work, lock: TargetLock
) -> Synced | None:
    """One row in ``mig_run``, and the workspace under its number; None where somebody decided meanwhile."""
    last, folder, workspace = newest(engine), landing.folder, landing.workspace
    figures = _figures(folder)
    assert last is not None, "nothing is new to the last run"
    (folder / PLAN_FILE).unlink(missing_ok=True)  # a link to the plan of the last run
    written = write_plan(nothing, folder / PLAN_FILE)
    record = RunRecord(nothing.facts, work.began, written)
    try:
        applied = apply(nothing, engine, run=record, progress=work.timed, lock=lock, scratch=folder)
    except StateMovedError:
        return None
    keep = folder_of(workspace, last)
    notes = published(nothing, folder, workspace=workspace, run=applied.run, written=written, keep=keep)
    account, summary = _told(last)
    return Synced(
        run=applied.run,
        quiet=True,
        written_rows=0,
        customers=summary["customers"],
        account=account,
        queues=_queues(account, summary),
        grown={},
        asked=figures,
        waiting=lasting(account, figures),
        drift=(),
        seconds=_since(work.began),
        anew=None,
        matched_anew=None,
        planned=None,
        stages=tuple(work.timed.times),
        notes=notes,
    )


def _synced(done: Outcome, last: LastRun | None, anew: str | None) -> Synced:
    """What a run did, beside what stood before it."""
    planned = done.planned
    account = {line.map: line.as_json() for line in planned.account}
    figures = planned.results.figures
    queues = _queues(account, figures)
    before = _queues(*_told(last)) if last is not None else {}
    return Synced(
        run=done.run,
        quiet=False,
        written_rows=planned.changes.written_rows,
        customers=planned.customers,
        account=account,
        queues=queues,
        grown={name: n - before[name] for name, n in queues.items() if n > before.get(name, n)},
        asked=figures,
        waiting=planned.waiting,
        drift=planned.drift,
        seconds=done.seconds,
        anew=anew,
        matched_anew=figures.get(MATCHED_ANEW),
        planned=planned,
        stages=done.stages,
        notes=done.notes,
    )


def _told(last: LastRun) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, Any]]:
    return json.loads(last.account or "{}"), json.loads(last.summary or "{}")


def _queues(account: Mapping[str, Mapping[str, int]], summary: Mapping[str, Any]) -> dict[str, int]:
    found = {name: sum(line.get(name, 0) for line in account.values()) for name in QUEUES}
    found["review_pairs"] = summary.get("bands", {}).get("review", 0)
    return found | {name: summary.get("asked", {}).get(name, 0) for name in ASKED}


def _figures(folder: Path) -> dict[str, Any]:
    from pipelines.results import FIGURES

    found: dict[str, Any] = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    return found


def _since(began: datetime) -> float:
    return (datetime.now(UTC) - began).total_seconds()


def patiently(attempt: Callable[[], T], *, pause: Callable[[float], bool], tell: Callable[[str], None]) -> T:
    """The attempt, made again when a database hung up; what had begun left nothing behind.

    `pause` waits some seconds and answers whether to give up. Raises the last Unreachable, and at once one
    that waiting will not mend (a file that is not there).
    """
    for seconds in PAUSES:
        try:
            return attempt()
        except Unreachable as error:
            if not isinstance(error.__cause__, DBAPIError):
                raise
            tell(f"{error.what} ({error.where}); the next try is in {seconds:.0f} s")
            if pause(seconds):
                raise
    return attempt()
