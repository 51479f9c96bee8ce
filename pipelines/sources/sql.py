r"""Database tables and queries as text: each column is cast to text by the database itself.

Typed extraction ends at the first `0000-00-00`, SET or `'n/a'` in an INTEGER column; text does not. The
same content gives the same text in SQLite, PostgreSQL and MariaDB, except where a database forgot or never
knew: trailing zeros of NUMERIC and large REAL values (SQLite), `true` for 1 (PostgreSQL), and times that
SQLite holds as whatever text was written. Bytes that are UTF-8 text are that text; others are `\x` and
hexadecimal digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.rules.model import Source
from pipelines.sources.csv_text import MARK_ERRORS, is_marked, shown
from pipelines.sources.interface import (
    ENCODING_INVALID,
    Column,
    Format,
    FoundTable,
    Given,
    Reader,
    Sample,
    counted,
    header_notes,
    name_columns,
    problem_batch,
    text_batch,
)
from pipelines.sources.sql_casts import BYTES
from pipelines.sources.sql_databases import Session, open_database

ROWS: Final = 10_000
"""Rows fetched at a time; larger batches were not faster."""
_HEXADECIMAL: Final = re.compile(f"{BYTES}[0-9A-Fa-f]*")
_HEXADECIMAL_UTF8: Final = re.compile(_HEXADECIMAL.pattern.encode())


class SqlReader:
    """One table, view or query of a database."""

    def __init__(
        self, url: str, *, root: Path, table: str | None = None, query: str | None = None,
        encoding: str | None = None,
    ) -> None:
        """Exactly one of `table` and `query`; relative SQLite paths start at `root`.

        `encoding` is that of the texts in a SQLite file, which need not be UTF-8; servers know theirs.
        """
        self._database = open_database(url, root)
        self._table, self._query, self._encoding = table, query, encoding
        self._name = table or "query"
        self._known: tuple[Column, ...] | None = None
        self._undecodable = 0

    def header(self) -> tuple[Column, ...]:
        """The columns by the database's catalogue."""
        if self._known is None:
            with self._database.session() as session:
                self._known, _, _ = self._described(session)
        return self._known

    def files(self) -> tuple[Path, ...]:
        """The SQLite file and its log of fresh changes; nothing for a server."""
        return self._database.files()

    def notes(self) -> tuple[str, ...]:
        """Headers renamed and rows that could not be decoded."""
        rows = counted(self._undecodable, "row")
        bad = f"{rows} with bytes that the encoding does not know: {ENCODING_INVALID}"
        return (*header_notes(self._known or ()), *([bad] if self._undecodable else []))

    def batches(self, *, since: tuple[str, str] | None = None) -> Iterator[pa.RecordBatch]:
        """All rows; those with a text that cannot be decoded in batches of their own.

        With `since`, a column and a value: the rows that hold that value or a greater one, or none.
        """
        self._undecodable = 0
        with self._database.session() as session:
            columns, relation, expressions = self._described(session)
            self._known = columns
            if since is not None:
                relation += f" WHERE {session.since(self._found(since[0]), since[1])}"
            for rows in session.rows(relation, expressions, size=ROWS):
                yield from self._read(rows, columns)

    def greatest(self, column: str) -> str | None:
        """The greatest value of a column, as text; None where it holds none."""
        with self._database.session() as session:
            return session.greatest(session.relation(self._table, self._query), self._found(column))

    def unfit_cursor(self, column: str, lag: str | int | None) -> str | None:
        """Why a column can be no cursor with this lag; None where it can."""
        if column not in {known.header for known in self.header()}:
            return "the table has no such column"
        with self._database.session() as session:
            return session.unfit_cursor(self._table or "", self._found(column), lag)

    def _found(self, header: str) -> str:
        """The name of a column in the database."""
        return next(column.found for column in self.header() if column.header == header)

    def _described(self, session: Session) -> tuple[tuple[Column, ...], str, list[str]]:
        """Columns, the relation they are of, and the expression that casts each to text."""
        relation = session.relation(self._table, self._query)
        described = session.describe(relation)
        columns = name_columns([name for name, _ in described])
        return columns, relation, [expression for _, expression in described]

    def _read(self, rows: Sequence[tuple[Any, ...]], columns: tuple[Column, ...]) -> Iterator[pa.RecordBatch]:
        """One fetch as batches."""
        kind = self._database.text_type
        found = [pa.array(values, kind) for values in zip(*rows, strict=True)]
        read = [_texts(column, self._encoding or "utf-8") for column in found]
        cells = [text for text, _ in read]
        masks = [bad for _, bad in read if bad is not None]
        if not masks:
            yield text_batch(columns, cells, file=self._name)
            return
        bad = reduce(pc.or_, masks)
        good = pc.invert(bad)
        yield text_batch(columns, [column.filter(good) for column in cells], file=self._name)
        raws = _rows_as_json([column.filter(bad) for column in cells], columns)
        self._undecodable += len(raws)
        yield problem_batch(columns, [(None, ENCODING_INVALID, raw) for raw in raws], file=self._name)


