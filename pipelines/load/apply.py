"""Applying a change set: everything in one transaction, or nothing.

Rows are staged first, outside the transaction. Inside it the ledger is asked once more whether it is still
the one the change set was computed from; then every table is written by set-based statements, parents
before children, deletes last and children first, each after its before-image. Before the end what people
decided meanwhile is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.progress import Progress
from crm_unify.schema.bookkeeping import mig_run
from crm_unify.schema.tables import arrow_schema, stamp_of
from crm_unify.schema.target import reachable
from pipelines.changes.build import fingerprint
from pipelines.changes.interface import MASK, ChangeSet, Facts, value_fields
from pipelines.killpoint import killpoint
from pipelines.ledger import last_run
from pipelines.load.filling import built_afterwards, referred_afterwards
from pipelines.load.heard import hear_all_the_time
from pipelines.load.holding import refuse_on_hold
from pipelines.load.images import keep_images
from pipelines.load.lock import TargetLock, hold
from pipelines.load.moved import listened_last, refuse_moved
from pipelines.load.refusals import executed, numbered
from pipelines.load.staging import Staged, drop_staged, stage, staging_area

Along = Callable[[sa.Connection, int], None]
"""Writes beside a change set, given the number of its run."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What ``mig_run`` keeps of a run."""

    facts: Facts
    started_at: datetime
    """With a time zone."""
    plan_hash: str | None = None
    """SHA-256 of the plan file."""
    along: Along | None = None
    """Of a run that takes another back: what else it writes in the same transaction."""
    exact: bool = True
    """Refused when anything was decided before it is written; else only where it acts against that."""


@dataclass(frozen=True, slots=True)
class Load:
    """A change set, and the run it is written as."""

    change_set: ChangeSet
    run: RunRecord


Next = Callable[[sa.Connection], Load]
"""Works a load out within the transaction in which the one before it was written."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a load did."""

    run: int
    """Number of the run in ``mig_run``."""
    written_rows: int
    """Without ``mig_run`` and ``mig_change``."""


def apply(
    change_set: ChangeSet,
    engine: sa.Engine,
    *,
    run: RunRecord,
    progress: Progress,
    lock: TargetLock | None = None,
    scratch: Path | None = None,
    project: str | None = None,
    environment: str | None = None,
) -> Applied:
    """Write a change set, and one row into ``mig_run`` even when there is nothing else to write.

    Takes the lock of the target unless the caller holds it already (`lock`). `scratch` is a folder for the
    staging file of SQLite. With a `project` the change set must have been computed for it and for this
    `environment` (None: for no environment). Raises LockHeld; GuardStopped when the change set was computed
    for another database or another state of it, when it would act against what somebody decides while it is
    written, when a person has edited or deleted a row since that it changes, when the project is on hold, or
    when the database refuses a row; Unreachable when the database fails. After any error, and after the
    process is killed at any moment, the database is as it was before.
    """
    _refuse_other_target(change_set, engine)
    if project is not None or environment is not None:
        _refuse_other_project(change_set.facts, project or change_set.facts.project, environment)
    if lock is None:
        with hold(engine) as held:
            return apply(change_set, engine, run=run, progress=progress, lock=held, scratch=scratch)
    load = Load(change_set, run)
    (applied,) = apply_in_turn(load, (), engine, progress=progress, lock=lock, scratch=scratch)
    return applied


def apply_in_turn(
    first: Load,
    then: Sequence[Next],
    engine: sa.Engine,
    *,
    progress: Progress,
    lock: TargetLock,
    scratch: Path | None = None,
) -> tuple[Applied, ...]:
    """Several loads in one transaction, each worked out from what the one before it has left: all or none.

    The caller holds the lock of the target. Raises as :func:`apply` does; nothing is written then.
    """
    assert lock.where, "the caller holds the lock"
    with reachable(engine), engine.connect() as connection, staging_area(connection, scratch) as area:
        hear_all_the_time(connection)
        with connection.begin():
            parts = _staged(connection, area, first.change_set, progress)
        killpoint("before-first-write")
        with connection.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin():
            done = [_written(connection, first, parts, progress)]
            for following in then:
                drop_staged(connection, parts)
                load = following(connection)
                parts = _staged(connection, area, load.change_set, progress)
                done.append(_written(connection, load, parts, progress))
            killpoint("before-commit")
        killpoint("after-commit")
    return tuple(done)


def _staged(
    connection: sa.Connection, area: str | None, change_set: ChangeSet, progress: Progress
) -> list[Staged]:
    parts: list[Staged] = []
    with progress.stage("stage", change_set.written_rows) as told:
        for changes in change_set.tables.values():
            first = 1 + sum(len(part.rows) for part in parts)
            parts += stage(connection, area, changes, first=first, advance=told.advance)
    return parts


