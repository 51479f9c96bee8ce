"""What each kind of database calls its drivers, its read-only sessions and its casts to text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pipelines.sources.sql_casts import oracle_text, sql_server_text

CONNECT_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of database is spoken to."""

    driver: str
    """SQLAlchemy driver name."""
    extra: str
    """Optional dependency that brings the driver; empty where Python has it."""
    prepare: tuple[str, ...]
    """Statements that make a session read-only and its text the same everywhere."""
    text: str
    """Expression that casts column {0} to text."""
    binary: str
    """Expression that gives BYTES and hexadecimal digits for column {0}."""
    bits: str = ""
    """Expression for a column of single bits, where the driver would hand out bytes."""
    options: tuple[tuple[str, Any], ...] = ()
    """Arguments of the driver's `connect`."""
    by_type: Callable[[str, object], str] | None = None
    """Expression for a column and the driver's type of it, where each type has one of its own."""


SQLITE: Final = Dialect(
    "sqlite", "", ("PRAGMA schema_version",), text="CAST({0} AS TEXT)",
    # any column may hold bytes; where none is declared to, those that are no text are an encoding problem
    binary="CASE typeof({0}) WHEN 'blob' THEN char(65535) || hex({0}) ELSE CAST({0} AS TEXT) END",
)
POSTGRESQL: Final = Dialect(
    "postgresql+psycopg", "postgres",
    ("SET client_encoding = 'UTF8'", "SET DateStyle = 'ISO, YMD'", "SET TimeZone = 'UTC'",
     "SET default_transaction_read_only = on"),
    text="CAST({0} AS TEXT)", binary="chr(65535) || encode({0}, 'hex')",
    options=(("connect_timeout", CONNECT_SECONDS),),
)
MARIADB: Final = Dialect(
    "mysql+pymysql", "mysql",
    # a consumer that sorts and hashes may be slower than the 60 s the server waits by default
    ("SET time_zone = '+00:00'", "SET net_write_timeout = 3600", "SET SESSION TRANSACTION READ ONLY"),
    text="CAST({0} AS CHAR)", binary="CONCAT(_utf8mb4 x'EFBFBF', HEX({0}))", bits="CAST({0} + 0 AS CHAR)",
    options=(("connect_timeout", CONNECT_SECONDS), ("charset", "utf8mb4")),
)
SQL_SERVER: Final = Dialect(
    "mssql+pyodbc", "mssql", (), text="CAST({0} AS NVARCHAR(MAX))", binary="", by_type=sql_server_text,
)
ORACLE: Final = Dialect(
    "oracle+oracledb", "oracle", (), text="TO_CHAR({0})", binary="",
    by_type=oracle_text,
)
DIALECTS: Final = {
    "sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MARIADB, "mariadb": MARIADB, "mssql": SQL_SERVER,
    "oracle": ORACLE,
}
"""Backend of a URL -> how it is spoken to."""
BYTEA: Final = 17
"""Type number of bytea in PostgreSQL."""
MARIADB_BIT: Final = 16
MARIADB_TEXTS: Final = frozenset({249, 250, 251, 252, 253, 254, 255})
"""Type numbers that texts and bytes share (BLOB and TEXT, BINARY and CHAR)."""
