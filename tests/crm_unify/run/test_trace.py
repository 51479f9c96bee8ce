"""A cell is followed to the golden value that won, or it is said why not."""

from typing import Any

import pytest

from tests.crm_unify.conftest import Toured
from tests.projects import crm

ANNA = "billing.billing_customers:0002#person"


def steps(toured: Toured, origin: str) -> list[dict[str, Any]]:
    """What became of a cell, step by step."""
    answer = crm("trace", origin, "-p", toured.project)
    assert answer.code == 0, answer.stderr
    (found,) = answer.data["traces"]
    return list(found["steps"])


@pytest.mark.parametrize(
    ("origin", "target", "outcome", "golden"),
    [
        pytest.param("contacts.xlsx!Contacts!H5", "person.birth_date", "golden", "1980-02-14", id="golden"),
        pytest.param(
            "contacts.xlsx!Contacts!H6", "person.birth_date", "golden", "1969-11-03", id="only here"
        ),
        pytest.param(f"{ANNA}!NAME", "person.full_name", "golden", "Anna Maria Keller", id="by trust"),
        pytest.param("newsletter.csv!2!Name", "person.full_name", "beaten", "Anna Maria Keller", id="beaten"),
        pytest.param(
            "contacts.xlsx!Contacts!C8",
            "address.postal_code",
            "kept",
            "01067",
            id="kept, as the sheet shows it",
        ),
        pytest.param("newsletter.csv!5!E-Mail", "contact_point.value", "withheld", None, id="withheld"),
        pytest.param("newsletter.csv!2!Opt-in", "consent.flag", "golden", "opted_out", id="objection"),
        pytest.param("contacts.xlsx!Contacts!J5", "consent.flag", "beaten", "opted_out", id="no consent"),
        pytest.param(
            "billing.billing_orders:A-100#sales_order!TOTAL",
            "sales_order.total",
            "loaded",
            21900,
            id="loaded",
        ),
        pytest.param(
            "billing.billing_customers:0004#person!DOB",
            "person.birth_date",
            "not taken",
            "1969-11-03",
            id="a default date",
        ),
    ],
)
def test_a_cell_leads_to_its_golden_value(
    toured: Toured, origin: str, target: str, outcome: str, golden: Any
) -> None:
    """Rule, claim and outcome of each kind of cell."""
    found = next(step for step in steps(toured, origin) if step["target"] == target)
    assert (found["outcome"], found["golden"]) == (outcome, golden)


@pytest.mark.parametrize(
    ("origin", "fate", "words"),
    [
        pytest.param(
            "contacts.xlsx!Contacts!A9", "discarded", "TR-020: Struck-out contacts have left", id="struck out"
        ),
        pytest.param("contacts.xlsx!Contacts!A11", "discarded", "TR-021", id="totals row"),
        pytest.param("newsletter.csv!4!Name", "discarded", "SYS-REPEATED-ROW", id="second of equal rows"),
        pytest.param("newsletter.csv!3!Name", "mapped", "mapped", id="first of equal rows"),
    ],
)
def test_a_row_that_was_not_loaded_says_why(toured: Toured, origin: str, fate: str, words: str) -> None:
    """The rule that decided the row is named in its own words."""
    answer = crm("trace", origin, "-p", toured.project)
    (found,) = answer.data["traces"]
    assert (found["fate"], words in found["sentence"]) == (fate, True)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        pytest.param("contact.xlsx!Contacts!A8", "did you mean 'contacts.xlsx'", id="file"),
        pytest.param("contacts.xlsx!Contacts!A1", "no such row or column", id="title row"),
        pytest.param("newsletter.csv!2!Email", "no such row or column", id="column"),
        pytest.param("billing.billing_customers:9#person!NAME", "unknown", id="record"),
        pytest.param("somewhere", "FILE!SHEET!C7", id="not an origin"),
    ],
)
def test_a_cell_that_is_not_there_is_refused_with_help(toured: Toured, origin: str, words: str) -> None:
    """Exit 2, with what is there instead."""
    answer = crm("trace", origin, "-p", toured.project)
    assert (answer.code, words in answer.stderr) == (2, True)


def test_a_customer_is_shown_with_all_its_evidence(toured: Toured) -> None:
    """Three records, the reason of each golden value, the rivals it beat, the objection that holds."""
    traced = steps(toured, "contacts.xlsx!Contacts!H5")
    data = crm("customer", traced[0]["customer_id"], "-p", toured.project).data
    name = next(value for value in data["golden"] if value["field"] == "person.full_name")
    assert (name["value"], name["record_id"], name["decided_by"], len(name["rivals"])) == (
        "Anna Maria Keller",
        ANNA,
        "trust",
        2,
    )
    assert {record["system"] for record in data["records"]} == {"billing", "newsletter", "sales"}
    assert {row["status"] for row in data["consent"]} == {"opted_out"}
    assert [order["order_no"] for order in data["orders"]] == ["A-100"]
