"""What stands in the CRM where a change is made: its image, and the hash a change set remembers it by.

A load refuses a change when the touched columns of the row (all of them, for a delete) no longer hash to
what they did when the change set was computed. Bookkeeping, which no person edits, is not hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.tables import CRM_TABLES, TABLES, arrow_schema, key_of
from pipelines.changes.interface import BLOCKED, MASK, STOOD, ChangeSet, TableChanges, value_fields
from pipelines.database.columns import engine, hashes, member_sql, object_sql, quoted
from pipelines.database.read import matching

OVERWRITTEN: Final = "what a person edited in the CRM is overwritten, because the source says something new"


def with_stood(changes: TableChanges, connection: sa.Connection) -> TableChanges:
    """Changes of a CRM table with the hash of what each of them meets now, where it is not known yet."""
    table, key = TABLES[changes.table], key_of(changes.table)
    columns = [table.columns[name] for name in arrow_schema(changes.table).names]
    parts = {"update": changes.updates, "delete": changes.deletes}
    for op, rows in parts.items():
        if rows[STOOD].null_count:
            standing = matching(connection, sa.select(*columns), table.columns[key], rows[key])
            hashed = _aligned(images(changes.table, op, rows, standing), len(rows))
            parts[op] = rows.set_column(rows.column_names.index(STOOD), STOOD, hashed)
    return replace(changes, updates=parts["update"], deletes=parts["delete"])


def images(table: str, op: str, rows: pa.Table, standing: pa.Table) -> pa.Table:
    """``place, key, before`` for each of these changes that meets a row, in their order.

    `before` is JSON: the columns that change (of an update) or all of them (of a delete).
    """
    if len(standing) == 0:
        return _IMAGES.empty_table()
    key = key_of(table)
    before = _touched_sql(table) if op == "update" else object_sql(arrow_schema(table))
    places = pc.index_in(standing[key], rows[key].combine_chunks())
    masks = rows[MASK].take(places) if op == "update" else pa.nulls(len(standing), pa.int64())
    placed = standing.append_column("place", places.cast(pa.int64())).append_column(MASK, masks)
    with engine(standing=placed) as con:
        return con.sql(
            f"SELECT place, {quoted(key)} AS key, {before} AS before FROM standing ORDER BY place"
        ).to_arrow_table()


_IMAGES: Final = pa.schema([("place", pa.int64()), ("key", pa.string()), ("before", pa.string())])


def _touched_sql(table: str) -> str:
    """DuckDB expression: the columns in the mask as a JSON object, NULL as ``null``."""
    members = []
    for bit, field in sorted(enumerate(value_fields(table)), key=lambda pair: pair[1].name):
        value = f"coalesce({member_sql(field)}, '\"{field.name}\":null')"
        members.append(f"CASE WHEN {MASK} & {1 << bit} <> 0 THEN {value} END")
    return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"


def _aligned(found: pa.Table, rows: int) -> pa.ChunkedArray:
    """Hash of the image of each change, NULL where no row stands."""
    places = pc.index_in(pa.array(np.arange(rows)), found["place"].combine_chunks())
    return hashes(found["before"]).take(places)


def overwritten(change_set: ChangeSet) -> pa.Table:
    """BLOCKED rows for the updates that knowingly overwrite what a person edited since the last load."""
    listed = list(_overwritten(change_set))
    return pa.concat_tables([BLOCKED.empty_table(), *listed])


def _overwritten(change_set: ChangeSet) -> Iterator[pa.Table]:
    for name in (name for name in CRM_TABLES if name in change_set.tables):
        rows, key = change_set.tables[name].updates, key_of(name)
        values = {field.name: rows[f"old.{field.name}"] for field in value_fields(name)}
        last = _aligned(images(name, "update", rows, pa.table({key: rows[key], **values})), len(rows))
        keys = rows[key].filter(pc.not_equal(last, rows[STOOD]))
        said = [pa.repeat(pa.scalar(text), len(keys)) for text in (name, "update", OVERWRITTEN)]
        yield pa.table([said[0], keys, said[1], said[2]], schema=BLOCKED)
