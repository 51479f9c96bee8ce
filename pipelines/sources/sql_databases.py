"""Databases that tables are read from as text: connections, tables, columns, rows.

Every connection is read-only: SQLite files are opened so that a missing one is not created, servers are
told that the session writes nothing. Passwords appear in no message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from crm_unify.errors import ConfigurationError, SourceMissing, Unreachable, nearest_name
from pipelines.sources.sql_casts import bytes_marked
from pipelines.sources.sql_cursors import kinds_of, since, unfit_kinds, unfit_type
from pipelines.sources.sql_dialects import (
    BYTEA,
    CONNECT_SECONDS,
    DIALECTS,
    MARIADB,
    MARIADB_BIT,
    MARIADB_TEXTS,
    ORACLE,
    POSTGRESQL,
    SQLITE,
    Dialect,
)

_SHOWN_NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of a database."""

    name: str
    view: bool


class Session:
    """One open, read-only connection."""

    def __init__(self, connection: Any, dialect: Dialect, database: Database) -> None:
        """`connection` is the driver's own."""
        self._connection, self._dialect, self._database = connection, dialect, database

    def relation(self, table: str | None, query: str | None) -> str:
        """SQL for the rows of a table, view or query; a table that is not there stops the run."""
        if query is not None:
            return f"({query.strip().rstrip(';')}\n) rows_of_query"  # a comment may end the query
        return self._database.quoted_table(table or "")

    def describe(self, relation: str) -> list[tuple[str, str]]:
        """Name and text expression of each column of a relation."""
        described = self._described(relation)
        if (by_type := self._dialect.by_type) is not None:
            return [(name, by_type(self._database.quoted(name), code)) for name, code in described]
        binary = self._binary_columns(relation, described)
        return [(name, self._expression(name, code, binary)) for name, code in described]

    def _described(self, relation: str) -> list[tuple[str, object]]:
        """Name and driver's type number of each column; a query that cannot run is a wrong configuration."""
        try:
            with self._cursor() as cursor:
                cursor.execute(f"SELECT * FROM {relation} WHERE 1 = 0")
                return [(str(column[0]), column[1]) for column in cursor.description]
        except self._database.driver_error as error:
            if not self._database.is_alive():
                raise
            raise ConfigurationError("the database cannot run the source's query", self._database.name,
                                     why=self._database.reason(error),
                                     remedy="correct `query` under `source` in the rule file") from None

    def rows(
        self, relation: str, expressions: Sequence[str], *, size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """All rows as tuples of text (bytes of text in SQLite) or None, `size` at a time."""
        if self._dialect is SQLITE:
            self._connection.text_factory = bytes
        with self._streaming_cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(expressions)} FROM {relation}")
            while rows := cursor.fetchmany(size):
                yield rows if self._dialect is not ORACLE else [tuple(map(bytes_marked, row)) for row in rows]

    def since(self, column: str, low: str) -> str:
        """The condition for rows with this value of a cursor or a greater one, or without any."""
        return since(self._database.quoted(column), low)

    def greatest(self, relation: str, column: str) -> str | None:
        """The greatest value of a cursor, as text."""
        text = self._dialect.text.format(f"MAX({self._database.quoted(column)})")
        with self._cursor() as cursor:
            cursor.execute(f"SELECT {text} FROM {relation}")
            found = cursor.fetchone()[0]
        return found.decode() if isinstance(found, bytes) else found

    def unfit_cursor(self, table: str, column: str, lag: str | int | None) -> str | None:
        """Why a column can be no cursor; None where it can."""
        if self._dialect not in (SQLITE, POSTGRESQL, MARIADB):
            return "cursors are tried with SQLite, PostgreSQL and MariaDB alone"
        if self._dialect is not SQLITE:
            return unfit_type(self._database.type_of(table, column), lag)
        with self._cursor() as cursor:
            cursor.execute(kinds_of(self._database.quoted(column), self._database.quoted_table(table)))
            return unfit_kinds([kind for (kind,) in cursor.fetchall()], lag)

    def _expression(self, name: str, code: object, binary: frozenset[str]) -> str:
        column = self._database.quoted(name)
        if name in binary:
            return self._dialect.binary.format(column)
        if self._dialect.bits and code == MARIADB_BIT:
            return self._dialect.bits.format(column)
        return self._dialect.text.format(column)

    def _binary_columns(self, relation: str, described: Sequence[tuple[str, object]]) -> frozenset[str]:
        """Columns declared to hold bytes; in a SQLite query, which declares nothing, all of them."""
        if self._dialect is POSTGRESQL:
            return frozenset(name for name, code in described if code == BYTEA)
        if self._dialect is SQLITE:
            return self._blob_columns(relation, described)
        names = [name for name, code in described if code in MARIADB_TEXTS]
        if not names:
            return frozenset()
        charsets = ", ".join(f"CHARSET({self._database.quoted(name)})" for name in names)
        with self._cursor() as cursor:
            cursor.execute(f"SELECT {charsets} FROM {relation} LIMIT 1")
            row = cursor.fetchone() or ()
        return frozenset(name for name, charset in zip(names, row, strict=False) if charset == "binary")

    def _blob_columns(self, relation: str, described: Sequence[tuple[str, object]]) -> frozenset[str]:
        """Columns of a SQLite relation without a declared type that rules bytes out."""
        with self._cursor() as cursor:
            declared = {} if relation.startswith("(") else {
                name: kind for _, name, kind, *_ in cursor.execute(f"PRAGMA table_info({relation})")
            }
        return frozenset(name for name, _ in described if declared.get(name, "").upper() in ("", "BLOB"))

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def _streaming_cursor(self) -> Iterator[Any]:
        """A cursor that leaves the result on the server."""
        if self._dialect is POSTGRESQL:
            cursor = self._connection.cursor(name="crm_unify_rows")
        elif self._dialect is MARIADB:
            from pymysql.cursors import SSCursor

            cursor = self._connection.cursor(SSCursor)
        else:
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


