"""The newest run of a project: the CRM database it filled, and what it left in the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.place import folder_of
from crm_unify.schema.target import open_target, reachable
from crm_unify.schema.upgrade import require
from pipelines.landed import Landed, read_landed
from pipelines.ledger import LastRun, last_run
from pipelines.results import Results, read_results
from pipelines.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest run."""

    engine: sa.Engine
    """On the CRM database."""
    run: LastRun
    folder: Path | None
    """Its folder in the workspace; None when that was deleted or belongs to another run."""

    def has_come(self, project: LoadedProject) -> bool:
        """Whether its folder was not there and is now: a run leaves it after its commit."""
        return self.folder is None and folder_of(Workspace(project.root), self.run) is not None

    @property
    def results(self) -> Results:
        """Where every row went. Raises UsageError when the workspace has been deleted."""
        return read_results(self._folder())

    @property
    def landed(self) -> tuple[Landed, ...]:
        """The rows it read. Raises UsageError when the workspace has been deleted."""
        return read_landed(self._folder())

    def _folder(self) -> Path:
        if self.folder is None:
            raise UsageError(
                "the rows of the newest run are no longer in the workspace",
                f"run {self.run.id}",
                why="the workspace is a cache: it was deleted, or belongs to another target",
                remedy="repeat `crm-unify run`: it rebuilds the workspace and writes nothing else",
            )
        return self.folder


def newest_run(project: LoadedProject, *, workspace: Path | None = None) -> Newest:
    """The newest run of this project's target; its rows are in the project's workspace, or one elsewhere.

    Raises UsageError when there was none; Unreachable when the database does not answer.
    """
    engine = open_target(project.project.target, root=project.root)
    where = engine.url.render_as_string(hide_password=True)
    nothing = UsageError("this project was never run", where, remedy="run it with `crm-unify run`")
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        raise nothing
    require(engine)
    with reachable(engine), engine.connect() as connection:
        run = last_run(connection)
    if run is None:
        raise nothing
    return Newest(engine, run, folder_of(Workspace(workspace or project.root), run))
