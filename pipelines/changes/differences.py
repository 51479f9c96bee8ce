"""The difference between two sets of canonical rows of one table, column by column."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.schema.tables import arrow_schema, key_of
from pipelines.changes.interface import (
    MASK,
    STOOD,
    TableChanges,
    deletes_schema,
    no_changes,
    updates_schema,
    value_fields,
)
from pipelines.database.columns import engine, quoted, sorted_by_key


def difference(table: str, old: pa.Table, new: pa.Table) -> TableChanges:
    """What leads from the old rows to the new ones. Both are canonical; order does not matter."""
    key = quoted(key_of(table))
    if old.num_columns == new.num_columns and old.equals(new):
        return no_changes(table)
    if len(old) == 0:
        return replace(no_changes(table), creates=sorted_by_key(table, new))
    with engine(old=old, new=new) as con:
        creates = con.sql(
            f"SELECT new.* FROM new ANTI JOIN old USING ({key}) ORDER BY {key}"
        ).to_arrow_table()
        deletes = con.sql(
            f"SELECT old.{key}, NULL AS {STOOD} FROM old ANTI JOIN new USING ({key}) ORDER BY 1"
        ).to_arrow_table()
        updates = con.sql(_updates_sql(table)).to_arrow_table()
    return TableChanges(
        table,
        creates=creates.select(arrow_schema(table).names).cast(arrow_schema(table)),
        updates=updates.cast(updates_schema(table)),
        deletes=deletes.cast(deletes_schema(table)),
    )


def _updates_sql(table: str) -> str:
    """Rows on both sides that differ; columns that do not are NULL on both sides and not in the mask."""
    key = quoted(key_of(table))
    names = [field.name for field in value_fields(table)]
    differs = {n: f"(old.{quoted(n)} IS DISTINCT FROM new.{quoted(n)})" for n in names}
    mask = " + ".join(f"CASE WHEN {differs[n]} THEN {1 << bit} ELSE 0 END" for bit, n in enumerate(names))
    sides = [
        f"CASE WHEN {differs[n]} THEN {side}.{quoted(n)} END AS {quoted(f'{side}.{n}')}"
        for n in names
        for side in ("old", "new")
    ]
    return (
        f"SELECT old.{key}, ({mask})::BIGINT AS {MASK}, NULL AS {STOOD}, {', '.join(sides)} "
        f"FROM old JOIN new USING ({key}) WHERE {MASK} <> 0 ORDER BY old.{key}"
    )


def without(rows: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Rows whose column holds none of these values."""
    if len(values) == 0:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows[column], pc.unique(values))))


def only(rows: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Rows whose column holds one of these values."""
    return rows.filter(pc.is_in(rows[column], pc.unique(values)))


def touches(updates: pa.Table, table: str, column: str) -> pa.ChunkedArray:
    """For each update, whether it changes this column."""
    bit = 1 << [field.name for field in value_fields(table)].index(column)
    return pc.not_equal(pc.bit_wise_and(updates[MASK], bit), 0)