class Database:
    """A database that rows are read from."""

    def __init__(self, url: sa.URL, dialect: Dialect, file: Path | None) -> None:
        """`file` is the SQLite file; None for a server."""
        self._url, self._dialect, self._file = url, dialect, file
        self.name = str(file) if file is not None else url.set(query={}).render_as_string(hide_password=True)
        """Where it is, without secrets."""
        connect: dict[str, Any] = (
            {"connect_args": dict(dialect.options)} if file is None else {"creator": self._open_file}
        )
        try:
            self._engine = sa.create_engine(url, poolclass=NullPool, **connect)
            if dialect is ORACLE:
                self._engine.dialect.loaded_dbapi.defaults.fetch_lobs = False  # texts, not locators of them
        except ImportError as error:
            what = f"no driver for {dialect.driver} is installed"
            raise ConfigurationError(what, self.name, why=str(error),
                                     remedy=f"install `crm-unify[{dialect.extra}]`") from None

    @property
    def driver_error(self) -> type[Exception]:
        """The base of what the driver raises."""
        error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return error

    @property
    def text_type(self) -> pa.DataType:
        """What `rows` gives for a text: bytes in SQLite, where not all texts are UTF-8."""
        return pa.string() if self._file is None else pa.binary()

    def files(self) -> tuple[Path, ...]:
        """The SQLite file, and its write-ahead log when changes are in it."""
        if self._file is None:
            return ()
        log = self._file.with_name(f"{self._file.name}-wal")
        return (self._file, log) if log.is_file() and log.stat().st_size else (self._file,)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """An open connection; what goes wrong on it is told without secrets."""
        self._refuse_missing_file()
        with self._told():
            pooled = self._engine.raw_connection()
        try:
            with self._told():
                connection = pooled.driver_connection
                self._prepare(connection)
                yield Session(connection, self._dialect, self)
        finally:
            pooled.invalidate()

    def tables(self) -> list[Table]:
        """Tables and views that a person made, by name."""
        self._refuse_missing_file()
        with self._told():
            inspector = sa.inspect(self._engine)
            views = set(inspector.get_view_names())
            return [Table(name, view=name in views) for name in _tables(inspector, None)]

    def quoted(self, name: str) -> str:
        """An identifier in the quotation marks of this database."""
        return self._engine.dialect.identifier_preparer.quote_identifier(name)

    def _quoted_name(self, name: str) -> str:
        """The name of a table or schema as the catalogue lists it: Oracle's are listed in small letters."""
        dialect = self._engine.dialect
        return self.quoted(dialect.denormalize_name(name) if dialect.requires_name_normalize else name)

    def quoted_table(self, table: str) -> str:
        """A table or view by its name, `schema.name` where it is not in the default schema."""
        inspector = sa.inspect(self._engine)
        schema, _, bare = table.rpartition(".")
        names = _tables(inspector, None)
        found = _spelt(table, names)
        if found is not None:
            return self._quoted_name(found)
        if schema and schema in inspector.get_schema_names():
            names = _tables(inspector, schema)
            found = _spelt(bare, names)
            if found is not None:
                return f"{self._quoted_name(schema)}.{self._quoted_name(found)}"
            raise _no_table(bare, names, f"{self.name}, schema {schema}")
        raise _no_table(table, names, self.name)

    def type_of(self, table: str, column: str) -> sa.types.TypeEngine[Any]:
        """The type of a column of a table, by the catalogue."""
        schema, _, bare = table.rpartition(".")
        inspector = sa.inspect(self._engine)
        name = _spelt(bare, _tables(inspector, schema or None)) or bare
        columns = inspector.get_columns(name, schema or None)
        return next(one["type"] for one in columns if one["name"] == column)

    def is_alive(self) -> bool:
        """Whether a new connection answers."""
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def _prepare(self, connection: Any) -> None:
        """Make the session read-only and its notation the usual one."""
        cursor = connection.cursor()
        for statement in self._dialect.prepare:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    def _open_file(self) -> sqlite3.Connection:
        """The SQLite file, read-only."""
        uri = f"file:{quote(str(self._file))}?mode=ro"
        return sqlite3.connect(uri, uri=True, timeout=CONNECT_SECONDS)

    def _refuse_missing_file(self) -> None:
        if self._file is None or self._file.is_file():
            return
        folder = self._file.parent
        there = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
        nearest = nearest_name(self._file.name, there)
        raise SourceMissing("the SQLite file is not there", str(self._file),
                            why=f"nearest name in that folder: '{nearest}'" if nearest else "",
                            remedy="deliver the file, or correct `url` in the project file")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Driver errors as a source that does not answer."""
        try:
            yield
        except (DBAPIError, self.driver_error) as error:
            raise Unreachable("the database does not answer, or refuses to be read", self.name,
                              why=self.reason(error),
                              remedy="check that it runs, and host, user and password in the source's `url`",
                              ) from None

    def reason(self, error: Exception) -> str:
        """First line of the driver's words, without the password."""
        cause = getattr(error, "orig", None) or error
        line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        return line.replace(str(self._url.password), "***") if self._url.password else line


