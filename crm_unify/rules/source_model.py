"""What the `source` block of a rule file may say: where rows are, what identifies one, how text is read."""

# ruff: noqa: RUF012 - pydantic copies the default for every model
from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from crm_unify.rules.blocks import Name, Strict

ReaderName = Literal[
    "sql",
    "xlsx",
    "xls",
    "ods",
    "csv",
    "fixed",
    "dbf",
    "access",
    "json",
    "parquet",
    "vcard",
    "ldif",
    "xml",
    "cobol",
]
"""Formats of sources, see docs/formats.md."""

READER_KEYS: Final[dict[str, frozenset[str]]] = {
    "sql": frozenset({"table", "query", "encoding"}),
    **dict.fromkeys(("xlsx", "xls", "ods"), frozenset({"file", "sheet", "range", "header"})),
    "csv": frozenset({"file", "header", "encoding", "delimiter"}),
    "fixed": frozenset({"file", "encoding", "columns", "record_length"}),
    "dbf": frozenset({"file", "encoding", "memo"}),
    "access": frozenset({"file", "table", "encoding"}),
    "json": frozenset({"file", "encoding", "row_path"}),
    "parquet": frozenset({"file"}),
    "vcard": frozenset({"file", "encoding"}),
    "ldif": frozenset({"file"}),
    "xml": frozenset({"file", "row_path"}),
    "cobol": frozenset({"file", "copybook"}),
}
"""Format -> the keys that say what it reads; the other ones mean nothing to it."""


class ContentKey(Strict):
    """Key of a source without one: a hash of these columns and an ordinal."""

    content: Annotated[list[str], Field(min_length=1)]
    """The columns; rows that are equal in them are told apart by an ordinal."""


def _key_form(value: Any) -> str:
    return "content" if isinstance(value, dict | ContentKey) else "columns"


Key = Annotated[
    Annotated[Annotated[list[str], Field(min_length=1)], Tag("columns")]
    | Annotated[ContentKey, Tag("content")],
    Discriminator(_key_form),
]
"""Key columns, or `{content: [COLUMNS]}`."""


class Expects(Strict):
    """What a healthy delivery looks like; otherwise the guard stops the run."""

    min_rows: int | None = None
    """Fewer rows than this stop the run."""
    max_drop_pct: float | None = None
    """Rows may shrink by this share (percent) against the last run."""
    columns: Literal["report", "exact"] = "report"
    """`exact`: a column that nobody takes stops the run; else it is reported."""


class JoinRows(Strict):
    """Rows of one key are lines of one row: texts that an old system cut into pieces."""

    order: str
    """Column with the number of the line."""
    columns: Annotated[dict[str, str], Field(min_length=1)]
    """Columns whose texts are put together, each with what stands between two lines; of all other columns
    the first line counts."""
    count: str | None = None
    """Column that says how many lines there are; rows with more or fewer go into quarantine."""
    max_length: Annotated[int, Field(ge=1)] = 100_000
    """Characters of the longest text; a longer one is left out and listed."""


class Parse(Strict):
    """How the text of this source is read."""

    dates: list[str] = ["%Y-%m-%d"]
    """``strptime`` formats, tried in this order."""
    decimal: Literal[".", ","] = "."
    """Sign before the cents."""
    null_tokens: list[str] = [""]
    """Texts that mean nothing, compared after trimming."""
    timezone: str = "UTC"
    """Of points in time that name none."""
    phone_country: str | None = None
    """Country of phone numbers that name none, ISO 3166-1 alpha-2."""
    country: str | None = None
    """ISO 3166-1 alpha-2 country of addresses that name none, for postcodes and VAT numbers."""
    currency: str = "EUR"
    """Of amounts that name none, ISO 4217."""
    name_order: Literal["given_first", "family_first", "auto"] = "auto"
    """Which name comes first in a full name."""
    excel_dates: Literal["1900", "1904"] | None = None
    """Numbers in a date column are serial numbers of this Excel calendar."""


class Header(Strict):
    """Where the header of a sheet or file stands."""

    row: Annotated[int, Field(ge=1)] = 1
    """First header row as the spreadsheet shows it."""
    rows: Annotated[int, Field(ge=1, le=5)] = 1
    """Header rows; merged cells are filled to the right, levels are joined with a space."""


class FixedColumn(Strict):
    """One column of a file of fixed width."""

    name: Annotated[str, Field(min_length=1)]
    """Header of the column."""
    width: Annotated[int, Field(ge=1)]
    """Characters; bytes where `record_length` is given."""
    start: Annotated[int, Field(ge=1)] | None = None
    """First character, from 1; without it the column follows the one before."""


class RecordHeader(Strict):
    """Bytes in front of each record of variable length that are neither an RDW nor part of the record."""

    length: Annotated[int, Field(ge=1, le=64)]
    """Bytes of it."""
    size_at: Annotated[int, Field(ge=0)]
    """Where the length of the record stands in it, from 0."""
    size_bytes: Annotated[int, Field(ge=1, le=4)] = 2
    """Bytes of the length."""
    byte_order: Literal["big", "little"] = "big"
    """Of the length."""
    counts_itself: bool = False
    """The length includes these bytes."""
    valid_at: Annotated[int, Field(ge=0)] | None = None
    """Where a flag stands that is 1 in records that count; others are passed over and counted."""


