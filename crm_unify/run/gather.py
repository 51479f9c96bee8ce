"""Everything that is known of the customers, from sources and ledger, before anybody is matched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.errors import GuardStopped, UsageError, nearest_name
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.drift import Drift, Shapes, drifts, guard_drift, last_shapes, shapes
from crm_unify.run.found import Given, Landing, last_rows
from crm_unify.run.known import Known, known
from crm_unify.run.model import settings, stored_model
from crm_unify.run.placeholders import known_parties, stands_in
from crm_unify.run.rekeyed import Rekeyed, rekeyed
from crm_unify.run.sources import OpenSource
from crm_unify.schema.bookkeeping import mig_quarantine, mig_source_record
from crm_unify.schema.target import reachable
from crm_unify.validation.account import AccountLine, balance
from crm_unify.validation.guards import guard_deleted, guard_rekeyed, guard_shrunk, guard_vanished
from matching.model import Model
from matching.policy import KERNEL_VERSION
from pipelines.carry import Carried, carry_over
from pipelines.carry import in_force as counting
from pipelines.corrections import in_force, read_corrections
from pipelines.delta import DeltaRows
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.repairs import Remembered
from pipelines.interpret.stage import interpret
from pipelines.landed import Landed
from pipelines.ledger import Ledger, read_records

ROW_ID: Final = "_row_id"


@dataclass(frozen=True, slots=True)
class Sources:
    """What the sources say today."""

    sources: tuple[OpenSource, ...]
    landed: tuple[Landed, ...]
    rekeyed: Rekeyed
    """The rows as records, under the ids that these bear."""
    account: tuple[AccountLine, ...]
    stops: tuple[GuardStopped, ...]
    shapes: Shapes
    """What the columns of each hold, for the next run to compare with."""
    drift: tuple[Drift, ...]
    """What is different about them since the last run."""

    @property
    def interpreted(self) -> Interpreted:
        """The rows as records, claims and rejections."""
        return self.rekeyed.interpreted


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
    landing: Landing,
    *,
    given: Given,
    progress: Progress,
) -> Gathered:
    """From the rows of the sources to all known records; nothing is written.

    Raises UsageError when a map is accepted that the project does not have.
    """
    refuse_strange(project, given.accepted)
    base = Base(project, ledger, engine)
    read = _read(base, landing, as_of=given.as_of, progress=progress)
    rows, trust = read.interpreted, project.project.trust
    carried = carried_over(project, ledger, rows)
    stops = (*read.stops, *carried_stops(base, read.rekeyed, carried, given.accepted))
    every = known(rows, carried, ledger, read=base.records, trust=trust)
    return Gathered(read, every, sum(carried.vanished.values()), stops)


@dataclass(frozen=True, slots=True)
class Base:
    """What the sources are held against."""

    project: LoadedProject
    ledger: Ledger
    engine: sa.Engine

    def records(self, ids: pa.ChunkedArray) -> pa.Table:
        """Record ids in, whole rows of ``mig_source_record`` out."""
        return read_records(self.engine, ids)

    def corrections(self) -> pa.Table:
        """CORRECTIONS in force."""
        with reachable(self.engine), self.engine.connect() as connection:
            return in_force(read_corrections(connection))

    def seen(self, hashes: Sequence[str]) -> frozenset[str]:
        """Those of these row hashes that the last run has met, loaded or in quarantine."""
        c, ids = mig_source_record.c, [f"{one}-1" for one in hashes]
        loaded = sa.select(c.row_hash).where(c.row_hash.in_(hashes))
        refused = sa.select(mig_quarantine.c.row_id).where(mig_quarantine.c.row_id.in_(ids))
        with reachable(self.engine), self.engine.connect() as connection:
            bad = (str(row_id).partition("-")[0] for row_id in connection.scalars(refused))
            return frozenset([*connection.scalars(loaded), *bad])

    def model(self) -> Model | None:
        """The model the run scores with; None where it trains it, or where no run can score with it."""
        stored = self.ledger.next_model
        if stored is None or stored.kernel_version != str(KERNEL_VERSION):
            return None
        return stored_model(self.ledger, settings(self.project.project))


def refuse_strange(project: LoadedProject, accepted: Sequence[str]) -> None:
    """Raise UsageError when a map is accepted that the project does not have."""
    known = [loaded.rules.map for loaded in project.files]
    strange = next((name for name in accepted if name not in known), None)
    if strange is not None:
        nearest = nearest_name(strange, known)
        remedy = f"did you mean '{nearest}'?" if nearest else f"name one of {', '.join(known)}"
        raise UsageError("no rule file makes such records", f"--accept-rekey {strange}", remedy=remedy)


def stopped(guard: Callable[[], None]) -> list[GuardStopped]:
    """The guard's word when it stops, to be said by whoever wants to write."""
    try:
        guard()
    except GuardStopped as stop:
        return [stop]
    return []


