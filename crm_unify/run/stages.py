"""The stages of a run in reading order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.errors import GuardStopped, UsageError
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.blocked import known_blocked, with_blocked
from crm_unify.run.decisions import Rulings, left_to_evidence, read_rulings, with_confirmed
from crm_unify.run.dry import untouched
from crm_unify.run.figures import figures, run_facts
from crm_unify.run.gather import Given, gather, stopped
from crm_unify.run.hold import refuse_while_held
from crm_unify.run.known import Known, issued_ids
from crm_unify.run.model import kept_model, settings, stored_model
from crm_unify.run.place import aside, digest, folder_of
from crm_unify.run.rekeyed import Rekeyed, open_pairs
from crm_unify.run.timing import StageTime, Timed
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from crm_unify.validation.account import AccountLine, check_records
from crm_unify.validation.doors import check_golden
from crm_unify.validation.guards import guard_moves
from matching.engine import match
from matching.features import features
from matching.golden import Golden, golden
from matching.identity import assign
from pipelines.changes import (
    ChangeSet,
    Desired,
    Facts,
    ModelInForce,
    Settlement,
    change_set,
    fingerprint,
    overwritten,
    plan_hash,
    read_plan,
    without_dead_ends,
    write_plan,
)
from pipelines.ledger import LastRun, Ledger, read_ledger
from pipelines.load import Applied, RunRecord, apply, hold
from pipelines.results import Results
from pipelines.workspace import Workspace

PLAN_FILE: Final = "plan.jsonl"
Agreed = Callable[["Planned"], bool]
"""Asks a person whether to write what is planned."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do."""

    changes: ChangeSet
    account: tuple[AccountLine, ...]
    customers: int
    """Customers of these sources that the CRM holds afterwards; one that a person deleted does not count."""
    results: Results
    """For the workspace: where every row went."""
    former: LastRun | None
    """The newest run of the target so far."""
    run: int
    """Number the run gets when it is applied."""
    known_blocked: int
    """Blocked changes that an earlier run has told of already."""
    vanished: int
    """Records that were in force and are in no row now."""
    rekeyed: int
    """Records that keep their id from this run on although their row has another key."""
    open_keys: tuple[tuple[str, str], ...]
    """A vanished record and a new one that may be the same row under another key: a person should say."""
    stops: tuple[GuardStopped, ...]
    """Guards that stop a run; a plan that a person has seen may be applied all the same."""

    @property
    def waiting(self) -> list[tuple[int, str]]:
        """What needs a person, with counts; nothing of count 0."""
        rows = {name: sum(getattr(line, name) for line in self.account) for name in ("quarantined", "held")}
        found = (
            (self.review_pairs, "pairs of records may be one customer: a person should look"),
            (self.conflicts, "contradictions between decisions: see `crm-unify decisions`"),
            (rows["quarantined"], "rows are in quarantine"),
            (rows["held"], "rows wait for their parent"),
            (sum(line.withheld_values for line in self.account), "values are withheld"),
            (sum(not one["ok"] for one in self.results.figures["sums"]), "control sums do not agree"),
            (len(self.open_keys), "new records may be vanished ones under other keys: `decide` on them"),
            (self.vanished, "records have vanished from their sources and are inactive now"),
            (len(overwritten(self.changes)), "edits made in the CRM give way to news from their source"),
            (self.blocked["new"], "changes are blocked by what people did in the CRM"),
        )
        return [(count, what) for count, what in found if count]

    @property
    def blocked(self) -> dict[str, int]:
        """Changes that people's doings in the CRM block: those nobody was told of yet, and the others."""
        return {"new": len(self.changes.blocked) - self.known_blocked, "known": self.known_blocked}

    @property
    def conflicts(self) -> int:
        """Pairs of records of which people said both SAME and DIFFERENT, directly or through others."""
        return len(self.results.figures["conflicts"])

    @property
    def review_pairs(self) -> int:
        """Pairs a person should look at."""
        count: int = self.results.figures["bands"]["review"]
        return count


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    run: int
    """Its number in ``mig_run``."""
    planned: Planned
    seconds: float
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...] = ()
    """What went wrong after everything had been written."""

    def as_json(self) -> dict[str, Any]:
        """The figures of DESIGN section 10 and more, as plain values."""
        planned = self.planned
        return {
            "run": self.run,
            "account": {line.map: line.as_json() for line in planned.account},
            "customers": planned.customers,
            "written_rows": planned.changes.written_rows,
            "review_pairs": planned.review_pairs,
            "rekeyed": planned.rekeyed,
            "open_keys": [list(pair) for pair in planned.open_keys],
            "waiting": {what: count for count, what in planned.waiting},
            "blocked": planned.blocked,
            "seconds": round(self.seconds, 3),
            "stages": [stage.as_json() for stage in self.stages],
            "notes": list(self.notes),
        }


