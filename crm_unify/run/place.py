"""The run folder in the workspace that belongs to a run of the CRM database."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from crm_unify.errors import Unreachable
from crm_unify.rules.loaded import LoadedProject
from pipelines.ledger import LastRun
from pipelines.workspace import Workspace

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""The disk is full, a quota or the largest size of a file is reached, the disk is read-only."""


def digest(plan_hash: str | None, sources_hash: str | None, rules_hash: str | None) -> str:
    """What a folder must have been published with to belong to this run of this database."""
    return f"{plan_hash} {sources_hash} {rules_hash}"


def folder_of(workspace: Workspace, run: LastRun | None) -> Path | None:
    """The folder of that run; None when it was deleted or belongs to a run of another database."""
    if run is None:
        return None
    return workspace.newest(run.id, digest(run.plan_hash, run.sources_hash, run.rules_hash))


def workspace_of(project: LoadedProject) -> Workspace:
    """The workspace of a project, kept for as long as its `retention` says."""
    kept = project.project.retention
    return Workspace(project.root, kept=kept.raw_runs, days=kept.raw_days)


@contextmanager
def aside(workspace: Workspace) -> Iterator[Path]:
    """A folder for a run under way; what has not been published when the block ends is removed.

    Raises Unreachable when the workspace cannot be made, or when there is no room to write.
    """
    try:
        folder = workspace.begin()
    except OSError as error:
        raise _not_writable(workspace, error) from error
    try:
        yield folder
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise _not_writable(workspace, error) from error
    finally:
        if folder.exists():
            workspace.discard(folder)


def _not_writable(workspace: Workspace, error: OSError) -> Unreachable:
    return Unreachable(
        "the workspace cannot be written",
        str(workspace.path),
        why=str(error),
        remedy="make room on its disk, or let yourself write there; then repeat the command",
    )
