"""Killed at any instant, the CRM is as before or as after, and the next run carries on unaided."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from crm_unify.schema.tables import TABLES
from pipelines.killpoint import VARIABLE
from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.mortal import Mortal, mortal
from tests.crm_unify.run.targets import Rows, rows_of, wait_for_lock
from tests.projects import AS_OF, copied, crm, exported, interpreter, run

pytestmark = pytest.mark.slow
BEFORE_COMMIT = ("before-first-write", "table:consent", "before-commit")
OTHERS, LAST = BEFORE_COMMIT[:-1], BEFORE_COMMIT[-1:]
ON_POSTGRES, ON_MARIADB, SOAK = pytest.mark.postgres, pytest.mark.mariadb, pytest.mark.soak
TARGETS = (
    pytest.param("sqlite", id="into SQLite"),
    pytest.param("postgresql", id="into PostgreSQL", marks=ON_POSTGRES),
)
EVERY = (*TARGETS, pytest.param("mariadb", id="into MariaDB", marks=ON_MARIADB))

some_tables = pytest.mark.parametrize(
    "step",
    [pytest.param(4, id="every fourth table"), pytest.param(1, id="every table", marks=pytest.mark.soak)],
)

CHANGES = """
UPDATE CUSTOMERS SET DOB = '19800215', TEL = NULL, EMAIL = 'a.k@post.example' WHERE CUSTNO = '0002';
UPDATE CUSTOMERS SET CONTACT = NULL, BALANCE = '1,00' WHERE CUSTNO = '0001';
UPDATE ORDERS SET CUSTNO = '0002' WHERE ORDNO = 'A-102';
INSERT INTO CUSTOMERS (CUSTNO, TYPE, NAME, BALANCE) VALUES ('0100', 'P', 'NEU, NORA', 'x');
"""


@pytest.fixture(scope="module")
def dying() -> Iterator[Mortal]:
    """Runs commands in processes that may die."""
    with mortal() as process:
        yield process


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty CRM database, which the tour takes from its environment."""
    server = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}.get(request.param)
    url: str = request.getfixturevalue(server) if server else f"sqlite:///{tmp_path}/crm.db"
    monkeypatch.setenv("CRM_URL", url)
    return url


def killed(dying: Mortal, place: str, target: str, *words: str | Path) -> Rows:
    """What is in the CRM after the command was killed at this place."""
    assert dying.run(*words, environment={VARIABLE: place, "CRM_URL": target}) == signal.SIGKILL, place
    wait_for_lock(target)
    return rows_of(target)


def carries_on(project: Path, *, written: bool) -> None:
    """The next run completes, and the one after it has nothing to write."""
    answer = run(project)
    assert (answer.code, answer.data["written_rows"] > 0) == (0, written)
    answer = run(project)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)


@pytest.fixture(scope="module")
def unharmed(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The exported files of a run that nobody killed."""
    return exported(toured.project, tmp_path_factory.mktemp("unharmed") / "export")


@pytest.mark.parametrize(
    ("target", "places"),
    [
        pytest.param("sqlite", BEFORE_COMMIT, id="into SQLite"),
        pytest.param("postgresql", BEFORE_COMMIT, id="into PostgreSQL", marks=ON_POSTGRES),
        pytest.param("mariadb", LAST, id="into MariaDB", marks=ON_MARIADB),
        pytest.param("mariadb", OTHERS, id="into MariaDB, other places", marks=[ON_MARIADB, SOAK]),
    ],
    indirect=["target"],
)
def test_a_first_run_killed_before_its_commit_has_written_nothing(
    unharmed: dict[str, bytes], target: str, places: Sequence[str], tmp_path: Path, dying: Mortal
) -> None:
    """Each time the CRM is as empty as before; in the end it is the CRM of a run that nobody killed."""
    project = copied("tour", tmp_path)
    words = ("run", project, "--as-of", AS_OF, "--yes")
    found = {place: killed(dying, place, target, *words) for place in places}
    assert found == {place: {} for place in places}
    carries_on(project, written=True)
    assert exported(project, tmp_path / "export") == unharmed


@pytest.mark.parametrize("target", EVERY, indirect=True)
def test_a_run_killed_after_its_commit_has_written_everything(
    target: str, tmp_path: Path, dying: Mortal
) -> None:
    """Between the commit and the manifest: the CRM is that of a run nobody killed, and stays so."""
    project = copied("tour", tmp_path)
    rows = killed(dying, "after-commit", target, "run", project, "--as-of", AS_OF, "--yes")
    assert len(rows["mig_run"]) == 1
    carries_on(project, written=False)
    rows_now = rows_of(target)
    assert {name for name in rows if rows[name] != rows_now[name]} == {"mig_run"}


@some_tables
@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_a_load_killed_inside_any_table_has_changed_nothing(
    target: str, step: int, tmp_path: Path, dying: Mortal
) -> None:
    """A plan that creates, updates and deletes: at every table the CRM is as before; then it applies."""
    project, plan = copied("tour", tmp_path), tmp_path / "plan.jsonl"
    assert run(project).code == 0
    before = rows_of(target)
    tables = tables_of(changed_plan(project, plan))[::step]
    places = [*(f"table:{name}" for name in tables), "before-commit"]
    found = {place: killed(dying, place, target, "apply", plan, "-p", project, "--yes") for place in places}
    assert [place for place in places if found[place] != before] == []
    assert crm("apply", plan, "-p", project, "--yes").code == 0
    carries_on(project, written=False)


def changed_plan(project: Path, plan: Path) -> dict[str, dict[str, int]]:
    """Change the tour in every way and plan it; the changes by table."""
    with closing(sqlite3.connect(project / "billing.db")) as con:
        con.executescript(CHANGES)
    answer = crm("plan", project, "--as-of", AS_OF, "--out", plan)
    assert answer.code == 0, answer.stderr
    changes: dict[str, dict[str, int]] = answer.data["changes"]
    return changes


def tables_of(changes: dict[str, dict[str, int]]) -> list[str]:
    """The tables that a plan changes; every operation and most tables must be among them."""
    operations = {op for counts in changes.values() for op, count in counts.items() if count}
    assert operations == {"create", "update", "delete"}
    touched = [name for name in TABLES if any(changes.get(name, {}).values())]
    assert len(touched) >= 8, touched
    return touched


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_a_run_killed_from_outside_at_any_time(seed: int, tmp_path: Path) -> None:
    """SIGKILL after some line of progress: nothing or everything is written, and the next run completes."""
    project, lines = copied("tour", tmp_path), Random(seed).randint(1, 45)
    command = interpreter("run", str(project), "--as-of", AS_OF, "--yes")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(lines)]
        process.kill()
    assert told[-1], f"the run had ended before line {lines}"
    rows = rows_of(f"sqlite:///{project / 'crm.db'}")
    carries_on(project, written=rows == {})
