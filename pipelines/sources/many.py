"""Several files of one table as one source: columns found by name, each row with the file it stood in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from pipelines.sources.interface import ORIGIN, Column, Reader, batch_schema

NAMED: Final = 5
"""Columns missing in some of the files that are named one by one."""


class ManyFiles:
    """Readers of files of the same kind, one behind the other."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """The readers in the order of their files' names."""
        self._readers = readers
        self._known: tuple[Column, ...] | None = None

    def header(self) -> tuple[Column, ...]:
        """Every column of any file, in the order in which they are first met."""
        if self._known is None:
            found: dict[str, Column] = {}
            for reader in self._readers:
                for column in reader.header():
                    found.setdefault(column.header, column)
            self._known = tuple(
                Column(column.header, f"c{place:03d}", column.letter, column.found)
                for place, column in enumerate(found.values(), 1)
            )
        return self._known

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows of all files; a column that a file does not have is null in its rows."""
        columns = self.header()
        for reader in self._readers:
            fields = {column.header: column.field for column in reader.header()}
            for batch in reader.batches():
                yield _fitted(batch, columns, fields)

    def files(self) -> tuple[Path, ...]:
        """All files, an archive that holds several of them once."""
        return tuple(dict.fromkeys(path for reader in self._readers for path in reader.files()))

    def notes(self) -> tuple[str, ...]:
        """What any of the readers says, and columns that not every file has."""
        told = list(dict.fromkeys(note for reader in self._readers for note in reader.notes()))
        return (*told, *self._missing())

    def _missing(self) -> Iterator[str]:
        """Columns that not every file has; many of them in one sentence, cards and entries are like that."""
        headers = [{column.header for column in reader.header()} for reader in self._readers]
        counts = {c.header: sum(c.header not in names for names in headers) for c in self.header()}
        missing = {header: count for header, count in counts.items() if count}
        if len(missing) <= NAMED:
            yield from (f"column '{h}' is missing in {n} of {len(headers)} files" for h, n in missing.items())
            return
        named = ", ".join(f"'{header}' (in {count})" for header, count in list(missing.items())[:NAMED])
        more = f"{named} and {len(missing) - NAMED} more"
        yield f"{len(missing)} columns are missing in some of the {len(headers)} files: {more}"


def _fitted(batch: pa.RecordBatch, columns: Sequence[Column], fields: dict[str, str]) -> pa.RecordBatch:
    """A batch of one file in the columns of all."""
    nothing = pa.nulls(batch.num_rows, pa.string())
    cells = [
        batch.column(fields[column.header]) if column.header in fields else nothing for column in columns
    ]
    origin = [batch.column(name) for name in ORIGIN.names]
    return pa.RecordBatch.from_arrays([*origin, *cells], schema=batch_schema(columns))