def _written(connection: sa.Connection, load: Load, parts: Sequence[Staged], progress: Progress) -> Applied:
    """Everything that must hold together, written but not committed."""
    change_set, run = load.change_set, load.run
    if run.along is None:
        refuse_on_hold(connection)
    refuse_moved(connection, change_set, exact=run.exact)
    number = _begin_run(connection, change_set, run)
    with progress.stage("load", change_set.written_rows) as told:
        for part in in_order(parts):
            keep_images(connection, part, number)
            with built_afterwards(connection, part), referred_afterwards(connection, part):
                _write(connection, part, number)
            told.advance(len(part.rows))
            killpoint(f"table:{part.target.name}")
    listened_last(connection, change_set)
    if run.along is not None:
        run.along(connection, number)
    _end_run(connection, number)
    return Applied(run=number, written_rows=change_set.written_rows)


def in_order(parts: Sequence[Staged]) -> list[Staged]:
    """Creates and updates with parents before children, then deletes with children before parents."""
    written = [part for op in ("create", "update") for part in parts if part.op == op]
    return [*written, *reversed([part for part in parts if part.op == "delete"])]


def _write(connection: sa.Connection, part: Staged, run: int) -> None:
    match part.op:
        case "create":
            executed(connection, part, lambda first, last: _create(part, run, first, last))
        case "update":
            executed(connection, part, lambda first, last: _update(part, first, last))
        case _:
            join = connection.dialect.name != "sqlite"
            executed(connection, part, lambda first, last: _delete(part, first, last, join=join))


def _create(part: Staged, run: int, first: int, last: int) -> sa.Executable:
    names = list(arrow_schema(part.target.name).names)
    values: list[sa.ColumnElement[object]] = [part.place.c[name] for name in names]
    stamp = stamp_of(part.target.name)
    if stamp is not None:
        here: sa.ColumnElement[object] = sa.literal(run)
        restored = stamp in part.place.c
        names = [*names, stamp]
        values.append(sa.func.coalesce(part.place.c[stamp], here) if restored else here)
    return part.target.insert().from_select(names, sa.select(*values).where(numbered(part, first, last)))


def _update(part: Staged, first: int, last: int) -> sa.Executable:
    """Set the columns in the mask of each row; the others keep what they hold now."""
    target, place = part.target, part.place
    touched = 0
    for mask in part.rows[MASK].unique().to_pylist():
        touched |= mask
    values = {
        target.c[field.name]: sa.case(
            (place.c[MASK].bitwise_and(1 << bit) != 0, place.c[field.name]), else_=target.c[field.name]
        )
        for bit, field in enumerate(value_fields(target.name))
        if touched & 1 << bit
    }
    same = target.c[part.key] == place.c[part.key]
    return target.update().values(values).where(same, numbered(part, first, last))


def _delete(part: Staged, first: int, last: int, *, join: bool) -> sa.Executable:
    """On a server by a join: MariaDB would go through all staged keys for each row of the table."""
    if join:
        same = part.target.c[part.key] == part.place.c[part.key]
        return part.target.delete().where(same, numbered(part, first, last))
    keys = sa.select(part.place.c[part.key]).where(numbered(part, first, last))
    return part.target.delete().where(part.target.c[part.key].in_(keys))


# --- the row of the run -----------------------------------------------------------------------------------
def _begin_run(connection: sa.Connection, change_set: ChangeSet, run: RunRecord) -> int:
    former = last_run(connection)
    number = 1 if former is None else former.id + 1
    connection.execute(
        mig_run.insert().values(
            id=number,
            project=run.facts.project,
            environment=run.facts.environment,
            as_of=run.facts.as_of,
            state="applied",
            started_at=_naive(run.started_at),
            sources_hash=run.facts.sources_hash,
            rules_hash=run.facts.rules_hash,
            model_id=change_set.model_id,
            plan_hash=run.plan_hash,
            written_rows=change_set.written_rows,
            account=run.facts.account,
            summary=run.facts.summary,
        )
    )
    return number


def _end_run(connection: sa.Connection, number: int) -> None:
    finished = _naive(datetime.now(UTC))
    connection.execute(mig_run.update().where(mig_run.c.id == number).values(finished_at=finished))


def _naive(moment: datetime) -> datetime:
    """UTC without a zone, as the database keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


# --- refusals ----------------------------------------------------------------------------------------------
def _refuse_other_target(change_set: ChangeSet, engine: sa.Engine) -> None:
    if change_set.target != fingerprint(engine):
        where = engine.url.render_as_string(hide_password=True)
        raise GuardStopped(
            "the plan was made for another database",
            where,
            why="the target is not the same",
            remedy="apply it with the project and environment it was made with",
        )


def _refuse_other_project(facts: Facts, project: str, environment: str | None) -> None:
    if (facts.project, facts.environment) != (project, environment):
        raise GuardStopped(
            "the plan was made for another project or environment",
            _place(project, environment),
            why=f"it was made for {_place(facts.project, facts.environment)}",
            remedy="apply it with the project and environment it was made with",
        )


def _place(project: str, environment: str | None) -> str:
    return f"project {project}, " + (f"environment {environment}" if environment else "no environment")
