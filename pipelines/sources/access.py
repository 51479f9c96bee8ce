"""Access databases (.mdb, .accdb) through mdbtools, or the package access-parser where that is missing.

mdbtools streams: `mdb-export` writes a table as text, of which one batch is in memory; its row count must be
that of `mdb-count`. access-parser needs no system package, holds a whole table in memory and knows fewer
types; a note says when it was used.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from threading import Timer
from typing import IO, Final, cast

import pyarrow as pa

from crm_unify.errors import ConfigurationError, GuardStopped, SourceMissing, nearest_name
from crm_unify.rules.model import Source
from pipelines.sources.access_parsed import parsed_names, parsed_table, unreadable
from pipelines.sources.csv_text import MARK_ERRORS, is_text, shown
from pipelines.sources.interface import (
    ENCODING_INVALID,
    RECORD_DAMAGED,
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

ROWS: Final = 10_000
"""Rows of a batch."""
_NULL: Final = "\x1a"
"""What stands for a missing value between `mdb-export` and us: no text of a table is this one control."""
_MAGIC: Final = (b"\x00\x01\x00\x00Standard Jet DB", b"\x00\x01\x00\x00Standard ACE DB")
_EXPORT: Final = ("-D", "%Y-%m-%d", "-T", "%Y-%m-%dT%H:%M:%S", "-b", "hex", "-0", _NULL)
_DESCRIBED: Final = re.compile(r"^\s*\[(.+)\]\s+(\w[\w ]*?)\s*(?:\(|,|$|NOT)", re.MULTILINE)
_TIMES: Final = ("DateTime", "Timestamp")
_MIDNIGHT: Final = "T00:00:00"
_OUTPUT: Final = 4 << 20
"""Bytes; names of tables and descriptions of columns are far shorter."""
_PATIENCE: Final = 60.0
"""Seconds that a tool may take to list tables or count rows."""
_EXPORT_PATIENCE: Final = 1800.0
"""Seconds that it may take to write a table; an Access file has at most 2 GB."""
_LARGEST: Final = 1 << 30
"""Characters of a value; a memo may hold as many."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A table on its way: header first, then rows."""

    header: list[str]
    rows: Iterator[Sequence[str | None]]


class AccessReader:
    """One table of an Access database as batches of text rows."""

    def __init__(self, given: Given, table: str, *, encoding: str | None = None) -> None:
        """`encoding` is the code page of a database of before 2000; later ones are Unicode."""
        self._given, self._table, self._encoding = given, table, encoding
        self._known: tuple[Column, ...] | None = None
        self._notes: list[str] = []
        self._lost = 0

    def header(self) -> tuple[Column, ...]:
        """The columns in the order of the table."""
        if self._known is None:
            with self._exported() as exported:
                self._known = name_columns(exported.header)
        return self._known

    def files(self) -> tuple[Path, ...]:
        """The database file."""
        return (self._given.path,)

    def notes(self) -> tuple[str, ...]:
        """What was used to read, and what it could not read."""
        return (*header_notes(self._known or ()), *self._notes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows; the tool's own count of them is checked at the end."""
        columns, read = self.header(), 0
        self._notes, self._lost = [], 0
        expected = _count(self._given.path, self._table)
        with self._exported() as exported:
            while rows := list(islice(exported.rows, ROWS)):
                read += len(rows)
                if expected is not None and read > expected:
                    break  # a damaged database may go on for ever
                yield from self._read(rows, columns)
        if self._lost:
            self._notes.append(f"{counted(self._lost, 'value')} with two question marks in a row: mdbtools "
                               "writes characters beyond U+FFFF (emoji) so: look at them in Access")
        if expected is not None and read != expected:
            raise GuardStopped(f"{read} rows of table '{self._table}' came out and it holds {expected}",
                               str(self._given.path), why="the database may be damaged",
                               remedy="have it compacted and repaired in Access, then run again")

    def _read(
        self, rows: Sequence[Sequence[str | None]], columns: tuple[Column, ...]
    ) -> Iterator[pa.RecordBatch]:
        fine = [row for row in rows if _is_fine(row, len(columns))]
        name, table = self._given.name, self._table
        if fine:
            self._lost += sum(text is not None and "??" in text for row in fine for text in row)
            cells = [pa.array(values, pa.string()) for values in zip(*fine, strict=True)]
            yield text_batch(columns, cells, file=name, sheet=table)
        if len(fine) < len(rows):
            bad = [row for row in rows if not _is_fine(row, len(columns))]
            raws = [shown(" | ".join(text or "" for text in row)) for row in bad]
            problems = [
                (None, ENCODING_INVALID if len(row) == len(columns) else RECORD_DAMAGED, raw)
                for row, raw in zip(bad, raws, strict=True)
            ]
            self._notes.append(f"{counted(len(bad), 'row')} that cannot be read")
            yield problem_batch(columns, problems, file=name, sheet=table)

    @contextmanager
    def _exported(self) -> Iterator[Exported]:
        """The table as the tool at hand writes it."""
        path = self._given.path
        tables = table_names(path)
        if not tables:
            raise unreadable(path, "no table can be found in it: it is damaged or was cut off")
        if self._table not in tables:
            nearest = nearest_name(self._table, tables)
            raise SourceMissing(f"no table '{self._table}'", str(path), why=f"there are: {', '.join(tables)}",
                                remedy=f"did you mean '{nearest}'?" if nearest else "correct `table`")
        if not _has_mdbtools():
            self._notes = ["read by access-parser, because mdbtools is not installed: compare the counts"]
            yield Exported(*parsed_table(path, self._table))
            return
        with tempfile.TemporaryFile() as warnings:
            command = ["mdb-export", *_EXPORT, str(path), self._table]
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=warnings, env=_environment(self._encoding),
                encoding="utf-8", errors=MARK_ERRORS,
            ) as process:
                assert process.stdout is not None  # it was asked for
                patience = Timer(_EXPORT_PATIENCE, process.kill)
                patience.start()
                try:
                    yield self._streamed(process.stdout)
                finally:
                    patience.cancel()
                    process.kill()  # it may have more to say than anybody wants to hear
            warnings.seek(0)
            self._notes += _warnings(warnings.read().decode(errors="replace"))

    def _streamed(self, stream: IO[str]) -> Exported:
        csv.field_size_limit(_LARGEST)
        cast("TextIOWrapper", stream).reconfigure(newline="")  # line breaks in values stay as they are
        rows = csv.reader(stream)
        times = _time_columns(self._given.path, self._table)
        header = next(rows, None)
        if header is None:
            raise unreadable(self._given.path, f"mdb-export gave nothing of table '{self._table}'")
        at = [place for place, name in enumerate(header) if name in times]
        return Exported(header, (_values(row, at) for row in rows))


