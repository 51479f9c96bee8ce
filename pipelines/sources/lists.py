"""Lists of records that carry their own names (JSON, XML, vCard, LDIF) as one table.

Which columns there are is known only when all records were seen: a first pass collects names, a second one
reads. What a record has several times is numbered as repeated headers are: `phone`, `phone (2)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa

from crm_unify.errors import GuardStopped
from pipelines.sources.interface import (
    Column,
    Given,
    check_width,
    counted,
    header_notes,
    name_columns,
    problem_batch,
    text_batch,
)

ROWS: Final = 5_000
"""Records of a batch."""
SHOWN: Final = 120
"""Characters of a broken part that a message shows."""
RAW_LENGTH: Final = 4_000
"""Characters kept of a part that cannot be read; the number of all stands behind them."""


@dataclass(slots=True)
class Entry:
    """One record of a list, or a part of the file that is none."""

    row: int
    """First physical line, from 1; where there are no lines the number of the record."""
    cells: dict[str, str | None] = field(default_factory=dict)
    problem: str = ""
    """Code, when it could not be read."""
    raw: str = ""
    """Its text then."""


Entries = Callable[[], Iterator[Entry]]
"""Reads the file from the beginning, each time it is called."""


class ListReader:
    """A list of records as batches of text rows."""

    def __init__(self, given: Given, entries: Entries) -> None:
        """`entries` may be called any number of times."""
        self._given, self._entries = given, entries
        self._known: tuple[Column, ...] | None = None
        self._broken: Entry | None = None  # the first of its parts, when none of them can be read
        self._problems: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def header(self) -> tuple[Column, ...]:
        """Every name that any record has, in the order in which they are first met."""
        if self._known is None:
            names: dict[str, None] = {}
            broken: Entry | None = None
            for entry in self._entries():
                names.update(dict.fromkeys(entry.cells))
                check_width(len(names), self._given.path)
                broken = broken or (entry if entry.problem else None)
            self._broken = broken if not names else None
            self._known = name_columns(list(names) or ["value"])
        return self._known

    def refuse_unreadable(self) -> None:
        """Raise GuardStopped when no record of the file can be read: its columns are not known then."""
        self.header()
        if self._broken is not None:
            raise _nothing_readable(self._given.path, self._broken)

    def files(self) -> tuple[Path, ...]:
        """The file itself."""
        return (self._given.path,)

    def notes(self) -> tuple[str, ...]:
        """Parts that could not be read."""
        told = [
            f"{counted(count, 'record')} that cannot be read: {code} (first: row {self._first[code]})"
            for code, count in sorted(self._problems.items())
        ]
        return (*header_notes(self._known or ()), *told)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Readable records, and those with a problem in batches of their own."""
        columns = self.header()
        self._problems.clear()
        entries = self._entries()
        while some := list(islice(entries, ROWS)):
            fine = [entry for entry in some if not entry.problem]
            if fine:
                yield _batch(fine, columns, self._given.name)
            bad = [entry for entry in some if entry.problem]
            if bad:
                self._take_note(bad)
                problems = [(entry.row, entry.problem, entry.raw) for entry in bad]
                yield problem_batch(columns, problems, file=self._given.name)

    def _take_note(self, bad: Sequence[Entry]) -> None:
        for entry in bad:
            self._problems[entry.problem] += 1
            self._first.setdefault(entry.problem, entry.row)


def _nothing_readable(path: Path, first: Entry) -> GuardStopped:
    """No record is one: the file is something else, or is cut off before the first record ends."""
    return GuardStopped(
        "no record of the file can be read", str(path),
        why=f"{first.problem} in line {first.row}: {first.raw[:SHOWN]!r}",
        remedy="look whether it is what `reader` says, and whole; else ask for the delivery again",
    )


def _batch(entries: Sequence[Entry], columns: tuple[Column, ...], file: str) -> pa.RecordBatch:
    records = [entry.cells for entry in entries]
    cells = [pa.array([record.get(column.found) for record in records], pa.string()) for column in columns]
    return text_batch(columns, cells, file=file, row=pa.array([entry.row for entry in entries], pa.int64()))


def excerpt(text: str) -> str:
    """The beginning of a part that cannot be read; how long it is when that is not all of it."""
    if len(text) <= RAW_LENGTH:
        return text
    return f"{text[:RAW_LENGTH]} ... ({len(text):,} characters)"


def numbered(name: str, count: int) -> str:
    """Name of what stands in a record for the `count`-th time.

    >>> numbered("phone", 1), numbered("phone", 3)
    ('phone', 'phone (3)')
    """
    return name if count == 1 else f"{name} ({count})"
