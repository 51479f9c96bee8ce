"""Whether the sources still say what they said when a plan was made: read again, and compared row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import GuardStopped, SourceMissing
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.found import Given, Landing, land_sources
from crm_unify.run.place import workspace_of
from crm_unify.run.said import sources_hash
from crm_unify.wording import counted
from pipelines.changes import Facts

FOLDER: Final = "again"
"""Beside a plan that is applied: the rows of its sources today."""
NEW_PLAN: Final = "make a new plan; `crm-unify plan --diff` shows what is different about it"


def refuse_moved_sources(
    project: LoadedProject, engine: sa.Engine, facts: Facts, folder: Path, *, progress: Progress
) -> None:
    """Stop where a source is not what it was when the plan was made; what moved is named.

    Raises GuardStopped, SourceMissing where a source of the plan is gone, and Unreachable where one does not
    answer: an unseen source is no unchanged one.
    """
    landing = _read(project, engine, facts, folder / FOLDER, progress)
    if sources_hash(landing.landed) == facts.sources_hash:
        return
    then, now = _planned(facts), {one.map: one for one in landing.landed}
    moved = [
        _said(name, then.get(name), now[name].rows if name in now else None)
        for name in sorted({*then, *now})
        if then.get(name, {}).get("content") != (now[name].content_hash if name in now else None)
    ]
    raise GuardStopped(
        "a source has moved since the plan was made",
        f"project {project.project.project}",
        why="; ".join(moved),
        remedy=NEW_PLAN,
    )


def _read(
    project: LoadedProject, engine: sa.Engine, facts: Facts, folder: Path, progress: Progress
) -> Landing:
    given, workspace = Given(facts.as_of, full=facts.full), workspace_of(project)
    try:
        return land_sources(project, engine, folder, workspace=workspace, progress=progress, given=given)
    except SourceMissing as missing:
        raise SourceMissing(
            f"a source of the plan is gone: {missing.what}",
            missing.where,
            why=missing.why or "whether it still says what the plan was made of cannot be seen",
            remedy="deliver it as it was and apply again, or make a new plan",
        ) from missing


def _planned(facts: Facts) -> dict[str, dict[str, Any]]:
    """Content and rows of every source by map, as the plan found them."""
    found: dict[str, dict[str, Any]] = json.loads(facts.summary).get("shapes", {})
    return found


def _said(name: str, then: dict[str, Any] | None, now: int | None) -> str:
    if then is None:
        return f"{name} is new"
    if now is None:
        return f"{name} is read no more"
    before = int(then["rows"])
    if before != now:
        return f"{name} has {counted(now, 'row')}, it had {before:,}"
    return f"{name} has {counted(now, 'row')} as before, and they say something else"
