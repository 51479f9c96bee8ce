"""A run under way, and the place its folder gets in the workspace when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import Unreachable
from crm_unify.progress import Progress
from crm_unify.run.place import digest
from crm_unify.run.timing import Timed
from pipelines.changes import ChangeSet
from pipelines.undo.horizon import prune
from pipelines.workspace import Workspace

PLAN_FILE: Final = "plan.jsonl"
"""The change set of a run in its folder."""


@dataclass(frozen=True, slots=True)
class Work:
    """A run under way."""

    began: datetime
    timed: Timed

    @classmethod
    def begun(cls, progress: Progress) -> Work:
        """One that begins now."""
        return cls(datetime.now(UTC), Timed(progress))


def published(
    changes: ChangeSet, folder: Path, *, workspace: Workspace, run: int, written: str, keep: Path | None
) -> tuple[str, ...]:
    """Put the run folder in its place; that it cannot be done is worth a note, the CRM has its rows.

    `written` is the hash of its plan file; the folder `keep` stays.
    """
    sealed = digest(written, changes.facts.sources_hash, changes.facts.rules_hash)
    try:
        workspace.publish(folder, run, sealed, keep=keep)
    except OSError as error:
        return (
            f"everything is written, but the workspace could not be kept ({error}); run again to rebuild it",
        )
    return ()


def forgotten(engine: sa.Engine, *, days: int) -> tuple[str, ...]:
    """Forget before-images that are too old; where that fails it is a note, and the next run does it."""
    try:
        prune(engine, days=days)
    except Unreachable as error:
        return (f"everything is written, but images older than undo_horizon are still kept ({error})",)
    return ()
