"""Bringing a database to the newest schema, or refusing one that is not ours to touch."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from crm_unify.errors import GuardStopped, UsageError
from crm_unify.schema.create import VERSION_TABLE, create, version
from crm_unify.schema.target import reachable

if TYPE_CHECKING:
    from alembic.config import Config

_HERE: Final = Path(__file__).parent


def upgrade(engine: sa.Engine) -> None:
    """Create or migrate every table and view, all or nothing where the database can take DDL back.

    MariaDB cannot: a new database whose creation is cut off is half made, and is to be dropped and made anew.
    An empty database gets the newest schema at once; Alembic (a second to import) is asked about an older one
    alone. Does nothing to a database that is at the newest revision. Raises GuardStopped for a database that
    holds tables of something else, or that a newer version of this program has migrated; Unreachable when it
    does not answer. On SQLite the engine must come from :func:`crm_unify.schema.target.open_target`.
    """
    with reachable(engine), engine.begin() as connection:
        tables = _refuse_foreign(connection)
        if not tables:
            create(connection, revision=head())
        elif revision(connection) != head():
            from alembic import command

            command.upgrade(_config(connection), "head")


def require(engine: sa.Engine) -> None:
    """See to it that a command which only reads has something to read; nothing is created.

    Raises UsageError when no run has filled the database yet, or when it waits for an upgrade (a run makes
    it); otherwise as :func:`upgrade`.
    """
    where = engine.url.render_as_string(hide_password=True)
    if not _is_there(engine):
        raise UsageError("there is no CRM yet", where, remedy="fill it with `crm-unify run`")
    refuse_old(engine)


def refuse_old(engine: sa.Engine) -> None:
    """Raise UsageError for a database without our tables, or with those of an older version."""
    with reachable(engine), engine.connect() as connection:
        _refuse_foreign(connection)
        found = revision(connection)
    if found != head():
        why = "it has no tables" if found is None else f"its schema is at revision {found}, not at {head()}"
        raise UsageError(
            "the CRM is not ready",
            engine.url.render_as_string(hide_password=True),
            why=why,
            remedy="bring it up to date with `crm-unify run`, which asks before it writes a row",
        )


def is_empty(engine: sa.Engine) -> bool:
    """Whether the target holds no table at all; an SQLite file that is not there is not made by asking."""
    if not _is_there(engine):
        return True
    with reachable(engine), engine.connect() as connection:
        return not sa.inspect(connection).get_table_names()


def _is_there(engine: sa.Engine) -> bool:
    """Whether there is a database to connect to; a server is asked later."""
    file = engine.url.database
    return engine.dialect.name != "sqlite" or bool(file and Path(file).exists())


def revision(connection: sa.Connection) -> str | None:
    """Revision the database is at; None for a database without our tables."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(sa.select(version.c.version_num)).scalar_one_or_none()


def head() -> str:
    """The newest revision this version of the program knows."""
    return revisions()[-1]


@cache
def revisions() -> tuple[str, ...]:
    """Every revision, oldest first: what the names of the migrations' files begin with."""
    return tuple(sorted(path.name.partition("_")[0] for path in (_HERE / "versions").glob("[0-9]*_*.py")))


def _config(connection: sa.Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    # no interpolation: a path may hold a percent sign
    config.set_main_option("script_location", str(_HERE / "migrations").replace("%", "%%"))
    config.set_main_option("version_locations", str(_HERE / "versions").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


def _refuse_foreign(connection: sa.Connection) -> list[str]:
    """Stop at a database that is not empty and was not made by this or an older version; its tables."""
    where = connection.engine.url.render_as_string(hide_password=True)
    tables = sorted(sa.inspect(connection).get_table_names())
    if VERSION_TABLE not in tables and tables:
        why = f"it holds tables that this program did not make: {', '.join(tables[:5])}"
        remedy = "point the target at an empty database, or at one this program has filled before"
        raise GuardStopped("the target is somebody else's database", where, why=why, remedy=remedy)
    found = revision(connection) if tables else None
    if found is not None and found not in revisions():
        why = f"its schema is at revision {found}, this version knows up to {head()}"
        raise GuardStopped(
            "the target was made by a newer version",
            where,
            why=why,
            remedy="install that version of crm-unify or a newer one",
        )
    return tables
