"""The pack in LibreOffice: opened, saved, edited as a person would, saved again, imported, and obeyed."""

from __future__ import annotations

import random
from pathlib import Path

from openpyxl.worksheet.worksheet import Worksheet

from tests.crm_unify.run.decided import town
from tests.crm_unify.run.people import names
from tests.crm_unify.run.repairing import edited as repaired
from tests.crm_unify.steward.review.towns import (
    answer,
    asked_rows,
    broken,
    columns,
    doubtful,
    edited,
    exported,
    imported,
    listed,
)
from tests.office import saved_by_libreoffice
from tests.projects import run

PEOPLE = 26
"""People of two doubtful records each."""
NAMELESS_ROWS = ("901,,dora@post.example,Clerk,1 Lane", "902,,emil@post.example,Baker,2 Lane")
NONSENSE = ("perhaps", "=B2", "12")


def sort_filter_and_answer(page: Worksheet) -> None:
    """Sort by a column, hide some rows by a filter, answer twenty questions and write nonsense into three."""
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    random.Random(7).shuffle(rows)
    for number, row in enumerate(rows, 2):
        for place, value in enumerate(row, 1):
            page.cell(number, place).value = value
    page.auto_filter.add_filter_column(columns(page)["Side"] - 1, ["B"])
    asked = asked_rows(page)
    for row in (row for row in range(2, page.max_row + 1) if row not in asked):
        page.row_dimensions[row].hidden = True
    words = ["Same", "Different", "same ", "UNSURE"] * 5 + list(NONSENSE)
    for row, text in zip(asked, words, strict=False):
        answer(page, row, text)
        answer(page, row, f"seen in row {row}", "Note")


def test_twenty_answers_out_of_libreoffice_hold(tmp_path: Path) -> None:
    """Saved by LibreOffice twice, sorted and filtered: 20 answers hold, 3 nonsense cells are listed.

    A row of the quarantine, repaired in the same workbook, loads with the next run.
    """
    asking = doubtful(tmp_path / "town", [*town()[: 2 * PEOPLE], *NAMELESS_ROWS])
    assert run(asking).code == 0
    pack = saved_by_libreoffice(exported(asking, tmp_path / "pack.xlsx"))
    repaired(edited(pack, sort_filter_and_answer), {"901": {"fix: Name": "Dora Dane"}})
    found = imported(asking, saved_by_libreoffice(pack))
    assert (found.code, len(found.data["recorded"]), found.data["answers"]) == (0, 20, 20), found.stderr
    assert found.data["corrections"]["words"] == 1
    told = [(one["trouble"], one["raw"]) for one in found.data["problems"]]
    assert sorted(raw for _, raw in told) == sorted(NONSENSE)
    assert {trouble for trouble, _ in told} == {"nonsense"}
    assert run(asking).code == 0
    assert broken(asking) == []
    assert listed(asking)["progress"]["questions"] == PEOPLE - 20
    assert "Dora Dane" in names(asking)