def open_database(url: str, root: Path) -> Database:
    """The database at a SQLAlchemy URL; relative SQLite paths start at `root`. Nothing is connected yet."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise ConfigurationError("the `url` of a source is no database URL", root,
                                 remedy="write it as driver://user:password@host:port/database") from None
    backend = parsed.get_backend_name()
    if backend not in DIALECTS:
        raise ConfigurationError.unknown("database", backend, known=DIALECTS, file=root)
    dialect = DIALECTS[backend]
    file = root / (parsed.database or "") if dialect is SQLITE else None
    return Database(parsed.set(drivername=dialect.driver), dialect, file)


def _tables(inspector: sa.Inspector, schema: str | None) -> list[str]:
    """Names of tables and views, sorted."""
    return sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])


def _spelt(name: str, names: Sequence[str]) -> str | None:
    """The name as the database spells it: itself, or the only one that differs in case alone."""
    if name in names:
        return name
    folded = [there for there in names if there.casefold() == name.casefold()]
    return folded[0] if len(folded) == 1 else None


def _no_table(table: str, names: Sequence[str], where: str) -> SourceMissing:
    """The guard that names what is there instead."""
    nearest = nearest_name(table, names)
    shown = ", ".join(names[:_SHOWN_NAMES]) + (", ..." if len(names) > _SHOWN_NAMES else "")
    return SourceMissing(f"no table or view '{table}'", where, why=f"there are: {shown or 'none'}",
                         remedy=f"did you mean '{nearest}'?" if nearest else "correct `table` of the source")
