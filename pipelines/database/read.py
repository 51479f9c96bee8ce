"""Rows of the CRM database as Arrow tables, without an object for each row.

PostgreSQL hands out whole columns as CSV (COPY), which Arrow parses; the other drivers hand out batches of
tuples, turned into columns batch by batch. Dates and times arrive as ISO text on every database.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_unify.schema.types import arrow_type
from pipelines.database.columns import dates, times

BATCH_ROWS: Final = 20_000
"""Rows fetched at once: enough to forget the call, few enough to stay in the processor's cache."""


@contextmanager
def cursor_of(connection: sa.Connection) -> Iterator[Any]:
    """A cursor of the driver itself; its errors come as those of SQLAlchemy, which all callers know."""
    driver: Any = connection.connection.driver_connection
    assert driver is not None, "the connection is open"
    dialect = connection.dialect
    complaint: Any = dialect.loaded_dbapi.Error
    try:
        with closing(driver.cursor()) as cursor:
            yield cursor
    except complaint as error:
        lost = dialect.is_disconnect(error, driver, None)
        raise DBAPIError.instance(
            None, None, error, complaint, connection_invalidated=lost, dialect=dialect
        ) from error


def fetch(connection: sa.Connection, select: sa.Select[Any]) -> pa.Table:
    """The rows of a query as a canonical Arrow table, in the order of the query."""
    compiled = select.compile(connection, compile_kwargs={"literal_binds": True})
    columns = {c.name: c.type for c in select.selected_columns}
    read = _copied if connection.dialect.name == "postgresql" else _fetched
    raw = read(connection, str(compiled), columns)
    return pa.table({name: _canonical(kind, raw[name]) for name, kind in columns.items()})


def _canonical(column_type: Any, values: pa.ChunkedArray) -> pa.ChunkedArray:
    match column_type:
        case sa.Date():
            return dates(values)
        case sa.DateTime():
            return times(values)
        case _:
            return values.cast(arrow_type(column_type))


def _copied(connection: sa.Connection, query: str, columns: dict[str, Any]) -> pa.Table:
    """The answer of COPY TO STDOUT; an unquoted empty field is NULL, a quoted one is empty text."""
    sink = io.BytesIO()
    with cursor_of(connection) as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
        for block in copy:
            sink.write(block)
    types = {name: arrow_type(kind) for name, kind in columns.items()}
    if sink.tell() == 0:
        return pa.schema(types.items()).empty_table()
    return pa.csv.read_csv(
        pa.py_buffer(sink.getbuffer()),
        read_options=pa.csv.ReadOptions(column_names=list(types), block_size=CSV_BLOCK),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


CSV_BLOCK: Final = 16 << 20
"""Bytes parsed at once; a single row must fit, and a raw row of a wide table may be long."""


def _fetched(connection: sa.Connection, query: str, columns: dict[str, Any]) -> pa.Table:
    schema = pa.schema([(name, _tuple_type(kind)) for name, kind in columns.items()])
    with cursor_of(connection) as cursor:
        cursor.execute(query)
        return pa.Table.from_batches(_batches(cursor, schema, columns), schema)


def _batches(cursor: Any, schema: pa.Schema, columns: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        values = zip(*rows, strict=True)
        arrays = [_array(v, field, columns[field.name]) for v, field in zip(values, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _array(values: Sequence[Any], field: pa.Field, column_type: Any) -> pa.Array:
    """One column of a batch; where the driver has date objects of its own they are spelt as ISO text."""
    if isinstance(column_type, sa.Date | sa.DateTime):
        values = [v.isoformat() if isinstance(v, date) else v for v in values]
    return pa.array(values, field.type)


def _tuple_type(column_type: Any) -> pa.DataType:
    """What the drivers of SQLite and MariaDB give: flags are whole numbers there."""
    return pa.int64() if isinstance(column_type, sa.Boolean) else arrow_type(column_type)


def matching(
    connection: sa.Connection,
    select: sa.Select[Any],
    column: sa.Column[Any],
    values: pa.ChunkedArray | pa.Array,
) -> pa.Table:
    """The rows of a query whose `column` is among these values, by way of a temporary table."""
    from pipelines.database.write import insert

    if len(values) == 0:
        return fetch(connection, select.where(sa.false()))
    wanted = sa.Table(
        "wanted", sa.MetaData(), sa.Column("value", column.type, primary_key=True), prefixes=["TEMPORARY"]
    )
    wanted.create(connection)
    try:
        insert(connection, "wanted", pa.table({"value": pc.unique(values)}), [column.type])
        return fetch(connection, select.join(wanted, column == wanted.c.value))
    finally:
        drop_temporary(connection, wanted)


def drop_temporary(connection: sa.Connection, table: sa.Table) -> None:
    """Drop a temporary table inside a transaction; on MariaDB a plain DROP TABLE would commit it."""
    word = "TEMPORARY " if connection.dialect.name in ("mysql", "mariadb") and table.schema is None else ""
    name = connection.dialect.identifier_preparer.format_table(table)
    connection.exec_driver_sql(f"DROP {word}TABLE {name}")
