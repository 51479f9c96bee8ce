"""The way back for the bookkeeping, which no person edits: it is again what it was before the run."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_model
from crm_unify.schema.tables import TABLES, arrow_schema, key_of
from pipelines.changes.differences import difference, without
from pipelines.changes.interface import TableChanges, deletes_schema, no_changes
from pipelines.database.columns import sorted_by_key
from pipelines.database.read import fetch, matching
from pipelines.undo.images import RunImages, columns_of
from pipelines.undo.rows import overlaid, restored

NO_ROW: Final = pa.array([], pa.string())


def standing_rows(connection: sa.Connection, table: str, ids: pa.ChunkedArray) -> pa.Table:
    """The rows of a table with these keys, canonical and sorted."""
    if len(ids) == 0:
        return arrow_schema(table).empty_table()
    query = sa.select(*columns_of(table))
    found = matching(connection, query, TABLES[table].columns[key_of(table)], ids)
    return sorted_by_key(table, found)


def memory_back(images: RunImages, table: str, *, keep: pa.Array | pa.ChunkedArray = NO_ROW) -> TableChanges:
    """What changes in a table of the bookkeeping; created rows in `keep` stay, erased are gone."""
    changed, removed = images.of(table, "update"), images.of(table, "delete")
    updates = no_changes(table).updates
    if len(changed):
        current = standing_rows(images.connection, table, changed["row_id"])
        updates = difference(table, current, overlaid(table, changed, current)).updates
    made = without(pa.table({"key": images.standing(table)}), "key", keep)["key"]
    return TableChanges(table, restored(table, removed), updates, removals(table, made))


def removals(table: str, keys: pa.ChunkedArray) -> pa.Table:
    """Deletes of the rows with these keys."""
    gone = keys.take(pc.sort_indices(keys))
    return pa.table([gone, pa.nulls(len(gone), pa.string())], schema=deletes_schema(table))


def before_images(table: str, images: pa.Table, current: pa.Table) -> pa.Table:
    """The rows of a table as they were before a run; `current` are those of the same keys now."""
    changed = images.filter(pc.equal(images["op"], "update"))
    removed = restored(table, images.filter(pc.equal(images["op"], "delete")))
    return sorted_by_key(
        table, pa.concat_tables([overlaid(table, changed, current), removed.select(current.column_names)])
    )


def models_back(connection: sa.Connection, images: pa.Table) -> TableChanges:
    """What changes in ``mig_model``: the former model is in force again.

    The one that came into force with the run waits again, unless another was trained meanwhile: then that
    one waits, or none where it is the one in force.
    """
    current = standing_rows(connection, "mig_model", images["row_id"])
    before = before_images("mig_model", images, current)
    waiting = fetch(connection, sa.select(mig_model.c.id).where(mig_model.c.proposed))["id"]
    if len(waiting):
        proposed = pc.and_(pc.is_in(before["id"], pc.unique(waiting)), pc.invert(before["in_force"]))
        before = before.set_column(before.column_names.index("proposed"), "proposed", proposed)
    return difference("mig_model", current, before)
