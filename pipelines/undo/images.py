"""The before-images of a run as Arrow columns.

An image of an update holds the touched columns alone, NULL as ``null``; one of a delete holds the whole row,
its NULL columns left out; a create keeps a hash of the row. Bookkeeping rows that were created keep none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import CHANGE_OPS, ERASED, mig_change
from crm_unify.schema.tables import TABLES, arrow_schema, key_of, stamp_of
from pipelines.database.read import fetch
from pipelines.database.row_text import hash_of, text_of

ORDER = "place"
"""Column of images: their order, over runs and within each."""


IMAGES: Final = pa.schema(
    [
        ("run", pa.int64()),
        ("row_id", pa.string()),
        ("op", pa.string()),
        ("before", pa.string()),
        ("hash", pa.string()),
        (ORDER, pa.int64()),
    ]
)


def read_images(connection: sa.Connection, table: str, where: sa.ColumnElement[bool]) -> pa.Table:
    """``run, row_id, op, before, hash, place`` of the changes of a table, in the order they were made.

    ``before`` is NULL for a create, ``hash`` for everything else. Those of erased rows are left out.
    """
    c = mig_change.c
    columns = (c.run, c.seq, c.row_id, c.op, c.before)
    there = c.row_id.not_like(f"{ERASED}%")
    query = sa.select(*columns).where(where, c.table_name == table, there).order_by(c.run, c.seq)
    found = fetch(connection, query)
    created, nothing = pc.equal(found["op"], "create"), pa.scalar(None, pa.string())
    return pa.table(
        {
            "run": found["run"],
            "row_id": found["row_id"],
            "op": found["op"],
            "before": pc.if_else(created, nothing, found["before"]),
            "hash": pc.if_else(created, found["before"], nothing),
            ORDER: pa.array(np.arange(len(found))),
        }
    )


def erased_images(connection: sa.Connection, run: int) -> pa.Table:
    """``table_name, row_id, op`` of the changes of a run whose rows were erased since."""
    c = mig_change.c
    query = sa.select(c.table_name, c.row_id, c.op).where(c.run == run, c.row_id.like(f"{ERASED}%"))
    return fetch(connection, query.order_by(c.table_name, c.row_id, c.op))


@dataclass(frozen=True, slots=True)
class RunImages:
    """The images that one run kept."""

    run: int
    numbers: Mapping[tuple[str, str], tuple[int, int, int]]
    """By table and operation the first and the last number of its changes, and how many there are; a run
    numbers them table by table, and within each one operation after the other."""
    connection: sa.Connection

    def of(self, table: str, *ops: str) -> pa.Table:
        """Those of a table, and of these operations alone; see :func:`read_images`."""
        parts = [self.numbers[table, op] for op in ops or CHANGE_OPS if (table, op) in self.numbers]
        if not parts:
            return IMAGES.empty_table()
        first, last = min(part[0] for part in parts), max(part[1] for part in parts)
        mine = sa.and_(mig_change.c.run == self.run, mig_change.c.seq.between(first, last))
        found = read_images(self.connection, table, mine)
        return found.filter(pc.is_in(found["op"], pa.array(ops))) if ops else found

    def created(self, table: str) -> pa.ChunkedArray:
        """The keys of the rows that the run created in a table, in their order."""
        if (table, "create") not in self.numbers:
            return pa.chunked_array([], pa.string())
        first, last, _ = self.numbers[table, "create"]
        c = mig_change.c
        query = sa.select(c.row_id).where(c.run == self.run, c.seq.between(first, last))
        return fetch(self.connection, query.order_by(c.seq))["row_id"]

    def standing(self, table: str) -> pa.ChunkedArray:
        """Those of the created rows that there still are: an erasure takes rows away without a trace."""
        first, last, _ = self.numbers.get((table, "create"), (0, -1, 0))
        c, key = mig_change.c, TABLES[table].columns[key_of(table)]
        query = sa.select(c.row_id).join(TABLES[table], key == c.row_id)
        query = query.where(c.run == self.run, c.seq.between(first, last)).order_by(c.seq)
        return fetch(self.connection, query)["row_id"]

    def unedited(self, table: str) -> pa.Table:
        """``row_id, hash`` of created rows that stand as they were written; the database compares the hashes.

        Rows that are missing here have been edited or deleted, or hold something unusual.
        """
        first, last, _ = self.numbers.get((table, "create"), (0, -1, 0))
        if last < first:
            return pa.table({"row_id": pa.array([], pa.string()), "hash": pa.array([], pa.string())})
        c, key = mig_change.c, TABLES[table].columns[key_of(table)]
        query = sa.select(c.row_id, c.before.label("hash")).join(TABLES[table], key == c.row_id)
        query = query.where(c.run == self.run, c.seq.between(first, last))
        text = text_of(columns_of(table), self.connection.dialect.name)
        return fetch(self.connection, query.where(hash_of(text, self.connection) == c.before))


def of_run(connection: sa.Connection, run: int) -> RunImages:
    """The images of this run; each table is read when it is asked for."""
    c = mig_change.c
    ends = sa.select(c.table_name, c.op, sa.func.min(c.seq), sa.func.max(c.seq), sa.func.count())
    rows = connection.execute(ends.where(c.run == run).group_by(c.table_name, c.op))
    numbers = {(name, op): (first, last, count) for name, op, first, last, count in rows}
    return RunImages(run, numbers, connection)


def image_fields(table: str) -> pa.Schema:
    """What an image of a row may hold: its columns, and the load stamp, which only a delete keeps."""
    stamp, schema = stamp_of(table), arrow_schema(table)
    return schema if stamp is None else schema.append(pa.field(stamp, pa.int64()))


def parsed_sql(table: str, images: str) -> str:
    """DuckDB query: the images with ``b``, a struct of what they hold, and ``k``, the names of that."""
    shape = ", ".join(f'"{field.name}": "{_json_type(field)}"' for field in image_fields(table))
    return f"SELECT *, json_keys(before) AS k, from_json(before, '{{{shape}}}') AS b FROM {images}"


def kept_sql(column: str) -> str:
    """DuckDB condition on parsed images named ``i``: this column stands in the image (all in a delete's)."""
    return f"(i.op = 'delete' OR (i.op = 'update' AND list_contains(i.k, '{column}')))"


def value_sql(name: str, field: pa.Field) -> str:
    """DuckDB expression: one member of a JSON object, NULL as ``null``."""
    text = f"to_json({name})::VARCHAR" if pa.types.is_string(field.type) else f"{name}::VARCHAR"
    return f"'\"{field.name}\":' || coalesce({text}, 'null')"


def _json_type(field: pa.Field) -> str:
    if pa.types.is_boolean(field.type):
        return "BOOLEAN"
    return "BIGINT" if pa.types.is_integer(field.type) else "VARCHAR"


def columns_of(table: str, *, stamped: bool = False) -> list[sa.Column[Any]]:
    """The columns the stages know, with the load stamp when `stamped`."""
    names = image_fields(table).names if stamped else arrow_schema(table).names
    return [TABLES[table].columns[name] for name in names]


__all__ = [
    "ORDER",
    "RunImages",
    "columns_of",
    "erased_images",
    "image_fields",
    "kept_sql",
    "of_run",
    "parsed_sql",
    "read_images",
    "value_sql",
]
