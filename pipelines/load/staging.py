"""Where changes wait outside the write transaction.

SQLite stages in a scratch database that is attached under the name ``staging`` and thrown away; PostgreSQL
and MariaDB stage in temporary tables of the connection. From there each table is written by set-based
statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.tables import CRM_TABLES, TABLES, arrow_schema, key_of, stamp_of
from crm_unify.schema.types import key
from pipelines.changes.interface import MASK, STOOD, TableChanges, value_fields
from pipelines.database.columns import row_hashes
from pipelines.database.read import drop_temporary
from pipelines.database.write import Advance, insert

SEQUENCE: Final = "change_seq"
"""Staged column: number of the change within the run."""
WORTH_ANALYSING: Final = 1_000
"""Rows from which on PostgreSQL is told how many there are before it joins them: else it guesses."""
STAGING_CACHE: Final = 65_536
"""KiB of the staging file that SQLite keeps in memory; by default it keeps two megabytes."""
HASH: Final = "change_hash"
"""Staged column: hash of a created CRM row (bookkeeping, which no person edits, keeps none)."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One part of the changes of one table, waiting in a table of its own."""

    op: str
    """``create``, ``update`` or ``delete``."""
    target: sa.Table
    place: sa.Table
    rows: pa.Table
    first: int
    """Number of its first change within the run; the rest follow in key order."""

    @property
    def key(self) -> str:
        """Name of the key column, the same on both sides."""
        return key_of(self.target.name)


@contextmanager
def staging_area(connection: sa.Connection, folder: Path | None) -> Iterator[str | None]:
    """A place for staged tables: the schema they are in. Nothing of it is left behind.

    The connection must be outside a transaction; on a server the session ends with the block.
    """
    if connection.dialect.name != "sqlite":
        try:
            yield None
        finally:
            connection.invalidate()  # temporary tables go with their session
        return
    driver: Any = connection.connection.driver_connection
    with TemporaryDirectory(dir=folder, prefix="staging-") as scratch:
        driver.execute("ATTACH DATABASE ? AS staging", (str(Path(scratch) / "staging.db"),))
        driver.execute("PRAGMA staging.journal_mode = OFF")  # nobody reads it again after a crash
        driver.execute("PRAGMA staging.synchronous = OFF")
        driver.execute("PRAGMA staging.locking_mode = EXCLUSIVE")  # nobody else opens it
        driver.execute(f"PRAGMA staging.cache_size = -{STAGING_CACHE}")
        try:
            yield "staging"
        finally:
            driver.execute("DETACH DATABASE staging")


def stage(
    connection: sa.Connection, area: str | None, changes: TableChanges, *, first: int, advance: Advance
) -> list[Staged]:
    """Put the changes of one table aside, numbered from `first`: creates, updates, deletes."""
    parts = []
    for op, rows in (("create", changes.creates), ("update", changes.updates), ("delete", changes.deletes)):
        if len(rows):
            place = _place(op, TABLES[changes.table], area, rows)
            parts.append(Staged(op, TABLES[changes.table], place, rows, first))
            _fill(connection, parts[-1], advance)
            first += len(rows)
    return parts


def drop_staged(connection: sa.Connection, parts: Sequence[Staged]) -> None:
    """Make room for the changes of another load within the same transaction."""
    for part in parts:
        drop_temporary(connection, part.place)


def _place(op: str, target: sa.Table, area: str | None, rows: pa.Table) -> sa.Table:
    """The definition of a staging table."""
    sequence = sa.Column(
        SEQUENCE, sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=area is not None
    )
    columns = [
        sequence,
        *(sa.Column(name, target.columns[name].type) for name in _staged_columns(op, target, rows)),
    ]
    if op == "create":
        columns.append(sa.Column(HASH, sa.Text))
    if op == "update":
        columns.append(sa.Column(MASK, sa.BigInteger))
    if op == "delete":
        columns.append(sa.Column(STOOD, key()))
    prefixes = [] if area is not None else ["TEMPORARY"]
    return sa.Table(f"staged_{op}_{target.name}", sa.MetaData(), *columns, schema=area, prefixes=prefixes)


def _staged_columns(op: str, target: sa.Table, rows: pa.Table) -> list[str]:
    key, stamp = key_of(target.name), stamp_of(target.name)
    match op:
        case "create":  # a row that is restored may bring the load stamp it had
            return [*arrow_schema(target.name).names, *([stamp] if stamp in rows.column_names else [])]
        case "update":
            return [key, *(field.name for field in value_fields(target.name))]
        case _:
            return [key]


def _fill(connection: sa.Connection, part: Staged, advance: Advance) -> None:
    part.place.create(connection)
    name = connection.dialect.identifier_preparer.format_table(part.place)
    types = [column.type for column in part.place.columns]
    insert(connection, name, _numbered(part), types, advance=advance)
    joined = part.op != "create" and len(part.rows) >= WORTH_ANALYSING
    if joined and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {name}")  # nobody else does for a temporary table


def _numbered(part: Staged) -> pa.Table:
    """The rows with the columns of the staging table."""
    rows, name = part.rows, part.target.name
    numbers = pa.array(np.arange(part.first, part.first + len(rows)))
    columns: dict[str, pa.ChunkedArray | pa.Array] = {SEQUENCE: numbers}
    for column in _staged_columns(part.op, part.target, rows):
        is_value = part.op == "update" and column != part.key
        columns[column] = rows[f"new.{column}" if is_value else column]
    if part.op == "create":
        in_crm = name in CRM_TABLES
        columns[HASH] = row_hashes(name, rows) if in_crm else pa.nulls(len(rows), pa.string())
    if part.op == "update":
        columns[MASK] = rows[MASK]
    if part.op == "delete":
        columns[STOOD] = rows[STOOD]
    return pa.table(columns)
