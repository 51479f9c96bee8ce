"""What `crm-unify runs` and `crm-unify changes` answer."""

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.crm_unify.run.people import GOOD, fill, people
from tests.projects import crm, question, run


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people; Ann gets another job and Ben another street in a second run, a third has no news."""
    project = people(tmp_path_factory.mktemp("moved"))
    assert run(project).code == 0
    fill(project, (GOOD[0].replace("Clerk", "Chief; acting"), GOOD[1].replace("South", "West")))
    assert [run(project).data["written_rows"] > 0, run(project).data["written_rows"]] == [True, 0]
    return project


def test_the_runs_are_listed(moved: Path) -> None:
    """Number, state and rows of each, oldest first."""
    answer = crm("runs", moved)
    assert (answer.code, answer.data["on_hold"]) == (0, False)
    listed = [(one["run"], one["state"], one["written_rows"] > 0) for one in answer.data["runs"]]
    assert listed == [(1, "applied", True), (2, "applied", True), (3, "applied", False)]


def test_nothing_is_listed_where_nothing_ever_ran(tmp_path: Path) -> None:
    """Exit 2, and no database is made by asking."""
    project = people(tmp_path / "new")
    assert (crm("runs", project).code, crm("changes", project, "--since", "0").code) == (2, 2)
    assert not (project / "crm.db").exists()


def test_changes_are_told_since_a_run(moved: Path) -> None:
    """A job is another value; another address is another row."""
    found = crm("changes", moved, "--since", "1").data
    assert (found["since"], found["until"], found["rows"]) == (1, 3, 3)
    assert sorted((one["table"], one["op"], one["run"]) for one in found["changes"]) == [
        ("address", "create", 2),
        ("address", "delete", 2),
        ("person", "update", 2),
    ]


def test_the_newest_news(moved: Path) -> None:
    """Since the newest run, or the newest with a change set, there is none; since 0 all four tables."""
    rows = [crm("changes", moved, "--since", said).data["rows"] for said in ("0", "last", "3")]
    tables = ("customer", "person", "address", "contact_point")
    ((every,),) = question(
        moved / "crm.db", "SELECT " + " + ".join(f"(SELECT count(*) FROM {t})" for t in tables)
    )
    assert rows == [every, 0, 0]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_both_formats_say_the_same(moved: Path, tmp_path: Path, form: str) -> None:
    """A file of either holds what --json answers."""
    out = tmp_path / "changes"
    assert crm("changes", moved, "--since", "1", "--format", form, "--out", out).data["rows"] == 3
    text = out.read_text(encoding="utf-8")
    if form == "csv":
        rows = [{n: v for n, v in row.items() if v} for row in csv.DictReader(io.StringIO(text))]
        said = [{n: v if n in ("table", "id", "op") else json.loads(v) for n, v in r.items()} for r in rows]
    else:
        said = [json.loads(line) for line in text.splitlines()]
    assert said == crm("changes", moved, "--since", "1").data["changes"]


@pytest.mark.parametrize("said", ["7", "-1", "one", ""])
def test_a_run_that_was_never_there_is_refused(moved: Path, said: str) -> None:
    """Exit 2, with the numbers there are."""
    answer = crm("changes", moved, f"--since={said}")
    assert (answer.code, "numbered 1 to 3" in answer.stderr) == (2, True)


def test_changes_that_are_no_longer_kept_are_refused(moved: Path, tmp_path: Path) -> None:
    """Told in part they would mislead; what came after them can still be asked for."""
    project = Path(shutil.copytree(moved, tmp_path / "pruned"))
    with closing(sqlite3.connect(project / "crm.db")) as con:
        con.execute("DELETE FROM mig_change WHERE run = 1")
        con.commit()
    codes = [crm("changes", project, "--since", said).code for said in ("0", "1")]
    assert codes == [2, 0]
