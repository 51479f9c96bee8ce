"""Loads that hold an SQLite database, and what others try to write meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE TABLE", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE")
"""A temporary table is none: it is of the connection alone, and waits for nobody."""


@contextmanager
def load(project: Path) -> Iterator[None]:
    """Somebody holds the database for as long as the block runs."""
    with closing(sqlite3.connect(project / "crm.db", isolation_level=None)) as con:
        con.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def written() -> Iterator[list[tuple[str, int]]]:
    """What anybody tries to write in the block, with the milliseconds that it would wait for its turn."""
    found: list[tuple[str, int]] = []

    def look(_: Any, cursor: Any, statement: str, *others: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            ((patience,),) = cursor.connection.execute("PRAGMA busy_timeout").fetchall()
            found.append((" ".join(statement.split()[:2]), patience))

    event.listen(sa.Engine, "before_cursor_execute", look)
    yield found
    event.remove(sa.Engine, "before_cursor_execute", look)
