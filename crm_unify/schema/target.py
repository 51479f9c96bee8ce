"""Opening the CRM database: the settings every connection gets, and errors in words.

SQLite: write-ahead log, so that people can read while a load writes; foreign keys on; ``synchronous =
FULL``, which in this mode costs one flush a commit (a load is one commit). Python's driver must not open
transactions by itself: it would commit before DDL, and a migration killed half-way would stay half done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from crm_unify.errors import Unreachable, UsageError

BUSY_MILLISECONDS: Final = 30_000
"""How long SQLite waits for somebody else's short transaction before it gives up."""

PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA cache_size = -65536",  # 64 MiB, in KiB
)


def open_target(url: str | sa.URL, *, root: Path | None = None, kept: int = 0) -> sa.Engine:
    """An engine on the CRM database at this SQLAlchemy URL.

    A relative SQLite path counts from `root` (the folder of the project file). So many connections to a
    server are `kept` when they are done with, by those who connect again and again. Nothing is connected yet.
    Raises UsageError for a URL that names no database system this installation knows.
    """
    try:
        parsed = _below(sa.make_url(url), root)
        engine = sa.create_engine(parsed, **_pooling(parsed, kept))
    except (sa.exc.ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        remedy = "write a URL such as sqlite:///crm.db or postgresql://user@host/db, and install its driver"
        raise UsageError("the target is no database URL", "target", why=str(error), remedy=remedy) from error
    if root is not None and _in_memory(parsed):
        why = "a database in memory is gone when the command ends"
        raise UsageError("the target is no file", "target", why=why, remedy="write sqlite:///crm.db")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _pooling(url: sa.URL, kept: int) -> dict[str, Any]:
    """No pool: a command connects a few times, and a connection it has done with is closed, not kept.

    A database in memory lives in its connection, which SQLAlchemy keeps for it. A file is opened anew each
    time, which costs little: it may have been put back from a backup, and what is written must be in it. One
    that is kept is asked first whether its server is there; nobody waits for one.
    """
    if _in_memory(url):
        return {}
    if kept and url.get_backend_name() != "sqlite":
        return {"pool_size": kept, "max_overflow": -1, "pool_pre_ping": True, "pool_recycle": RECYCLED}
    return {"poolclass": NullPool}


RECYCLED: Final = 3_600
"""Seconds after which a kept connection is made anew."""


def _in_memory(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _below(url: sa.URL, root: Path | None) -> sa.URL:
    """The URL with a relative SQLite file put below the root."""
    if root is None or url.get_backend_name() != "sqlite" or url.database is None or _in_memory(url):
        return url
    return url.set(database=str(root / url.database))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # no implicit BEGIN, no implicit COMMIT before DDL
    for pragma in PRAGMAS:
        connection.execute(pragma).close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one state of the database in all it reads, whoever writes meanwhile."""
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with reachable(engine), engine.connect() as connection:  # SQLite and MariaDB do it by themselves
        yield connection.execution_options(**level)


@contextmanager
def unwaiting(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that fails at once where somebody else writes, in place of waiting; committed at the end.

    For SQLite, which has one writer at a time; elsewhere two people wait for each other only on one row.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # its connections are not pooled: the next one has patience again
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            connection.commit()
        with connection.begin():
            yield connection


@contextmanager
def reachable(engine: sa.Engine) -> Iterator[None]:
    """Turn a driver's complaint that the database does not answer into Unreachable, without its password."""
    try:
        yield
    except DBAPIError as error:
        if not is_connection_trouble(error):
            raise
        raise unreachable(engine, error) from error


def unreachable(engine: sa.Engine, error: DBAPIError) -> Unreachable:
    """The error to show when the target does not answer, or stopped answering."""
    where = engine.url.render_as_string(hide_password=True)
    if engine.dialect.name == "sqlite":
        what, why, remedy = _trouble_with_file(Path(engine.url.database or ""), error)
        return Unreachable(what, where, why=why, remedy=remedy)
    remedy = "check that it runs, that the URL is right and that its disk has room; then repeat the command"
    return Unreachable("the CRM database does not answer", where, why=_reason(error), remedy=remedy)


def _trouble_with_file(file: Path, error: DBAPIError) -> tuple[str, str, str]:
    """What, why and remedy for an SQLite file."""
    match getattr(error.orig, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            remedy = "let `target` name a file of its own; this one holds something else"
            return "the target is no SQLite database", _reason(error), remedy
        case sqlite3.SQLITE_CANTOPEN if file.is_dir():
            return "the target is a folder", f"{file.name} is no file", "let `target` name a file inside it"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_AUTH:
            remedy = "let yourself read and write the file and its folder, or correct `target`"
            return "the CRM database cannot be opened", _reason(error), remedy
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            remedy = "close the program that works on the file, then repeat the command"
            return "the CRM database is in use", _reason(error), remedy
        case _:
            remedy = "check the file and that its disk has room; then repeat the command"
            return "the CRM database cannot be read or written", _reason(error), remedy


def is_connection_trouble(error: DBAPIError) -> bool:
    """Whether the trouble is the database (gone, full, locked, no database at all) and not a statement."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:  # SQLite calls a mistake in a statement an OperationalError, too
        return code & 0xFF not in STATEMENT_CODES
    return error.connection_invalidated or isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))


STATEMENT_CODES: Final = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
)
"""Result codes of SQLite that blame the statement or its values."""


def _reason(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
