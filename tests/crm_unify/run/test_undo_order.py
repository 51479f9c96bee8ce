"""Which runs can be taken back, and in which order."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.crm_unify.run.people import GOOD, fill, people, refused
from tests.projects import Answer, crm, differing, dump, question, run

JOBS = ("Chief", "Head", "Boss")


@pytest.fixture(scope="module")
def career(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[dict[str, list[str]], ...]]:
    """Four runs: Ann is promoted with each but the first. The project and its dumps by run, from 0."""
    project = people(tmp_path_factory.mktemp("career"))
    dumps = []
    for job in ("Clerk", *JOBS):
        fill(project, (GOOD[0].replace("Clerk", job), GOOD[1]))
        assert run(project).code == 0
        dumps.append(dump(project / "crm.db"))
    return project, tuple(dumps)


@pytest.fixture
def office(career: tuple[Path, tuple[dict[str, list[str]], ...]], tmp_path: Path) -> Path:
    """A copy of the project."""
    return Path(shutil.copytree(career[0], tmp_path / "office"))


def undo(project: Path, said: str, *words: str) -> Answer:
    """``crm-unify undo``."""
    return crm("undo", said, "-p", project, "--yes", *words)


def job(project: Path) -> str:
    """Ann's job in the CRM."""
    ((found,),) = question(project / "crm.db", "SELECT job_title FROM person WHERE full_name = 'Ann Ash'")
    return str(found)


def told(project: Path, table: dict[str, list[str]]) -> set[str]:
    """The tables that differ from a dump, but for those that tell of every run."""
    return differing(table, dump(project / "crm.db")) - {"mig_run", "mig_change", "mig_undo"}


def test_an_older_run_needs_its_followers(office: Path) -> None:
    """Refused with their numbers; with --cascade all are taken back, newest first, each in a run."""
    refused(undo(office, "2"), 2, ("4, 3", "--cascade"))
    assert job(office) == "Boss"
    planned = crm("undo", "2", "-p", office, "--plan", "--cascade").data
    assert ([s["undone"] for s in planned["steps"]], planned["then"]) == ([4], [3, 2])
    done = undo(office, "2", "--cascade").data
    assert [(s["undone"], s["run"]) for s in done["steps"]] == [(4, 5), (3, 6), (2, 7)]
    assert job(office) == "Clerk"


def test_a_cascade_ends_where_the_older_run_began(
    office: Path, career: tuple[Path, tuple[dict[str, list[str]], ...]]
) -> None:
    """The CRM is as after the first run; the last undo undone, it is as after the second."""
    assert undo(office, "2", "--cascade").code == 0
    assert told(office, career[1][0]) == set()
    assert undo(office, "last").code == 0
    assert told(office, career[1][1]) == set()
    refused(undo(office, "6"), 2, ("came after this undo",))


def test_one_run_after_the_other(office: Path) -> None:
    """The next older run is the newest that stands; `last` means the undo before it."""
    assert [undo(office, "4").code, undo(office, "3").code] == [0, 0]
    assert job(office) == "Chief"
    assert undo(office, "last").data["steps"][0]["undone"] == 6
    assert job(office) == "Head"


def test_what_cannot_be_taken_back(office: Path) -> None:
    """A run that was undone, one that wrote nothing, one that was never there: exit 2, and a way out."""
    assert run(office).data["written_rows"] == 0
    refused(undo(office, "5"), 2, ("nothing to take back",))
    refused(undo(office, "9"), 2, ("numbered 1 to 5",))
    assert undo(office, "last").data["steps"][0]["undone"] == 4
    refused(undo(office, "4"), 2, ("taken back", "undo 6"))


def test_a_run_whose_images_are_gone_stays(office: Path) -> None:
    """Nothing is half undone."""
    with closing(sqlite3.connect(office / "crm.db")) as con:
        con.execute("DELETE FROM mig_change WHERE run = 4 AND table_name = 'person'")
        con.commit()
    before = dump(office / "crm.db")
    refused(undo(office, "4"), 2, ("before-images", "backup"))
    assert differing(before, dump(office / "crm.db")) == set()


def test_nobody_agreed(office: Path) -> None:
    """Without --yes and a terminal to ask on nothing happens."""
    before = dump(office / "crm.db")
    refused(crm("undo", "last", "-p", office), 2, ("--yes",))
    assert differing(before, dump(office / "crm.db")) == set()


def test_the_history_tells_who_took_what_back(office: Path) -> None:
    """The undone run, the undo, the hold; resumed, the hold is gone."""
    assert undo(office, "last", "--by", "Ada").code == 0
    listed = crm("runs", office).data
    seen = {one["run"]: (one["state"], one["undoes"], one["undo"], one["holds"]) for one in listed["runs"]}
    assert (seen[4], seen[5], listed["on_hold"]) == (
        ("undone", None, 5, False),
        ("applied", 4, None, True),
        True,
    )
    assert crm("resume", office, "--yes").code == 0
    assert crm("runs", office).data["on_hold"] is False


def test_followers_are_told_of_an_undo(office: Path) -> None:
    """Since the run before it the CRM has another job; since the run that was undone, the former one."""
    assert undo(office, "4").code == 0
    assert crm("changes", office, "--since", "3").data["rows"] == 0
    (change,) = crm("changes", office, "--since", "4").data["changes"]
    assert (change["before"], change["now"]) == ({"job_title": "Boss"}, {"job_title": "Head"})


def test_a_source_that_is_corrected_leaves_nothing_to_do(office: Path) -> None:
    """Undone, the source set right, resumed: the run finds the CRM as it shall be."""
    assert undo(office, "4").code == 0
    fill(office, (GOOD[0].replace("Clerk", "Head"), GOOD[1]))
    assert crm("resume", office, "--yes").code == 0
    assert run(office).data["written_rows"] == 0


def test_a_run_beyond_the_horizon_stays(office: Path) -> None:
    """`runs` and `undo --plan` name it; asked for, it is refused with the setting that says so."""
    settings = office / "crm_unify.yml"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}undo_horizon: 5\n", encoding="utf-8")
    for job, day in (("Lead", "2026-02-04"), ("Dean", "2026-02-08")):
        fill(office, (GOOD[0].replace("Clerk", job), GOOD[1]))
        assert crm("run", office, "--as-of", day, "--yes").code == 0
    listed = {one["run"]: one["undoable"] for one in crm("runs", office).data["runs"]}
    assert listed == {1: False, 2: False, 3: False, 4: False, 5: True, 6: True}
    planned = crm("undo", "last", "-p", office, "--plan").data
    assert planned["forgotten"] == [1, 2, 3, 4]
    refused(undo(office, "4", "--cascade"), 2, ("undo_horizon",))


def test_a_cascade_is_all_or_nothing(office: Path) -> None:
    """The CRM refuses a row of the third of three runs: none is taken back, and the row is named."""
    with closing(sqlite3.connect(office / "crm.db")) as con:
        con.executescript(
            "CREATE TRIGGER never BEFORE UPDATE ON person WHEN NEW.job_title = 'Clerk' "
            "BEGIN SELECT RAISE(ABORT, 'no clerks any more'); END"
        )
    before = dump(office / "crm.db")
    refused(undo(office, "2", "--cascade"), 3, ("person C-", "no clerks any more"))
    assert differing(before, dump(office / "crm.db")) == set()
    assert crm("runs", office).data["on_hold"] is False
