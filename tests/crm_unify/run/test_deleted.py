"""A customer that a person deleted in the CRM stays deleted, is told of once, and is not counted."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crm_unify.validation import guards
from tests.crm_unify.run.people import GOOD, fill
from tests.crm_unify.run.targets import rows_of
from tests.crm_unify.run.twins import sync
from tests.projects import crm, differing, dump, question, run

ANN = "SELECT customer_id FROM mig_xref WHERE record_id LIKE '%:1#%'"


@pytest.fixture
def without_ann(office: Path) -> Path:
    """Two people were loaded, and somebody deleted Ann in the CRM."""
    with closing(sqlite3.connect(office / "crm.db")) as con:
        for table, column in (
            ("contact_point", "customer_id"),
            ("address", "customer_id"),
            ("person", "customer_id"),
            ("customer", "id"),
        ):
            con.execute(f"DELETE FROM {table} WHERE {column} IN ({ANN})")
        con.commit()
    return office


def test_a_deleted_customer_is_not_counted(without_ann: Path) -> None:
    """Run and report count what the CRM holds; nothing is written."""
    answer = run(without_ann)
    assert (answer.data["customers"], answer.data["written_rows"]) == (1, 0)
    report = crm("report", without_ann)
    assert (report.code, report.data["customers"]) == (0, 1)


def test_its_id_answers_that_a_person_deleted_it(without_ann: Path) -> None:
    """The cross reference keeps the id; `customer` and `trace` say what happened to it."""
    assert run(without_ann).code == 0
    ((ann,),) = question(without_ann / "crm.db", ANN)
    asked = crm("customer", ann, "-p", without_ann)
    assert (asked.code, "a person deleted this customer" in asked.stderr) == (2, True)
    traced = crm("trace", "people.csv!2!Name", "-p", without_ann)
    assert "a person deleted its customer" in str(traced.data["traces"])


def test_a_blocked_change_is_told_of_once(without_ann: Path) -> None:
    """Ann gets a new job: the first run asks for a person, the second only counts it."""
    fill(without_ann, (GOOD[0].replace("Clerk", "Chief"), GOOD[1]))
    first, second = run(without_ann, "--strict"), run(without_ann, "--strict")
    assert (first.code, first.data["blocked"]["known"]) == (1, 0)
    new = first.data["blocked"]["new"]
    assert (second.code, second.data["blocked"]) == (0, {"new": 0, "known": new})
    fill(without_ann, (GOOD[0].replace("Clerk", "Chief").replace("North", "South"), GOOD[1]))
    assert run(without_ann, "--strict").data["blocked"]["known"] == new


def test_nobody_is_merged_into_it_and_both_runs_agree(
    without_ann: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ben turns into Ann's double: he stays and gets his news; no guard counts a merge, no row is written."""
    monkeypatch.setattr(guards, "COUNTED_FROM", 1)
    fill(without_ann, (GOOD[0], GOOD[0].replace("1,", "2,", 1)))
    first = run(without_ann)
    assert (first.code, first.data["customers"]) == (0, 1)
    assert question(without_ann / "crm.db", "SELECT display_name FROM customer") == [("Ann Ash",)]
    assert question(without_ann / "crm.db", "SELECT count(DISTINCT customer_id) FROM mig_xref") == [(2,)]
    before = dump(without_ann / "crm.db")
    second = run(without_ann, "--strict")
    assert (second.code, second.data["blocked"]["new"], second.data["blocked"]["known"] > 0) == (0, 0, True)
    assert differing(before, dump(without_ann / "crm.db")) == {"mig_run"}


def test_she_is_listed_while_she_stays_deleted(without_ann: Path) -> None:
    """Plan, run and report name her, whether a change meets her or not."""
    ((ann,),) = question(without_ann / "crm.db", ANN)
    plan = crm("plan", "-p", without_ann, "--out", without_ann / "plan.jsonl", "--as-of", "2026-02-01")
    assert (plan.data["stay_deleted"], run(without_ann).data["stay_deleted"]) == ([ann], [ann])
    page = Path(crm("report", without_ann).data["report"]).read_text(encoding="utf-8")
    assert "Deleted in the CRM by people" in page


def restoring(project: Path) -> Path:
    """The project, now one that makes deleted rows again."""
    file = project / "crm_unify.yml"
    file.write_text(file.read_text(encoding="utf-8") + "on_target_deleted: restore\n", encoding="utf-8")
    return project


def test_restored_rows_are_what_they_were_and_undo_takes_them_back(without_ann: Path, loaded: Path) -> None:
    """With `restore` Ann comes back as she was, in a sync without news too; undone, she is deleted again."""
    url, crm_tables = f"sqlite:///{without_ann}/crm.db", {"customer", "person", "contact_point", "address"}
    deleted, whole = rows_of(url), rows_of(f"sqlite:///{loaded}/crm.db")
    answer = sync(restoring(without_ann))
    assert (answer.data["written_rows"], answer.data["customers"]) == (4, 2)
    assert not differing(whole, rows_of(url)) & crm_tables
    assert sync(without_ann).data["written_rows"] == 0
    assert crm("undo", "2", "--cascade", "-p", without_ann, "--yes").code == 0
    assert not differing(deleted, rows_of(url)) & crm_tables


def test_a_row_that_is_gone_and_changed_is_made_whole(without_ann: Path) -> None:
    """Ann gets a new job at the source: she is made again with it, and nothing is blocked."""
    fill(restoring(without_ann), (GOOD[0].replace("Clerk", "Chief"), GOOD[1]))
    assert run(without_ann).data["blocked"]["new"] == 0
    jobs = question(without_ann / "crm.db", "SELECT job_title FROM person ORDER BY 1")
    assert jobs == [("Baker",), ("Chief",)]
