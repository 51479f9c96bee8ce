"""Placeholders in a CRM: an order whose customer no source has, and the customer that arrives later."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Answer, copied, crm, question, run

CUSTOMERS = (
    "SELECT c.id, c.display_name FROM sales_order o JOIN customer c ON c.id = o.customer_id "
    "WHERE order_no = 'A-102'"
)
MARKS = "SELECT value FROM party_identifier WHERE scheme = 'placeholder'"


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in the CRM after a command."""

    answer: Answer
    customer: tuple[str, str]
    """Of the order: id and name."""
    marks: list[tuple[Any, ...]]


def told(project: Path, answer: Answer) -> Told:
    """Look at the CRM."""
    (customer,) = question(project / "crm.db", CUSTOMERS)
    return Told(answer, customer, question(project / "crm.db", MARKS))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Run with a missing customer, list the questions, run again when it has arrived, undo that run."""
    folder = tmp_path_factory.mktemp("stub")
    project, orders = copied("tour", folder), folder / "mappings/tour/billing_orders.yml"
    orders.write_text(orders.read_text().replace("missing: hold", "missing: stub"))
    found = {"first": told(project, run(project))}
    found["asked"] = told(project, crm("review", "list", project))
    with closing(sqlite3.connect(project / "billing.db")) as con, con:
        con.execute("INSERT INTO CUSTOMERS (CUSTNO, TYPE, NAME) VALUES ('9999', 'P', 'SCHULZE, PETER')")
    found["arrived"] = told(project, run(project))
    found["again"] = told(project, run(project))
    found["undone"] = told(
        project, crm("undo", str(found["arrived"].answer.data["run"]), "-p", project, "--yes")
    )
    return found


def test_the_row_loads_and_a_marked_customer_stands_for_its_parent(history: dict[str, Told]) -> None:
    """Nothing waits; name and identifier say what the customer is, with the key as evidence."""
    first = history["first"]
    assert first.answer.data["account"]["billing_orders"]["held"] == 0
    assert first.customer[1] == "Placeholder for billing_customers 9999"
    assert first.marks == [("billing.billing_customers:9999",)]


def test_placeholders_are_work(history: dict[str, Told]) -> None:
    """The run says how many there are, the list of questions names them."""
    waiting = history["first"].answer.data["waiting"]
    assert waiting["placeholders stand for customers that no source has: deliver or correct them"] == 1
    (note,) = history["asked"].answer.data["notes"]
    assert note == "1 customer is a placeholder for rows that no source has: billing.billing_customers:9999"


def test_the_customer_that_arrives_keeps_the_id_and_loses_the_marks(history: dict[str, Told]) -> None:
    """Although it is a person, and the placeholder was an organisation; the next run writes nothing."""
    arrived, first = history["arrived"], history["first"]
    assert (arrived.customer, arrived.marks) == ((first.customer[0], "Peter Schulze"), [])
    assert history["again"].answer.data["written_rows"] == 0


def test_undo_brings_the_placeholder_back(history: dict[str, Told]) -> None:
    """With its id, name and mark."""
    undone, first = history["undone"], history["first"]
    assert (undone.customer, undone.marks) == (first.customer, first.marks)
