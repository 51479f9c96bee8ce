"""What the sources say otherwise than in the last run: the records concerned, and the account of all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.arrow_sql import engine as side_by_side
from crm_unify.progress import Progress
from crm_unify.records import OBJECTIONS, Fate
from crm_unify.run.changed import ChangedRows, by_map, changed_rows, placed, together
from crm_unify.run.drift import Shapes, drifts, guard_drift, last_shapes
from crm_unify.run.figures import told
from crm_unify.run.found import Given, Landing
from crm_unify.run.gather import (
    Base,
    Sources,
    carried_over,
    carried_stops,
    extracted_rows,
    guard_sizes,
    stopped,
)
from crm_unify.run.kept import Kept
from crm_unify.run.known import Known, known
from crm_unify.run.rekeyed import Rekeyed, rekeyed
from crm_unify.validation.account import balance
from pipelines.carry import Carried
from pipelines.changes.remembered import RECORD
from pipelines.database.columns import canonical, hashes
from pipelines.drift import shape
from pipelines.interpret.interface import Interpreted
from pipelines.landed import Landed
from pipelines.ledger import BETWEEN, COMPARED, Ledger
from pipelines.rekeyed import names_of
from pipelines.results import Results


@dataclass(frozen=True, slots=True)
class Before:
    """What the last run left in the workspace."""

    folder: Path
    landed: tuple[Landed, ...]
    results: Results
    kept: Kept
    as_of: date


@dataclass(frozen=True, slots=True)
class News:
    """What is to be looked at again."""

    read: Sources
    """The account of all rows; the records of those that were looked at."""
    records: pa.Table
    """RECORDS of the rows that were looked at, those without news among them."""
    fates: pa.Table
    """ROW_FATES of these rows."""
    every: Known
    """The records that differ from what the CRM database remembers."""
    carried: Carried
    """Those of them that no row makes."""
    objections: pa.Table
    """OBJECTIONS of all rows that make no record, today."""
    figures: dict[str, Any]
    """Control sums, hits and notes of all maps, as plain values."""
    trust: tuple[str, ...]
    """All systems that records are of, the most trusted first."""
    stops: tuple[Any, ...]

    @property
    def vanished(self) -> int:
        """Records that were in force and are in no row now."""
        return sum(self.carried.vanished.values())


def gather_news(base: Base, landing: Landing, before: Before, *, given: Given, progress: Progress) -> News:
    """From the rows that have changed to the records that have; nothing is written.

    Raises NotAloneError where the other rows would have to be looked at, too.
    """
    rows = changed_rows(base.project, landing.landed, before.landed, landing.folder)
    found = _interpreted(base, rows, before, as_of=given.as_of, progress=progress)
    if found is None:  # a row bears a key that a record of another row once had
        every = [one.map for one in landing.landed if rows.concerns(one.map)]
        rows = changed_rows(base.project, landing.landed, before.landed, landing.folder, also_whole=every)
        found = _interpreted(base, rows, before, as_of=given.as_of, progress=progress)
    assert found is not None, "of a map that is looked at whole every key is known"
    now, ledger = found.rekeyed.interpreted, found.ledger
    then = rows.formerly(names_of(base.ledger.rekeyed), as_of=before.as_of, progress=progress)
    read = _account(base, landing, before, rows, found.rekeyed)
    trust = _trust(base, read.interpreted.fates)
    carried = carried_over(base.project, ledger, now)
    every_one = known(now, carried, ledger, read=base.records, trust=trust)
    return News(
        read=read,
        records=now.records,
        fates=now.fates,
        every=_differing(every_one, base.ledger),
        carried=carried,
        objections=_objections(rows, before.kept.objections, then.objections, now.objections),
        figures=_told(rows, before.results.figures, then, now),
        trust=trust,
        stops=(*read.stops, *carried_stops(base, found.rekeyed, carried, given.accepted)),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    rekeyed: Rekeyed
    ledger: Ledger
    """With the records of the rows that were looked at, and no others."""


def _interpreted(
    base: Base, rows: ChangedRows, before: Before, *, as_of: date, progress: Progress
) -> _Found | None:
    """The rows as records under the ids these bear; None where other rows of their maps are asked for."""

    def again(names: pa.Table) -> Interpreted:
        return rows.interpreted(names, as_of=as_of, progress=progress)

    first, ledger = again(names_of(base.ledger.rekeyed)), base.ledger
    records = ledger.records
    keys = _keys(rows, before.results.fates, first.fates)
    here = pc.is_in(_place(records), keys)
    whole = pc.is_in(records["map"], pa.array(sorted(rows.whole), pa.string()))
    made = pc.is_in(records["record_id"], first.records["record_id"].combine_chunks())
    strange = pc.and_not(made, pc.or_(here, whole))
    if pc.any(strange).as_py():
        return None
    mine = replace(ledger, records=records.filter(pc.or_(pc.or_(here, whole), made)))
    found = rekeyed(base.project, mine, read=base.records, again=again, model=base.model())
    return _Found(found, mine)


def _keys(rows: ChangedRows, last: pa.Table, now: pa.Table) -> pa.Array:
    """The keys of the rows that are looked at, as they were and as they are."""
    mine = [
        last.filter(pc.and_(pc.equal(last["map"], name), pc.is_in(last["row_id"], ids)))
        for name, ids in rows.rows.items()
    ]
    return pa.concat_arrays([_place(table) for table in (*mine, now)])


def _place(table: pa.Table) -> pa.Array:
    return pc.binary_join_element_wise(table["map"], pc.fill_null(table["key"], ""), BETWEEN).combine_chunks()


def _account(base: Base, landing: Landing, before: Before, rows: ChangedRows, found: Rekeyed) -> Sources:
    """Where all rows of the snapshot are, those that were not looked at where they last stood."""
    now, landed, ledger = found.interpreted, landing.landed, base.ledger
    fates = placed(together(rows, landed, before.results.fates, now.fates), landed, before.landed)
    rejections = together(rows, landed, before.results.rejections, now.rejections)
    shapes = _shapes(rows, landed, last_shapes(ledger))
    changed = drifts(landed, shapes, ledger, base.engine, files=base.project.files)
    stops = stopped(lambda: guard_sizes(base.project, ledger, landed))
    stops += stopped(lambda: guard_drift(changed, base.project.files))
    account = balance(extracted_rows(landed), fates, rejections)
    whole = replace(found, interpreted=replace(now, fates=fates, rejections=rejections))
    return Sources(landing.sources, landed, whole, account, tuple(stops), shapes, changed)


def _shapes(rows: ChangedRows, landed: Sequence[Landed], last: Shapes) -> dict[str, dict[str, Any]]:
    """What every table holds: what it held, less what the rows that were looked at again held, and hold."""
    before, now = ({one.map: one for one in side} for side in (rows.before, rows.now))
    found = {}
    for one in landed:
        if one.map in rows.whole:
            found[one.map] = shape(one)
        elif one.map in rows.rows:
            columns = _moved(last[one.map]["columns"], shape(before[one.map]), shape(now[one.map]))
            found[one.map] = {"content": one.content_hash, "rows": one.rows, "columns": columns}
        else:
            found[one.map] = dict(last[one.map])
    return found


def _moved(last: Mapping[str, Any], less: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of all columns."""
    found = {}
    for header, now in more["columns"].items():
        was, gone = last[header], less["columns"][header]
        kinds = {
            kind: was["kinds"].get(kind, 0) - gone["kinds"].get(kind, 0) + now["kinds"].get(kind, 0)
            for kind in sorted({*was["kinds"], *now["kinds"]})
        }
        sums = {name: was[name] - gone[name] + now[name] for name in ("filled", "zeros")}
        found[header] = {**sums, "kinds": {kind: count for kind, count in kinds.items() if count}}
    return found


