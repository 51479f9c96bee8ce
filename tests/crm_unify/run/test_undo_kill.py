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
from tests.crm_unify.run.test_undo import TARGETS, changed_tour, differing, target, tour, undo
from tests.projects import crm, interpreter, run

__all__ = ["changed_tour", "target", "tour"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dying() -> Iterator[Mortal]:
    """Runs commands in processes that may die."""
    with mortal() as process:
        yield process


@pytest.fixture
def changed(changed_tour: Path) -> Path:
    """The tour after two runs; the second changed every kind of row."""
    assert run(changed_tour).code == 0
    return changed_tour


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
    target: str, step: int, changed: Path, dying: Mortal
) -> None:
    """At every table, and around them: no row differs and nothing is on hold; then the undo completes."""
    before = rows_of(target)
    found = {place: killed(dying, place, target, changed) for place in places(changed, step)}
    assert [place for place in found if differing(before, found[place])] == []
    assert crm("runs", changed).data["on_hold"] is False
    (step,) = undo(changed).data["steps"]
    assert (step["run"], step["undone"], step["holds"]) == (3, 2, True)


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_killed_after_its_commit_everything_has_happened(target: str, changed: Path, dying: Mortal) -> None:
    """The run is undone and the project on hold; the state is that of an undo that nobody killed."""
    rows = killed(dying, "after-commit", target, changed)
    listed = crm("runs", changed).data
    assert ([one["state"] for one in listed["runs"]], listed["on_hold"]) == (
        ["applied", "undone", "applied"],
        True,
    )
    assert [undo(changed).code, undo(changed, "2").code] == [0, 0]
    assert differing(rows, rows_of(target)) == {"mig_run", "mig_change", "mig_undo", "mig_redirect"}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_killed_from_outside_at_any_time(seed: int, target: str, changed: Path) -> None:
    """SIGKILL after some line of progress: the run is undone or it is not, and the next command works."""
    lines, before = Random(seed).randint(1, 22), rows_of(target)
    command = interpreter("undo", "last", "-p", str(changed), "--yes")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(lines)]
        process.kill()
    assert told[-1], f"the undo had ended before line {lines}"
    undone = crm("runs", changed).data["on_hold"]
    assert undone == ("mig_undo" in rows_of(target))
    assert undone or differing(before, rows_of(target)) == set()
    assert undo(changed).code == 0
