"""Arrow tables into a database table, at the speed the driver allows.

SQLite takes tuples (`executemany` in batches), PostgreSQL a COPY of CSV that Arrow writes. Values arrive in
canonical form and leave in the form SQLAlchemy stores, so that a program that uses the ORM reads the same
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa

from pipelines.database.read import cursor_of

BATCH_ROWS: Final = 20_000
"""Rows handed over at once."""

Advance = Callable[[int], None]


def _quietly(_rows: int) -> None:
    """Tell nobody."""


def insert(
    connection: sa.Connection, name: str, rows: pa.Table, types: Sequence[Any], *, advance: Advance = _quietly
) -> None:
    """Append rows to a table whose columns have these SQLAlchemy types; `name` is SQL, schema included.

    Tells `advance` how many rows have gone over. Nothing is committed.
    """
    given = [i for i, column in enumerate(rows.columns) if i == 0 or column.null_count < len(rows)]
    rows, types = rows.select(given), [types[i] for i in given]  # an empty column costs as much as a full one
    stored = stored_rows(rows, types, connection.dialect.name)
    columns = ", ".join(connection.dialect.identifier_preparer.quote(n) for n in rows.column_names)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)", stored, advance)
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * stored.num_columns)
    with cursor_of(connection) as cursor:
        for batch in filter(len, stored.to_batches(max_chunksize=BATCH_ROWS)):  # PyMySQL fails on no rows
            cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", _tuples(batch))
            advance(len(batch))


def _tuples(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _copy(connection: sa.Connection, statement: str, rows: pa.Table, advance: Advance) -> None:
    options = pa.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    with cursor_of(connection) as cursor, cursor.copy(statement) as copy:
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            sink = pa.BufferOutputStream()
            pa.csv.write_csv(batch, sink, options)
            copy.write(memoryview(sink.getvalue()))
            advance(len(batch))


def stored_rows(rows: pa.Table, types: Sequence[Any], dialect: str) -> pa.Table:
    """Canonical rows in the form the database stores."""
    pairs = zip(rows.columns, types, strict=True)
    return pa.table([_stored(c, t, dialect) for c, t in pairs], names=rows.column_names)


def _stored(values: pa.ChunkedArray, column_type: Any, dialect: str) -> pa.ChunkedArray:
    if not isinstance(column_type, sa.DateTime):
        return values
    bare = pc.replace_substring(pc.replace_substring(values, "T", " "), "Z", "")
    if dialect != "sqlite":
        return bare
    whole = pc.replace_substring_regex(bare, r"(:\d\d)$", r"\1.000000")
    padded = pc.utf8_rpad(whole, len("YYYY-MM-DD HH:MM:SS.ffffff"), "0")
    return pc.if_else(pc.is_valid(bare), padded, pa.scalar(None, pa.string()))
