"""The sources as a run finds them, and what it is told beside its project.

Light to import: a sync that finds nothing new needs no more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.place import folder_of
from crm_unify.run.sources import OpenSource, open_sources
from pipelines.landed import Landed
from pipelines.landing import land
from pipelines.ledger import LastRun
from pipelines.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Given:
    """What a run is told beside its project."""

    as_of: date
    """Its date, for rules that ask for today."""
    accepted: tuple[str, ...] = ()
    """Maps whose keys may have changed as much as they have: ``--accept-rekey``."""


@dataclass(frozen=True, slots=True)
class Landing:
    """The sources as they were found today."""

    workspace: Workspace
    folder: Path
    """Of the workspace: where the rows are, and where a run puts what is large."""
    sources: tuple[OpenSource, ...]
    landed: tuple[Landed, ...]


def land_sources(
    project: LoadedProject, last: LastRun | None, folder: Path, *, workspace: Workspace, progress: Progress
) -> Landing:
    """Every row of every source, in a ``folder`` of the workspace.

    Files that are as the last run found them are not read.
    """
    sources = open_sources(project, last_headers=last_headers(last))
    readers = [(source.rules, source.reader) for source in sources]
    landed = land(readers, folder=folder, previous=folder_of(workspace, last), progress=progress)
    return Landing(workspace, folder, sources, landed)


def last_headers(last: LastRun | None) -> dict[str, list[str]]:
    """The columns each source had in the last run, by map."""
    if last is None or last.summary is None:
        return {}
    headers: dict[str, list[str]] = json.loads(last.summary).get("headers", {})
    return headers


def last_rows(last: LastRun | None) -> dict[str, int]:
    """How many rows each source had in the last run, by map."""
    if last is None or last.account is None:
        return {}
    return {name: line["extracted"] for name, line in json.loads(last.account).items()}
