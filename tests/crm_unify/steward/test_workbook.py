"""The repair workbook: what goes out, and what is refused as a whole when it comes back damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.crm_unify.run.people import fill, people
from tests.crm_unify.run.repairing import FIRST_ROW, LINES, all_named, edited, exported, imported
from tests.projects import Answer, crm, question, run

HOSTILE = "30,,=cmd|' /C calc'!A1,Clerk,0042"


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run, with its workbook; one row holds what a spreadsheet would run."""
    project = people(tmp_path_factory.mktemp("office") / "people", (*LINES, HOSTILE))
    assert run(project).code == 0
    exported(project)
    return project


@pytest.fixture
def copy(waiting: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(waiting, tmp_path / "people"))


def words(project: Path) -> int:
    """How many corrections are recorded."""
    return int(question(project / "crm.db", "SELECT count(*) FROM mig_correction")[0][0])


def test_the_workbook_holds_the_row_as_it_came_and_cells_to_fix(waiting: Path) -> None:
    """Place, key, reason and what to do are locked, cells to fix are not, and no cell is a formula."""
    page = load_workbook(waiting / "repair.xlsx")["people"]
    heads = {cell.value: place for place, cell in enumerate(page[FIRST_ROW - 1])}
    row = next(row for row in page.iter_rows(min_row=FIRST_ROW) if row[heads["key"]].value == "30")
    cells = {name: row[place] for name, place in heads.items()}
    assert cells["where"].value == "people.csv, row 15"
    assert cells["what is wrong"].value.startswith("Name holds ''")
    assert {name for name, cell in cells.items() if not cell.protection.locked} == {
        name for name in heads if name.startswith("fix: ") or name in ("decision", "why")
    }
    assert {cell.data_type for cell in row} <= {"s", "n"}  # n: empty
    assert cells["fix: Note"].value == cells["was: Note"].value == "0042"


def drop_column(page: Any) -> None:
    """Delete the column `fix: Name`."""
    page.delete_cols(next(cell.column for cell in page[FIRST_ROW - 1] if cell.value == "fix: Name"))


def in_row(column: str, value: Any) -> Callable[[Any], None]:
    """Write into a cell of the first row."""

    def write(page: Any) -> None:
        place = next(cell.column for cell in page[FIRST_ROW - 1] if cell.value == column)
        page.cell(FIRST_ROW, place).value = value

    return write


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(drop_column, "'fix: Name' is missing", id="a deleted column"),
        pytest.param(in_row("row", "f" * 32 + "-1"), "was never exported", id="a changed key"),
        pytest.param(in_row("fix: Name", "=1+1"), "a formula is no value", id="a formula"),
        pytest.param(in_row("fix: Name", datetime(2024, 3, 1)), "a date of a text: 2024-03-01", id="a date"),
        pytest.param(in_row("fix: Note", 42), "zeros in front", id="a number that lost its zeros"),
        pytest.param(in_row("decision", "waive"), "reason of a waiver is missing", id="a waiver without why"),
        pytest.param(in_row("decision", "perhaps"), "is no value of 'decision'", id="an unknown decision"),
        pytest.param(lambda page: page.delete_rows(FIRST_ROW), "is missing: deleted", id="a deleted line"),
    ],
)
def test_a_damaged_workbook_is_refused_as_a_whole(
    copy: Path, damage: Callable[[Any], None], said: str
) -> None:
    """The cell is named, and nothing of the lines that are right is taken."""
    edited(copy / "repair.xlsx", {"19": {"fix: Name": "Mia Moon"}})
    book = load_workbook(copy / "repair.xlsx")
    damage(book["people"])
    book.save(copy / "repair.xlsx")
    refused = imported(copy, copy / "repair.xlsx")
    assert (refused.code, refused.data["error"]["code"], words(copy)) == (2, "WORKBOOK-REFUSED", 0)
    assert said in refused.data["error"]["why"]


