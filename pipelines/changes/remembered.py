"""What changes in the bookkeeping: records, cross references, redirects, lineages, model, quarantine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.records import Lineage
from crm_unify.schema.bookkeeping import mig_quarantine, mig_source_record
from crm_unify.schema.tables import arrow_schema
from pipelines.carry import in_force
from pipelines.changes.children import Written
from pipelines.changes.differences import difference, without
from pipelines.changes.interface import TableChanges
from pipelines.database.columns import canonical, engine, hashes, quoted
from pipelines.database.read import matching
from pipelines.ledger import BETWEEN, COMPARED, Ledger, ModelInForce

RECORD: Final = arrow_schema("mig_source_record")


def record_changes(
    records: pa.Table, children: Mapping[str, Written], ledger: Ledger, *, connection: sa.Connection
) -> TableChanges:
    """Records that are new, say something else, changed their state, or left it without a word."""
    now = _hashed(records, children)
    changed = _changed(now, ledger.records)
    missing = without(ledger.records, "record_id", now["record_id"])
    missing = missing.filter(in_force(missing["state"]))
    asked = pa.chunked_array([*changed.chunks, *missing["record_id"].chunks], pa.string())
    columns = [mig_source_record.columns[name] for name in RECORD.names]
    old = _none("mig_source_record")
    if len(ledger.records):
        old = matching(connection, sa.select(*columns), mig_source_record.c.record_id, asked)
    new = (
        now if len(changed) == len(now) else now.filter(pc.is_in(now["record_id"], changed.combine_chunks()))
    )
    return difference(
        "mig_source_record", old, pa.concat_tables([new, _inactive(old, missing["record_id"], children)])
    )


def _none(table: str) -> pa.Table:
    return arrow_schema(table).empty_table()


def _inactive(old: pa.Table, record_ids: pa.ChunkedArray, children: Mapping[str, Written]) -> pa.Table:
    """These records as they stand, but inactive and without a row in the CRM."""
    rows = old.filter(pc.is_in(old["record_id"], pc.unique(record_ids)))
    state = pa.repeat(pa.scalar("inactive"), len(rows))
    return _with_written(rows.set_column(rows.column_names.index("state"), "state", state), children)


def _with_written(rows: pa.Table, children: Mapping[str, Written]) -> pa.Table:
    """Records with the hash of the row written for each of them."""
    written = pa.concat_tables([child.rows for child in children.values()])
    place = pc.index_in(rows["record_id"], written["record_id"].combine_chunks())
    others = rows.drop_columns([name for name in rows.column_names if name == "target_hash"])
    return canonical("mig_source_record", others.append_column("target_hash", written["hash"].take(place)))


def _hashed(records: pa.Table, children: Mapping[str, Written]) -> pa.Table:
    """Records with the hash of their claims and of the row written for them, canonical."""
    rows = records.select(
        [name for name in RECORD.names if name in records.column_names and name != "claims_hash"]
    )
    return _with_written(rows.append_column("claims_hash", hashes(records["claims"])), children)


def _changed(now: pa.Table, before: pa.Table) -> pa.ChunkedArray:
    """Records that are new or differ in a short column; hashes stand for the long ones."""
    if len(before) == 0:
        return now["record_id"]
    texts = [pc.fill_null(now[name], "") for name in COMPARED]
    now = now.append_column("compared", pc.binary_join_element_wise(*texts, BETWEEN))
    if not now["record_id"].equals(before["record_id"]):
        before = before.take(pc.index_in(now["record_id"], before["record_id"].combine_chunks()))
    same = pc.is_valid(before["record_id"])
    for name in before.column_names:
        both_null = pc.and_(pc.is_null(now[name]), pc.is_null(before[name]))
        same = pc.and_(same, pc.or_(both_null, pc.fill_null(pc.equal(now[name], before[name]), False)))
    return now["record_id"].filter(pc.invert(same))


def xref_changes(xref: pa.Table, ledger: Ledger) -> TableChanges:
    """Which records move to which customer. A record keeps its customer for ever, so none is deleted."""
    gone = without(ledger.xref, "record_id", xref["record_id"])
    return difference("mig_xref", ledger.xref, pa.concat_tables([canonical("mig_xref", xref), gone]))


def redirect_changes(redirects: pa.Table, ledger: Ledger) -> TableChanges:
    """Former ids that lead elsewhere now; an id that names a customer again redirects no more."""
    return difference("mig_redirect", ledger.redirects, canonical("mig_redirect", redirects))


def rekey_changes(rekeyed: pa.Table, ledger: Ledger) -> TableChanges:
    """Records that came back under another key; what was written of that is never forgotten."""
    news = canonical("mig_rekey", rekeyed)
    kept = without(ledger.rekeyed, "id", news["id"])
    return difference("mig_rekey", ledger.rekeyed, pa.concat_tables([kept, news]))


def lineage_changes(lineages: Sequence[Lineage], ledger: Ledger) -> TableChanges:
    """Mappings used for the first time."""
    rows = [
        {
            "id": x.id,
            "map": x.map,
            "branch": x.branch,
            "part": x.part,
            "fields": json.dumps([asdict(f) for f in x.fields], ensure_ascii=False, sort_keys=True),
        }
        for x in {x.id: x for x in lineages}.values()
    ]
    table = pa.Table.from_pylist(rows, schema=arrow_schema("mig_lineage"))
    return difference("mig_lineage", _none("mig_lineage"), without(table, "id", ledger.lineages["id"]))


def model_changes(model: ModelInForce | None, ledger: Ledger) -> TableChanges:
    """A model that comes into force, and the one it takes the place of."""
    waiting = _model_row(ledger.proposed, proposed=True)
    before = pa.concat_tables([_model_row(ledger.model, in_force=True), waiting])
    if model is None or model == ledger.model:
        return difference("mig_model", before, before)
    now = pa.concat_tables([_model_row(ledger.model), _model_row(model, in_force=True)])
    return difference("mig_model", before, pa.concat_tables([now, without(waiting, "id", now["id"])]))


def _model_row(model: ModelInForce | None, *, in_force: bool = False, proposed: bool = False) -> pa.Table:
    if model is None:
        return _none("mig_model")
    row = {
        "id": model.id,
        "kernel_version": model.kernel_version,
        "model": model.json,
        "in_force": in_force,
        "proposed": proposed,
    }
    return pa.Table.from_pylist([row], schema=arrow_schema("mig_model"))


def quarantine_changes(rejections: pa.Table, ledger: Ledger, *, connection: sa.Connection) -> TableChanges:
    """Entries that are new, and those that no longer hold."""
    now = _entries(rejections)
    fresh = without(now, "id", ledger.quarantine["id"])
    past = without(ledger.quarantine, "id", now["id"])["id"]
    columns = [mig_quarantine.columns[name] for name in arrow_schema("mig_quarantine").names]
    old = matching(connection, sa.select(*columns), mig_quarantine.c.id, past)
    return difference("mig_quarantine", old, fresh)


def _entries(rejections: pa.Table) -> pa.Table:
    """Rejections with a key made of everything they say, and an ordinal among equal ones."""
    names = ["source_column" if n == "column" else n for n in rejections.column_names]
    listed = ", ".join(map(quoted, names))
    said = " || chr(31) || ".join(f"coalesce({quoted(n)}, '')" for n in names)
    with engine(rejections=rejections.rename_columns(names)) as con:
        rows = con.sql(
            f"SELECT *, {said} || chr(31) || row_number() OVER (PARTITION BY {listed}) AS said "
            "FROM rejections"
        ).to_arrow_table()
    return canonical("mig_quarantine", rows.drop_columns(["said"]).append_column("id", hashes(rows["said"])))
