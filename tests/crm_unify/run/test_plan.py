"""A plan is seen first and applied exactly; what it read is found again afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.validation import guards
from tests.crm_unify.run.people import GOOD, fill, people
from tests.projects import AS_OF, copied, crm, question, run


def planned(project: Path) -> dict[str, object]:
    """``crm-unify plan`` on the date of the tests."""
    answer = crm("plan", project, "--as-of", AS_OF)
    assert answer.code == 0, answer.stderr
    return answer.data


def test_an_applied_plan_leaves_what_a_run_leaves(tmp_path: Path) -> None:
    """The same number of rows, and a cell can be traced; applied once more it is refused."""
    project = copied("tour", tmp_path)
    plan = planned(project)
    applied = crm("apply", project / "plan.jsonl", "-p", project, "--yes")
    assert (applied.code, applied.data["written_rows"]) == (0, plan["rows"])
    assert crm("trace", "contacts.xlsx!Contacts!H5", "-p", project).code == 0
    assert crm("apply", project / "plan.jsonl", "-p", project, "--yes").code == 3
    assert run(project).data["written_rows"] == 0


def test_a_plan_against_an_empty_target_writes_nothing(tmp_path: Path) -> None:
    """No database, no table: `apply` makes them. A database that is there stays as it is, byte for byte."""
    project = copied("tour", tmp_path)
    planned(project)
    assert list(project.glob("crm.db*")) == []
    assert crm("apply", project / "plan.jsonl", "-p", project, "--yes").code == 0
    before = (project / "crm.db").read_bytes()
    planned(project)
    assert (project / "crm.db").read_bytes() == before


def test_a_plan_makes_no_table_on_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    """The plan for an empty PostgreSQL database leaves it empty, and can be applied to it."""
    monkeypatch.setenv("CRM_URL", postgres_url)
    project = copied("tour", tmp_path)
    planned(project)
    engine = sa.create_engine(postgres_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    assert crm("apply", project / "plan.jsonl", "-p", project, "--yes").code == 0


def test_a_guard_stops_a_run_and_not_a_plan_that_a_person_has_seen(
    touring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan names what would stop a run, and can be applied."""
    project = touring
    monkeypatch.setattr(guards, "COUNTED_FROM", 1)
    with closing(sqlite3.connect(project / "billing.db")) as con:
        con.execute("DELETE FROM CUSTOMERS WHERE CUSTNO IN ('0003', '0004')")
        con.commit()
    stopped = run(project)
    assert (stopped.code, "max_delete_pct" in stopped.stderr) == (3, True)
    assert "max_delete_pct" in str(planned(project)["stops"])
    assert crm("apply", project / "plan.jsonl", "-p", project, "--yes").code == 0
    assert ("inactive",) in question(project / "crm.db", "SELECT status FROM customer")


def test_a_plan_is_refused_when_a_person_moved_what_it_changes(touring: Path) -> None:
    """An edit made between plan and apply stays; nothing is written."""
    project = touring
    for name, statement in (
        ("billing.db", "UPDATE CUSTOMERS SET DOB = '19800215' WHERE CUSTNO = '0002'"),
        ("crm.db", "UPDATE person SET birth_date = '1980-02-16' WHERE given_name = 'Anna'"),
    ):
        if name == "crm.db":
            planned(project)
        with closing(sqlite3.connect(project / name)) as con:
            con.execute(statement)
            con.commit()
    answer = crm("apply", project / "plan.jsonl", "-p", project, "--yes")
    assert (answer.code, "person" in answer.stderr) == (3, True)
    assert ("1980-02-16",) in question(project / "crm.db", "SELECT birth_date FROM person")


def test_a_plan_is_refused_when_a_source_has_moved(tmp_path: Path) -> None:
    """What moved is named; the same rows in another order are no move; a source that is gone is told of."""
    project = people(tmp_path)
    planned(project)
    fill(project, (GOOD[0].replace("Clerk", "Chief"), GOOD[1]))
    answer = crm("apply", project / "plan.jsonl", "-p", project, "--yes")
    assert (answer.code, "people has 2 rows as before" in answer.stderr) == (3, True)
    (project / "people.csv").unlink()
    answer = crm("apply", project / "plan.jsonl", "-p", project, "--yes")
    assert (answer.code, "a source of the plan is gone" in answer.stderr) == (3, True)
    fill(project, reversed(GOOD))
    assert crm("apply", project / "plan.jsonl", "-p", project, "--yes").code == 0


def test_plans_leave_the_rows_of_the_newest_run_in_the_workspace(office: Path) -> None:
    """After more plans than runs are kept a cell of the run can still be traced."""
    for number in range(4):
        fill(office, (GOOD[0].replace("Clerk", f"Clerk {number}"), GOOD[1]))
        planned(office)
    assert crm("trace", "people.csv!2!Name", "-p", office).code == 0


def test_the_lines_a_project_sets_are_not_kept_in_the_model(tmp_path: Path) -> None:
    """Taking an override away gives what a project without it has."""
    project = copied("tour", tmp_path)
    file = project / "crm_unify.yml"
    plain = file.read_text(encoding="utf-8")
    file.write_text(plain + "matching: {merge_bits: 40}\n", encoding="utf-8")
    apart = run(project).data["customers"]
    file.write_text(plain, encoding="utf-8")
    assert run(project).data["customers"] < apart


def test_a_target_in_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be gone when the command ends."""
    monkeypatch.setenv("CRM_URL", "sqlite://")
    answer = run(copied("tour", tmp_path))
    assert (answer.code, "in memory" in answer.stderr) == (2, True)


def test_one_customer_of_a_project_that_never_ran_is_a_mistake_in_words(tmp_path: Path) -> None:
    """Exit 2, and no database is made by asking."""
    project = copied("tour", tmp_path)
    assert crm("customer", "C-AAAAAAAAAAAAA", "-p", project).code == 2
    assert not (project / "crm.db").exists()
