"""The way back for the rows of one CRM table, field by field.

A field that a run changed is restored when it still holds what the run wrote. A row that a run created is
removed when nobody has edited it, one that it deleted is put back. All else is a person's doing and stays.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.schema.tables import arrow_schema, key_of
from pipelines.changes.differences import difference, only, without
from pipelines.changes.interface import TableChanges, deletes_schema, no_changes
from pipelines.changes.standing import GONE
from pipelines.database.columns import engine, quoted, row_hashes
from pipelines.undo.images import image_fields, kept_sql, parsed_sql
from pipelines.undo.interface import EDITED, LEFT, STANDS_AGAIN, Returned


def returned(table: str, images: pa.Table, standing: pa.Table, written: pa.Table) -> Returned:
    """What leads back from a run in one table.

    `images` are those of the run, `standing` the rows as they are now, `written` those the run wrote (of an
    update the touched columns must be there).
    """
    key = key_of(table)
    if len(images) == 0:
        return Returned(no_changes(table), LEFT.empty_table(), LEFT.empty_table())
    made, changed, removed = (
        images.filter(pc.equal(images["op"], op)) for op in ("create", "update", "delete")
    )
    deletes, edited = _unmade(table, made, standing, written)
    there = only(standing, key, changed["row_id"])
    target, fields = _unchanged(table, changed, there, written)
    creates = restored(table, removed)
    again = only(creates, key, standing[key])[key]
    missing = [without(part, "row_id", standing[key])["row_id"] for part in (made, changed)]
    kept = [
        edited,
        *(left(table, op, ids, GONE) for op, ids in zip(("delete", "update"), missing, strict=True)),
    ]
    return Returned(
        TableChanges(table, without(creates, key, again), difference(table, there, target).updates, deletes),
        pa.concat_tables([*kept, fields]),
        left(table, "create", again, STANDS_AGAIN),
    )


def left(table: str, op: str, ids: pa.ChunkedArray, reason: str) -> pa.Table:
    """LEFT rows for whole rows of a table."""

    def said(text: str | None) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.string()), len(ids))

    return pa.table([said(table), ids, said(op), said(None), said(reason)], schema=LEFT)


def restored(table: str, removed: pa.Table) -> pa.Table:
    """The rows that images of deletes hold, with the load stamp they had; sorted by key."""
    if len(removed) == 0:
        return image_fields(table).empty_table()
    values = ", ".join(f"b.{quoted(field.name)} AS {quoted(field.name)}" for field in image_fields(table))
    with engine(images=removed) as con:
        rows = con.sql(
            f"SELECT {values} FROM ({parsed_sql(table, 'images')}) ORDER BY {quoted(key_of(table))}"
        ).to_arrow_table()
    return rows.cast(image_fields(table))


def held_by(table: str, images: pa.Table) -> pa.Table:
    """Rows as far as images hold them: of an update only the touched columns mean anything."""
    names = [field.name for field in arrow_schema(table)]
    values = ", ".join(
        f"{'row_id' if n == key_of(table) else 'b.' + quoted(n)} AS {quoted(n)}" for n in names
    )
    with engine(images=images) as con:
        rows = con.sql(f"SELECT {values} FROM ({parsed_sql(table, 'images')})").to_arrow_table()
    return rows.cast(arrow_schema(table))


def overlaid(table: str, changed: pa.Table, rows: pa.Table) -> pa.Table:
    """Rows as they were before the updates whose images these are; bookkeeping, which no person edits."""
    if len(changed) == 0:
        return arrow_schema(table).empty_table()
    key = quoted(key_of(table))
    values = ", ".join(
        f"CASE WHEN {kept_sql(field.name)} THEN i.b.{quoted(field.name)} ELSE rows.{quoted(field.name)} END"
        f" AS {quoted(field.name)}"
        for field in arrow_schema(table)
    )
    with engine(images=changed, rows=rows) as con:
        found = con.sql(
            f"SELECT {values} FROM ({parsed_sql(table, 'images')}) i JOIN rows ON i.row_id = rows.{key}"
            f" ORDER BY rows.{key}"
        ).to_arrow_table()
    return found.cast(arrow_schema(table))


# --- rows the run created ---
def _unmade(table: str, made: pa.Table, standing: pa.Table, written: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Deletes of created rows that are as they were written, and LEFT for those that a person edited."""
    key = key_of(table)
    rows = only(standing, key, made["row_id"])
    then = made["hash"].take(pc.index_in(rows[key], made["row_id"].combine_chunks()))
    same = pc.fill_null(pc.equal(row_hashes(table, rows), then), False)
    edited = rows.filter(pc.invert(same))
    keys = rows.filter(same)[key]
    deletes = pa.table([keys, pa.nulls(len(keys), pa.string())], schema=deletes_schema(table))
    return deletes, _edited(table, edited, written)


