"""An undo during which people go on deciding: it comes through, unless it would part whom they speak of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crm_unify.errors import GuardStopped
from crm_unify.progress import Silent, Stage
from crm_unify.rules.load import load_project
from crm_unify.run.undo import undo
from tests.crm_unify.run.decided import say
from tests.crm_unify.run.people import GOOD, fill, people
from tests.crm_unify.run.test_undo import ask, crm_of
from tests.projects import crm, run

OWNERS = "SELECT count(DISTINCT customer_id) FROM mig_xref"
THIRD = "3,Cleo Coe,cleo@post.example,Cook,West Lane 3"


class During(Silent):
    """Progress of an undo in which somebody decides when a stage begins."""

    def __init__(self, at: str, decide: Callable[[], object]) -> None:
        self._at, self._decide = at, decide

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Decide: at ``stage`` before anything is written, at ``load`` while it is."""
        if name == self._at:
            self._decide()
        return super().stage(name, total)


def merged(folder: Path) -> Path:
    """Three people, of whom two turned out to be one with the second run."""
    project = people(folder / "office", [*GOOD, THIRD])
    assert run(project).code == 0
    fill(project, [GOOD[0], GOOD[0].replace("1,", "2,", 1), THIRD])
    assert run(project).code == 0
    return project


def taken_back(project: Path, progress: Silent) -> tuple[int, ...]:
    """Take the merge back, by Ada; the numbers of the decisions of the undo."""
    loaded = load_project(project)
    (step,) = undo(loaded, "last", by="Ada", cascade=False, progress=progress, agreed=lambda _: True)
    return step.decisions


def test_an_undo_waits_for_who_just_spoke_of_those_it_parts(tmp_path: Path) -> None:
    """Somebody confirms the merged customer between plan and commit: nothing is undone, and it says why."""
    project = merged(tmp_path)
    confirm = During("stage", lambda: say(project, "confirm", "office.people:1#person"))
    with pytest.raises(GuardStopped) as stopped:
        taken_back(project, confirm)
    assert stopped.value.why == "decision 1 was recorded since"
    assert ask(crm_of(project), OWNERS) == [(2,)]


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("postgres_crm_url", marks=pytest.mark.postgres),
        pytest.param("mariadb_crm_url", marks=pytest.mark.mariadb),
    ],
)
def test_what_is_said_of_others_while_an_undo_writes_keeps_its_number(
    server: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict that keeps the two apart takes the next one."""
    url = request.getfixturevalue(server)
    monkeypatch.setenv("CRM_URL", url)
    project = merged(tmp_path)
    decisions = taken_back(project, During("load", lambda: say(project, "confirm", "office.people:3#person")))
    kinds = [one["kind"] for one in crm("decisions", project).data["decisions"]]
    assert (decisions, sorted(kinds), ask(url, OWNERS)) == ((2,), ["confirm", "verdict"], [(3,)])
