"""A server, a file or a disk that fails: exit 4 in words, nothing written, and the next run completes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.errors import Unreachable
from crm_unify.progress import Silent, Stage
from crm_unify.rules.load import load_project
from crm_unify.run import stages
from crm_unify.run.found import Given
from crm_unify.schema.target import open_target
from pipelines.load import hold
from tests.crm_unify.run.mortal import Mortal, mortal
from tests.crm_unify.run.people import GOOD, HEADER, PROJECT, people, refused, rules
from tests.crm_unify.run.targets import rows_of, wait_for_lock
from tests.projects import AS_OF, differing, dump, run

DAY = date.fromisoformat(AS_OF)


def read_from(project: Path, url: str) -> None:
    """Read people from a database."""
    text = PROJECT.replace("{path: people.csv}", f'{{url: "{url}"}}')
    (project / "crm_unify.yml").write_text(text, encoding="utf-8")
    rules(project, "reader: csv", "reader: sql\n  table: people")


SOURCES_DOWN = [
    pytest.param("postgresql://reader:${DB_PASSWORD}@127.0.0.1:1/old", 4, "refused", id="no PostgreSQL"),
    pytest.param("mysql+pymysql://reader:${DB_PASSWORD}@127.0.0.1:1/old", 4, "refused", id="no MariaDB"),
    pytest.param("sqlite:///people.csv", 4, "not a database", id="a file that is no database"),
    pytest.param("sqlite:///none.db", 3, "is not there", id="no SQLite file"),
]


@pytest.mark.parametrize(("url", "code", "words"), SOURCES_DOWN)
def test_a_source_that_does_not_answer(
    office: Path, monkeypatch: pytest.MonkeyPatch, url: str, code: int, words: str
) -> None:
    """Exit code and words without the password; nothing is written."""
    monkeypatch.setenv("DB_PASSWORD", "s3cret")
    before = dump(office / "crm.db")
    read_from(office, url)
    answer = run(office)
    refused(answer, code, (words,))
    assert "s3cret" not in answer.stderr + str(answer.data)
    assert differing(before, dump(office / "crm.db")) == set()


TARGETS_DOWN = [
    pytest.param("postgresql://crm:s3cret@127.0.0.1:1/crm", "refused", id="no server"),
    pytest.param("sqlite:///people.csv", "not a database", id="a file that is no database"),
    pytest.param("sqlite:///people.csv/crm.db", "cannot be written", id="a folder that is none"),
    pytest.param("sqlite:////proc/crm/crm.db", "cannot be written", id="a folder nobody can write"),
    pytest.param("sqlite:////dev/full", "disk is full", id="a full disk"),
]


@pytest.mark.parametrize(("url", "words"), TARGETS_DOWN)
def test_a_target_that_cannot_be_used(
    office: Path, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    """Exit 4, in words, without the password; the source is as it was."""
    monkeypatch.setenv("CRM_URL", url)
    answer = run(office)
    refused(answer, 4, (words,))
    assert "s3cret" not in answer.stderr + str(answer.data)
    assert (office / "people.csv").read_text(encoding="utf-8") == "\n".join((HEADER, *GOOD, ""))


@dataclass(frozen=True, slots=True)
class EndingSessions:
    """Progress that ends every session of a PostgreSQL database when a stage gets on, as a crash would."""

    during: str
    """Name of the stage."""
    url: str

    def stage(self, name: str, total: int | None = None) -> Stage:
        """A stage that nobody watches, or the one in which it happens."""
        return _Ending(self.url) if name == self.during else Silent().stage(name, total)


class _Ending(AbstractContextManager["_Ending", None]):
    """The stage in which it happens."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __exit__(self, *_: object) -> None:
        """Errors go on to the caller."""

    def advance(self, n: int = 1) -> None:
        """End the sessions of all others."""
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with sa.create_engine(self._url, poolclass=sa.NullPool).connect() as connection:
            connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) {others}")).all()


PEOPLE = """
CREATE TABLE people ("ID" text, "Name" text, "Mail" text, "Job" text, "Note" text);
INSERT INTO people SELECT n, 'Ann Ash' || n FROM generate_series(1, 30000) n
"""


def test_a_source_lost_in_the_middle_of_reading(office: Path, postgres_url: str) -> None:
    """The server ends the session after the first rows: a source that does not answer; nothing is written."""
    with sa.create_engine(postgres_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(PEOPLE)
    before = dump(office / "crm.db")
    read_from(office, postgres_url)
    with pytest.raises(Unreachable, match="the database does not answer"):
        stages.run(load_project(office), given=Given(DAY), progress=EndingSessions("extract", postgres_url))
    assert differing(before, dump(office / "crm.db")) == set()


@pytest.mark.parametrize("stage", ["stage", "load"])
def test_a_target_lost_in_the_middle(
    stage: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before or inside the transaction: exit 4, nothing written, and the next run completes."""
    monkeypatch.setenv("CRM_URL", postgres_url)
    project = people(tmp_path)
    with pytest.raises(Unreachable, match="the CRM database does not answer"):
        stages.run(load_project(project), given=Given(DAY), progress=EndingSessions(stage, postgres_url))
    wait_for_lock(postgres_url)
    assert rows_of(postgres_url) == {}
    answer = run(project)
    assert (answer.code, answer.data["customers"], run(project).data["written_rows"]) == (0, 2, 0)


BOTH = [
    pytest.param("sqlite", f'"process": {os.getpid()}', id="SQLite"),
    pytest.param("postgresql", "server process", id="PostgreSQL", marks=pytest.mark.postgres),
]


@pytest.mark.parametrize(("kind", "holder"), BOTH)
def test_two_runs_at_once(
    office: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str, holder: str
) -> None:
    """The second is refused with exit 5 and told who holds the lock; afterwards it gets it."""
    here = f"sqlite:///{office / 'crm.db'}"
    url = here if kind == "sqlite" else request.getfixturevalue("postgres_url")
    monkeypatch.setenv("CRM_URL", url)
    with hold(open_target(url)):
        refused(run(office), 5, ("another run works on this CRM", holder))
    assert run(office).code == 0


@pytest.fixture(scope="module")
def limited() -> Iterator[Mortal]:
    """Runs commands in processes of their own."""
    with mortal() as process:
        yield process


@pytest.mark.parametrize("size", [2_000, 20_000, 250_000])
def test_a_disk_that_gets_full(size: int, tmp_path: Path, limited: Mortal) -> None:
    """No file may grow beyond so many bytes: exit 4, nothing written, and the next run completes."""
    project = people(tmp_path, [f"{n},Ann Ash{n},,,{'note ' * 400}" for n in range(200)])
    words = ("run", project, "--as-of", AS_OF, "--yes")
    assert limited.run(*words, environment={}, largest_file=size) == -4
    assert rows_of(f"sqlite:///{project / 'crm.db'}") == {}
    assert run(project).data["customers"] == 200


def test_a_workspace_that_cannot_be_made(office: Path) -> None:
    """A file stands in its place: exit 4, nothing written."""
    before = dump(office / "crm.db")
    shutil.rmtree(office / ".crm_unify")
    (office / ".crm_unify").write_text("in the way", encoding="utf-8")
    refused(run(office), 4, ("workspace cannot be written",))
    assert differing(before, dump(office / "crm.db")) == set()
