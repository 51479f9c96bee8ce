"""What people decided holds, whatever happens to sources, rules, workspace and model."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_unify.validation.guards import COUNTED_FROM
from tests.crm_unify.run.decided import TOWN, broken, decided_town, row, without
from tests.crm_unify.run.people import fill, rules
from tests.projects import AS_OF, crm, run

Scenario = Callable[[Path], None]
NEW = 2_000
"""Number from which on records are new."""
TOWNS = 4
"""Towns of the long form: more than two hundred decisions on nearly four hundred records."""


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town with its decisions, made once."""
    return decided_town(tmp_path_factory.mktemp("decided"))


def lines_of(project: Path) -> list[str]:
    """The rows of its file."""
    return (project / "people.csv").read_text(encoding="utf-8").splitlines()[1:]


def again(project: Path) -> None:
    """One more run."""
    answer = run(project)
    assert answer.code == 0, answer.stderr


def sorted_anew(project: Path) -> None:
    """Every row in another place."""
    fill(project, lines_of(project)[::-1])
    again(project)


def rows_added(project: Path) -> None:
    """New people, and a third record just like the two of everybody on whom there is a verdict."""
    more = [row(2 * who).replace(f"{2 * who},", f"{9000 + who},", 1) for who in range(40)]
    new = (row(record) for record in range(NEW, NEW + 20))
    fill(project, [*lines_of(project), *more, *new])
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
    every = lines_of(project)
    fill(project, without(every, *range(0, 96, 3), *range(1, 96, 3)))
    again(project)
    assert broken(project) == []
    fill(project, every)
    again(project)


def model_retrained(project: Path) -> None:
    """A new model of more people."""
    fill(project, [*lines_of(project), *(row(record) for record in range(NEW + 100, NEW + 200))])
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


def elsewhere(line: str) -> str:
    """The row with another address, where no verdict waits for its record to change."""
    record = int(line.split(",")[0]) % (2 * TOWN)
    return line if record % 2 or 60 <= record < 80 else line.replace(" Street ", " Lane ")


def records_edited(project: Path) -> None:
    """One row of every person says another address."""
    fill(project, map(elsewhere, lines_of(project)))
    again(project)


def keyless_rows_edited(project: Path) -> None:
    """The sheet has no key any more; then rows are edited, and one is inserted on top."""
    content = "key: {content: [Name, Mail, Job, Note]}\n  ignore: {ID: a number of no meaning}"
    rules(project, "key: [ID]", content)
    accepted(project)
    assert broken(project) == []
    fill(project, [row(NEW), *map(elsewhere, lines_of(project))])
    accepted(project)


def keys_padded(project: Path) -> None:
    """Every key gets leading zeros."""
    fill(project, [f"00{line}" for line in lines_of(project)])
    accepted(project)


def accepted(project: Path) -> None:
    """A run that many changed keys stop, and that goes through once a person lets it."""
    if len(lines_of(project)) >= COUNTED_FROM:
        assert run(project).code == 3
    assert run(project, "--accept-rekey", "people").data["rekeyed"] > 0


def file_renamed(project: Path) -> None:
    """The same rows in a file of another name."""
    (project / "people.csv").rename(project / "persons.csv")
    file = project / "crm_unify.yml"
    said = file.read_text(encoding="utf-8").replace("people.csv", "persons.csv")
    file.write_text(said, encoding="utf-8")
    again(project)


def synced(project: Path) -> None:
    """News come by way of a sync."""
    fill(project, [*lines_of(project), row(NEW)])
    answer = crm("sync", project, "--as-of", AS_OF)
    assert (answer.code, answer.data["quiet"]) == (0, False), answer.stderr


def another_run_undone(project: Path) -> None:
    """A run that brought new people is taken back, and the next one brings them again."""
    fill(project, [*lines_of(project), *(row(record) for record in range(NEW, NEW + 4))])
    again(project)
    assert crm("undo", "last", "-p", project, "--yes").code == 0
    assert broken(project) == []
    assert crm("resume", "-p", project, "--yes").code == 0
    again(project)


def lenient(project: Path) -> None:
    """A project that lets many rows go, but no keys change."""
    file = project / "crm_unify.yml"
    guards = "guards: {max_delete_pct: 100, max_merge_split_pct: 100}"
    file.write_text(f"{file.read_text(encoding='utf-8')}{guards}\n", encoding="utf-8")


def everything(project: Path) -> None:
    """One after the other; the town grows until guards count, and half of its rows may go all the same."""
    lenient(project)
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
    records_edited,
    keyless_rows_edited,
    keys_padded,
    file_renamed,
    synced,
    another_run_undone,
    pytest.param(everything, marks=pytest.mark.soak),
)


@pytest.fixture(scope="module")
def decided_towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four towns with their decisions."""
    return decided_town(tmp_path_factory.mktemp("towns"), TOWNS)


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


LONG = [getattr(one, "values", [one])[0] for one in SCENARIOS]


@pytest.mark.skipif("not config.getoption('--hypothesis-profile')", reason="part of make soak")
@pytest.mark.slow
@pytest.mark.parametrize("scenario", LONG, ids=lambda scenario: scenario.__name__.replace("_", " "))
def test_two_hundred_decisions_hold(decided_towns: Path, tmp_path: Path, scenario: Scenario) -> None:
    """The same at four times the size, where guards count: a change of many keys needs a person's word."""
    project = Path(shutil.copytree(decided_towns, tmp_path / "towns"))
    if scenario is not everything:
        lenient(project)
    assert len(crm("decisions", project).data["decisions"]) >= 200
    scenario(project)
    assert broken(project) == []
    assert crm("decisions", project).data["conflicts"] == []
