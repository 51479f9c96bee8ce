"""The databases that tests are given are real, empty and a test's own."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, inspect, text

ON_POSTGRES, ON_MARIADB = pytest.mark.postgres, pytest.mark.mariadb


@pytest.mark.parametrize(
    "fixture",
    [
        pytest.param("postgres_databases", marks=ON_POSTGRES, id="PostgreSQL"),
        pytest.param("mariadb_databases", marks=ON_MARIADB, id="MariaDB"),
    ],
)
def test_each_database_is_empty_and_separate(request: pytest.FixtureRequest, fixture: str) -> None:
    """A table made in one database is not seen in the next."""
    make: Callable[[], str] = request.getfixturevalue(fixture)
    first, second = create_engine(make()), create_engine(make())
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE customer (id INTEGER PRIMARY KEY)"))
    seen = inspect(first).get_table_names(), inspect(second).get_table_names()
    first.dispose()
    second.dispose()
    assert seen == (["customer"], [])


@pytest.mark.parametrize(
    ("fixture", "backend"),
    [
        pytest.param("postgres_url", "postgresql", marks=ON_POSTGRES, id="PostgreSQL"),
        pytest.param("mariadb_url", "mysql", marks=ON_MARIADB, id="MariaDB"),
    ],
)
def test_a_url_opens_as_it_stands(request: pytest.FixtureRequest, fixture: str, backend: str) -> None:
    """The URL a test is given needs nothing added, and text is kept in Unicode."""
    engine = create_engine(request.getfixturevalue(fixture))
    with engine.connect() as connection:
        answer = connection.execute(text("SELECT 'Zoë 🙂'")).scalar()
    engine.dispose()
    assert (engine.url.get_backend_name(), answer) == (backend, "Zoë 🙂")
