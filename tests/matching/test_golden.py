"""Golden rows: values kept once, one primary, children at their golden customer."""

from typing import Any

import pyarrow as pa
import pytest

from matching.golden import Golden, golden
from tests.factory import all_claims, claims, parties, party

ANNA = (
    party("crm:1", customer_id="C-1", founding="00000001|2001"),
    party("web:2", customer_id="C-1", founding="2"),
)
PAUL = party("web:3", customer_id="C-2")


def made(*records: dict[str, Any], **kinds: pa.Table) -> Golden:
    """Golden rows of these parties."""
    return golden(parties(*records, trust=("crm", "web")), all_claims(**kinds), chains={})


def rows(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a table as sorted tuples."""
    return sorted(zip(*(table[c].to_pylist() for c in columns), strict=True))


def mail(record: str, value: str) -> dict[str, str]:
    """An e-mail address as a record claims it."""
    return {"record_id": record, "kind": "email", "value_raw": value, "value_norm": value.lower()}


def test_an_address_two_records_carry_is_one_contact_point() -> None:
    """It is shown as the more trusted record writes it."""
    points = claims("contact_point", mail("web:2", "Anna@X.example"), mail("crm:1", "anna@x.example"))
    table = made(*ANNA, contact_point=points).tables["contact_point"]
    assert rows(table, "customer_id", "value_raw", "is_primary") == [("C-1", "anna@x.example", True)]


def test_one_of_each_kind_is_primary() -> None:
    """The best record's value is primary, the others are kept."""
    points = claims(
        "contact_point",
        mail("web:2", "b@x.example"),
        mail("crm:1", "a@x.example"),
        mail("web:3", "c@x.example"),
    )
    table = made(*ANNA, PAUL, contact_point=points).tables["contact_point"]
    primary = table.filter(table["is_primary"])
    assert rows(primary, "customer_id", "value_norm") == [("C-1", "a@x.example"), ("C-2", "c@x.example")]


def test_another_record_with_the_value_changes_no_key() -> None:
    """A contact point is named after the first loaded record that carries it."""
    alone = made(*ANNA, contact_point=claims("contact_point", mail("crm:1", "a@x.example")))
    both = made(
        *ANNA,
        contact_point=claims("contact_point", mail("crm:1", "a@x.example"), mail("web:2", "a@x.example")),
    )
    assert alone.tables["contact_point"]["id"] == both.tables["contact_point"]["id"]


def test_two_spellings_of_a_place_are_one_address() -> None:
    """Street abbreviations and letter case do not make a second address."""
    places = claims(
        "address",
        {"record_id": "crm:1", "line1": "Lindenstr. 8", "postal_code": "04109", "city": "Leipzig"},
        {"record_id": "web:2", "line1": "LINDENSTRASSE 8", "postal_code": "04109", "city": "LEIPZIG"},
    )
    table = made(*ANNA, address=places).tables["address"]
    assert rows(table, "customer_id", "line1", "is_primary") == [("C-1", "Lindenstr. 8", True)]


def test_an_address_of_a_region_alone_stays_with_its_customer() -> None:
    """What two customers leave blank they do not share; one customer's equal ones are one address."""
    places = claims(
        "address",
        {"record_id": "crm:1", "region": "Saxony"},
        {"record_id": "web:2", "region": "SAXONY "},
        {"record_id": "web:2", "country_code": "DE"},
        {"record_id": "web:3", "region": "Saxony"},
    )
    table = made(*ANNA, PAUL, address=places).tables["address"]
    found = rows(table.select(["customer_id", "region"]), "customer_id")
    assert (found, len(set(table["id"].to_pylist()))) == ([("C-1",), ("C-1",), ("C-2",)], 3)


def test_balances_stay_on_their_accounts() -> None:
    """Merging two records adds no money up and drops none."""
    money = claims(
        "account",
        {"record_id": "crm:1", "system": "crm", "account_no": "1", "balance": 100},
        {"record_id": "web:2", "system": "web", "account_no": "1", "balance": 250},
    )
    assert rows(made(*ANNA, account=money).tables["account"], "customer_id", "balance") == [
        ("C-1", 100),
        ("C-1", 250),
    ]


def test_orders_follow_the_golden_customer() -> None:
    """An order of any of the records is an order of the customer, its lines are lines of that order."""
    orders = claims(
        "sales_order", {"record_id": "web.o:9#sales_order", "customer_record_id": "web:2", "order_no": "9"}
    )
    lines = claims(
        "order_line", {"record_id": "web.l:1#order_line", "order_record_id": "web.o:9#sales_order"}
    )
    tables = made(*ANNA, sales_order=orders, order_line=lines).tables
    assert rows(tables["sales_order"], "customer_id", "system") == [("C-1", "web")]
    assert tables["order_line"]["order_id"] == tables["sales_order"]["id"]


def test_children_that_were_let_in_without_a_parent_point_at_nobody() -> None:
    """Neither at a customer nor at an order."""
    tables = made(
        PAUL,
        sales_order=claims("sales_order", {"record_id": "web.o:1#sales_order", "order_no": "1"}),
        order_line=claims("order_line", {"record_id": "web.l:1#order_line"}),
        support_case=claims("support_case", {"record_id": "web.c:1#support_case", "case_no": "1"}),
    ).tables
    assert tables["sales_order"]["customer_id"].to_pylist() == [None]
    assert tables["support_case"]["customer_id"].to_pylist() == [None]
    assert tables["order_line"]["order_id"].to_pylist() == [None]


def test_a_child_of_an_unknown_record_is_a_defect() -> None:
    """It must not be mistaken for one without a parent."""
    order = {"record_id": "web.o:1#sales_order", "customer_record_id": "web:9", "order_no": "1"}
    with pytest.raises(ValueError, match="web:9 is the parent of a record and no party"):
        made(PAUL, sales_order=claims("sales_order", order))


def test_a_customer_is_dated_and_named_by_its_records() -> None:
    """First created, last updated, name from the details; inactive only when every record is."""
    named = claims("person", {"record_id": "crm:1", "full_name": "Anna Keller"})
    records = (
        ANNA[0] | {"created": "2001-02-03", "state": "inactive"},
        ANNA[1] | {"updated": "2020-01-01T10:00:00Z"},
    )
    (row,) = made(*records, person=named).tables["customer"].to_pylist()
    assert (row["display_name"], row["status"]) == ("Anna Keller", "active")
    assert (row["source_created"], row["source_updated"]) == ("2001-02-03T00:00:00Z", "2020-01-01T10:00:00Z")


def test_a_contact_works_for_the_golden_organisation() -> None:
    """Two rows that say the same make one role between two golden customers."""
    people = [party(f"{s}:1#org", kind="organisation", customer_id="C-O") for s in ("crm", "web")]
    people += [party(f"{s}:1#contact", customer_id="C-P") for s in ("crm", "web")]
    said = [
        {"record_id": f"{s}:1#org", "person_record_id": f"{s}:1#contact", "role": "contact"}
        for s in ("crm", "web")
    ]
    table = made(*people, organisation_person=claims("organisation_person", *said)).tables[
        "organisation_person"
    ]
    assert rows(table, "organisation_id", "person_id", "role") == [("C-O", "C-P", "contact")]


def test_every_winner_names_record_and_reason() -> None:
    """The name was decided by trust, the only e-mail address by nobody else claiming one."""
    named = claims(
        "person",
        {"record_id": "crm:1", "full_name": "Anna Keller"},
        {"record_id": "web:2", "full_name": "A. Keller"},
    )
    winners = made(
        *ANNA, person=named, contact_point=claims("contact_point", mail("web:2", "a@x.example"))
    ).winners
    found = {row["field"].split("/")[0]: (row["record_id"], row["decided_by"]) for row in winners.to_pylist()}
    assert found == {"person.full_name": ("crm:1", "trust"), "contact_point": ("web:2", "only")}
