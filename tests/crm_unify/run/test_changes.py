"""What a later run does when sources change: nothing good is lost, nothing bad gets in."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.projects import crm, differing, dump, question, run


@pytest.fixture
def project(touring: Path) -> Path:
    """The tour after its first run, to be changed."""
    return touring


def billing(project: Path, statement: str) -> None:
    """Change the billing database."""
    with closing(sqlite3.connect(project / "billing.db")) as con:
        con.execute(statement)
        con.commit()


def rows(project: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask the CRM."""
    return question(project / "crm.db", sql)


def test_a_loaded_row_that_turns_bad_keeps_its_last_good_claims(project: Path) -> None:
    """Anna's row gets a type nobody knows: she stays, her record is stale, her order stays hers."""
    billing(project, "UPDATE CUSTOMERS SET TYPE = 'Q' WHERE CUSTNO = '0002'")
    before = rows(project, "SELECT * FROM person"), rows(project, "SELECT id, customer_id FROM sales_order")
    answer = run(project)
    assert (answer.code, answer.data["account"]["billing_customers"]["quarantined"]) == (0, 4)
    assert (
        rows(project, "SELECT * FROM person"),
        rows(project, "SELECT id, customer_id FROM sales_order"),
    ) == before
    states = dict(rows(project, "SELECT record_id, state FROM mig_source_record"))
    assert states["billing.billing_customers:0002#person"] == "stale"


def test_a_row_that_vanishes_becomes_inactive_and_its_customer_too(project: Path) -> None:
    """Jonas Keller of billing has no other record: the customer stays, marked inactive."""
    billing(project, "DELETE FROM CUSTOMERS WHERE CUSTNO = '0003'")
    answer = run(project)
    assert answer.code == 0, answer.stderr
    status = "SELECT status FROM customer JOIN mig_xref ON customer_id = id WHERE record_id LIKE '%:0003#%'"
    assert rows(project, status) == [("inactive",)]


def test_an_order_whose_customer_arrives_is_released(project: Path) -> None:
    """The held order A-102 finds customer 9999 as soon as that row is there."""
    billing(
        project,
        "INSERT INTO CUSTOMERS (CUSTNO, TYPE, NAME, BALANCE) VALUES ('9999', 'P', 'NEU, NORA', '0')",
    )
    answer = run(project)
    assert answer.data["account"]["billing_orders"]["held"] == 0
    named = "SELECT display_name FROM customer c JOIN sales_order ON customer_id = c.id"
    owner = f"{named} WHERE order_no = 'A-102'"
    assert rows(project, owner) == [("Nora Neu",)]


def test_a_changed_cell_changes_one_golden_field_and_no_id(project: Path) -> None:
    """The ids are those of the first run."""
    ids = rows(project, "SELECT id FROM customer ORDER BY id")
    billing(project, "UPDATE CUSTOMERS SET DOB = '19800215' WHERE CUSTNO = '0002'")
    assert run(project).code == 0
    assert rows(project, "SELECT id FROM customer ORDER BY id") == ids
    assert ("1980-02-15",) in rows(project, "SELECT birth_date FROM person")


def test_a_value_a_person_changed_in_the_crm_is_not_overwritten(project: Path) -> None:
    """The source says nothing new, so the edit stays; the run writes nothing."""
    with closing(sqlite3.connect(project / "crm.db")) as con:
        con.execute("UPDATE person SET job_title = 'Buyer', given_name = 'Anne' WHERE given_name = 'Anna'")
        con.commit()
    assert run(project).data["written_rows"] == 0
    assert ("Anne", "Buyer") in rows(project, "SELECT given_name, job_title FROM person")


def test_an_edit_that_gives_way_to_news_from_the_source_is_listed(project: Path) -> None:
    """Both changed the same field: the source wins, and the run says so."""
    billing(project, "UPDATE CUSTOMERS SET DOB = '19800215' WHERE CUSTNO = '0002'")
    with closing(sqlite3.connect(project / "crm.db")) as con:
        con.execute("UPDATE person SET birth_date = '1980-02-16' WHERE given_name = 'Anna'")
        con.commit()
    answer = run(project)
    assert any("give way" in what for what in answer.data["waiting"]), answer.data["waiting"]
    assert ("1980-02-15",) in rows(project, "SELECT birth_date FROM person")


@pytest.mark.parametrize(
    ("statement", "code", "words"),
    [
        pytest.param(
            "ALTER TABLE CUSTOMERS RENAME COLUMN DOB TO BORN", 3, "DOB", id="a column that was there"
        ),
        pytest.param("DROP TABLE ORDERS", 3, "ORDERS", id="a table that vanished"),
    ],
)
def test_a_source_that_lost_a_part_stops_the_run(
    project: Path, statement: str, code: int, words: str
) -> None:
    """Never taken for a delete: exit 3, nothing written."""
    before = dump(project / "crm.db")
    billing(project, statement)
    answer = run(project)
    assert (answer.code, words in answer.stderr) == (code, True)
    assert differing(before, dump(project / "crm.db")) == set()


@pytest.mark.parametrize("name", ["billing.db", "contacts.xlsx", "newsletter.csv"])
def test_a_missing_file_is_a_guard(project: Path, name: str) -> None:
    """Exit 3, the file is named, nothing is written."""
    (project / name).unlink()
    before = dump(project / "crm.db")
    answer = run(project)
    assert (answer.code, name in answer.stderr) == (3, True)
    assert differing(before, dump(project / "crm.db")) == set()


def test_a_column_nobody_ever_saw_is_a_mistake_in_the_rule_file(project: Path) -> None:
    """Exit 2 with file, line and the nearest header."""
    rules = project.parent.parent / "mappings" / "tour" / "newsletter.yml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("flag: {from: Opt-in,", "flag: {from: Optin,"))
    answer = run(project)
    assert (answer.code, "newsletter.yml:" in answer.stderr, "'Opt-in'" in answer.stderr) == (2, True, True)


def test_check_passes_on_the_tour_and_lists_the_open_question(project: Path) -> None:
    """Open questions do not fail the check."""
    answer = crm("check", project)
    assert answer.code == 0, answer.stderr
    assert "TR-004" in str(answer.data)
