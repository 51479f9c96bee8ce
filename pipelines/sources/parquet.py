"""Parquet files: every value as the text that says it exactly, structures by dotted names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.rules.model import Source
from pipelines.sources.interface import (
    RECORD_DAMAGED,
    Column,
    Format,
    FoundTable,
    Given,
    Reader,
    Sample,
    check_width,
    header_notes,
    name_columns,
    problem_batch,
    text_batch,
)

ROWS: Final = 50_000
"""Rows of a batch."""
_MAGIC: Final = b"PAR1"


class ParquetReader:
    """One Parquet file as batches of text rows."""

    def __init__(self, given: Given) -> None:
        """Reads nothing yet."""
        self._given = given
        self._damaged: list[str] = []

    def header(self) -> tuple[Column, ...]:
        """The columns by the schema; fields of structures with their path."""
        return self._named(_flattened(self._opened().schema_arrow.empty_table()))

    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self._given.path,)

    def notes(self) -> tuple[str, ...]:
        """Names that had to be changed, parts that could not be read."""
        return (*header_notes(self.header()), *self._damaged)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, one group of rows after the other; a damaged group is one row with a problem."""
        file, columns = self._opened(), self.header()
        self._damaged = []
        row = 1
        for group in range(file.num_row_groups):
            size, done = file.metadata.row_group(group).num_rows, 0
            try:
                for batch in file.iter_batches(ROWS, row_groups=[group], use_threads=False):
                    yield self._texts(batch, columns, row + done)
                    done += batch.num_rows
            except (pa.ArrowException, OSError) as error:
                what = f"rows {row + done} to {row + size - 1} cannot be read: {error}"
                self._damaged.append(what)
                yield problem_batch(columns, [(row + done, RECORD_DAMAGED, what)], file=self._given.name)
            row += size

    def _texts(self, batch: pa.RecordBatch, columns: tuple[Column, ...], row: int) -> pa.RecordBatch:
        table = _flattened(pa.Table.from_batches([batch]))
        cells = [_text(column.combine_chunks()) for column in table.columns]
        rows = pa.array(range(row, row + batch.num_rows), pa.int64())
        return text_batch(columns, cells, file=self._given.name, row=rows)

    def _named(self, table: pa.Table) -> tuple[Column, ...]:
        check_width(table.num_columns, self._given.path)
        if table.num_columns == 0:
            raise GuardStopped("the Parquet file has no columns", str(self._given.path),
                               remedy="ask for the delivery again")  # fmt: skip
        return name_columns(table.column_names)

    def _opened(self) -> Any:
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(self._given.path)
        except (pa.ArrowException, OSError) as error:
            raise GuardStopped("the Parquet file is damaged or was cut off", str(self._given.path),
                               why=str(error).splitlines()[0], remedy="ask for the delivery again") from None


def _flattened(table: pa.Table) -> pa.Table:
    """A table without structures: each field of one is a column named by its path."""
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _text(values: pa.Array) -> pa.Array:
    """A column as text; numbers and times in the shortest form that says them exactly."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _text(values.dictionary_decode())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else bytes_text(v) for v in values.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        return pc.replace_substring(values.cast(pa.string()), " ", "T", max_replacements=1)
    if pa.types.is_nested(kind):
        return pa.array([_nested(value) for value in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def bytes_text(value: bytes) -> str:
    """Bytes as the text they are in UTF-8, else as hexadecimal digits."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"\\x{value.hex()}"


def _nested(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _is_parquet(sample: Sample) -> bool:
    """The four bytes at the beginning of every Parquet file."""
    return sample.head.startswith(_MAGIC)


def _tables(given: Given) -> Iterator[FoundTable]:
    ParquetReader(given).header()
    yield FoundTable(Path(given.name).stem, "parquet", given.name)


def _open(_: Source, given: Given) -> Reader:
    return ParquetReader(given)


FORMAT: Final = Format("parquet", "a Parquet file", _is_parquet, _tables, _open)
