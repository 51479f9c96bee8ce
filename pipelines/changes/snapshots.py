"""What changes in the rows that are kept for frozen sources and for sources that deliver changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_delivery, mig_snapshot
from crm_unify.schema.tables import arrow_schema
from pipelines.changes.differences import difference
from pipelines.changes.interface import Snapshot, TableChanges, deletes_schema, no_changes
from pipelines.database.columns import sorted_by_key
from pipelines.database.read import fetch
from pipelines.kept import folded_rows, header_text

SNAPSHOT: Final = "mig_snapshot"
DELIVERY: Final = "mig_delivery"


def snapshot_changes(wanted: Sequence[Snapshot], connection: sa.Connection) -> dict[str, TableChanges]:
    """What leads from the kept rows to those that shall be kept; maps that are not named are forgotten."""
    columns = [mig_delivery.c[name] for name in arrow_schema(DELIVERY).names]
    before = fetch(connection, sa.select(*columns).order_by(mig_delivery.c.id))
    if not wanted and len(before) == 0:
        return {SNAPSHOT: no_changes(SNAPSHOT), DELIVERY: no_changes(DELIVERY)}
    known = {row["map"]: row["digest"] for row in before.to_pylist() if row["file"] is None}
    now = pa.Table.from_pylist(
        [row for one in wanted for row in _deliveries(one)], schema=arrow_schema(DELIVERY)
    )
    changed = [one for one in wanted if known.get(one.landed.map) != one.landed.content_hash]
    names = {one.landed.map for one in wanted}
    touched = {one.landed.map for one in changed} | {name for name in known if name not in names}
    return {
        SNAPSHOT: _rows_changed(changed, sorted(touched), connection),
        DELIVERY: difference(DELIVERY, before, sorted_by_key(DELIVERY, now)),
    }


def _deliveries(one: Snapshot) -> list[dict[str, Any]]:
    name, landed = one.landed.map, one.landed
    whole = {"id": snapshot_id(name), "map": name, "file": None, "digest": landed.content_hash}
    files = [
        {"id": snapshot_id(name, file), "map": name, "file": file, "digest": digest, "header": None}
        for file, digest in one.files.items()
    ]
    return [whole | {"header": header_text(landed.columns)}, *files]


def _rows_changed(
    changed: Sequence[Snapshot], touched: Sequence[str], connection: sa.Connection
) -> TableChanges:
    c = mig_snapshot.c
    query = sa.select(c.id).where(c.map.in_(touched)).order_by(c.id)
    old = fetch(connection, query)["id"] if touched else pa.chunked_array([], pa.string())
    new = sorted_by_key(
        SNAPSHOT, pa.concat_tables([arrow_schema(SNAPSHOT).empty_table(), *map(_rows, changed)])
    )
    gone = old.filter(pc.invert(pc.is_in(old, pc.unique(new["id"]))))
    creates = new.filter(pc.invert(pc.is_in(new["id"], pc.unique(old))))
    deletes = pa.table([gone, pa.nulls(len(gone), pa.string())], schema=deletes_schema(SNAPSHOT))
    return TableChanges(SNAPSHOT, creates, no_changes(SNAPSHOT).updates, deletes)


def _rows(one: Snapshot) -> pa.Table:
    """Rows of ``mig_snapshot``: what a row says is its identity, wherever it stands."""
    table, name = pq.read_table(one.landed.path), one.landed.map
    ids = [snapshot_id(name, row) for row in table["_row_id"].to_pylist()]
    texts = folded_rows(table, one.landed.columns)
    return pa.table([ids, [name] * len(ids), texts], schema=arrow_schema(SNAPSHOT))


def snapshot_id(*parts: str) -> str:
    """The id of a kept row, by its map and row id."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
