"""Some rows of a profiled table, for questions that its columns by themselves do not answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from crm_unify.errors import SourceMissing
from pipelines.profile.interface import TableProfile
from pipelines.profile.profile import shown
from pipelines.sources.find import open_found, survey
from pipelines.sources.interface import FoundTable, Reader

MOST: Final = 20_000
"""Rows that are looked at, those at the top of the table"""


def found_tables(place: str) -> tuple[FoundTable, ...]:
    """The tables in a place: a file, a folder, an archive or a database URL."""
    return survey(_where(place)).tables


def found_again(table: TableProfile, place: str, tables: Sequence[FoundTable]) -> FoundTable | None:
    """What a profiled table is among the tables of a place; None when it is of another place."""
    if table.source != shown(place):
        return None
    wanted = (table.reader, table.file, table.table, dict(table.options))
    same = (one for one in tables if (one.reader, one.file, one.name, dict(one.options)) == wanted)
    return next(same, None)


def some_rows(found: FoundTable, place: str, *, most: int = MOST) -> pa.Table:
    """The first readable rows of a table as text, a column a header; blank cells are null.

    Raises SourceMissing where the table has gone since it was profiled.
    """
    reader = open_found(found, _where(place))
    headers = [column.header for column in reader.header()]
    if not headers:
        raise SourceMissing("the table has no column any more", found.name, remedy="deliver it again")
    batches = list(_first(reader, most))
    schema = pa.schema([(header, pa.string()) for header in headers])
    return pa.Table.from_batches(batches, schema).slice(0, most)


def _first(reader: Reader, most: int) -> Iterator[pa.RecordBatch]:
    """Readable rows until there are enough."""
    columns = reader.header()
    read = 0
    for batch in reader.batches():
        good = batch.filter(batch.column("_problem").is_null())
        cells = [good.column(column.field) for column in columns]
        yield pa.RecordBatch.from_arrays(cells, names=[column.header for column in columns])
        read += good.num_rows
        if read >= most:
            return


def _where(place: str) -> Path | str:
    return place if "://" in place else Path(place)