def _is_fine(row: Sequence[str | None], width: int) -> bool:
    return len(row) == width and all(is_text(text) for text in row if text)


def table_names(path: Path) -> list[str]:
    """Tables that a person made, in the order of the database."""
    if _has_mdbtools():
        return _output(["mdb-tables", "-1", str(path)], path).splitlines()
    return parsed_names(path)


def _values(row: list[str], times: Sequence[int]) -> list[str | None]:
    """Texts of a row; missing values null, times without their midnight."""
    values = [None if text == _NULL else text for text in row]
    for place in times:
        text = values[place] if place < len(values) else None
        if text is None:
            continue
        values[place] = text.removesuffix(_MIDNIGHT)
    return values


def _time_columns(path: Path, table: str) -> frozenset[str]:
    described = _output(["mdb-schema", "-T", table, str(path)], path)
    return frozenset(name for name, kind in _DESCRIBED.findall(described) if kind.startswith(_TIMES))


def _count(path: Path, table: str) -> int | None:
    """Rows as `mdb-count` counts them; None where the tool is missing."""
    return int(_output(["mdb-count", str(path), table], path)) if _has_mdbtools() else None


def _output(command: list[str], path: Path) -> str:
    """What a tool writes; damaged databases make it write without end, or fall silent."""
    with tempfile.TemporaryFile() as errors, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors
    ) as process:
        assert process.stdout is not None  # it was asked for
        patience = Timer(_PATIENCE, process.kill)
        patience.start()
        try:
            found = process.stdout.read(_OUTPUT)
            if len(found) == _OUTPUT:
                process.kill()
        finally:
            patience.cancel()
        if process.wait():
            errors.seek(0)
            said = errors.read(_OUTPUT).decode(errors="replace").strip()
            raise unreadable(path, said or f"{command[0]} does not come to an end")
    return found.decode(errors="replace").strip("\n")


def _warnings(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [f"mdbtools: {line}" + (f" ({lines.count(line)} times)" if lines.count(line) > 1 else "")
            for line in dict.fromkeys(lines)]


def _environment(encoding: str | None) -> dict[str, str]:
    """UTF-8 out; the code page of old databases in."""
    jet3 = {} if encoding is None else {"MDB_JET3_CHARSET": encoding}
    return {**os.environ, "MDBICONV": "UTF-8", **jet3}


def _has_mdbtools() -> bool:
    return all(map(shutil.which, ("mdb-tables", "mdb-export", "mdb-count", "mdb-schema")))


def _is_access(sample: Sample) -> bool:
    """The first bytes of a Jet or ACE database."""
    return sample.head.startswith(_MAGIC)


def _tables(given: Given) -> Iterator[FoundTable]:
    for table in table_names(given.path):
        rows = _count(given.path, table)
        yield FoundTable(table, "access", given.name, {"table": table}, notes=() if rows else ("no rows",))


def _open(source: Source, given: Given) -> Reader:
    if source.table is None:
        raise ConfigurationError("an Access database holds tables, and the rule file names none", given.path,
                                 why=f"there are: {', '.join(table_names(given.path))}",
                                 remedy="name the `table` under `source`")
    return AccessReader(given, source.table, encoding=source.encoding)


FORMAT: Final = Format("access", "an Access database", _is_access, _tables, _open)
