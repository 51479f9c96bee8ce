"""The newest schema in one step, for a database that is empty.

The migrations lead to the same tables, constraints, indexes and views, one change after the other; a test
holds the two together on every database system. At once it takes a tenth of the time.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from crm_unify.schema.tables import metadata
from crm_unify.schema.views import CONSENT_CURRENT, CUSTOMER_XREF

VERSION_TABLE: Final = "mig_schema"
"""Where Alembic keeps the revision of the database."""

version: Final = sa.Table(
    VERSION_TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""The table as Alembic makes it."""


_in_words: Final[dict[str, tuple[str, ...]]] = {}
"""The statements by name of their dialect: a rehearsal makes several databases in one process."""


def create(connection: sa.Connection, *, revision: str) -> None:
    """Make every table, index and view in an empty database, which is at this revision then.

    On MariaDB each statement is committed by itself; the revision, which comes last, says that all are there.
    """
    name = connection.dialect.name
    if name not in _in_words:
        _in_words[name] = _statements(connection.dialect)
    for statement in _in_words[name]:
        connection.exec_driver_sql(statement)
    connection.execute(version.insert(), {"version_num": revision})


def _statements(dialect: sa.Dialect) -> tuple[str, ...]:
    """All statements in their order; to put them into words takes longer than SQLite takes to obey."""
    parts: list[CreateTable | CreateIndex] = []
    for table in (version, *metadata.sorted_tables):
        parts += [CreateTable(table), *map(CreateIndex, sorted(table.indexes, key=lambda one: str(one.name)))]
    return (*(str(part.compile(dialect=dialect)) for part in parts), CONSENT_CURRENT, CUSTOMER_XREF)