def _edited(table: str, edited: pa.Table, written: pa.Table) -> pa.Table:
    """LEFT for created rows that are not as they were written, with the columns that differ."""
    if len(edited) == 0:
        return LEFT.empty_table()
    key = quoted(key_of(table))
    names = [field.name for field in arrow_schema(table) if field.name != key_of(table)]
    differs = ", ".join(
        f"CASE WHEN w.{key} IS NOT NULL AND e.{quoted(n)} IS DISTINCT FROM w.{quoted(n)} THEN '{n}' END"
        for n in names
    )
    with engine(edited=edited, written=written) as con:
        return (
            con.sql(
                f"SELECT '{table}' AS table_name, id AS row_id, 'delete' AS op, unnest(fields) AS field, "
                f"'{EDITED}' AS reason "
                "FROM (SELECT id, CASE WHEN len(f) = 0 THEN [NULL] ELSE f END AS fields "
                f"FROM (SELECT e.{key} AS id, list_filter([{differs}], x -> x IS NOT NULL) AS f "
                f"FROM edited e LEFT JOIN written w ON e.{key} = w.{key})) ORDER BY row_id, field"
            )
            .to_arrow_table()
            .cast(LEFT)
        )


# --- rows the run changed ---
def _unchanged(
    table: str, changed: pa.Table, there: pa.Table, written: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Rows as they shall be, and LEFT for the fields that a person edited since."""
    if len(changed) == 0 or len(there) == 0:
        return arrow_schema(table).empty_table(), LEFT.empty_table()
    key = quoted(key_of(table))
    names = [field.name for field in arrow_schema(table)]
    ours = {n: f"(w.{key} IS NOT NULL AND s.{quoted(n)} IS NOT DISTINCT FROM w.{quoted(n)})" for n in names}
    values = ", ".join(
        f"CASE WHEN {kept_sql(n)} AND {ours[n]} THEN i.b.{quoted(n)} ELSE s.{quoted(n)} END AS {quoted(n)}"
        for n in names
    )
    stays = ", ".join(
        f"CASE WHEN {kept_sql(n)} AND NOT {ours[n]} AND s.{quoted(n)} IS DISTINCT FROM i.b.{quoted(n)} "
        f"THEN '{n}' END"
        for n in names
    )
    joined = (
        f"({parsed_sql(table, 'images')}) i JOIN there s ON i.row_id = s.{key} "
        f"LEFT JOIN written w ON w.{key} = s.{key}"
    )
    with engine(images=changed, there=there, written=written) as con:
        target = con.sql(f"SELECT {values} FROM {joined} ORDER BY s.{key}").to_arrow_table()
        fields = con.sql(
            f"SELECT '{table}' AS table_name, row_id, 'update' AS op, field, '{EDITED}' AS reason FROM "
            f"(SELECT i.row_id, unnest(list_filter([{stays}], x -> x IS NOT NULL)) AS field FROM {joined}) "
            "ORDER BY row_id, field"
        ).to_arrow_table()
    return target.cast(arrow_schema(table)), fields.cast(LEFT)
