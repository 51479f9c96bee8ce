"""What every source is to the rest of the program: a header, then batches of text rows with their origin.

A reader changes nothing it finds. Each cell is the text as found, each row says where it stood, and a row
that could not be read is in the same stream with a code and its raw text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

CSV_RAGGED: Final = "CSV-RAGGED"
"""The row has more or fewer values than the header."""
CSV_BROKEN_QUOTE: Final = "CSV-BROKEN-QUOTE"
"""A quotation mark that opens and never closes, or closes in the middle of a value."""
ENCODING_INVALID: Final = "ENCODING-INVALID"
"""Bytes that mean nothing in the encoding of the source."""

ORIGIN: Final = pa.schema([
    ("_file", pa.string()),         # name relative to the source's folder; the table of a database
    ("_sheet", pa.string()),        # null outside workbooks
    ("_row", pa.int64()),           # as the spreadsheet shows it; first line of a CSV row; null in a table
    ("_hidden", pa.bool_()),        # the row is hidden in the spreadsheet
    ("_struck", pa.bool_()),        # every filled cell of the row is struck out
    ("_problem", pa.string()),      # code of a row that could not be read
    ("_raw", pa.string()),          # its text; bytes that could not be decoded as \xNN
])
"""Columns in front of the source's own in every batch."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a source."""

    header: str
    """The name rules use: the header as found; a repeated one gets " (2)", an empty one its place."""
    field: str
    """Safe unique name in Arrow tables: c001, c002, ..."""
    letter: str | None
    """Column as the spreadsheet shows it (A, B, ...); None outside workbooks."""
    found: str
    """Header exactly as found; differs from `header` where that would not be unique."""


class Reader(Protocol):
    """One table, sheet or file, as text."""

    def header(self) -> tuple[Column, ...]:
        """The columns; reads no data row. Raises a program error when there is nothing to read from."""
        ...

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in batches of bounded size with the schema `batch_schema(self.header())`."""
        ...

    def files(self) -> tuple[Path, ...]:
        """The files whose bytes alone decide what is read; empty when something else does (a server)."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What a person should know about the reading; complete once `batches` is exhausted."""
        ...


def batch_schema(columns: Sequence[Column]) -> pa.Schema:
    """Schema of the batches of a source with these columns."""
    return pa.schema([*ORIGIN, *((column.field, pa.string()) for column in columns)])


def name_columns(found: Sequence[str], letters: Sequence[str] | None = None) -> tuple[Column, ...]:
    """Columns with unique names: repeated headers are numbered from 2, empty ones named by their place."""
    taken = set(found)
    seen: set[str] = set()
    columns = []
    for index, text in enumerate(found):
        letter = None if letters is None else letters[index]
        wanted = text if text.strip() else f"column {letter or index + 1}"
        header = _free_name(wanted, taken if wanted != text or text in seen else set())
        seen.add(text)
        taken.add(header)
        columns.append(Column(header, f"c{index + 1:03d}", letter, text))
    return tuple(columns)


def _free_name(wanted: str, taken: set[str]) -> str:
    """The name itself or the first of "name (2)", "name (3)", ... that nobody has."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def header_notes(columns: Sequence[Column]) -> list[str]:
    """A sentence for each header that had to be renamed."""
    return [
        f"header '{c.found}' stands more than once; here it is '{c.header}'"
        if c.found.strip() else f"a column without header is called '{c.header}'"
        for c in columns if c.header != c.found
    ]


def text_batch(
    columns: Sequence[Column], cells: Sequence[pa.Array], *, file: str, sheet: str | None = None,
    row: pa.Array | None = None, flags: tuple[pa.Array, pa.Array] | None = None,
) -> pa.RecordBatch:
    """A batch of readable rows; `flags` are the hidden and struck columns, absent outside workbooks."""
    length = len(cells[0])
    no = pa.repeat(pa.scalar(value=False), length)
    hidden, struck = (no, no) if flags is None else flags
    origin = [
        pa.repeat(pa.scalar(file, pa.string()), length), pa.repeat(pa.scalar(sheet, pa.string()), length),
        pa.nulls(length, pa.int64()) if row is None else row,
        hidden, struck, pa.nulls(length, pa.string()), pa.nulls(length, pa.string()),
    ]
    return pa.RecordBatch.from_arrays([*origin, *cells], schema=batch_schema(columns))


def problem_batch(
    columns: Sequence[Column], problems: Sequence[tuple[int | None, str, str]], *, file: str,
) -> pa.RecordBatch:
    """A batch of rows that could not be read: (row, code, raw text) of each; their cells are null."""
    length = len(problems)
    rows, codes, raws = zip(*problems, strict=True)
    no = pa.repeat(pa.scalar(value=False), length)
    origin = [
        pa.repeat(pa.scalar(file, pa.string()), length), pa.nulls(length, pa.string()),
        pa.array(rows, pa.int64()), no, no, pa.array(codes, pa.string()), pa.array(raws, pa.string()),
    ]
    return pa.RecordBatch.from_arrays(
        [*origin, *(pa.nulls(length, pa.string()) for _ in columns)], schema=batch_schema(columns)
    )
