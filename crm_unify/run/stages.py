"""The stages of a run in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.errors import GuardStopped, UsageError
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.alerts import alerts
from crm_unify.run.approvals import refuse_unapproved, unapproved
from crm_unify.run.blocked import known_blocked, with_blocked
from crm_unify.run.decisions import Rulings, left_to_evidence, read_rulings
from crm_unify.run.deletions import deletions
from crm_unify.run.dry import untouched
from crm_unify.run.figures import figures, run_facts
from crm_unify.run.found import Given, Landing, land_sources, snapshots
from crm_unify.run.gather import Base, Gathered, Sources, deletion_stops, gather, stopped
from crm_unify.run.hold import refuse_while_held
from crm_unify.run.kept import kept
from crm_unify.run.known import Known, issued_ids
from crm_unify.run.model import kept_model
from crm_unify.run.place import aside, folder_of, workspace_of
from crm_unify.run.planned import Outcome, Planned
from crm_unify.run.publishing import PLAN_FILE, Work, forgotten, published
from crm_unify.run.quiet import UNDER, circumstances
from crm_unify.run.rekeyed import Rekeyed, open_pairs, with_given
from crm_unify.run.remembered import set_aside
from crm_unify.run.remembering import remembered
from crm_unify.run.resembling import resembling
from crm_unify.run.telling import Telling
from crm_unify.run.unifying import golden_rows, who_is_who
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from crm_unify.validation.account import check_records
from crm_unify.validation.guards import guard_moves
from matching.engine import Matched
from matching.identity import assign
from matching.prepared import prepared
from pipelines.changes import (
    Desired,
    Facts,
    Policies,
    Settlement,
    change_set,
    fingerprint,
    without_dead_ends,
    write_plan,
)
from pipelines.ledger import Ledger, read_ledger
from pipelines.load import RunRecord, apply, hold
from pipelines.load.lock import TargetLock
from pipelines.results import Results
from pipelines.workspace import Workspace

Agreed = Callable[["Planned"], bool]
"""Asks a person whether to write what is planned."""


def run(
    project: LoadedProject,
    *,
    given: Given,
    progress: Progress,
    agreed: Agreed = lambda _: True,
    workspace: Workspace | None = None,
) -> Outcome:
    """Plan and apply under one lock, then publish what the workspace (the project's, if none is given) keeps.

    Raises UsageError when the person does not agree, GuardStopped when a guard stops the run; nothing is
    written then, nor after any other error.
    """
    engine = open_target(project.project.target, root=project.root)
    workspace = workspace or workspace_of(project)
    telling = Telling(progress, workspace.path, engine.url)
    work = Work.begun(telling)
    with hold(engine) as lock, telling.of("run"):
        upgrade(engine)
        refuse_while_held(engine)
        refuse_unapproved(project, engine, allowed=bool(given.unapproved))
        with aside(workspace) as folder:
            landing = land_sources(
                project, engine, folder, workspace=workspace, progress=work.timed, given=given
            )
            planned = plan(project, engine, landing, given=given, progress=work.timed)
            done = carried_out(planned, engine, work=work, lock=lock, exact=False, agreed=agreed)
            telling.done(done.run)
            fallen = alerts(engine)
            notes = (*done.notes, *fallen, *forgotten(engine, days=project.project.undo_horizon))
            return replace(done, notes=notes)


def carried_out(
    planned: Planned,
    engine: sa.Engine,
    *,
    work: Work,
    lock: TargetLock,
    exact: bool,
    agreed: Agreed = lambda _: True,
) -> Outcome:
    """Write what was planned and publish what the workspace keeps. Raises as :func:`run` does.

    `exact`: StateMovedError where anything was decided since; else only where it would act against that.
    """
    workspace, folder = planned.landing.workspace, planned.landing.folder
    for stop in planned.stops:
        raise stop
    written = write_plan(planned.changes, folder / PLAN_FILE)
    planned.results.write(folder)
    if not agreed(planned):
        raise UsageError("nothing was written", remedy="repeat it and agree, or look at it with `plan`")
    record = RunRecord(planned.changes.facts, work.began, written, exact=exact)
    applied = apply(planned.changes, engine, run=record, progress=work.timed, lock=lock, scratch=folder)
    keep = folder_of(workspace, planned.former)
    notes = remembered(planned, engine)
    notes += published(
        planned.changes, folder, workspace=workspace, run=applied.run, written=written, keep=keep
    )
    seconds = (datetime.now(UTC) - work.began).total_seconds()
    return Outcome(applied.run, planned, seconds, tuple(work.timed.times), notes)


def plan_to_file(project: LoadedProject, path: Path, *, given: Given, progress: Progress) -> Planned:
    """Compute what a run would write and keep it in a plan file; nothing is written to the CRM."""
    engine = open_target(project.project.target, root=project.root)
    workspace = workspace_of(project)
    with untouched(engine) as base, aside(workspace) as folder:
        landing = land_sources(project, base, folder, workspace=workspace, progress=progress, given=given)
        planned = plan(project, base, landing, given=given, progress=progress)
        planned = replace(planned, changes=replace(planned.changes, target=fingerprint(engine)))
        written = write_plan(planned.changes, path)
        planned.results.write(folder)
        keep = folder_of(workspace, planned.former)
        # found again once the plan is applied
        published(planned.changes, folder, workspace=workspace, run=planned.run, written=written, keep=keep)
        return planned


def plan(
    project: LoadedProject, engine: sa.Engine, landing: Landing, *, given: Given, progress: Progress
) -> Planned:
    """From the rows of the sources to the change set; nothing is written."""
    ledger = read_ledger(engine)
    if project.project.on_target_deleted == "restore":
        ledger = replace(ledger, deleted=ledger.deleted.slice(0, 0))
    if given.rekeyed is not None:
        ledger = replace(ledger, rekeyed=given.rekeyed)
    gathered = gather(project, ledger, engine, landing, given=given, progress=progress)
    return worked_out(Base(project, ledger, engine), gathered, landing, given=given, progress=progress)


def worked_out(
    base: Base, gathered: Gathered, landing: Landing, *, given: Given, progress: Progress
) -> Planned:
    """From everything that is known of the customers to the change set; nothing is written."""
    engine, ledger = base.engine, base.ledger
    read, rows, every = gathered.read, gathered.read.interpreted, gathered.every
    ruled = read_rulings(engine, every.records)
    with progress.stage("match"):
        claims = prepared(every.claims)
        made = who_is_who(base, every.parties(), claims, ruled=ruled, progress=progress)
        matched = set_aside(made, landing.folder)
    customers = _settled(matched, every, ledger)
    check_records(rows.records, rows.fates, customers.xref)
    open_keys = _open_keys(read.rekeyed, every, ledger, ruled)
    gone = deletions(every, ledger, engine, asked=[record for record, _ in open_keys])
    every = gone.every
    moved = _moved_too_many(base, customers, ruled)
    stops = (*gathered.stops, *moved, *deletion_stops(base, gone.taken_along))
    with progress.stage("survive"):
        golden = golden_rows(base, every, customers.xref, ruled, rows.objections)
    count = _standing(golden.tables["customer"]["id"], ledger)
    kept(every.parties(), claims, rows.objections).write(landing.folder)
    found = figures(read, matched, ledger, open_keys=open_keys, as_of=given.as_of)
    found |= {"customers": count, UNDER: circumstances(ledger.state)}
    desired = Desired(
        golden=golden.tables,
        winners=golden.winners,
        records=every.records,
        xref=customers.xref,
        redirects=customers.redirects,
        lineages=rows.lineages,
        rejections=rows.rejections,
        rekeyed=_pairings(read.rekeyed, every, given),
        model=kept_model(matched.model, ledger),
        facts=_facts(base, read, found, given),
        blocked=pa.concat_tables([customers.blocked, gone.blocked]),
        confirmed=ruled.confirmed["record_id"].combine_chunks(),
        policies=_policies(base.project),
        snapshots=snapshots(landing),
    )
    if given.rekeyed is not None:  # the database knows nothing of them yet
        ledger = replace(ledger, rekeyed=given.rekeyed.slice(0, 0))
    changes = with_blocked(change_set(desired, ledger, engine, spool=landing.folder, progress=progress))
    return Planned(
        changes=changes,
        account=read.account,
        customers=count,
        landing=landing,
        results=Results(rows.fates, rows.rejections, matched.pairs, found),
        ledger=ledger,
        run=ledger.next_run,
        repairs=tuple(rows.repairs.to_pylist()),
        known_blocked=known_blocked(changes, ledger),
        vanished=gathered.vanished - gone.vanished,
        deleted=gone.records,
        stay_deleted=tuple(ledger.deleted["customer_id"].to_pylist()),
        rekeyed=read.rekeyed.paired,
        resembling=resembling(base.project, engine, every, ruled),
        stops=(*stops, *_unapproved(base, given)),
    )


def _settled(matched: Matched, every: Known, ledger: Ledger) -> Settlement:
    """Who belongs to which customer, by ids that stay."""
    assigned = assign(matched.membership, every.founding(), issued=issued_ids(ledger))
    return without_dead_ends(assigned.xref, assigned.redirects, ledger)


def _moved_too_many(base: Base, customers: Settlement, ruled: Rulings) -> Iterable[GuardStopped]:
    most, before = base.project.project.guards.max_merge_split_pct, left_to_evidence(base.ledger.xref, ruled)
    return stopped(lambda: guard_moves(before, customers.xref, max_pct=most))


def _unapproved(base: Base, given: Given) -> Iterable[GuardStopped]:
    return stopped(lambda: refuse_unapproved(base.project, base.engine, allowed=bool(given.unapproved)))


def _facts(base: Base, read: Sources, found: dict[str, Any], given: Given) -> Facts:
    waiting = [one.name for one in unapproved(base.project, base.engine)]
    return run_facts(base.project, read.landed, found, given, waiting)


def _policies(project: LoadedProject) -> Policies:
    said = project.project
    return Policies(said.write_policy.default, said.write_policy.fields, said.on_target_deleted == "restore")


def _standing(customers: pa.ChunkedArray, ledger: Ledger) -> int:
    """How many of these customers nobody has deleted in the CRM."""
    deleted = pc.is_in(customers, ledger.deleted["customer_id"].combine_chunks())
    return len(customers) - int(pc.sum(deleted).as_py() or 0)


def _open_keys(found: Rekeyed, every: Known, ledger: Ledger, ruled: Rulings) -> tuple[tuple[str, str], ...]:
    asked = open_pairs(pa.concat_tables([ledger.rekeyed, found.rows]), every.records, ruled.verdicts)
    return tuple(zip(asked["record_id"].to_pylist(), asked["new_id"].to_pylist(), strict=True))


def _pairings(found: Rekeyed, every: Known, given: Given) -> pa.Table:
    """Rows of ``mig_rekey`` to write; a rehearsal is given those that its empty target does not have."""
    return found.rows if given.rekeyed is None else with_given(found.rows, given.rekeyed, every.records)