def run(
    project: LoadedProject, *, given: Given, progress: Progress, agreed: Agreed = lambda _: True
) -> Outcome:
    """Plan and apply under one lock, then publish what the workspace keeps.

    Raises UsageError when the person does not agree, GuardStopped when a guard stops the run; nothing is
    written then, nor after any other error.
    """
    began, timed = datetime.now(UTC), Timed(progress)
    workspace = Workspace(project.root)
    engine = open_target(project.project.target, root=project.root)
    with hold(engine) as lock:
        upgrade(engine)
        refuse_while_held(engine)
        with aside(workspace) as folder:
            planned = plan(project, engine, folder, given=given, progress=timed)
            for stop in planned.stops:
                raise stop
            written = write_plan(planned.changes, folder / PLAN_FILE)
            planned.results.write(folder)
            if not agreed(planned):
                raise UsageError(
                    "nothing was written", remedy="repeat it and agree, or look at it with `plan`"
                )
            record = RunRecord(planned.changes.facts, began, written)
            applied = apply(planned.changes, engine, run=record, progress=timed, lock=lock, scratch=folder)
            notes = _published(workspace, folder, planned, written)
    seconds = (datetime.now(UTC) - began).total_seconds()
    return Outcome(applied.run, planned, seconds, tuple(timed.times), notes)


def _published(workspace: Workspace, folder: Path, planned: Planned, written: str) -> tuple[str, ...]:
    """Put the run folder in its place; that it cannot be done is worth a note, the CRM has its rows."""
    facts, kept = planned.changes.facts, folder_of(workspace, planned.former)
    sealed = digest(written, facts.sources_hash, facts.rules_hash)
    try:
        workspace.publish(folder, planned.run, sealed, keep=kept)
    except OSError as error:
        return (
            f"everything is written, but the workspace could not be kept ({error}); run again to rebuild it",
        )
    return ()


def plan_to_file(project: LoadedProject, path: Path, *, given: Given, progress: Progress) -> Planned:
    """Compute what a run would write and keep it in a plan file; nothing is written to the CRM."""
    engine = open_target(project.project.target, root=project.root)
    workspace = Workspace(project.root)
    with untouched(engine) as base, aside(workspace) as folder:
        planned = plan(project, base, folder, given=given, progress=progress)
        planned = replace(planned, changes=replace(planned.changes, target=fingerprint(engine)))
        written = write_plan(planned.changes, path)
        planned.results.write(folder)
        _published(workspace, folder, planned, written)  # found again once the plan is applied
        return planned


def apply_file(project: LoadedProject, path: Path, *, progress: Progress) -> Applied:
    """Write exactly what a plan file says.

    Raises GuardStopped for a plan that was changed, or made for another database or another state of it.
    """
    began = datetime.now(UTC)
    engine = open_target(project.project.target, root=project.root)
    with hold(engine) as lock:
        upgrade(engine)
        with aside(Workspace(project.root)) as folder:
            changes = read_plan(path, spool=folder)
            record = RunRecord(changes.facts, began, plan_hash(path))
            return apply(
                changes,
                engine,
                run=record,
                progress=progress,
                lock=lock,
                scratch=folder,
                project=project.project.project,
                environment=project.environment,
            )


