"""What people decided holds, whatever happens to sources, rules, workspace and model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crm_unify.run.decided import broken, decided_town, row, town, without
from tests.crm_unify.run.people import fill, rules
from tests.projects import AS_OF, crm, run

Scenario = Callable[[Path], None]


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town with its decisions, made once."""
    return decided_town(tmp_path_factory.mktemp("decided"))


def again(project: Path) -> None:
    """One more run."""
    answer = run(project)
    assert answer.code == 0, answer.stderr


def sorted_anew(project: Path) -> None:
    """Every row in another place."""
    fill(project, reversed(town()))
    again(project)


def rows_added(project: Path) -> None:
    """New people, and a third record just like the two of everybody on whom there is a verdict."""
    more = [row(2 * who).replace(f"{2 * who},", f"{1000 + who},", 1) for who in range(40)]
    fill(project, [*town(), *more, *(row(record) for record in range(400, 420))])
    again(project)


def workspace_deleted(project: Path) -> None:
    """The cache is gone."""
    shutil.rmtree(project / ".crm_unify")
    again(project)


def rule_changed(project: Path) -> None:
    """The town is another one, and the job is written otherwise where nobody pinned it."""
    rules(project, "city: Leeds", "city: York")
    again(project)


def records_gone_and_back(project: Path) -> None:
    """Half of the rows vanish for a run; the verdicts hold meanwhile, too."""
    fill(project, without(town(), *range(0, 96, 3), *range(1, 96, 3)))
    again(project)
    assert broken(project) == []
    fill(project, town())
    again(project)


def model_retrained(project: Path) -> None:
    """A new model of more people."""
    fill(project, [*town(), *(row(record) for record in range(200, 300))])
    answer = crm("train", project, "--as-of", AS_OF, "--yes")
    assert (answer.code, answer.data["outcome"]) == (0, "proposed"), answer.stderr
    again(project)


def lines_moved(project: Path) -> None:
    """Everything is merged that is not plainly different, then nothing but the certain."""
    file = project / "crm_unify.yml"
    said = file.read_text(encoding="utf-8")
    for bits in (-8, 25):
        file.write_text(f"{said}matching: {{merge_bits: {bits}, review_bits: {bits}}}\n", encoding="utf-8")
        again(project)
        assert broken(project) == []


def everything(project: Path) -> None:
    """One after the other."""
    for scenario in (rows_added, rule_changed, model_retrained, workspace_deleted, records_gone_and_back):
        scenario(project)


SCENARIOS = (
    again,
    sorted_anew,
    rows_added,
    workspace_deleted,
    rule_changed,
    pytest.param(records_gone_and_back, marks=pytest.mark.slow),
    model_retrained,
    pytest.param(lines_moved, marks=pytest.mark.slow),
    pytest.param(everything, marks=pytest.mark.slow),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__.replace("_", " "))
def test_decisions_hold(decided: Path, tmp_path: Path, scenario: Scenario) -> None:
    """Fifty decisions of every kind: each is in force after the scenario, and no two contradict."""
    project = Path(shutil.copytree(decided, tmp_path / "town"))
    scenario(project)
    assert broken(project) == []
    assert crm("decisions", project).data["conflicts"] == []


def test_a_run_after_the_decisions_writes_nothing(decided: Path, tmp_path: Path) -> None:
    """They were obeyed once; obeying them again is free."""
    project = Path(shutil.copytree(decided, tmp_path / "town"))
    assert run(project).data["written_rows"] == 0
