"""Everything that is known of the customers, from sources and ledger, before anybody is matched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.drift import Drift, Shapes, drifts, guard_drift, last_shapes, renamed_in, shapes
from crm_unify.run.known import Known, known, last_headers, last_rows
from crm_unify.run.place import folder_of
from crm_unify.run.sources import Explain, OpenSource, open_sources
from crm_unify.validation.account import AccountLine, balance
from crm_unify.validation.guards import guard_rekeyed, guard_shrunk, guard_vanished
from pipelines.carry import INACTIVE, Carried, carry_over
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.stage import interpret
from pipelines.landed import Landed
from pipelines.landing import land
from pipelines.ledger import Ledger, read_records
from pipelines.workspace import Workspace

ROW_ID: Final = "_row_id"


@dataclass(frozen=True, slots=True)
class Sources:
    """What the sources say today."""

    sources: tuple[OpenSource, ...]
    landed: tuple[Landed, ...]
    interpreted: Interpreted
    account: tuple[AccountLine, ...]
    stops: tuple[GuardStopped, ...]
    shapes: Shapes
    """What the columns of each hold, for the next run to compare with."""
    drift: tuple[Drift, ...]
    """What is different about them since the last run."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything matching is about: today's records and the remembered ones."""

    read: Sources
    every: Known
    vanished: int
    """Records that were in force and are in no row now."""
    stops: tuple[GuardStopped, ...]
    """Guards that speak against going on from here."""


def gather(
    project: LoadedProject,
    ledger: Ledger,
    engine: sa.Engine,
    folder: Path,
    *,
    as_of: date,
    progress: Progress,
) -> Gathered:
    """From the sources to all known records; nothing is written but the landed rows, in ``folder``."""
    read = _read(project, ledger, engine, folder, as_of=as_of, progress=progress)
    rows, trust = read.interpreted, project.project.trust
    carried = _carried(project, ledger, rows)
    stops = (*read.stops, *_carried_stops(project, ledger, rows, carried))
    every = known(rows, carried, ledger, read=lambda ids: read_records(engine, ids), trust=trust)
    return Gathered(read, every, sum(carried.vanished.values()), stops)


def stopped(guard: Callable[[], None]) -> list[GuardStopped]:
    """The guard's word when it stops, to be said by whoever wants to write."""
    try:
        guard()
    except GuardStopped as stop:
        return [stop]
    return []


def _read(
    project: LoadedProject,
    ledger: Ledger,
    engine: sa.Engine,
    folder: Path,
    *,
    as_of: date,
    progress: Progress,
) -> Sources:
    """Sources landed and interpreted, every row in exactly one place."""
    headers = last_headers(ledger)
    sources = open_sources(project, last_headers=headers, explain=_explain(headers, engine))
    readers = [(source.rules, source.reader) for source in sources]
    previous = folder_of(Workspace(project.root), ledger.last_run)
    landed = land(readers, folder=folder, previous=previous, progress=progress)
    now = shapes(landed, last_shapes(ledger))
    changed = drifts(landed, now, ledger, engine, files=project.files)
    stops = stopped(lambda: _guard_sizes(project, ledger, landed))
    stops += stopped(lambda: guard_drift(changed, project.files))
    extracted = {
        one.map: pq.read_table(one.path, columns=[ROW_ID])[ROW_ID].combine_chunks() for one in landed
    }
    interpreted = interpret(landed, project, as_of=as_of, progress=progress)
    account = balance(extracted, interpreted.fates, interpreted.rejections)
    return Sources(sources, landed, interpreted, account, tuple(stops), now, changed)


def _explain(headers: Mapping[str, Sequence[str]], engine: sa.Engine) -> Explain:
    """What became of columns that a source lacks, as far as their values tell."""
    return lambda rules, reader, gone: renamed_in(
        reader, rules, engine, gone=gone, last=headers[rules.rules.map]
    )


def _guard_sizes(project: LoadedProject, ledger: Ledger, landed: Sequence[Landed]) -> None:
    """Sources that are suddenly much smaller than in the last run stop this one."""
    before, now = last_rows(ledger), {one.map: one.rows for one in landed}
    for name, expects in ((loaded.rules.map, loaded.rules.source.expects) for loaded in project.files):
        guard_shrunk(name, before=before.get(name, 0), now=now[name], max_drop_pct=expects.max_drop_pct)


def _carried(project: LoadedProject, ledger: Ledger, rows: Interpreted) -> Carried:
    """Known records that this snapshot does not make."""
    policies = {loaded.rules.map: loaded.rules.on_delete for loaded in project.files}
    made = rows.records["record_id"].combine_chunks()
    return carry_over(ledger.records, made, rows.fates, on_delete=policies)


def _carried_stops(
    project: LoadedProject, ledger: Ledger, rows: Interpreted, carried: Carried
) -> list[GuardStopped]:
    """Too many vanished or renamed records stop the run."""
    made = rows.records["record_id"].combine_chunks()
    in_force = ledger.records.filter(pc.not_equal(ledger.records["state"], INACTIVE))
    new = rows.records.filter(pc.invert(pc.is_in(made, ledger.records["record_id"].combine_chunks())))
    before, arrived, guards = _by_map(in_force), _by_map(new), project.project.guards
    return [
        *stopped(lambda: guard_rekeyed(before, carried.vanished, arrived, max_pct=guards.max_rekey_pct)),
        *stopped(lambda: guard_vanished(before, carried.vanished, max_pct=guards.max_delete_pct)),
    ]


def _by_map(records: pa.Table) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(records["map"]).to_pylist()}