def _texts(found: pa.Array, encoding: str) -> tuple[pa.Array, pa.Array | None]:
    """One column of a fetch as text, and which values hold undecodable bytes (None: no value does)."""
    bad = None
    if pa.types.is_binary(found.type):
        found, bad = _decoded(found, encoding)
    text = found.cast(pa.string())
    if pc.any(pc.starts_with(text, BYTES)).as_py():
        text = _by_distinct(text, _bytes_as_text)
    return text, bad


def _decoded(found: pa.Array, encoding: str) -> tuple[pa.Array, pa.Array | None]:
    r"""Bytes as text; those the encoding does not know as \xNN."""
    if encoding == "utf-8":
        try:
            return found.cast(pa.string()), None
        except pa.ArrowInvalid:
            pass  # some value is not UTF-8: below each distinct one is looked at
    texts = _by_distinct(found, lambda value: shown(_decode(value, encoding)))
    bad = _by_distinct(found, lambda value: is_marked(_decode(value, encoding))).fill_null(False)
    return texts, bad if pc.any(bad).as_py() else None


def _decode(value: bytes, encoding: str) -> str:
    """Text of the source's encoding, with marks; what the query made of bytes is ASCII behind BYTES."""
    return value.decode("utf-8" if _HEXADECIMAL_UTF8.fullmatch(value) else encoding, MARK_ERRORS)


def _by_distinct(values: pa.Array, kernel: Callable[[Any], str | bool]) -> pa.Array:
    """A function of one value, called once for each distinct value; null stays null."""
    encoded = values.dictionary_encode()
    return pa.array([kernel(value.as_py()) for value in encoded.dictionary]).take(encoded.indices)


def _bytes_as_text(value: str) -> str:
    """A text as it is; of bytes the text they are in UTF-8, else their hexadecimal digits."""
    if not _HEXADECIMAL.fullmatch(value):
        return value
    found = bytes.fromhex(value.removeprefix(BYTES))
    try:
        return found.decode()
    except UnicodeDecodeError:
        return f"\\x{found.hex()}"


def _rows_as_json(cells: Sequence[pa.Array], columns: Sequence[Column]) -> list[str]:
    """Rows that could not be decoded as JSON objects, columns without a value left out."""
    rows = zip(*(column.to_pylist() for column in cells), strict=True)
    headers = [column.header for column in columns]
    return [
        json.dumps({h: v for h, v in zip(headers, row, strict=True) if v is not None}, ensure_ascii=False)
        for row in rows
    ]


def tables_at(url: str, root: Path) -> Iterator[FoundTable]:
    """Tables and views at a database URL; relative SQLite paths start at `root`."""
    for table in open_database(url, root).tables():
        notes = ("a view",) if table.view else ()
        yield FoundTable(table.name, "sql", options={"table": table.name}, url=url, notes=notes)


def _is_sqlite(sample: Sample) -> bool:
    """The first 16 bytes of a SQLite file (https://sqlite.org/fileformat2.html, 1.2)."""
    return sample.head.startswith(b"SQLite format 3\x00")


def _tables_in(given: Given) -> Iterator[FoundTable]:
    yield from tables_at(f"sqlite:///{given.path.absolute()}", given.path.parent)


def _open(source: Source, given: Given) -> Reader:
    url = f"sqlite:///{given.path.absolute()}"
    return SqlReader(url, root=given.path.parent, table=source.table, query=source.query,
                     encoding=source.encoding)


FORMAT: Final = Format("sql", "a SQLite database", _is_sqlite, _tables_in, _open)
