"""A table, sheet or file that is not there any more: which others have its columns?

A table that was renamed is the usual reason, and the person who reads the message should not have to look for
it. Nothing is read but headers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from crm_unify.errors import CrmUnifyError
from crm_unify.rules.model import ProjectSource
from pipelines.sources.find import find_tables, open_found
from pipelines.sources.interface import FoundTable, Reader

ALIKE: Final = 0.8
"""Share of the columns that a table must have to be named: fewer are shared by chance (ID, NAME, CITY)."""
NAMED: Final = 3
"""Tables that are named at most."""
LOOKED_AT: Final = 300
"""Tables whose headers are read at most; the message should not take minutes."""


def lookalikes(place: ProjectSource, root: Path, wanted: Collection[str]) -> tuple[tuple[str, float], ...]:
    """The tables in the place of a source that have most of these columns, with the share, the best first."""
    found = []
    for name, headers in islice(_headers(place, root), LOOKED_AT):
        share = len(headers & set(wanted)) / max(len(wanted), 1)
        if share >= ALIKE:
            found.append((name, share))
    return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:NAMED])


def _headers(place: ProjectSource, root: Path) -> Iterator[tuple[str, set[str]]]:
    """Every table that can be opened as it lies there, with its columns."""
    try:
        for table, reader in _tables(place, root):
            try:
                columns = reader.header()
            except CrmUnifyError:
                continue  # a table that cannot be opened is no candidate; its own rule file tells of it
            where = (table.file, table.name) if table.options else (table.file or table.name,)
            yield f"'{', '.join(filter(None, where))}'", {column.header for column in columns}
    except CrmUnifyError:
        return  # the place itself is not there, and the error that is being explained says so


def _tables(place: ProjectSource, root: Path) -> Iterator[tuple[FoundTable, Reader]]:
    if place.url is not None:
        from pipelines.sources.sql import SqlReader, tables_at

        for table in tables_at(place.url, root):
            yield table, SqlReader(place.url, root=root, table=table.name)
        return
    assert place.path is not None, "a source has a url or a path"
    at = root / place.path
    at = at if at.exists() else at.parent
    for table in find_tables(at):
        yield table, open_found(table, at)
