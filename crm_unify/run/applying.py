"""A plan that a person has seen, written exactly: nothing it was made of may have moved since."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crm_unify.errors import GuardStopped
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.approvals import passed
from crm_unify.run.moved import NEW_PLAN, refuse_moved_sources
from crm_unify.run.place import aside, workspace_of
from crm_unify.run.publishing import forgotten
from crm_unify.run.said import rules_hash
from crm_unify.run.telling import Telling
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from pipelines.changes import ChangeSet, plan_hash, read_plan
from pipelines.load import Applied, RunRecord, apply, hold


def apply_file(project: LoadedProject, path: Path, *, progress: Progress, unapproved: str = "") -> Applied:
    """Write exactly what a plan file says; `unapproved` is who lets it pass although rules are not approved.

    Raises GuardStopped for a plan that was changed, made for another database or another state of it, or of
    sources that are others now, and where the environment waits for approvals, of the very rules that the
    plan was made with.
    """
    began = datetime.now(UTC)
    engine = open_target(project.project.target, root=project.root)
    workspace = workspace_of(project)
    telling = Telling(progress, workspace.path, engine.url)
    with hold(engine) as lock, telling.of("apply"):
        upgrade(engine)
        with aside(workspace) as folder:
            changes = read_plan(path, spool=folder)
            _refuse_other_rules(project, changes, path)
            refuse_moved_sources(project, engine, changes.facts, folder, progress=telling)
            facts = passed(project, engine, changes.facts, by=unapproved)
            record = RunRecord(facts, began, plan_hash(path))
            applied = apply(
                changes,
                engine,
                run=record,
                progress=telling,
                lock=lock,
                scratch=folder,
                project=project.project.project,
                environment=project.environment,
            )
            telling.done(applied.run)
            forgotten(engine, days=project.project.undo_horizon)
            return applied


def _refuse_other_rules(project: LoadedProject, changes: ChangeSet, path: Path) -> None:
    if changes.facts.rules_hash != rules_hash(project):
        why = "the project file, a rule file or a code table was edited after the plan was made"
        raise GuardStopped("the rules are others than those of the plan", str(path), why=why, remedy=NEW_PLAN)
