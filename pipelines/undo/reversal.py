"""The way back from the newest run: the change set that leads to the state before it.

A way back is a load like any other, with images of its own, so it can be taken back, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import child_ids
from crm_unify.schema.tables import CHILD_TABLES, CRM_TABLES, TABLES, arrow_schema
from crm_unify.schema.target import reachable
from pipelines.changes.build import fingerprint
from pipelines.changes.children import last_written
from pipelines.changes.differences import only, without
from pipelines.changes.interface import ChangeSet, Facts, TableChanges
from pipelines.changes.profiles import unfolded
from pipelines.changes.standing import settle
from pipelines.changes.stood import with_stood
from pipelines.ledger import Ledger
from pipelines.undo.images import RunImages, of_run
from pipelines.undo.interface import LEFT, Returned, Reversal
from pipelines.undo.memory import before_images, memory_back, models_back, standing_rows
from pipelines.undo.merges import Belonging, belonging, led_on, merged
from pipelines.undo.profiles import profiles_back
from pipelines.undo.rows import held_by, returned

PLAIN: Final = ("mig_quarantine", "mig_rekey", "mig_snapshot", "mig_delivery")
"""Bookkeeping tables that are simply what they were again."""


@dataclass(frozen=True, slots=True)
class Target:
    """The run that is taken back."""

    run: int
    undoes: int | None
    """The run that it took back itself."""


def reversal(
    target: Target, ledger: Ledger, engine: sa.Engine, *, facts: Facts, model_id: str | None
) -> Reversal:
    """The way back from a run that no standing run has followed; nothing is written.

    `facts` and `model_id` are those of the run that stands again. Raises Unreachable when the database fails.
    """
    with reachable(engine), engine.connect() as connection:
        images = of_run(connection, target.run)
        profiles = standing_rows(connection, "mig_profile", images.of("mig_profile")["row_id"])
        written = _Written(target, ledger, images, unfolded(profiles))
        back = {name: _returned(name, written) for name in CRM_TABLES}
        settled = settle({name: one.changes for name, one in back.items()}, connection)
        kept, failed = _left(back, settled.blocked)
        crm = {name: with_stood(part, connection) for name, part in settled.tables.items()}
        found = belonging(ledger.xref, images.of("mig_xref"))
        memory = _memory(written, profiles, pa.concat_tables([kept, failed]), found)
    changes = {**crm, **memory}
    return Reversal(
        changes=ChangeSet(
            tables={name: changes[name] for name in TABLES if changes[name].rows},
            blocked=settled.blocked,
            facts=facts,
            model_id=model_id,
            base=ledger.state,
            target=fingerprint(engine),
        ),
        kept=kept,
        failed=failed,
        merges=merged(found),
    )


def _returned(table: str, written: _Written) -> Returned:
    images = written.images.of(table)
    standing = standing_rows(written.images.connection, table, images["row_id"])
    return returned(table, images, standing, written.rows(table, images))


@dataclass(frozen=True, slots=True)
class _Written:
    """What a run wrote."""

    target: Target
    ledger: Ledger
    images: RunImages
    last: dict[str, pa.Table]
    """Rows last written for the customers it touched, by table."""

    def rows(self, table: str, images: pa.Table) -> pa.Table:
        """The rows it wrote into a table: the last written ones, and of a way back what it was made of."""
        if len(images) and self.target.undoes is not None:
            former = of_run(self.images.connection, self.target.undoes)
            return held_by(table, former.of(table, "update", "delete"))
        if len(images) and table in CHILD_TABLES:
            mine = only(_children(table, self.ledger), "row_id", images["row_id"])["record_id"]
            return last_written(table, mine, xref=self.ledger.xref, connection=self.images.connection)
        return self.last.get(table, arrow_schema(table).empty_table())


def _children(table: str, ledger: Ledger) -> pa.Table:
    """``record_id, row_id`` of the records that rows of a child table come from."""
    own = ledger.records.filter(pc.equal(ledger.records["kind"], table))["record_id"].combine_chunks()
    return pa.table({"record_id": own, "row_id": child_ids(table, own)})


# --- what stays ---
def _left(back: dict[str, Returned], blocked: pa.Table) -> tuple[pa.Table, pa.Table]:
    """LEFT tables of what is kept and what cannot be restored, by table in loading order."""
    kept, failed = [LEFT.empty_table()], [LEFT.empty_table()]
    for name, one in back.items():
        own = blocked.filter(pc.equal(blocked["table_name"], name))
        held = own.filter(pc.equal(own["op"], "delete"))
        stuck = own.filter(pc.not_equal(own["op"], "delete"))
        kept += [one.kept, _whole(held)]
        failed += [one.failed, _whole(stuck)]
    return pa.concat_tables(kept), pa.concat_tables(failed)


def _whole(blocked: pa.Table) -> pa.Table:
    fields = pa.nulls(len(blocked), pa.string())
    return blocked.append_column("field", fields).select(LEFT.names).cast(LEFT)


# --- bookkeeping ---
def _memory(
    written: _Written, profiles: pa.Table, stays: pa.Table, found: Belonging
) -> dict[str, TableChanges]:
    ledger, connection = written.ledger, written.images.connection
    images = {name: written.images.of(name) for name in TABLES if name not in CRM_TABLES}
    records = _kept_records(stays, ledger)
    lineages = standing_rows(connection, "mig_source_record", records)["lineage"].drop_null()
    before = before_images("mig_profile", images["mig_profile"], profiles)
    back = profiles_back(profiles, before, stays)
    memory = {name: memory_back(connection, name, images[name]) for name in (*PLAIN, "mig_xref")}
    return {
        **memory,
        "mig_lineage": memory_back(connection, "mig_lineage", images["mig_lineage"], keep=lineages),
        "mig_source_record": memory_back(
            connection, "mig_source_record", images["mig_source_record"], keep=records
        ),
        "mig_redirect": _redirects(images["mig_redirect"], back, ledger, found, connection),
        "mig_model": models_back(connection, images["mig_model"]),
        "mig_profile": back,
    }


def _kept_records(stays: pa.Table, ledger: Ledger) -> pa.ChunkedArray:
    """The records of created orders, lines and cases that are not removed: the memory of them stays."""
    parts = [pa.array([], pa.string())]
    for table in CHILD_TABLES:
        rows = stays.filter(pc.and_(pc.equal(stays["table_name"], table), pc.equal(stays["op"], "delete")))
        parts += only(_children(table, ledger), "row_id", rows["row_id"])["record_id"].chunks
    return pa.chunked_array(parts, pa.string())


def _redirects(
    images: pa.Table, profiles: TableChanges, ledger: Ledger, found: Belonging, connection: sa.Connection
) -> TableChanges:
    """Redirects as they were, and one for each id that the run gave out and that names nobody now."""
    back = memory_back(connection, "mig_redirect", images)
    kept = without(found.now, "customer_id", profiles.deletes["customer_id"])["customer_id"]
    known = pa.chunked_array([*back.creates["old_id"].chunks, *kept.chunks], pa.string())
    more = led_on(found, ledger.records.select(["record_id", "founding"]), known)
    stamped = more.append_column("run", pa.nulls(len(more), pa.int64())).cast(back.creates.schema)
    return replace(back, creates=pa.concat_tables([back.creates, stamped]).sort_by("old_id"))
