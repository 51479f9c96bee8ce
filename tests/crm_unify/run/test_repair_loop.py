"""Rows in quarantine are fixed in a workbook, load, and are let go of when the source itself changes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crm_unify.run.people import account, fill
from tests.crm_unify.run.repairing import (
    LINES,
    NAMES,
    all_named,
    edited,
    exported,
    imported,
    office,
    replayed,
    source_says,
)
from tests.projects import Answer, crm, question, run
from tests.projects import exported as tables

EMIL = "SELECT customer_id FROM person WHERE full_name = 'Emil Ernst'"


@dataclass(frozen=True, slots=True)
class Loop:
    """The whole loop, each step's answer."""

    project: Path
    recorded: Answer
    replayed: Answer
    changed: Answer
    last: Answer


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run; tests work on a copy."""
    return office(tmp_path_factory.mktemp("office") / "people")


@pytest.fixture(scope="module")
def loop(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> Loop:
    """Ten rows fixed, loaded, one of them changed in its source, and run again."""
    project = tmp_path_factory.mktemp("loop") / "people"
    shutil.copytree(waiting, project)
    recorded, loaded = all_named(project), replayed(project)
    source_says(project, "12", "Dora Real")
    return Loop(project, recorded, loaded, run(project), run(project))


@pytest.fixture
def copy(waiting: Path, tmp_path: Path) -> Path:
    """A copy of the project after its first run."""
    return Path(shutil.copytree(waiting, tmp_path / "people"))


@pytest.fixture
def named(loop: Loop, tmp_path: Path) -> Path:
    """A copy of the project at the end of the loop."""
    return Path(shutil.copytree(loop.project, tmp_path / "people"))


def test_ten_fixed_rows_load(loop: Loop) -> None:
    """Import, replay: all ten are customers, and the account balances with nothing in quarantine."""
    assert len(loop.recorded.data["recorded"]) == 10
    assert account(loop.replayed.data) == (13, 13, 0, 0, 0, 1)
    assert {one["became"] for one in loop.replayed.data["repaired"]} == {"applied, the row is mapped"}
    found = question(loop.project / "crm.db", "SELECT display_name FROM customer")
    assert {name for (name,) in found} >= set(NAMES.values()) - {NAMES["12"]}


def test_a_run_with_corrections_and_no_news_writes_nothing(loop: Loop) -> None:
    """Corrections apply anew in every run and change nothing the second time."""
    assert (loop.last.data["written_rows"], loop.last.data["dropped"]) == (0, [])
    assert loop.last.data["repairs"]["applied"] == 9


def test_a_correction_drops_when_its_source_changes(loop: Loop) -> None:
    """The source wins, the correction is reported once and stays listed as dropped."""
    (dropped,) = loop.changed.data["dropped"]
    assert (dropped["outcome"], dropped["found"]) == ("the source says something else now", "Dora Real")
    listed = crm("quarantine", "corrections", loop.project).data["corrections"]
    states = {one["key"]: one["state"] for one in listed}
    assert states["12"] == "dropped: the source says something else now"
    assert (set(states.values()) - {states["12"]}) == {"in force"}


def test_the_source_row_stays_as_found_and_trace_tells_of_the_correction(loop: Loop) -> None:
    """Raw is what the file says; the cell's trace names the new text, who said so and why."""
    raw = "SELECT raw FROM mig_source_record WHERE record_id = 'office.people:11#person'"
    assert "Emil" not in question(loop.project / "crm.db", raw)[0][0]
    (trace,) = crm("trace", "people.csv!6!Name", "-p", loop.project).data["traces"]
    assert (trace["raw"], trace["corrected"].split(" on ")[0]) == ("", "'Emil Ernst', says Doris")
    assert "(asked the office)" in trace["corrected"]
    (named,) = question(loop.project / "crm.db", EMIL)
    found = crm("customer", named[0], "-p", loop.project).data["corrections"]
    assert [one["new_value"] for one in found] == ["Emil Ernst"]


def test_a_sync_holds_corrections_without_a_workspace_and_notices_new_ones(named: Path) -> None:
    """Nothing new is quiet; one taken back is news; the others hold, though the workspace was deleted."""
    assert crm("sync", named, "--as-of", "2026-02-01").data["quiet"]
    shutil.rmtree(named / ".crm_unify")
    (number,) = question(named / "crm.db", "SELECT id FROM mig_correction WHERE \"key\" = '11'")[0]
    crm("quarantine", "revoke", str(number), "-p", named, "--by", "Eve", "--why", "it was wrong", "--yes")
    done = crm("sync", named, "--as-of", "2026-02-01").data
    assert (done["quiet"], account(done)) == (False, (13, 12, 0, 1, 0, 1))


def test_a_plan_made_before_a_correction_is_refused(copy: Path) -> None:
    """What is applied is what was seen: a correction recorded since is named."""
    assert crm("plan", copy, "--as-of", "2026-02-01").code == 0
    all_named(copy)
    refused = crm("apply", copy / "plan.jsonl", "-p", copy, "--yes")
    assert (refused.code, "correction 10 was recorded since" in refused.stderr) == (3, True)


def test_a_correction_follows_its_row_to_another_key(named: Path) -> None:
    """The source pads a key: the corrected row is found by its other cells, and its customer keeps its id."""
    before = question(named / "crm.db", EMIL)
    fill(named, [line.replace("11,,", "0011,,").replace("12,,", "12,Dora Real,") for line in LINES])
    again = run(named)
    assert (again.data["rekeyed"], account(again.data)[1]) == (1, 13)
    assert question(named / "crm.db", EMIL) == before


def test_rows_are_waived_and_withheld_values_fixed(copy: Path) -> None:
    """SYS-WAIVED stands in the account; with --all the workbook holds rows with withheld values, too."""
    book = edited(exported(copy, "--all"), {"3": {"fix: Mail": "cy@post.example"}})
    assert imported(copy, book).code == 0
    done = crm("quarantine", "waive", "people:10", "-p", copy, "--why", "left", "--by", "Doris", "--yes")
    assert done.code == 0, done.stderr
    assert account(run(copy).data) == (13, 3, 0, 9, 1, 0)
    (waived,) = question(copy / "crm.db", "SELECT why, decided_by FROM mig_correction WHERE kind = 'waive'")
    assert waived == ("left", "Doris")


def test_row_files_hold_every_row_once(copy: Path, tmp_path: Path) -> None:
    """The loaded and the rejected rows together are the source, each with line and key."""
    out = tmp_path / "files"
    answer = crm("quarantine", "files", copy, "--out", out)
    assert sorted(answer.data["files"].values()) == [0, 3, 10]
    first = (out / "people_rejected.csv").read_text().splitlines()[1]
    assert first.startswith('"people.csv",,5,"10","quarantined","NAME-MISSING","Name holds')


@pytest.mark.slow
def test_undoing_the_repair_run_leaves_the_corrections(named: Path) -> None:
    """A person's word outlives a run: after undo and resume the next run applies it again."""
    before = tables(named, named / "before")
    assert crm("undo", "last", "-p", named, "--yes", "--by", "Eve").code == 0
    crm("resume", named, "--yes")
    assert account(run(named).data) == (13, 13, 0, 0, 0, 1)
    assert tables(named, named / "after") == before
