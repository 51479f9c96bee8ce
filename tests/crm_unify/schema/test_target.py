"""Opening the CRM database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.errors import Unreachable, UsageError
from crm_unify.schema.target import open_target, reachable


@pytest.fixture
def below_root(tmp_path: Path) -> Iterator[sa.Engine]:
    """A target with a relative path."""
    engine = open_target("sqlite:///crm.db", root=tmp_path)
    yield engine
    engine.dispose()


def test_a_relative_path_counts_from_the_project(below_root: sa.Engine, tmp_path: Path) -> None:
    """``sqlite:///crm.db`` is a file beside the project file, wherever the command runs."""
    with below_root.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (x)"))
    assert (tmp_path / "crm.db").is_file()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        pytest.param("foreign_keys", 1, id="references are held to"),
        pytest.param("journal_mode", "wal", id="people read while a load writes"),
        pytest.param("synchronous", 2, id="a commit is on disk"),
    ],
)
def test_sqlite_is_set_up_for_safety(below_root: sa.Engine, pragma: str, value: object) -> None:
    """Every connection gets the settings that keep a load safe."""
    with below_root.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("crm.db", id="a file name is no URL"),
        pytest.param("nosuchdb://host/crm", id="a database nobody knows"),
    ],
)
def test_a_wrong_url_is_a_mistake_of_the_user(url: str) -> None:
    """What is no database URL is said to be none, with an example of one."""
    with pytest.raises(UsageError, match=r"sqlite:///crm\.db"):
        open_target(url)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    """The message names the server; the password stays out of it."""
    engine = open_target("postgresql://crm:s3cret@127.0.0.1:1/crm")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1") as caught, reachable(engine), engine.connect():
        pass
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_no_database_is_said_to_be_none(below_root: sa.Engine, tmp_path: Path) -> None:
    """A spreadsheet in the place of the database is named, with the reason SQLite gives."""
    (tmp_path / "crm.db").write_bytes(b"PK\x03\x04 a workbook, not a database" * 99)
    with pytest.raises(Unreachable, match="not a database"), reachable(below_root), below_root.connect():
        pass


def test_a_folder_in_the_place_of_the_file_is_said_to_be_one(below_root: sa.Engine, tmp_path: Path) -> None:
    """A file does not answer or fail to answer: it is a folder, and `target` must name a file in it."""
    (tmp_path / "crm.db").mkdir()
    with pytest.raises(Unreachable) as caught, reachable(below_root), below_root.connect():
        pass
    assert (caught.value.what, "a file inside it" in caught.value.remedy) == ("the target is a folder", True)
    assert "answer" not in str(caught.value)


def test_a_mistake_in_a_statement_is_not_blamed_on_the_database(below_root: sa.Engine) -> None:
    """A statement that cannot work is a defect and comes through as it is."""
    with pytest.raises(sa.exc.OperationalError), reachable(below_root), below_root.connect() as connection:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))
