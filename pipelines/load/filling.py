"""Filling an empty table: its indexes and references are set aside and built when the rows are in.

An index built from sorted rows, and a reference checked by one join, cost a fraction of the same work row by
row: 200,000 contact points took 5.2 s into PostgreSQL with both in place and 1.2 s this way. It all happens
inside the transaction of the load; a table that nobody has filled yet is of no use to a reader meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from crm_unify.errors import GuardStopped
from pipelines.load.refusals import Refusal, reason
from pipelines.load.staging import Staged

WORTH_IT: Final = 10_000
"""Rows from which on it pays to build afterwards."""


@contextmanager
def built_afterwards(connection: sa.Connection, part: Staged) -> Iterator[None]:
    """Set indexes and references of the table aside while the block fills it, if it is empty now.

    Raises GuardStopped when the rows do not meet a reference; nothing is written then.
    """
    aside = _is_first_fill(connection, part) and _set_aside(connection, part.target)
    yield
    if aside:
        for index in _indexes(part.target):
            index.create(connection)
        _refer_again(connection, part.target)


def _is_first_fill(connection: sa.Connection, part: Staged) -> bool:
    if part.op != "create" or len(part.rows) < WORTH_IT or connection.dialect.name in ("mysql", "mariadb"):
        return False  # DDL would commit on MariaDB
    return connection.execute(sa.select(sa.literal(1)).select_from(part.target).limit(1)).first() is None


def _set_aside(connection: sa.Connection, table: sa.Table) -> bool:
    """Drop what can be built again, and tell whether that was done.

    Nothing is dropped when the role of this connection does not own the table.
    """
    point = connection.begin_nested()
    try:
        for index in _indexes(table):
            index.drop(connection)
        for key in _references(connection, table):
            connection.execute(sa.schema.DropConstraint(key))
    except ProgrammingError:
        point.rollback()
        return False
    point.commit()
    return True


def _indexes(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def _references(connection: sa.Connection, table: sa.Table) -> list[sa.ForeignKeyConstraint]:
    """The references that are set aside: SQLite cannot drop one."""
    if connection.dialect.name != "postgresql":
        return []
    return sorted(table.foreign_key_constraints, key=lambda key: str(key.name))


def _refer_again(connection: sa.Connection, table: sa.Table) -> None:
    for key in _references(connection, table):
        try:
            connection.execute(sa.schema.AddConstraint(key, isolate_from_table=False))
        except Refusal as error:
            remedy = (
                "nothing was written; look at the row it names: somebody may have changed the CRM by hand"
            )
            what = "the CRM refuses a row that refers to one which is not there"
            raise GuardStopped(what, table.name, why=reason(error), remedy=remedy) from error
