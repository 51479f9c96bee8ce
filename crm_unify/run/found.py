"""The sources as a run finds them, and what it is told beside its project.

Light to import: a sync that finds nothing new needs no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.run.place import folder_of
from crm_unify.run.sources import Explain, OpenSource, Reading, kept_rows, open_sources
from crm_unify.run.suppression import without_erased
from pipelines.changes.interface import Snapshot
from pipelines.cursor import states_of
from pipelines.delta import DeltaRows
from pipelines.kept import Keeper, read_delivered
from pipelines.landed import Landed
from pipelines.landing import land
from pipelines.ledger import LastRun, newest
from pipelines.sources.interface import Reader
from pipelines.workspace import Workspace

MATCHED_ANEW: Final = "matched_anew"
"""Figure of a sync: why all records were matched anew; None where the changed ones were enough."""
CURSORS: Final = "cursors"
"""Where the summary of a run keeps how far it read."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a run is told beside its project."""

    as_of: date
    """Its date, for rules that ask for today."""
    accepted: tuple[str, ...] = ()
    """Maps whose keys may have changed as much as they have: ``--accept-rekey``."""
    unapproved: str = ""
    """Who lets the run pass although rules are not approved: ``--unapproved``."""
    full: bool = False
    """Tables with a cursor are read whole: ``--full``."""
    keeper: Keeper | None = None
    """Where the rows of sources that nobody delivers again are, if not in the target: for rehearsals."""
    rekeyed: pa.Table | None = None
    """Rows of ``mig_rekey`` that hold though the target has none: for rehearsals."""


@dataclass(frozen=True, slots=True)
class Landing:
    """The sources as they were found today."""

    workspace: Workspace
    folder: Path
    """Of the workspace: where the rows are, and where a run puts what is large."""
    sources: tuple[OpenSource, ...]
    landed: tuple[Landed, ...]


def land_sources(
    project: LoadedProject,
    engine: sa.Engine,
    folder: Path,
    *,
    workspace: Workspace,
    progress: Progress,
    given: Given,
) -> Landing:
    """Every row of every source, in a ``folder`` of the workspace.

    Files that are as the last run found them are not read. What the rows said of erased persons is emptied.
    Rows that nobody delivers again come from the keeper that is given, else from the target.
    """
    last = newest(engine)
    headers, previous = last_headers(last), folder_of(workspace, last)
    keeper = given.keeper or keeper_of(project, engine, workspace)
    reading = Reading(keeper, given.as_of, given.full)
    sources = open_sources(project, last_headers=headers, explain=_explain(headers, engine), reading=reading)
    readers = [(source.rules, source.reader) for source in sources]
    landed = land(readers, folder=folder, previous=previous, progress=progress)
    landed = without_erased(project, engine, landed)
    return Landing(workspace, folder, sources, landed)


def keeper_of(project: LoadedProject, engine: sa.Engine, workspace: Workspace) -> Keeper:
    """Where a CRM and the workspace of its last run keep rows that nobody delivers again."""
    last = newest(engine)
    delivered = read_delivered(engine) if keeps_rows(project) else {}
    cursors = json.loads(last.summary or "{}").get(CURSORS, {}) if last is not None else {}
    return Keeper(engine, delivered, folder_of(workspace, last), cursors)


def cursors_of(landing: Landing) -> dict[str, Any]:
    """How far tables with a cursor were read, by map, for the summary of a run."""
    return states_of({source.rules.rules.map: source.reader for source in landing.sources})


def snapshots(landing: Landing) -> tuple[Snapshot, ...]:
    """The rows to keep: nobody delivers them again."""
    pairs = zip(landing.sources, landing.landed, strict=True)
    return tuple(
        Snapshot(one, source.reader.applied() if isinstance(source.reader, DeltaRows) else {})
        for source, one in pairs
        if kept_rows(source.rules.rules.source)
    )


def keeps_rows(project: LoadedProject) -> bool:
    """Whether the rows of any source are kept, because nobody delivers them again, or not all of them."""
    return any(kept_rows(loaded.rules.source) for loaded in project.files)


def last_headers(last: LastRun | None) -> dict[str, list[str]]:
    """The columns each source had in the last run, by map, then those it had in earlier runs."""
    if last is None or last.summary is None:
        return {}
    summary = json.loads(last.summary)
    headers: dict[str, list[str]] = summary.get("headers", {})
    former: dict[str, list[str]] = summary.get("former", {})
    return {name: [*headers.get(name, ()), *former.get(name, ())] for name in sorted({*headers, *former})}


def _explain(headers: Mapping[str, Sequence[str]], engine: sa.Engine) -> Explain:
    """What became of columns that a source lacks, as far as their values tell."""

    def explain(rules: LoadedRules, reader: Reader, gone: Sequence[str]) -> tuple[str, ...]:
        from crm_unify.run.drift import renamed_in  # heavy, and seldom asked

        return renamed_in(reader, rules, engine, gone=gone, last=headers[rules.rules.map])

    return explain


def last_rows(last: LastRun | None) -> dict[str, int]:
    """How many rows each source had in the last run, by map."""
    if last is None or last.account is None:
        return {}
    return {name: line["extracted"] for name, line in json.loads(last.account).items()}
