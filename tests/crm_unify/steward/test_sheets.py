"""Workbooks go out with keys locked, come back with their edits known, and are refused cell by cell."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from crm_unify.errors import ConfigurationError, UsageError
from crm_unify.steward.sheet_edits import Returned
from crm_unify.steward.sheets import LONGEST_CELL, MEMORY, Sheet, SheetColumn, unique_titles, write_book

CODES = Sheet(
    "codes",
    (
        SheetColumn("code", key=True),
        SheetColumn("rows"),
        SheetColumn("means", editable=True),
        SheetColumn("status", editable=True, choices=("open", "settled")),
    ),
    (("01", 7, "net 30", "open"), ("=1+1", 2, "=cmd|' /C calc'!A1", None), ("x", 0, " kept \n", "settled")),
    said="Write what each code means.",
    room=3,
)
RULES = Sheet("rules", (SheetColumn("id", key=True), SheetColumn("what", editable=True)), (("R-1", "this"),))
Cells = Callable[[Any], None]


def back(tmp_path: Path, change: Cells | None = None) -> Returned:
    """The workbook of both sheets, changed as a person would and saved."""
    file = tmp_path / "book.xlsx"
    write_book(file, [CODES, RULES], about={"kind": "test"})
    if change is not None:
        book = load_workbook(file)
        change(book)
        book.save(file)
    return Returned(file)


def told(tmp_path: Path, change: Cells) -> str:
    """Why the changed workbook is refused."""
    with pytest.raises(ConfigurationError) as refused:
        back(tmp_path, change).edits(CODES)
    return str(refused.value)


def test_a_workbook_saved_without_an_edit_has_none(tmp_path: Path) -> None:
    """Texts that look like formulas, blanks around a text and empty cells come back as they went."""
    found = back(tmp_path, lambda book: None)
    assert (found.edits(CODES), found.edits(RULES), dict(found.about)) == ((), (), {"kind": "test"})


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """What begins with = is text with a quote prefix, so that it stays text also when the cell is edited."""
    page = load_workbook(back(tmp_path).file)["codes"]
    cell = page["C4"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=cmd|' /C calc'!A1", "s", True)


def test_keys_are_locked_and_what_people_may_edit_is_not(tmp_path: Path) -> None:
    """The sheet is protected; a status has a drop-down; room for new rows is free, keys included."""
    page = load_workbook(back(tmp_path).file)["codes"]
    locked = {place: page[place].protection.locked for place in ("A3", "B3", "C3", "A6", "B6", "C6")}
    assert locked == {"A3": True, "B3": True, "C3": False, "A6": False, "B6": True, "C6": False}
    assert page.protection.sheet
    assert [one.formula1 for one in page.data_validations.dataValidation] == ['"open,settled"']


def test_edits_are_found_by_key_wherever_the_row_is(tmp_path: Path) -> None:
    """Rows were sorted, one value changed, one emptied, one row added."""

    def change(book: Any) -> None:
        page = book["codes"]
        for place, text in zip("ABCD", ("x", "0", None, "open"), strict=True):
            page[f"{place}3"].value, page[f"{place}5"].value = text, page[f"{place}3"].value
        page["A6"].value, page["C6"].value = "07", "on account"

    found = [
        (one.key, one.column, one.before, one.after, one.new) for one in back(tmp_path, change).edits(CODES)
    ]
    assert found == [
        (("x",), "means", " kept \n", None, False),
        (("x",), "status", "settled", "open", False),
        (("07",), "means", None, "on account", True),
        (("07",), "status", None, None, True),
    ]


def set_cell(place: str, value: object) -> Cells:
    """A change of one cell of the first sheet."""

    def change(book: Any) -> None:
        book["codes"][place].value = value

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(set_cell("C3", "=A1"), "a formula is no value: =A1", id="a formula"),
        pytest.param(set_cell("A3", "=1+1"), "a formula is no value: =1+1", id="a formula in the key"),
        pytest.param(set_cell("C3", datetime(2026, 5, 7)), "made a date of a text: 2026-05-07", id="a date"),
        pytest.param(set_cell("A6", 7), "the cell holds the number 7", id="a number"),
        pytest.param(set_cell("C3", True), "made TRUE of a text", id="a truth value"),
        pytest.param(set_cell("D3", "opn"), "'opn' is no value of 'status'", id="not in the list"),
        pytest.param(set_cell("C2", "meaning"), "the column 'means' is missing", id="a renamed column"),
        pytest.param(set_cell("A4", "01"), "row 4 has the key of row 3: 01", id="a key twice"),
        pytest.param(set_cell("A3", "1"), "the row of 01 is missing", id="a changed key"),
        pytest.param(
            lambda book: book["codes"].delete_rows(3), "the row of 01 is missing", id="a deleted row"
        ),
        pytest.param(
            lambda book: book["codes"].delete_cols(3), "the column 'means' is missing", id="no column"
        ),
        pytest.param(lambda book: book.remove(book["codes"]), "the sheet is missing", id="no sheet"),
        pytest.param(set_cell("C3", "x" * LONGEST_CELL), "is too long", id="a text that may be cut"),
    ],
)
def test_damage_is_refused_by_name(tmp_path: Path, change: Cells, why: str) -> None:
    """Whatever cannot be taken is told with its sheet and cell, and what to do."""
    said = told(tmp_path, change)
    assert why in said
    assert "book.xlsx, codes" in said


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Two damaged cells are two mistakes."""

    def change(book: Any) -> None:
        set_cell("C3", "=A1")(book)
        set_cell("D5", "perhaps")(book)

    assert "2 mistakes" in told(tmp_path, change)


def test_rows_cannot_be_added_where_there_is_no_room(tmp_path: Path) -> None:
    """A row of a key that was never exported is refused on a sheet without room."""

    def change(book: Any) -> None:
        book["rules"]["A2"].value = "R-9"

    with pytest.raises(ConfigurationError, match="never exported: R-9"):
        back(tmp_path, change).edits(RULES)


def test_what_is_no_workbook_of_ours_is_told(tmp_path: Path) -> None:
    """A text file and a foreign workbook are refused as a whole."""
    file = tmp_path / "book.xlsx"
    file.write_text("no workbook")
    with pytest.raises(UsageError, match="no Excel workbook"):
        Returned(file)
    with pytest.raises(UsageError, match="not exported by this version"):
        back(tmp_path, lambda book: book.remove(book["crm_unify"]))


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    """No clock is in a workbook, also where a remembered row is longer than a cell."""
    long = Sheet("long", RULES.columns, (("R-1", "\U0001f642" * 20_000),))
    made = []
    for name in ("a.xlsx", "b.xlsx"):
        write_book(tmp_path / name, [long], about={})
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert Returned(tmp_path / "a.xlsx").edits(long) == ()


def test_titles_differ_as_spreadsheets_see_them(tmp_path: Path) -> None:
    """Letter case does not tell two sheets apart, and titles that are taken stay with their owners."""
    names = ["codes A", "codes a", "crm_unify", "history", "x" * 40, "X" * 40]
    titles = unique_titles(names, taken=(MEMORY,))
    assert titles == ["codes A", "codes a 2", "crm_unify 2", "history 2", "x" * 31, "X" * 29 + " 2"]
    sheets = [Sheet(title, RULES.columns, (("R-1", "this"),)) for title in titles]
    write_book(tmp_path / "book.xlsx", sheets, about={})
    assert Returned(tmp_path / "book.xlsx").titles == tuple(titles)