def _read(base: Base, landing: Landing, *, as_of: date, progress: Progress) -> Sources:
    """Sources interpreted, every row in exactly one place."""
    project, ledger, landed = base.project, base.ledger, landing.landed
    now = shapes(landed, last_shapes(ledger))
    changed = drifts(landed, now, ledger, base.engine, files=project.files)
    stops = stopped(lambda: guard_sizes(project, ledger, landed))
    stops += stopped(lambda: guard_drift(changed, project.files))
    changed += _of_files(landing.sources)
    corrections, parties = base.corrections(), known_parties(project, ledger)
    found = rekeyed(
        project,
        ledger,
        read=base.records,
        again=lambda names: interpret(
            landed,
            project,
            as_of=as_of,
            progress=progress,
            known=Remembered(names, corrections, base.seen, parties),
        ),
        model=base.model(),
    )
    account = balance(extracted_rows(landed), found.interpreted.fates, found.interpreted.rejections)
    return Sources(landing.sources, landed, found, account, tuple(stops), now, changed)


def extracted_rows(landed: Sequence[Landed]) -> dict[str, pa.Array]:
    """The ids of all rows by map."""
    return {one.map: pq.read_table(one.path, columns=[ROW_ID])[ROW_ID].combine_chunks() for one in landed}


def guard_sizes(project: LoadedProject, ledger: Ledger, landed: Sequence[Landed]) -> None:
    """Sources that are suddenly much smaller than in the last run stop this one."""
    before, now = last_rows(ledger.last_run), {one.map: one.rows for one in landed}
    for name, expects in ((loaded.rules.map, loaded.rules.source.expects) for loaded in project.files):
        if name in now:  # a retired source has no rows to lose
            guard_shrunk(name, before=before.get(name, 0), now=now[name], max_drop_pct=expects.max_drop_pct)


def carried_over(project: LoadedProject, ledger: Ledger, rows: Interpreted) -> Carried:
    """Known records that this snapshot does not make."""
    retired = _retired(project)
    policies = {
        loaded.rules.map: "mark_inactive" if loaded.rules.map in retired else loaded.rules.on_delete
        for loaded in project.files
    }
    made = rows.records["record_id"].combine_chunks()
    carried = carry_over(ledger.records, made, rows.fates, on_delete=policies)
    return _without_placeholders(carried, ledger)


def _without_placeholders(carried: Carried, ledger: Ledger) -> Carried:
    """Nothing is lost with a placeholder: those that nobody needs any more do not count as vanished."""
    marks = ledger.records.filter(stands_in(ledger.records))
    if len(marks) == 0:
        return carried
    mine = marks.filter(counting(marks["state"]))["record_id"].combine_chunks()
    gone = carried.states.filter(pc.invert(counting(carried.states["state"])))
    idle = _by_map(gone.filter(pc.is_in(gone["record_id"], mine)))
    left = {name: count - idle.get(name, 0) for name, count in carried.vanished.items()}
    return replace(carried, vanished={name: count for name, count in left.items() if count})


def _retired(project: LoadedProject) -> set[str]:
    return {loaded.rules.map for loaded in project.files if loaded.rules.source.state == "retired"}


def _of_files(sources: Sequence[OpenSource]) -> tuple[Drift, ...]:
    """What is wrong with the files of sources that deliver changes."""
    return tuple(
        Drift(source.rules.rules.map, told.what, told.file, told.sentence)
        for source in sources
        if isinstance(source.reader, DeltaRows)
        for told in source.reader.told
    )


def carried_stops(
    base: Base, found: Rekeyed, carried: Carried, accepted: Sequence[str]
) -> list[GuardStopped]:
    """Too many vanished or renamed records stop the run."""
    records = base.ledger.records
    before = _by_map(records.filter(counting(records["state"])))
    guards = base.project.project.guards
    retired = _retired(base.project)
    gone = {n: count for n, count in found.gone.items() if n not in accepted and n not in retired}
    vanished = {name: count for name, count in carried.vanished.items() if name not in retired}
    return [
        *stopped(lambda: guard_rekeyed(before, gone, found.come, max_pct=guards.max_rekey_pct)),
        *stopped(lambda: guard_vanished(before, vanished, max_pct=guards.max_delete_pct)),
    ]


def deletion_stops(base: Base, taken_along: Mapping[str, int]) -> list[GuardStopped]:
    """Too many records that go with those they hang on stop the run; counts are by map."""
    before = _by_map(base.ledger.records.filter(counting(base.ledger.records["state"])))
    most = base.project.project.guards.max_delete_pct
    return stopped(lambda: guard_deleted(before, taken_along, max_pct=most))


def _by_map(records: pa.Table) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(records["map"]).to_pylist()}
