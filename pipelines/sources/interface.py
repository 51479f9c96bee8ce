"""What every source is to the rest of the program: a header, then batches of text rows with their origin.

A reader changes nothing it finds. Each cell is the text as found, each row says where it stood, and a row
that could not be read is in the same stream with a code and its raw text.

A format is one module with a value `FORMAT`: how a file of it is told by its content, which tables are in
one, and how one of them is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa

from crm_unify.errors import GuardStopped

if TYPE_CHECKING:
    from crm_unify.rules.model import Source

CSV_RAGGED: Final = "CSV-RAGGED"
"""The row has more or fewer values than the header."""
CSV_BROKEN_QUOTE: Final = "CSV-BROKEN-QUOTE"
"""A quotation mark that opens and never closes, or closes in the middle of a value."""
ENCODING_INVALID: Final = "ENCODING-INVALID"
"""Bytes that mean nothing in the encoding of the source."""

FILE_CUT_OFF: Final = "FILE-CUT-OFF"
"""The file ends in the middle of this row, or nothing can be read from here on."""
RECORD_DAMAGED: Final = "RECORD-DAMAGED"
"""The row is not what its format says a row is."""

MAX_COLUMNS: Final = 20_000
"""More than a spreadsheet can have (16,384)."""

ORIGIN: Final = pa.schema([
    ("_file", pa.string()),         # name relative to the source's folder; the table of a database
    ("_sheet", pa.string()),        # the sheet of a workbook, the table of an Access file, else null
    ("_row", pa.int64()),           # as the spreadsheet shows it; first line of a row of text; else number of
                                    # the record from 1; null in the table of a database
    ("_hidden", pa.bool_()),        # the row is hidden in the spreadsheet
    ("_struck", pa.bool_()),        # every filled cell is struck out; a dBase row is marked as deleted
    ("_problem", pa.string()),      # code of a row that could not be read
    ("_raw", pa.string()),          # its text; bytes that could not be decoded as \xNN or in hexadecimal
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


@dataclass(frozen=True, slots=True)
class Given:
    """One file to read."""

    path: Path
    """Where its bytes are."""
    name: str
    """What origins call it: relative to the source's folder, parts joined with `/`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the content of a file shows at a glance, for telling its format."""

    path: Path
    head: bytes
    """The first bytes (64 KiB), unpacked where the file is compressed with gzip."""
    whole: bool
    """The file ends with them."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table, sheet or list that lies in a file or database; how it could be opened is a proposal."""

    name: str
    """What a person calls it: the sheet, the table, or the file's name without its ending."""
    reader: str
    """Name of the format, `source.reader` in a rule file."""
    file: str = ""
    """File relative to the folder that was looked in, parts joined with `/` (`old.zip/people.csv` for a
    member of an archive); the name alone when a single file was looked at; empty behind a server's `url`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of `source` in a rule file that open it: sheet, table, encoding, delimiter, header, ...;
    plain values as YAML has them, defaults left out."""
    url: str | None = None
    """Database URL for the project file, that of a SQLite file relative to the folder that was looked in;
    None for files."""
    notes: tuple[str, ...] = ()
    """What a person should know: guesses with their reason, a hidden sheet, a table without rows."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: the interface of a module in this package."""

    name: str
    """`source.reader` in a rule file."""
    what: str
    """With its article, for messages: "a dBase table"."""
    identify: Callable[[Sample], bool]
    """Whether a file looks like one by its content; its name plays no part."""
    tables: Callable[[Given], Iterator[FoundTable]]
    """The tables in a file; raises a program error when it cannot be read (a password, damage)."""
    open: Callable[[Source, Given], Reader]
    """The reader of one of them as the rule file describes it; reads nothing yet."""


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


def check_width(columns: int, path: Path) -> None:
    """Stop at a source with more columns than any table of customers has: it is not what it seems to be."""
    if columns > MAX_COLUMNS:
        raise GuardStopped(
            f"the source has more than {MAX_COLUMNS:,} columns", str(path),
            why="a wrong delimiter or row path, or a table that lies on its side",
            remedy="look at the first lines; correct the rule file, or have the file delivered another way",
        )


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
    sheet: str | None = None,
) -> pa.RecordBatch:
    """A batch of rows that could not be read: (row, code, raw text) of each; their cells are null."""
    length = len(problems)
    rows, codes, raws = zip(*problems, strict=True)
    no = pa.repeat(pa.scalar(value=False), length)
    origin = [
        pa.repeat(pa.scalar(file, pa.string()), length), pa.repeat(pa.scalar(sheet, pa.string()), length),
        pa.array(rows, pa.int64()), no, no, pa.array(codes, pa.string()), pa.array(raws, pa.string()),
    ]
    return pa.RecordBatch.from_arrays(
        [*origin, *(pa.nulls(length, pa.string()) for _ in columns)], schema=batch_schema(columns)
    )
