"""A pack goes out, is answered, torn and damaged, and comes back: nothing lost, nothing overwritten."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from crm_unify.errors import UsageError
from crm_unify.steward.review.pack import Pack, Stamp
from crm_unify.steward.review.pack_read import read_pack
from crm_unify.steward.review.pack_write import write_pack
from crm_unify.steward.sheet_edits import Returned
from crm_unify.steward.sheets import Sheet, SheetColumn
from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.decided import record_id, row
from tests.crm_unify.run.people import fill
from tests.crm_unify.steward.review.conftest import PEOPLE
from tests.crm_unify.steward.review.towns import (
    answer,
    answered,
    asked_rows,
    broken,
    columns,
    doubtful,
    edited,
    exported,
    ids,
    imported,
    listed,
    troubles,
)
from tests.projects import crm, question, run

SPELLS = ("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A1", '=HYPERLINK("http://x.example")')


def test_answers_hold_and_are_taken_once(asking: Path, pack: Path) -> None:
    """Answers are decisions of the next run, a picked field is pinned; a second import records nothing."""
    answered(pack, "Same", "different", " Unsure ")
    edited(pack, lambda page: answer(page, asked_rows(page)[0], "job title", "Take from here"))
    assert len(imported(asking, pack).data["recorded"]) == 4
    again = imported(asking, pack, "--dry-run").data
    assert (again["answers"], again["already"], again["empty"], again["problems"]) == (0, 3, PEOPLE - 3, [])
    assert run(asking).code == 0
    assert (broken(asking), len(ids(asking))) == ([], PEOPLE - 3)
    sql = "SELECT job_title FROM person JOIN mig_xref USING (customer_id) WHERE record_id = '{}'"
    pinned = crm("decisions", asking).data["decisions"][-1]["record_id"]
    assert question(asking / "crm.db", sql.format(pinned)) in ([("Clerk",)], [("Baker",)])


def test_a_pack_out_of_libreoffice_is_read(root: Path) -> None:
    """Hidden keys, answers and a formula come back as they were, out of a file that LibreOffice saved."""
    rows = read_pack(root / "fixtures/packs/review_saved_by_libreoffice.xlsx")
    said = [one.cells["Answer"] for one in rows if one.text("Answer")]
    assert [(cell.text, cell.formula) for cell in said] == [
        ("Same", False),
        ("perhaps", False),
        ("=B2", True),
    ]
    assert all(one.text("Check").startswith("K") for one in rows)


NONSENSE = {
    "perhaps": "this is no answer",
    "Sme": "did you mean Same?",
    "=A1": "a formula is no answer",
    1: "this is no answer",
    "<script>alert(1)</script>": "this is no answer",
    "\u202eemaS": "this is no answer",
}


def test_nonsense_is_listed_by_its_cell(asked: Path, pack: Path) -> None:
    """What is no answer and no field is told with its cell, as it stands, and what to do."""
    answered(pack, *NONSENSE)
    edited(pack, lambda page: answer(page, 2, "Nam; Born", "Take from here"))
    found = imported(asked, pack, "--dry-run")
    assert set(troubles(found)) == {"nonsense"}
    *answers, slip, silent = found.data["problems"]
    said = zip(NONSENSE.values(), answers, strict=True)
    assert [one for word, one in said if word not in one["sentence"]] == []
    assert [one for one in answers if not one["place"].startswith("Clusters!C")] == []
    assert ("did you mean Name?" in slip["sentence"], "says nothing" in silent["sentence"]) == (True, True)


def test_a_decision_made_meanwhile_stands(asking: Path, pack: Path) -> None:
    """What contradicts a decision that holds is listed with its number and person; what agrees counts."""
    answered(pack, "Same", "Same")
    both = [[side["records"][0] for side in one["sides"]] for one in listed(asking)["questions"][:2]]
    for pair, verdict in zip(both, ("different", "same"), strict=True):
        assert crm("decide", *pair, verdict, "-p", asking, "--why", "I asked", "--by", "Bo").code == 0
    found = imported(asking, pack)
    assert (found.data["recorded"], found.data["already"], troubles(found)) == ([], 1, ["conflict"])
    said = found.data["problems"][0]["sentence"]
    assert ("DIFFERENT by decision 1" in said, "Bo" in said) == (True, True)


def tear(page: Worksheet) -> None:
    """A row copied and answered otherwise, half of them deleted, a column and a line put in, a new title."""
    first, *others = asked_rows(page)
    copy = page.max_row + 1
    for cell in page[first]:
        page.cell(copy, cell.column).value = cell.value
    answer(page, copy, "Different")
    for place in sorted(others[PEOPLE // 2 - 1 :], reverse=True):
        page.delete_rows(place)
    page.insert_rows(1)
    page.insert_cols(3)
    page.title = "Répondu 👍"


def test_a_torn_pack_gives_what_is_left_of_it(asked: Path, pack: Path) -> None:
    """What is left is taken wherever it stands, and answers that contradict each other are told."""
    found = imported(asked, edited(answered(pack, *["Same"] * PEOPLE), tear), "--dry-run")
    assert (found.data["answers"], troubles(found)) == (PEOPLE // 2, ["conflict"])


DAMAGE = {"Record": "office.people:99#person", "Check": None, "Beside": "=A1", "Pack": "P1-0-000000000000"}


def test_a_damaged_key_is_told(asked: Path, pack: Path) -> None:
    """Rows whose keys were touched, or that are of another pack, are not guessed at; the others are taken."""

    def change(page: Worksheet) -> None:
        for at, (column, text) in zip(asked_rows(page), DAMAGE.items(), strict=False):
            answer(page, at, text, column)

    found = imported(asked, edited(answered(pack, *["Same"] * 5), change), "--dry-run")
    assert (found.data["answers"], sorted(troubles(found))) == (1, ["damaged"] * 3 + ["foreign"])


def test_a_pack_of_an_old_run_is_held_against_today(asking: Path, pack: Path) -> None:
    """Records that changed or have gone are named; what was said of the others is taken."""
    answered(pack, *["Same"] * PEOPLE)
    fill(asking, [row(0, Name="Zoe Zahn"), *(row(record) for record in range(1, 2 * PEOPLE))])
    assert run(asking).code == 0
    gone = record_id(2)
    with closing(sqlite3.connect(asking / "crm.db")) as con, con:
        for table in ("mig_xref", "mig_source_record"):
            con.execute(f"DELETE FROM {table} WHERE record_id = ?", (gone,))
    found = imported(asking, pack)
    assert (found.data["answers"], sorted(troubles(found))) == (PEOPLE - 2, ["changed", "gone"])
    said = {one["trouble"]: one["sentence"] for one in found.data["problems"]}
    assert (gone in said["gone"], "look at it again" in said["changed"]) == (True, True)


def test_a_pack_of_another_project_is_refused(toured: Toured, pack: Path) -> None:
    """Nothing of it is taken, and the message says which stamp it carries."""
    found = imported(toured.project, answered(pack, "Same"))
    assert (found.code, "not of this project" in found.stderr, "P1-0-" in found.stderr) == (2, True, True)


@pytest.mark.parametrize("name", ["Check", "Record", "Answer"])
def test_a_lost_column_is_named(pack: Path, name: str) -> None:
    """Without keys or answers nothing can be taken: the column is named."""
    edited(pack, lambda page: answer(page, 1, "Kontrolle", name))
    with pytest.raises(UsageError, match=f"the column '{name}' was deleted or renamed"):
        read_pack(pack)


@pytest.mark.parametrize("name", ["pack.xlsx", "pack.csv"])
@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 broken", b"\xff\xfe\x00"])
def test_what_is_no_pack_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that is no workbook, or none of ours, is refused as a whole."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError):
        read_pack(tmp_path / name)


def spelled(folder: Path) -> Path:
    """A project whose every text begins as a formula."""
    texts = [text.replace('"', '""') for text in SPELLS]
    return doubtful(
        folder, [f'{at},"=1+1 Abel",a@post.example,"=1","{text}"' for at, text in enumerate(texts)]
    )


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """Values that begin as formulas do are text in the workbook, and are kept from calculating in CSV."""
    project = spelled(tmp_path / "spelled")
    assert run(project).code == 0
    book = load_workbook(exported(project, tmp_path / "pack.xlsx"))
    cells = [cell for page in book for line in page.iter_rows() for cell in line if cell.value is not None]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert any(str(cell.value).startswith("=") for cell in cells)
    with exported(project, tmp_path / "pack.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [text for line in csv.reader(file) for text in line]
    assert [text for text in texts if text.startswith(("=", "+", "-", "@"))] == []


def test_csv_comes_back_as_the_workbook_does(asked: Path, tmp_path: Path) -> None:
    """CSV of the same columns, saved with semicolons as some countries do."""
    file = exported(asked, tmp_path / "pack.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    head = rows[0]
    for line in [line for line in rows[1:] if line[head.index("Question")]][:2]:
        line[head.index("Answer")] = "Same"
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        csv.writer(lines, delimiter=";").writerows(rows)
    assert imported(asked, file, "--dry-run").data["answers"] == 2


def test_a_note_is_text_or_a_day(asked: Path, pack: Path) -> None:
    """A date is kept as its day; a formula is named by its cell, and its row is not taken."""

    def note(page: Worksheet) -> None:
        for at, value in zip(asked_rows(page), (datetime(2024, 3, 1), "=A1"), strict=False):
            answer(page, at, value, "Note")

    edited(answered(pack, "Same", "Same"), note)
    assert [one.text("Note") for one in read_pack(pack) if one.text("Answer")] == ["2024-03-01", "=A1"]
    found = imported(asked, pack, "--dry-run")
    assert (found.data["answers"], troubles(found)) == (1, ["nonsense"])
    assert "a formula is no reason" in found.data["problems"][0]["sentence"]


def test_csv_keeps_the_line_breaks_of_other_scripts(asked: Path, tmp_path: Path) -> None:
    """U+2028, U+2029 and U+0085 inside a cell end no row."""
    file = exported(asked, tmp_path / "pack.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    line = next(line for line in rows[1:] if line[rows[0].index("Question")])
    line[rows[0].index("Answer")], line[rows[0].index("Note")] = "Same", "a\u2028b\u2029c\x85d"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows(rows)
    (said,) = [one for one in read_pack(file) if one.text("Answer")]
    assert said.text("Note") == "a\u2028b\u2029c\x85d"
    assert imported(asked, file, "--dry-run").data["answers"] == 1


def test_a_long_note_is_kept(asking: Path, pack: Path) -> None:
    """10 kB of any script and emoji are the reason of the decision."""
    note = "שלום 👋 <b>'; DROP TABLE --" + "x" * 9_900
    edited(answered(pack, "Same"), lambda page: answer(page, asked_rows(page)[0], note, "Note"))
    imported(asking, pack)
    assert crm("decisions", asking).data["decisions"][0]["why"] == note


def test_a_customer_of_many_records_is_answered_in_a_row(tmp_path: Path) -> None:
    """Of 210 records 50 are shown, the pack says so, and the answer holds for all of them."""
    lines = [f"{number},Ada Abel,ada.abel@post.example,Clerk,Acorn Street 1" for number in range(210)]
    project = doubtful(tmp_path / "large", lines)
    rules = project / "crm_unify.yml"
    rules.write_text(rules.read_text().replace("merge_bits: 60", "merge_bits: 0"))
    assert run(project).code == 0
    assert [one["reasons"] for one in listed(project)["questions"]] == [["over-size"]]
    pack = exported(project, tmp_path / "pack.xlsx")
    texts = [str(cell.value) for line in load_workbook(pack)["Clusters"].iter_rows() for cell in line]
    assert len([text for text in texts if "50 of 209 records are shown" in text]) == 1
    assert imported(project, answered(pack, "Same")).code == 0
    (decision,) = crm("decisions", project).data["decisions"]
    assert sum(len(side) for side in decision["sides"]) == 210


def test_equal_packs_have_equal_bytes(asked: Path, packed: Path, tmp_path: Path) -> None:
    """The same questions make the same file, with the keys where columns() finds them."""
    assert exported(asked, tmp_path / "again.xlsx").read_bytes() == packed.read_bytes()
    assert {"Record", "Check"} <= columns(load_workbook(packed)["Clusters"]).keys()


def test_further_sheets_stand_beside_the_clusters(tmp_path: Path) -> None:
    """Rows to repair in the same workbook: each part reads its own and leaves the other alone."""
    rows = Sheet(
        "rows", (SheetColumn("row", key=True), SheetColumn("fix: Name", editable=True)), (("7", "Ann"),)
    )
    file = tmp_path / "pack.xlsx"
    write_pack(Pack(Stamp(1, 0, "seal"), "town", (), 0, 0, 0), file, beside=[rows], about={"kind": "test"})
    edited(file, lambda page: page.parent["rows"].cell(2, 2, "Anna"))
    assert read_pack(file) == ()
    (found,) = Returned(file).edits(rows)
    assert (found.key, found.before, found.after) == (("7",), "Ann", "Anna")
