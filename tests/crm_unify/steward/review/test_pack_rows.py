"""Rows of the quarantine in a pack: they go out beside the clusters and come back, a line each."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.crm_unify.run.decided import town
from tests.crm_unify.run.repairing import FIRST_ROW, NAMELESS, edited
from tests.crm_unify.run.repairing import imported as repaired
from tests.crm_unify.steward.review.towns import answered, doubtful, exported, imported
from tests.projects import Answer, crm, question, run


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three doubtful pairs and ten rows without a name, with their pack."""
    numbered = [f"9{line}" for line in NAMELESS]
    project = doubtful(tmp_path_factory.mktemp("mixed") / "town", [*town()[:6], *numbered])
    assert run(project).code == 0
    exported(project, project / "pack.xlsx")
    return project


@pytest.fixture
def mixing(mixed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be filled in."""
    return Path(shutil.copytree(mixed, tmp_path / "town"))


def filled(project: Path, cells: Mapping[str, Mapping[str, Any]]) -> Path:
    """The pack with these cells of rows to repair, by key and column."""
    return edited(project / "pack.xlsx", cells)


def told(found: Answer) -> list[tuple[str, str]]:
    """What was not taken: trouble and place."""
    return [(one["trouble"], one["place"]) for one in found.data["problems"]]


def corrected(project: Path) -> list[tuple[Any, ...]]:
    """The corrections that are recorded: key and value."""
    return question(project / "crm.db", 'SELECT "key", new_value FROM mig_correction ORDER BY "key"')


def test_answers_and_repairs_come_back_together(mixing: Path) -> None:
    """Decisions, corrections and waivers of one workbook hold in the next run; twice changes nothing."""
    fixes = {"910": {"fix: Name": "Dora Dane"}, "911": {"decision": "waive", "why": "year-end test"}}
    pack = answered(filled(mixing, fixes), "Same")
    found = imported(mixing, pack)
    assert (found.data["answers"], found.data["corrections"]["words"], told(found)) == (1, 2, [])
    assert imported(mixing, pack).data["corrections"] == {"words": 0, "recorded": []}
    outcome = run(mixing).data["account"]["people"]
    assert (outcome["quarantined"], outcome["discarded"]) == (len(NAMELESS) - 2, 1)
    names = question(mixing / "crm.db", "SELECT count(*) FROM customer WHERE display_name = 'Dora Dane'")
    assert names == [(1,)]


def torn(file: Path) -> None:
    """Rows shuffled, five of them deleted, three cells of nonsense, a key changed."""
    book = load_workbook(file)
    page = book["people"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=FIRST_ROW)]
    heads = [cell.value for cell in page[FIRST_ROW - 1]]
    page.delete_rows(FIRST_ROW + 5, 5)
    for number, row in enumerate(reversed(rows[-5:]), FIRST_ROW):
        for place, value in enumerate(row, 1):
            page.cell(number, place).value = value
    nonsense = (("fix: Name", "=B2"), ("decision", "perhaps"), ("why", "a reason alone"), ("row", "0" * 32))
    for number, (column, value) in enumerate(nonsense, FIRST_ROW):
        page.cell(number, heads.index(column) + 1).value = value
    page.cell(FIRST_ROW + 4, heads.index("fix: Name") + 1).value = "Eva Ernst"
    book.save(file)


def test_a_torn_sheet_gives_what_is_left_of_it(mixing: Path) -> None:
    """Each line is read by its key, wherever it stands; what was deleted waits on, nonsense is listed."""
    torn(mixing / "pack.xlsx")
    found = imported(mixing, mixing / "pack.xlsx")
    assert [value for _, value in corrected(mixing)] == ["Eva Ernst"]
    kinds = sorted(trouble for trouble, _ in told(found))
    assert kinds == ["damaged", "nonsense", "nonsense", "nonsense"]
    places = [place for trouble, place in told(found) if trouble == "nonsense"]
    assert all(place.startswith("people ") for place in places)


def test_a_correction_made_meanwhile_stands(mixing: Path) -> None:
    """What Doris repaired since the export is told with its number and left alone; the rest is taken."""
    shutil.copy(mixing / "pack.xlsx", mixing / "other.xlsx")
    theirs = {"910": {"fix: Name": "Dora Dane"}, "911": {"decision": "waive", "why": "a test"}}
    assert repaired(mixing, edited(mixing / "other.xlsx", theirs)).data["words"] == 2
    mine = {key: {"fix: Name": "Somebody Else"} for key in ("910", "911", "912")}
    found = imported(mixing, filled(mixing, mine))
    assert [trouble for trouble, _ in told(found)] == ["conflict", "conflict"]
    sentences = " ".join(one["sentence"] for one in found.data["problems"])
    assert ("Doris corrected Name to 'Dora Dane'" in sentences, "revoke 2" in sentences) == (True, True)
    assert corrected(mixing) == [("910", "Dora Dane"), ("911", None), ("912", "Somebody Else")]


def test_a_whole_workbook_does_not_replace_the_word_of_another(mixing: Path) -> None:
    """`quarantine import` refuses what somebody else corrected meanwhile; the own word may be changed."""
    shutil.copy(mixing / "pack.xlsx", mixing / "other.xlsx")
    assert repaired(mixing, edited(mixing / "other.xlsx", {"910": {"fix: Name": "Dora Dane"}})).code == 0
    book = filled(mixing, {"910": {"fix: Name": "Dora Dean"}})
    refused = crm("quarantine", "import", book, "-p", mixing, "--by", "Bo", "--yes")
    assert (refused.code, "Doris corrected Name" in refused.stderr) == (2, True)
    assert repaired(mixing, book).data["words"] == 1


def test_a_lost_memory_is_told(mixing: Path) -> None:
    """Without the hidden sheet the clusters are read, and the rows are named as not taken."""
    pack = answered(filled(mixing, {"910": {"fix: Name": "Dora Dane"}}), "Same")
    book = load_workbook(pack)
    del book["crm_unify"]
    book.save(pack)
    found = imported(mixing, pack)
    assert (found.data["answers"], told(found), corrected(mixing)) == (1, [("damaged", "people")], [])


def test_rows_can_be_left_out(mixed: Path, tmp_path: Path) -> None:
    """`--rows` bounds them and says how many wait beside; CSV has none of them."""
    answers = [
        crm("review", "export", mixed, "--out", tmp_path / name, *words).data["quarantine"]
        for name, words in (("a.xlsx", ("--rows", "4")), ("b.xlsx", ("--rows", "0")), ("c.csv", ()))
    ]
    assert answers == [{"rows": shown, "left_out": len(NAMELESS) - shown} for shown in (4, 0, 0)]
    assert "people" not in load_workbook(tmp_path / "b.xlsx").sheetnames
