"""What a reader gives, as plain values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipelines.sources.interface import ORIGIN, Reader, batch_schema


def table(reader: Reader) -> pa.Table:
    """All batches of a reader; they have the schema its header promises."""
    schema = batch_schema(reader.header())
    batches = list(reader.batches())
    assert all(batch.schema.equals(schema) for batch in batches)
    return pa.Table.from_batches(batches, schema)


def cells(reader: Reader) -> list[dict[str, str | None]]:
    """Readable rows as header -> text."""
    headers = {column.field: column.header for column in reader.header()}
    readable = [row for row in _rows(reader) if row["_problem"] is None]
    return [{headers[name]: row[name] for name in headers} for row in readable]


def origins(reader: Reader, *names: str) -> list[tuple[Any, ...]]:
    """Some origin columns of all rows, in the order of their place."""
    rows = sorted(_rows(reader), key=lambda row: row["_row"] or 0)
    return [tuple(row[name] for name in names or ORIGIN.names) for row in rows]


def problems(reader: Reader) -> list[tuple[int | None, str, str]]:
    """Rows that could not be read: place, code, raw text."""
    return [row for row in origins(reader, "_row", "_problem", "_raw") if row[1] is not None]


def _rows(reader: Reader) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table(reader).to_pylist()
    return rows