def test_a_line_about_a_row_that_is_gone_is_named(copy: Path) -> None:
    """The row was changed in its source since: its line is named, nothing is taken; the run is told of."""
    edited(copy / "repair.xlsx", {key: {"fix: Name": "Mia Moon"} for key in ("18", "19")})
    fill(copy, [line.replace("19,,", "19,Max Mohn,") for line in LINES])
    assert run(copy).code == 0
    refused = imported(copy, copy / "repair.xlsx")
    assert (refused.code, words(copy)) == (2, 0)
    assert "the workbook is of run 1, the CRM is at run 2" in refused.stderr
    assert refused.data["error"]["why"].count("does not wait any more") == 1


def test_the_workbook_of_another_project_is_refused(copy: Path) -> None:
    """It says which project it is of."""
    file = copy / "crm_unify.yml"
    file.write_text(file.read_text().replace("project: people", "project: others"))
    refused: Answer = imported(copy, copy / "repair.xlsx")
    assert (refused.code, "exported for project people" in refused.stderr) == (2, True)


def test_a_workbook_that_comes_twice_is_taken_once(copy: Path) -> None:
    """What stands already is not recorded again, and a cell put back takes its correction back."""
    all_named(copy)
    assert imported(copy, copy / "repair.xlsx").data["words"] == 0
    book = edited(exported(copy), {"10": {"fix: Name": None}})
    assert imported(copy, book).data["words"] == 1
    (ended,) = question(copy / "crm.db", "SELECT revokes FROM mig_correction WHERE kind = 'revoke'")
    assert question(copy / "crm.db", f'SELECT "key" FROM mig_correction WHERE id = {ended[0]}') == [("10",)]


def test_where_no_row_waits_no_workbook_is_written(tmp_path: Path) -> None:
    """A clean project has nothing to repair, and that is no mistake."""
    project = people(tmp_path / "people")
    assert run(project).code == 0
    answer = crm("quarantine", "export", project, "--out", tmp_path / "repair.xlsx")
    assert (answer.code, answer.data) == (0, {"workbook": None, "rows": 0})
    assert not (tmp_path / "repair.xlsx").exists()


def test_a_workbook_of_another_environment_or_database_is_refused(copy: Path) -> None:
    """The CRM of which the rows were exported is the one that takes them back, whatever it is called."""
    edited(copy / "repair.xlsx", {"19": {"fix: Name": "Mia Moon"}})
    file = copy / "crm_unify.yml"
    file.write_text(file.read_text() + "environments: {other: {target: 'sqlite:///crm.db'}}\n")
    refused = imported(copy, copy / "repair.xlsx", "-e", "other")
    assert (refused.code, "belongs to another environment" in refused.stderr) == (2, True)
    assert "import it without `--env`" in refused.stderr
    (copy / "crm.db").unlink()
    assert run(copy).code == 0
    refused = imported(copy, copy / "repair.xlsx")
    assert (refused.data["error"]["code"], words(copy)) == ("WORKBOOK-REFUSED", 0)
    assert "belongs to another database" in refused.stderr


def test_a_whole_workbook_is_not_recorded_unasked(copy: Path) -> None:
    """Without a terminal somebody has to say --yes; a dry run needs nobody."""
    book = edited(copy / "repair.xlsx", {"19": {"fix: Name": "Mia Moon"}})
    taken = ("quarantine", "import", book, "-p", copy, "--by", "Doris")
    assert (crm(*taken).code, crm(*taken, "--dry-run").data["words"], words(copy)) == (2, 1, 0)


def test_a_reason_alone_is_no_line_that_stands(copy: Path) -> None:
    """A line about a row that is gone is named, though nothing but its reason was filled in."""
    book = edited(copy / "repair.xlsx", {"19": {"why": "asked the office"}})
    fill(copy, [line.replace("19,,", "19,Max Mohn,") for line in LINES])
    assert run(copy).code == 0
    assert "does not wait any more" in imported(copy, book).data["error"]["why"]


def test_a_workbook_that_is_not_there_is_told_alike(copy: Path) -> None:
    """Both commands that take a workbook back say so in the same words."""
    answers = [imported(copy, copy / "no.xlsx"), crm("docs", "import", copy / "no.xlsx", "-p", copy)]
    told = {(one.code, one.data["error"]["code"], one.data["error"]["what"]) for one in answers}
    assert told == {(2, "USAGE", "there is no such file")}
