"""What every test may ask for: a database on a real server, a golden file, the checkout's root."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from crm_unify.schema.create import VERSION_TABLE
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade

ROOT = Path(__file__).parent.parent

IN_CI = bool(os.environ.get("CRM_UNIFY_CI"))
"""In CI a server that does not answer fails the test instead of skipping it."""

POSTGRES = os.environ.get("CRM_UNIFY_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
MARIADB = os.environ.get("CRM_UNIFY_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/mysql?charset=utf8mb4")

# Examples are the same on every machine; `make soak` looks for new ones. No deadline: nothing here is timed.
settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "soak", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("quick")

_IN_POSTGRES = "CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"
_IN_MARIADB = "CREATE DATABASE {name} CHARACTER SET utf8mb4"
_OUT_OF_MARIADB = "DROP DATABASE {name}"
_OUT_OF_POSTGRES = "DROP DATABASE {name} WITH (FORCE)"

MARKS_BY_FIXTURE = {
    "postgres_crm_url": "postgres",
    "postgres_url": "postgres",
    "postgres_databases": "postgres",
    "mariadb_crm_url": "mariadb",
    "mariadb_url": "mariadb",
    "mariadb_databases": "mariadb",
    "golden": "golden",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `make golden` uses."""
    parser.addoption("--rewrite-golden", action="store_true", help="write golden files instead of comparing")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test the marker of what it asks for, so that none is forgotten."""
    for item in items:
        wanted = MARKS_BY_FIXTURE.keys() & set(getattr(item, "fixturenames", ()))
        for mark in sorted({MARKS_BY_FIXTURE[name] for name in wanted}):
            item.add_marker(mark)


def pytest_collection_finish() -> None:
    """Leave what every test shares (modules, thousands of tests) out of the search for cycles."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture
def postgres_databases() -> Iterator[Callable[[], str]]:
    """Make an empty PostgreSQL database a call; all are dropped afterwards."""
    yield from _databases(POSTGRES, create=_IN_POSTGRES, drop=_OUT_OF_POSTGRES)


@pytest.fixture(scope="session")
def _postgres_template() -> Iterator[str]:
    """Name of a PostgreSQL database with the tables of a CRM, made by the migrations once for all tests."""
    for make in _databases(POSTGRES, create=_IN_POSTGRES, drop=_OUT_OF_POSTGRES):
        engine = open_target(make())
        upgrade(engine)
        engine.dispose()
        yield str(engine.url.database)


@pytest.fixture
def postgres_crm_url(_postgres_template: str) -> Iterator[str]:
    """The SQLAlchemy URL of a CRM on PostgreSQL without rows."""
    create = f"CREATE DATABASE {{name}} TEMPLATE {_postgres_template}"
    for make in _databases(POSTGRES, create=create, drop=_OUT_OF_POSTGRES):
        yield make()


@pytest.fixture
def mariadb_databases() -> Iterator[Callable[[], str]]:
    """Make an empty MariaDB database a call; all are dropped afterwards."""
    yield from _databases(MARIADB, create=_IN_MARIADB, drop=_OUT_OF_MARIADB)


@pytest.fixture(scope="session")
def _mariadb_crm() -> Iterator[Engine]:
    """A CRM on MariaDB, where making and dropping the tables takes seconds: once for all tests."""
    for make in _databases(MARIADB, create=_IN_MARIADB, drop=_OUT_OF_MARIADB):
        engine = open_target(make())
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def mariadb_crm_url(_mariadb_crm: Engine) -> Iterator[str]:
    """The SQLAlchemy URL of a CRM on MariaDB without rows; they are deleted after the test."""
    yield _mariadb_crm.url.render_as_string(hide_password=False)
    rows = [name for name in inspect(_mariadb_crm).get_table_names() if name != VERSION_TABLE]
    with _mariadb_crm.begin() as connection:
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
        for name in rows:
            connection.exec_driver_sql(f"DELETE FROM `{name}`")
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 1")


@pytest.fixture
def postgres_url(postgres_databases: Callable[[], str]) -> str:
    """The SQLAlchemy URL of an empty PostgreSQL database."""
    return postgres_databases()


@pytest.fixture
def mariadb_url(mariadb_databases: Callable[[], str]) -> str:
    """The SQLAlchemy URL of an empty MariaDB database."""
    return mariadb_databases()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, `<input>.golden.<suffix>` beside its input; or rewrite the file."""
    rewrite = request.config.getoption("--rewrite-golden")

    def check(path: Path, text: str) -> None:
        if rewrite:
            path.write_text(text, encoding="utf-8", newline="\n")
        kept = path.read_text(encoding="utf-8") if path.is_file() else "no such file yet"
        assert kept == text, f"{path.name} is out of date: make golden, then read the diff"

    return check


def _databases(server: str, *, create: str, drop: str) -> Iterator[Callable[[], str]]:
    """Hand out databases with random names on a server, and drop them at the end."""
    url = make_url(server)
    made: list[str] = []

    def make() -> str:
        name = f"crm_unify_{secrets.token_hex(6)}"
        _command(url, create.format(name=name))
        made.append(name)
        return url.set(database=name).render_as_string(hide_password=False)

    _need(url)
    yield make
    for name in made:
        _command(url, drop.format(name=name))


def _need(url: URL) -> None:
    """Skip the test when the server does not answer; in CI, fail it."""
    try:
        _command(url, "SELECT 1")
    except OperationalError as error:
        reason = f"no {url.get_backend_name()} server on {url.host}:{url.port}: {error.orig}"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)


def _command(url: URL, statement: str) -> None:
    """Run one statement outside any transaction, on a connection of its own."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
