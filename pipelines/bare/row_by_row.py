"""Files of any kind by the readers that serve projects: workbooks, lists, text that is not in order.

Every row of a bare file is a record. A row of delimited text that cannot be taken apart stays in as well as
it goes, cut to the width of the header, and is counted in a note.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import CrmUnifyError, GuardStopped
from pipelines.bare.interface import Found
from pipelines.sources.csv import CsvReader
from pipelines.sources.encoding_guess import guess_encoding
from pipelines.sources.find import open_found, survey
from pipelines.sources.interface import (
    CSV_BROKEN_QUOTE,
    CSV_RAGGED,
    ENCODING_INVALID,
    ORIGIN,
    Reader,
    counted,
)

_NO_TEXT: Final = (b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0", b"SQLite format 3")
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1a\x1c\x1d\x1e\x1f")
"""Control characters that text has only by accident"""
_MENDED = pa.array([CSV_RAGGED, CSV_BROKEN_QUOTE, ENCODING_INVALID])


def read_row_by_row(path: Path, label: str) -> Iterator[Found]:
    """The tables of a file: one for each sheet or list that has rows.

    Raises GuardStopped where none can be read.
    """
    looked = survey(path)
    if not looked.tables:
        yield _as_text(path, label, why=looked.unread[0].why if looked.unread else "it holds no table")
        return
    readers = [(table, open_found(table, path)) for table in looked.tables]
    several = len(readers) > 1
    for table, reader in readers:
        found = _found(reader, f"{label}!{table.name}" if several else label, notes=table.notes)
        if not several or len(found.columns[0]):
            yield found


def _as_text(path: Path, label: str, *, why: str) -> Found:
    """A file that is no table at first sight, as delimited text all the same: a person says it is one."""
    remedy = "give a CSV file with a header line, a Parquet file or a workbook"
    stop = GuardStopped("no table can be read from the file", str(path), why=why, remedy=remedy)
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
        controls = sum(head.count(byte) for byte in _CONTROLS)
        if not head.strip() or controls > len(head) / 20 or head.startswith(_NO_TEXT):
            raise stop
        return _found(CsvReader(path, name=label, encoding=guess_encoding(path).encoding), label, notes=())
    except CrmUnifyError:
        raise stop from None


def _found(reader: Reader, label: str, *, notes: tuple[str, ...]) -> Found:
    """What a reader reads."""
    names = tuple(column.header for column in reader.header())
    batches = list(reader.batches())
    if not batches:
        none = [pa.chunked_array([pa.array([], pa.string())]) for _ in names]
        return Found(label, names, none, notes)
    cells, told = _with_problems(pa.Table.from_batches(batches))
    return Found(label, names, list(cells.columns), (*notes, *told))


def _with_problems(table: pa.Table) -> tuple[pa.Table, list[str]]:
    """The cells of all rows in the order of the file; those of problem rows taken from their raw text."""
    fields = [name for name in table.column_names if name not in ORIGIN.names]
    bad = table["_problem"].is_valid()
    if not pc.any(bad).as_py():
        return table.select(fields), []
    mended = table.filter(pc.is_in(table["_problem"], value_set=_MENDED))
    lost = int(pc.sum(bad).as_py()) - len(mended)
    rows = [_cells(text, len(fields)) for text in mended["_raw"].to_pylist()]
    schema = pa.schema([(name, pa.string()) for name in fields])
    texts = pa.table(
        [pa.array([row[i] for row in rows], pa.string()) for i in range(len(fields))], schema=schema
    )
    good = table.filter(pc.invert(bad))
    place = np.concatenate([good["_row"].to_numpy(), mended["_row"].to_numpy()])
    both = pa.concat_tables([good.select(fields), texts]).take(pa.array(np.argsort(place, kind="stable")))
    return both, [*_told(len(mended), "mended"), *_told(lost, "lost")]


def _told(rows: int, what: str) -> list[str]:
    if not rows:
        return []
    said = {
        "mended": "with too many or too few values, broken quotation marks or bytes that are no text; "
        "cut to the header's width",
        "lost": "could not be read at all and is left out",
    }
    return [f"{counted(rows, 'row')} {said[what]}"]


def _cells(text: str, width: int) -> list[str]:
    """The values of a row that could not be taken apart, as well as it goes."""
    delimiter = max(",;\t|", key=text.count)
    flat = text.replace("\n", " ").replace("\r", " ").replace("\0", "")
    try:
        values = next(csv.reader([flat], delimiter=delimiter), [])
    except csv.Error:
        values = flat.split(delimiter)
    return [*values, *[""] * (width - len(values))][:width]