class SegmentOf(Strict):
    """When a part of a COBOL record is there."""

    field: str
    """Elementary field that tells, for example SEGMENT-ID."""
    values: Annotated[list[str], Field(min_length=1)]
    """What it says then, blanks at its end left out."""


CodePage = Literal[
    "cp037", "cp273", "cp500", "cp1047", "cp1140", "cp1141", "ascii", "latin-1", "cp1252", "cp850"
]
"""EBCDIC code pages, and those of records that were written or converted on other machines."""


class Copybook(Strict):
    """A COBOL copybook, and how the records of a file come one after the other."""

    file: str
    """Relative to the source's folder."""
    record: str | None = None
    """Name on level 01, where the copybook describes several records."""
    code_page: CodePage = "cp037"
    """Encoding of the text fields."""
    format: Literal["fixed", "rdw", "rdw_little", "lines"] = "fixed"
    """Records of one length; a record descriptor word in front of each (IBM, or with little-endian length);
    lines of text."""
    record_header: RecordHeader | None = None
    """In place of an RDW."""
    byte_order: Literal["big", "little"] = "big"
    """Of COMP-5 and COMP on the machine that wrote the file."""
    floats: Literal["ibm", "ieee"] = "ibm"
    """COMP-1 and COMP-2: hexadecimal floating point of mainframes, or that of all other machines."""
    segments: dict[str, SegmentOf] = {}
    """Part of the record (usually one that is redefined or redefines) -> when it is there."""


class Cursor(Strict):
    """A column that grows with every change, so that a database is asked for new rows alone."""

    column: str
    """A whole number or a time, set anew whenever a row changes."""
    lag: Annotated[str, Field(pattern=r"^\d+[smhd]$")] | Annotated[int, Field(ge=0)] | None = None
    """How far behind the greatest value rows are read again, because some commit late: 30m, 2h, or a number;
    an hour, or 1000, where nothing is said."""
    full_every: Annotated[str, Field(pattern=r"^\d+d$")] | Annotated[int, Field(ge=1)] = "7d"
    """When the table is read whole, since a cursor sees no deletes: after so many days, or runs."""


class Source(Strict):
    """Where the rows of a map come from, what identifies one, and how its text is read."""

    system: Name
    """Source system, as the project file declares it; the first part of record ids."""
    reader: ReaderName
    """Format of the source, see [the formats](formats.md)."""
    file: str | None = None
    """File inside the source's folder or archive, when the project names one; `*` takes several together."""
    table: str | None = None
    """Table or view of a database; table of an Access file."""
    query: str | None = None
    """A SELECT in place of a table."""
    sheet: str | None = None
    """Sheet of a workbook."""
    range: str | None = None
    """Cells of a sheet that hold the table (B4:H200, or B4:H without an end), where a sheet holds several."""
    header: Header = Header()
    """Where the header of a sheet or text file stands."""
    encoding: str | None = None
    """Encoding of the text, where it is neither UTF-8 nor said by the file."""
    columns: Annotated[list[FixedColumn], Field(min_length=1)] | None = None
    """Columns of a file of fixed width, in their order."""
    record_length: Annotated[int, Field(ge=1)] | None = None
    """Bytes of a record of fixed width where no line breaks end it."""
    memo: str | None = None
    """Memo file of a dBase table, beside it, where it does not have the table's name."""
    row_path: str | None = None
    """Where the rows are in a tree: `customers/customer` in XML, `data.items` in JSON."""
    copybook: Copybook | None = None
    """How COBOL records are laid out."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """What separates the values of a text file."""
    key: Key
    """Columns that identify a row, or the columns of which its content is the key."""
    created: str | None = None
    """Column that says when the row was made; the oldest record founds a customer."""
    updated: str | None = None
    """Column that says when the row was last changed; for survivorship."""
    delivery: Literal["full", "delta"] = "full"
    """`delta`: files are applied once, in the order of their names; the last row of a key stands."""
    cursor: Cursor | None = None
    """Which rows of a table are new; without it all are read each time."""
    op_column: str | None = None
    """Column of a delta that says what became of a row."""
    op_delete: Annotated[list[str], Field(min_length=1)] = ["D", "DEL", "DELETE"]
    """Words in it that delete the row's key, in whatever letter case."""
    state: Literal["live", "frozen", "retired"] = "live"
    """`frozen`: not read any more, what it said stays in force; `retired`: what it said is evidence alone."""
    join_rows: JoinRows | None = None
    """How rows of one key are put together."""
    expects: Expects = Expects()
    """What a healthy delivery looks like."""
    parse: Parse = Parse()
    """How text is read."""
    ignore: dict[str, str] = {}
    """Columns nobody takes, each with its reason."""
