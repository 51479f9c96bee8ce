"""A database gets the newest schema in one step, or is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from crm_unify.errors import GuardStopped, Unreachable, UsageError
from crm_unify.schema.create import VERSION_TABLE
from crm_unify.schema.tables import metadata
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import _config, head, require, revision, revisions, upgrade

SERVERS = [
    pytest.param("sqlite", id="SQLite"),
    pytest.param("postgres_url", id="PostgreSQL", marks=pytest.mark.postgres),
    pytest.param("mariadb_url", id="MariaDB", marks=pytest.mark.mariadb),
]


@pytest.fixture(params=SERVERS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database of each kind."""
    sqlite = f"sqlite:///{tmp_path / 'crm.db'}"
    engine = open_target(sqlite if request.param == "sqlite" else request.getfixturevalue(request.param))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty SQLite database."""
    engine = open_target(f"sqlite:///{tmp_path / 'crm.db'}")
    yield engine
    engine.dispose()


def names(engine: sa.Engine) -> list[str]:
    """Tables and views of a database."""
    found = sa.inspect(engine)
    return sorted([*found.get_table_names(), *found.get_view_names()])


def test_an_empty_database_gets_every_table_and_view(empty: sa.Engine) -> None:
    """After the upgrade the database is what the table definitions say, views included."""
    upgrade(empty)
    assert names(empty) == sorted([*metadata.tables, VERSION_TABLE, "consent_current", "customer_xref"])
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == head()


def described(engine: sa.Engine) -> dict[str, Any]:
    """Columns, keys, checks and indexes of every table by name, and the text of every view."""
    parts = ("columns", "pk_constraint", "foreign_keys", "check_constraints", "indexes", "unique_constraints")
    dialect = engine.dialect.name
    with engine.connect() as connection:  # one for all: asked of an engine, each question makes its own
        found = sa.inspect(connection)
        tables = {
            name: {part: by_name(getattr(found, f"get_{part}")(name), dialect) for part in parts}
            for name in found.get_table_names()
        }
        return tables | {name: found.get_view_definition(name) for name in found.get_view_names()}


def by_name(parts: Any, dialect: str) -> Any:
    """What the inspector found, in an order that does not depend on the order of creation.

    A foreign key of a column that is added has no name on SQLite, which finds keys without.
    """
    if not isinstance(parts, list):
        return repr(parts)
    unnamed = {"name": ""} if dialect == "sqlite" else {}
    return sorted(repr(part | unnamed if "referred_table" in part else part) for part in parts)


def test_at_once_or_step_by_step_is_the_same(empty: sa.Engine) -> None:
    """A new database has the tables, keys, checks, indexes and views that all migrations lead to."""
    upgrade(empty)
    at_once = described(empty)
    emptied(empty)
    assert names(empty) == []
    with empty.begin() as connection:
        command.upgrade(_config(connection), "head")
    assert described(empty) == at_once


def emptied(engine: sa.Engine) -> None:
    """Drop everything."""
    with engine.begin() as connection:
        for view in ("consent_current", "customer_xref"):
            connection.execute(sa.text(f"DROP VIEW {view}"))
        metadata.drop_all(connection)
        connection.execute(sa.text(f"DROP TABLE {VERSION_TABLE}"))


def test_files_of_migrations_are_named_in_their_order() -> None:
    """The newest revision is read off the names of the files; it is the one that Alembic finds."""
    found = [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()]
    assert list(revisions()) == found[::-1]


def test_the_second_upgrade_does_nothing(sqlite: sa.Engine, tmp_path: Path) -> None:
    """A database at the newest revision is not written to."""
    upgrade(sqlite)
    before = (tmp_path / "crm.db").read_bytes()
    upgrade(sqlite)
    assert (tmp_path / "crm.db").read_bytes() == before


@pytest.mark.parametrize("ready", [upgrade, require])
def test_somebody_elses_database_is_refused(sqlite: sa.Engine, ready: Any) -> None:
    """A target that holds other tables (a source database named by mistake) is refused, naming them."""
    with sqlite.begin() as connection:
        connection.execute(sa.text("CREATE TABLE CUSTMAST (CUSTNO TEXT)"))
    with pytest.raises(GuardStopped, match="CUSTMAST"):
        ready(sqlite)
    assert names(sqlite) == ["CUSTMAST"]


def test_a_newer_database_is_refused(sqlite: sa.Engine) -> None:
    """A database that a newer version has migrated is refused, naming its revision."""
    upgrade(sqlite)
    with sqlite.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(GuardStopped, match="9999"):
        upgrade(sqlite)


def test_an_upgrade_that_fails_half_way_leaves_nothing(sqlite: sa.Engine) -> None:
    """When the migration breaks at its last statement, the database is as empty as before."""

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "CREATE VIEW customer_xref" in statement:
            raise RuntimeError("the power goes")

    sa.event.listen(sqlite, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError, match="power"):
        upgrade(sqlite)
    assert names(sqlite) == []


def test_reading_needs_a_crm(sqlite: sa.Engine, tmp_path: Path) -> None:
    """A command that only reads says that there is nothing to read, and creates no file."""
    with pytest.raises(UsageError, match="there is no CRM yet"):
        require(sqlite)
    assert not (tmp_path / "crm.db").exists()
    (tmp_path / "crm.db").touch()
    with pytest.raises(UsageError, match="it has no tables"):
        require(sqlite)


def test_a_ready_crm_can_be_read(sqlite: sa.Engine) -> None:
    """After an upgrade nothing stands in the way of a command that only reads."""
    upgrade(sqlite)
    require(sqlite)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A target that cannot be opened is reported with its place and without a traceback."""
    engine = open_target(f"sqlite:///{tmp_path / 'nowhere' / 'crm.db'}")
    with pytest.raises(Unreachable, match="nowhere"):
        upgrade(engine)


def test_owners_that_people_typed_in_become_users(empty: sa.Engine) -> None:
    """A CRM of the version before had a text for the owner; the text is a user now, and nobody loses one."""
    with empty.begin() as connection:
        command.upgrade(_config(connection), "0003")
        connection.execute(
            sa.text(
                "INSERT INTO customer (id, kind, status, owner) VALUES ('C-1', 'person', 'active', 'Jo'),"
                " ('C-2', 'person', 'active', 'Jo'), ('C-3', 'person', 'active', NULL)"
            )
        )
    upgrade(empty)
    asked = "SELECT c.id, u.name FROM customer c LEFT JOIN app_user u ON u.id = c.owner_id ORDER BY c.id"
    with empty.connect() as connection:
        assert [tuple(row) for row in connection.execute(sa.text(asked))] == [
            ("C-1", "Jo"),
            ("C-2", "Jo"),
            ("C-3", None),
        ]


def test_the_schema_does_not_go_back_before_suppressions_while_there_are_any(sqlite: sa.Engine) -> None:
    """Without them erased persons would come back unseen."""
    upgrade(sqlite)
    with sqlite.begin() as connection:
        erasure = {"id": 1, "erased_at": datetime(2026, 1, 1), "erased_by": "A", "why": "w", "removed": ""}
        connection.execute(metadata.tables["mig_erasure"].insert(), erasure)
        token = {"token": "t", "what": "row", "erasure": 1}
        connection.execute(metadata.tables["mig_suppression"].insert(), token)
    with pytest.raises(RuntimeError, match="come back"), sqlite.begin() as connection:
        command.downgrade(_config(connection), "0005")
