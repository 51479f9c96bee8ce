"""What changed in the CRM since a run, row by row, for the systems that run alongside.

Several changes of a row are one: it is compared as it was before the first with what stands now. A row that
came and went again in between is left out, and so is one that is as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_change
from crm_unify.schema.tables import CRM_TABLES, TABLES, arrow_schema, key_of
from pipelines.database.columns import engine, quoted
from pipelines.database.read import matching
from pipelines.undo.images import ORDER, columns_of, kept_sql, parsed_sql, read_images, value_sql

CHANGED: Final = pa.schema(
    [
        ("table", pa.string()),
        ("id", pa.string()),
        ("op", pa.string()),  # create, update or delete: what a follower has to do
        ("run", pa.int64()),  # the last that changed the row
        ("before", pa.string()),  # JSON: the changed columns as they were, or the deleted row
        ("now", pa.string()),  # JSON: the changed columns as they are, or the created row
    ]
)


def changed_since(connection: sa.Connection, run: int) -> Iterator[pa.Table]:
    """CHANGED rows by table, sorted by id: what the runs after this one have changed in the CRM.

    What people edited in the CRM is in ``now`` where a run has changed the same column, and nowhere else.
    """
    for table in CRM_TABLES:
        images = read_images(connection, table, mig_change.c.run > run)
        if len(images):
            query = sa.select(*columns_of(table))
            standing = matching(connection, query, TABLES[table].columns[key_of(table)], images["row_id"])
            with engine(images=images, standing=standing) as con:
                yield con.sql(_net_sql(table)).to_arrow_table().cast(CHANGED)


def _net_sql(table: str) -> str:
    key = quoted(key_of(table))
    fields = [field for field in arrow_schema(table) if field.name != key_of(table)]
    firsts = ", ".join(map(_first_sql, fields))
    fields = sorted(fields, key=lambda field: field.name)
    before = _object([_before_sql(field) for field in fields])
    now = _object([_now_sql(field) for field in fields])
    return f"""
        WITH parsed AS ({parsed_sql(table, "images")}),
        net AS (
            SELECT row_id, arg_min(op, {ORDER}) AS began, max(run) AS run, {firsts}
            FROM parsed i GROUP BY row_id
        ),
        placed AS (
            SELECT n.*, s.*, CASE WHEN began = 'create' AND s.{key} IS NULL THEN NULL
                                  WHEN began = 'create' THEN 'create'
                                  WHEN s.{key} IS NULL THEN 'delete' ELSE 'update' END AS op
            FROM net n LEFT JOIN standing s ON s.{key} = n.row_id
        ),
        said AS (
            SELECT row_id, op, run,
                   CASE WHEN op <> 'create' THEN {before} END AS before,
                   CASE WHEN op <> 'delete' THEN {now} END AS now
            FROM placed WHERE op IS NOT NULL
        )
        SELECT '{table}' AS "table", row_id AS id, op, run, before, now
        FROM said WHERE NOT (op = 'update' AND now = '{{}}') ORDER BY id"""


def _first_sql(field: pa.Field) -> str:
    """What the oldest image that holds this column says, ``{'v': value}``; NULL when none does."""
    kept = f"FILTER ({kept_sql(field.name)})"
    return f"arg_min({{'v': b.{quoted(field.name)}}}, {ORDER}) {kept} AS {quoted('was.' + field.name)}"


def _object(members: list[str]) -> str:
    return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"


def _before_sql(field: pa.Field) -> str:
    """A column as it was: where it changed, or (of a deleted row) where it held something."""
    was, now = quoted("was." + field.name), quoted(field.name)
    shown = f"CASE WHEN op = 'delete' THEN {was}.v IS NOT NULL ELSE {was}.v IS DISTINCT FROM {now} END"
    return f"CASE WHEN {was} IS NOT NULL AND {shown} THEN {value_sql(f'{was}.v', field)} END"


def _now_sql(field: pa.Field) -> str:
    """A column as it is: where it changed, or (of a created row) where it holds something."""
    was, now = quoted("was." + field.name), quoted(field.name)
    changed = f"{was} IS NOT NULL AND {was}.v IS DISTINCT FROM {now}"
    shown = f"CASE WHEN op = 'create' THEN {now} IS NOT NULL ELSE {changed} END"
    return f"CASE WHEN {shown} THEN {value_sql(now, field)} END"
