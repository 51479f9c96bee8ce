"""Row ids: a hash of what a row says, and its number among rows that say the same.

Position is in neither the hash nor the order, so moving rows in a spreadsheet changes nothing but the column
`_row`. DuckDB, in memory with a folder to spill into, hashes and sorts; the rest streams.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.sources.interface import Column, batch_schema

if TYPE_CHECKING:
    import duckdb

VERSION: Final = 1
"""Of the hash; a change of it gives every row another id."""

_GROUP_ROWS: Final = 1 << 17
"""Rows of a Parquet row group, always the same so that equal content gives equal bytes."""
_UNIT: Final = "\x1f"
"""Unit separator of ASCII."""
_MEMORY: Final = "1GB"
"""What DuckDB may use before it spills; a million rows of a dozen columns fit."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What came of giving ids to the rows of a source."""

    rows: int
    content_hash: str
    """SHA-256 over the row ids, one a line in sorted order."""


@contextmanager
def sorter(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What sorts the rows of one source after the other; `spill` takes what memory does not hold."""
    import duckdb  # 50 ms, and not needed when nothing changed

    spill.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"temp_directory": str(spill), "memory_limit": _MEMORY}) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would go to standard output
        yield connection


def give_ids(
    files: Sequence[Path], columns: Sequence[Column], path: Path, *, by: duckdb.DuckDBPyConnection
) -> Sorted:
    """Write the rows of Parquet files into one, with `_row_hash` and `_row_id`, sorted by hash and ordinal.

    The files have the schema of a reader's batches; `by` is a :func:`sorter`.
    """
    schema = pa.schema([*batch_schema(columns), ("_row_hash", pa.string()), ("_row_id", pa.string())])
    digest = hashlib.sha256()
    rows = 0
    repeating = [name for name in schema.names if name not in ("_row", "_row_hash", "_row_id")]
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeating) as writer:
        for batch in _numbered(_sorted_rows(files, columns, by)):
            writer.write_batch(batch, row_group_size=_GROUP_ROWS)
            _add_ids(batch.column("_row_id"), digest)
            rows += batch.num_rows
    return Sorted(rows, digest.hexdigest())


def _sorted_rows(
    files: Sequence[Path], columns: Sequence[Column], by: duckdb.DuckDBPyConnection
) -> Iterator[pa.RecordBatch]:
    """All rows with their hash, sorted by it; equal rows in the order of their place."""
    if files:
        rows = by.read_parquet([str(file) for file in files])
        names = ", ".join(batch_schema(columns).names)
        hashed = rows.project(f"{names}, {_hash_expression(columns)} AS _row_hash")
        yield from hashed.order("_row_hash, _file, _sheet, _row").to_arrow_reader(_GROUP_ROWS)


def _hash_expression(columns: Sequence[Column]) -> str:
    """SQL for the hash of a row: headers with texts, flags, problem, raw text; not NULL cells, not its place.

    Columns enter by name, so moving one changes nothing. Each begins with a unit separator, doubled inside
    texts, so that no two rows run together to the same text.
    """
    named = sorted((column.header, column.field) for column in columns)
    parts = [_part(header, field) for header, field in [*named, ("problem", "_problem"), ("raw", "_raw")]]
    flags = "CASE WHEN _hidden THEN 'h' ELSE '' END, CASE WHEN _struck THEN 's' ELSE '' END"
    return f"substr(sha256(concat({flags}, {', '.join(parts)})), 1, 32)"


def _part(header: str, field: str) -> str:
    """SQL for one cell in the text that is hashed; NULL, which concat leaves out, for NULL."""
    quoted = json.dumps(header).replace("'", "''")  # ASCII without controls, and its end is plain to see
    return f"'{_UNIT}{quoted}' || replace({field}, '{_UNIT}', '{_UNIT}{_UNIT}')"


def _numbered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches with `_row_id`: the hash and, from 1, the ordinal among equal rows."""
    last, count = None, 0
    for batch in batches:
        hashes = batch.column("_row_hash")
        ordinals = _ordinals(hashes)
        run = int(np.argmax(ordinals[1:] == 1) + 1 if (ordinals[1:] == 1).any() else len(ordinals))
        if hashes[0].as_py() == last:
            ordinals[:run] += count
        last, count = hashes[-1].as_py(), int(ordinals[-1])
        ids = pc.binary_join_element_wise(hashes, pa.array(ordinals).cast(pa.string()), "-")
        yield pa.RecordBatch.from_arrays([*batch.columns, ids], names=[*batch.schema.names, "_row_id"])


def _ordinals(hashes: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Position of each value in its run of equal values, from 1; the values are sorted."""
    places = np.arange(len(hashes))
    starts = np.ones(len(hashes), np.bool_)
    differs = pc.not_equal(hashes.slice(1), hashes.slice(0, len(hashes) - 1))
    starts[1:] = differs.to_numpy(zero_copy_only=False)
    return places - np.maximum.accumulate(np.where(starts, places, 0)) + 1


def content_hash_of(ids: pa.Array) -> str:
    """What :func:`give_ids` says of rows with these sorted ids."""
    digest = hashlib.sha256()
    _add_ids(ids, digest)
    return digest.hexdigest()


def _add_ids(ids: pa.Array, digest: hashlib._Hash) -> None:
    """Feed row ids to a hash, one a line."""
    lines = pc.binary_join_element_wise(ids, "", "\n")
    digest.update("".join(lines.to_pylist()).encode())
