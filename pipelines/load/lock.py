"""One run at a time: a lock that belongs to a file handle or a connection, so that a dead holder frees it.

SQLite: ``flock`` on ``NAME.lock`` beside the database, which also tells who holds it. PostgreSQL: an
advisory lock of the database. MariaDB: ``GET_LOCK``. All three vanish with the process that holds them.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_unify.errors import LockHeld, Unreachable
from crm_unify.schema.target import reachable

ADVISORY_KEY: Final = int.from_bytes(b"crm-unif", "big", signed=True)
"""Number of the advisory lock, the same in every database (PostgreSQL keeps them apart by database)."""


@dataclass(frozen=True, slots=True)
class TargetLock:
    """Proof that this process holds the lock of a target; given by :func:`hold` alone."""

    where: str


@contextmanager
def hold(engine: sa.Engine) -> Iterator[TargetLock]:
    """Hold the lock of the target while the block runs. Raises LockHeld, naming the holder if it can."""
    where = engine.url.render_as_string(hide_password=True)
    match engine.dialect.name:
        case "sqlite":
            held = _file_lock(engine.url.database, where)
        case "postgresql":
            held = _advisory_lock(engine, where)
        case _:
            held = _named_lock(engine, where)
    with held:
        yield TargetLock(where)


@contextmanager
def _file_lock(database: str | None, where: str) -> Iterator[None]:
    import fcntl

    if database is None or database in ("", ":memory:"):
        yield  # nobody else can see a database in memory
        return
    with _lock_file(Path(f"{database}.lock"), where) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise _refused(where, handle.read()) from error
        handle.truncate(0)
        handle.write(json.dumps({"process": os.getpid(), "host": socket.gethostname()}))
        handle.flush()
        yield


def _lock_file(path: Path, where: str) -> TextIO:
    """The open lock file; where none can be made, no database can be made either."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise Unreachable(
            "the folder of the CRM database cannot be written",
            where,
            why=str(error),
            remedy="correct `target` in the project file, or let yourself write there",
        ) from error


@contextmanager
def _advisory_lock(engine: sa.Engine, where: str) -> Iterator[None]:
    with reachable(engine), engine.connect() as connection:
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ADVISORY_KEY))):
            raise _refused(where, connection.scalar(sa.text(_ADVISORY_HOLDER), {"key": ADVISORY_KEY}) or "")
        connection.commit()  # the lock belongs to the session; no transaction stays open beside it
        try:
            yield
        finally:
            _let_go(connection, sa.func.pg_advisory_unlock(ADVISORY_KEY))


_ADVISORY_HOLDER: Final = """
SELECT 'server process ' || a.pid || ' (' || coalesce(host(a.client_addr), 'local')
       || ', since ' || to_char(a.backend_start, 'YYYY-MM-DD HH24:MI') || ')'
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
  AND ((l.classid::bigint << 32) | l.objid::bigint) = :key
"""


@contextmanager
def _named_lock(engine: sa.Engine, where: str) -> Iterator[None]:
    with reachable(engine), engine.connect() as connection:
        name = sa.func.concat("crm-unify ", sa.func.database())
        if connection.scalar(sa.select(sa.func.get_lock(name, 0))) != 1:
            holder = connection.scalar(sa.select(sa.func.is_used_lock(name)))
            raise _refused(where, f"server connection {holder}")
        connection.commit()
        try:
            yield
        finally:
            _let_go(connection, sa.func.release_lock(name))


def _let_go(connection: sa.Connection, unlock: sa.ColumnElement[object]) -> None:
    """Give the lock back, and end the session: a lock that the server has lost with it is free already."""
    with suppress(DBAPIError):
        connection.execute(sa.select(unlock))
    connection.invalidate()


def _refused(where: str, holder: str) -> LockHeld:
    why = f"it is held by {holder}" if holder else "its holder did not say who it is"
    return LockHeld(
        "another run works on this CRM",
        where,
        why=why,
        remedy="wait until it has ended; a lock ends with its process, so there is nothing to clean up",
    )


__all__ = ["TargetLock", "hold"]