def _told(rows: ChangedRows, last: Mapping[str, Any], then: Interpreted, now: Interpreted) -> dict[str, Any]:
    """Control sums, notes and hits of all maps."""
    news = told(now)
    hits = _counted(rows, last["hits"], (then.hits, now.hits))
    return {
        "sums": by_map(rows, last["sums"], news["sums"]),
        "notes": by_map(rows, last["notes"], news["notes"]),
        "hits": sorted(hits, key=lambda one: (one["map"], one["rule"])),
        "codes": _counted(rows, last.get("codes", ()), (then.codes, now.codes)),
    }


def _counted(
    rows: ChangedRows, last: Sequence[Mapping[str, Any]], sides: tuple[pa.Table, pa.Table]
) -> list[dict[str, Any]]:
    """Counts of rows: those of the last run, less what the rows looked at again counted, and count now."""
    names = [name for name in sides[0].column_names if name != "rows"]
    found = {
        tuple(one[name] for name in names): int(one["rows"]) for one in last if one["map"] not in rows.whole
    }
    for table, sign in zip(sides, (-1, 1), strict=True):
        for one in table.to_pylist():
            key = tuple(one[name] for name in names)
            found[key] = found.get(key, 0) + sign * one["rows"]
    return [dict(zip(names, key, strict=True)) | {"rows": n} for key, n in found.items()]


def _objections(rows: ChangedRows, last: pa.Table, then: pa.Table, now: pa.Table) -> pa.Table:
    """Objections of all rows that make no record."""
    if len(last) == len(then) == len(now) == 0:
        return now
    whole = pc.is_in(last["map"], pa.array(sorted(rows.whole), pa.string()))
    with side_by_side(last=last.filter(pc.invert(whole)), gone=then, come=now) as con:
        query = "(FROM last EXCEPT ALL FROM gone) UNION ALL FROM come ORDER BY ALL"
        return con.sql(query).to_arrow_table().cast(OBJECTIONS)


def _trust(base: Base, fates: pa.Table) -> tuple[str, ...]:
    """The order of systems in which new records found customers: that of the project, then the others."""
    mapped = pc.unique(fates.filter(pc.equal(fates["fate"], str(Fate.MAPPED)))["map"]).to_pylist()
    systems = {one.rules.source.system for one in base.project.files if one.rules.map in mapped}
    said = base.project.project.trust
    return (*said, *sorted(systems - set(said)))


def _differing(every: Known, ledger: Ledger) -> Known:
    """The records that are new, or differ in anything from what the ledger holds of them."""
    records = every.records
    hashed = records.select([n for n in records.column_names if n in RECORD.names and n != "claims_hash"])
    now = canonical("mig_source_record", hashed.append_column("claims_hash", hashes(records["claims"])))
    texts = [pc.fill_null(now[name], "") for name in COMPARED]
    now = now.append_column("compared", pc.binary_join_element_wise(*texts, BETWEEN))
    last = ledger.records.take(pc.index_in(now["record_id"], ledger.records["record_id"].combine_chunks()))
    same = pc.is_valid(last["record_id"])
    for name in ("map", "key", "kind", "state", "founding", "compared"):
        equal = pc.fill_null(pc.equal(now[name], last[name]), False)
        same = pc.and_(same, pc.or_(equal, pc.and_(pc.is_null(now[name]), pc.is_null(last[name]))))
    return every.only(now["record_id"].filter(pc.invert(same)).combine_chunks())
