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
from crm_unify.schema.tables import (
    CHILD_TABLES,
    CRM_TABLES,
    PROFILE_TABLES,
    TABLES,
    arrow_schema,
    key_of,
    owner_of,
)
from pipelines.changes.build import fingerprint
from pipelines.changes.children import last_written
from pipelines.changes.differences import only, without
from pipelines.changes.interface import ChangeSet, Facts, TableChanges, deletes_schema
from pipelines.changes.profiles import unfolded
from pipelines.changes.standing import settle
from pipelines.changes.stood import with_stood
from pipelines.ledger import Ledger
from pipelines.undo.images import RunImages, erased_images, of_run
from pipelines.undo.interface import LEFT, WAS_ERASED, Returned, Reversal
from pipelines.undo.memory import memory_back, models_back, standing_rows
from pipelines.undo.merges import Belonging, belonging, led_on, merged
from pipelines.undo.profiles import profiles_of
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
    target: Target, ledger: Ledger, connection: sa.Connection, *, facts: Facts, model_id: str | None
) -> Reversal:
    """The way back from a run that no standing run has followed; nothing is written.

    `facts` and `model_id` are those of the run that stands again; `ledger` is what this connection sees.
    """
    images = of_run(connection, target.run)
    written = Written(target, ledger, images)
    back = {name: _returned(name, written) for name in CRM_TABLES}
    settled = settle({name: one.changes for name, one in back.items()}, connection, standing=True)
    kept, failed = _left(back, settled.blocked)
    erased = _erased(images)
    crm = {name: with_stood(part, connection) for name, part in settled.tables.items()}
    found = belonging(ledger.xref, images)
    changes = {**crm, **_memory(written, pa.concat_tables([kept, failed]), found)}
    return Reversal(
        changes=ChangeSet(
            tables={name: changes[name] for name in TABLES if changes[name].rows},
            blocked=settled.blocked,
            facts=facts,
            model_id=model_id,
            base=ledger.state,
            target=fingerprint(connection.engine),
        ),
        kept=kept,
        failed=pa.concat_tables([failed, erased]),
        merges=merged(found),
    )


def _returned(table: str, written: Written) -> Returned:
    """The way back in one table: what stands as written is told by the database, only the rest travels."""
    images = written.images
    same = images.unedited(table)
    rest = images.of(table, "update", "delete")
    made = images.numbers.get((table, "create"), (0, 0, 0))[2]
    if len(same) < made:
        rest = pa.concat_tables([without(images.of(table, "create"), "row_id", same["row_id"]), rest])
    standing = standing_rows(images.connection, table, rest["row_id"])
    back = returned(table, rest, standing, written.rows(table, rest, standing))
    plain = pa.table([same["row_id"], same["hash"]], schema=deletes_schema(table))
    deletes = pa.concat_tables([plain, back.changes.deletes]).sort_by(key_of(table))
    return replace(back, changes=replace(back.changes, deletes=deletes))


@dataclass(frozen=True, slots=True)
class Written:
    """What a run wrote."""

    target: Target
    ledger: Ledger
    images: RunImages

    def rows(self, table: str, images: pa.Table, standing: pa.Table) -> pa.Table:
        """The rows it wrote with these images: the last written ones, of a way back what it was made of."""
        own = only(images, "op", pa.array(["create", "update"]))["row_id"]
        if len(own) and self.target.undoes is not None:
            former = of_run(self.images.connection, self.target.undoes)
            return held_by(table, former.of(table, "update", "delete"))
        if len(own) == 0 or table not in (*CHILD_TABLES, *PROFILE_TABLES):
            return arrow_schema(table).empty_table()
        if table in CHILD_TABLES:
            mine = only(_children(table, self.ledger), "row_id", own)["record_id"]
            return last_written(table, mine, xref=self.ledger.xref, connection=self.images.connection)
        return self._of_profiles(table, only(standing, key_of(table), own))

    def _of_profiles(self, table: str, standing: pa.Table) -> pa.Table:
        """Rows out of the profiles of the customers they belong to; of all, when a person led one away."""
        key, owners = key_of(table), pc.unique(standing[owner_of(table)])
        rows = self._unfolded(table, owners)
        if len(without(standing, key, rows[key])) == 0:
            return rows
        images = self.images
        every = [*images.created("mig_profile").chunks, *images.of("mig_profile", "update")["row_id"].chunks]
        return self._unfolded(table, pa.chunked_array(every, pa.string()))

    def _unfolded(self, table: str, customers: pa.Array | pa.ChunkedArray) -> pa.Table:
        return unfolded(standing_rows(self.images.connection, "mig_profile", customers))[table]


def _children(table: str, ledger: Ledger) -> pa.Table:
    """``record_id, row_id`` of the records that rows of a child table come from."""
    own = ledger.records.filter(pc.equal(ledger.records["kind"], table))["record_id"].combine_chunks()
    return pa.table({"record_id": own, "row_id": child_ids(table, own)})


# --- what stays ---
def _erased(images: RunImages) -> pa.Table:
    """LEFT rows of what was erased since: it is never put back."""
    rows = erased_images(images.connection, images.run)
    reason = pa.repeat(pa.scalar(WAS_ERASED), len(rows))
    listed = rows.append_column("field", pa.nulls(len(rows), pa.string())).append_column("reason", reason)
    return listed.select(LEFT.names).cast(LEFT)


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
def _memory(written: Written, stays: pa.Table, found: Belonging) -> dict[str, TableChanges]:
    ledger, images = written.ledger, written.images
    connection = images.connection
    records = _kept_records(stays, ledger)
    lineages = standing_rows(connection, "mig_source_record", records)["lineage"].drop_null()
    back = profiles_of(images, stays)
    memory = {name: memory_back(images, name) for name in (*PLAIN, "mig_xref")}
    return {
        **memory,
        "mig_lineage": memory_back(images, "mig_lineage", keep=lineages),
        "mig_source_record": memory_back(images, "mig_source_record", keep=records),
        "mig_redirect": _redirects(images, back, ledger, found),
        "mig_model": models_back(connection, images.of("mig_model")),
        "mig_profile": back,
    }


def _kept_records(stays: pa.Table, ledger: Ledger) -> pa.ChunkedArray:
    """The records of created orders, lines and cases that are not removed: the memory of them stays."""
    parts = [pa.array([], pa.string())]
    for table in CHILD_TABLES:
        rows = stays.filter(pc.and_(pc.equal(stays["table_name"], table), pc.equal(stays["op"], "delete")))
        parts += only(_children(table, ledger), "row_id", rows["row_id"])["record_id"].chunks
    return pa.chunked_array(parts, pa.string())


def _redirects(images: RunImages, profiles: TableChanges, ledger: Ledger, found: Belonging) -> TableChanges:
    """Redirects as they were, and one for each id that the run gave out and that names nobody now."""
    back = memory_back(images, "mig_redirect")
    kept = without(found.now, "customer_id", profiles.deletes["customer_id"])["customer_id"]
    known = pa.chunked_array([*back.creates["old_id"].chunks, *kept.chunks], pa.string())
    more = led_on(found, ledger.records.select(["record_id", "founding"]), known)
    stamped = more.append_column("run", pa.nulls(len(more), pa.int64())).cast(back.creates.schema)
    return replace(back, creates=pa.concat_tables([back.creates, stamped]).sort_by("old_id"))
