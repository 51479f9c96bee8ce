"""An undo that is killed at any instant has happened, or has not."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from crm_unify.schema.tables import TABLES
from pipelines.killpoint import VARIABLE
from tests.crm_unify.run.mortal import Mortal, mortal
from tests.crm_unify.run.targets import Rows, rows_of, wait_for_lock
from tests.crm_unify.run.test_kill import some_tables
from tests.crm_unify.run.test_undo import TARGETS, changed_tour, differing, target, undo
from tests.projects import crm, interpreter, run

__all__ = ["target"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dying() -> Iterator[Mortal]:
    """Runs commands in processes that may die."""
    with mortal() as process:
        yield process


def changed(folder: Path) -> Path:
    """The tour after two runs; the second changed every kind of row."""
    project = changed_tour(folder)
    assert run(project).code == 0
    return project


def places(project: Path, step: int) -> list[str]:
    """Every place before the commit at which an undo of the newest run can die, or some of the tables."""
    planned = crm("undo", "last", "-p", project, "--plan").data["steps"][0]["reversed"]
    tables = [name for name in TABLES if name in planned]
    assert len(tables) >= 10, tables
    return ["before-first-write", *(f"table:{name}" for name in tables[::step]), "before-commit"]


def killed(dying: Mortal, place: str, target: str, project: Path) -> Rows:
    """What is in the CRM after the undo was killed at this place."""
    words = ("undo", "last", "-p", project, "--yes", "--by", "Ada")
    assert dying.run(*words, environment={VARIABLE: place, "CRM_URL": target}) == signal.SIGKILL, place
    wait_for_lock(target)
    return rows_of(target)


@some_tables
@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_killed_before_its_commit_nothing_has_happened(
    target: str, step: int, tmp_path: Path, dying: Mortal
) -> None:
    """At every table, and around them: no row differs and nothing is on hold; then the undo completes."""
    project = changed(tmp_path)
    before = rows_of(target)
    found = {place: killed(dying, place, target, project) for place in places(project, step)}
    assert [place for place in found if differing(before, found[place])] == []
    assert crm("runs", project).data["on_hold"] is False
    (step,) = undo(project).data["steps"]
    assert (step["run"], step["undone"], step["holds"]) == (3, 2, True)


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_killed_after_its_commit_everything_has_happened(target: str, tmp_path: Path, dying: Mortal) -> None:
    """The run is undone and the project on hold; the state is that of an undo that nobody killed."""
    project = changed(tmp_path)
    rows = killed(dying, "after-commit", target, project)
    listed = crm("runs", project).data
    assert ([one["state"] for one in listed["runs"]], listed["on_hold"]) == (
        ["applied", "undone", "applied"],
        True,
    )
    assert [undo(project).code, undo(project, "2").code] == [0, 0]
    assert differing(rows, rows_of(target)) == {"mig_run", "mig_change", "mig_undo", "mig_redirect"}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_killed_from_outside_at_any_time(seed: int, tmp_path: Path) -> None:
    """SIGKILL after some line of progress: the run is undone or it is not, and the next command works."""
    project, lines = changed(tmp_path), Random(seed).randint(1, 22)
    database = f"sqlite:///{project / 'crm.db'}"
    before = rows_of(database)
    command = interpreter("undo", "last", "-p", str(project), "--yes")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(lines)]
        process.kill()
    assert told[-1], f"the undo had ended before line {lines}"
    undone = crm("runs", project).data["on_hold"]
    assert undone == ("mig_undo" in rows_of(database))
    assert undone or differing(before, rows_of(database)) == set()
    assert undo(project).code == 0