def plan(
    project: LoadedProject, engine: sa.Engine, folder: Path, *, given: Given, progress: Progress
) -> Planned:
    """From the sources to the change set; nothing is written but the landed rows, in ``folder``."""
    said, chosen, ledger = project.project, settings(project.project), read_ledger(engine)
    gathered = gather(project, ledger, engine, folder, given=given, progress=progress)
    read, rows, every = gathered.read, gathered.read.interpreted, gathered.every
    stops, ruled = [*gathered.stops], read_rulings(engine, every.records)
    with progress.stage("match"):
        traits = features(every.parties(), every.claims)
        model = stored_model(ledger, chosen)
        heard = {"decisions": ruled.verdicts, "confirmed": ruled.confirmed}
        matched = match(traits, model=model, settings=chosen, progress=progress, **heard)
    assigned = assign(matched.membership, every.founding(), issued=issued_ids(ledger))
    customers = without_dead_ends(assigned.xref, assigned.redirects, ledger)
    check_records(rows.records, rows.fates, customers.xref)
    most, before = said.guards.max_merge_split_pct, left_to_evidence(ledger.xref, ruled)
    stops += stopped(lambda: guard_moves(before, customers.xref, max_pct=most))
    with progress.stage("survive"):
        parties = every.with_customers(customers.xref, said.trust, ruled.pins)
        made = golden(parties, every.claims, chains=said.survivorship, objections=rows.objections)
        made = replace(made, tables=with_confirmed(made.tables, customers.xref, ruled))
        check_golden(made.tables)
    found = figures(read, matched)
    facts = run_facts(project, read.landed, found, given)
    desired = _desired(every, made, customers, read.rekeyed, kept_model(matched.model, ledger), facts)
    changes = with_blocked(change_set(desired, ledger, engine, spool=folder, progress=progress))
    results = Results(rows.fates, rows.rejections, matched.pairs, found)
    return Planned(
        changes=changes,
        account=read.account,
        customers=_standing(made.tables["customer"]["id"], ledger),
        results=results,
        former=ledger.last_run,
        run=ledger.next_run,
        known_blocked=known_blocked(changes, ledger),
        vanished=gathered.vanished,
        rekeyed=read.rekeyed.paired,
        open_keys=_open_keys(read.rekeyed, every, ledger, ruled),
        stops=tuple(stops),
    )


def _standing(customers: pa.ChunkedArray, ledger: Ledger) -> int:
    """How many of these customers nobody has deleted in the CRM."""
    deleted = pc.is_in(customers, ledger.deleted["customer_id"].combine_chunks())
    return len(customers) - int(pc.sum(deleted).as_py() or 0)


def _open_keys(found: Rekeyed, every: Known, ledger: Ledger, ruled: Rulings) -> tuple[tuple[str, str], ...]:
    asked = open_pairs(pa.concat_tables([ledger.rekeyed, found.rows]), every.records, ruled.verdicts)
    return tuple(zip(asked["record_id"].to_pylist(), asked["new_id"].to_pylist(), strict=True))


def _desired(
    every: Known, made: Golden, customers: Settlement, found: Rekeyed, model: ModelInForce, facts: Facts
) -> Desired:
    """The state the CRM shall have."""
    return Desired(
        golden=made.tables,
        winners=made.winners,
        records=every.records,
        xref=customers.xref,
        redirects=customers.redirects,
        lineages=found.interpreted.lineages,
        rejections=found.interpreted.rejections,
        rekeyed=found.rows,
        model=model,
        facts=facts,
        blocked=customers.blocked,
    )
