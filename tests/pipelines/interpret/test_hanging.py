"""Orders find their customers, lines their orders, or they wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError, GuardStopped
from pipelines.interpret.coverage import try_examples
from pipelines.interpret.interface import Interpreted
from tests.pipelines.interpret.maps import (
    AS_OF,
    Row,
    claimed,
    entries,
    loaded,
    out,
    project_of,
    refused,
    rule_text,
)

PEOPLE = rule_text(
    "- {when: KIND = 'D', discard: {rule: R1}}\n"
    + entries(
        "organisation: {as: org, skip_if_null: FIRM, name: {from: FIRM}}", "person: {full_name: {from: NAME}}"
    ),
    rest="rules: {R1: {what: dummies}}",
)
LINES = rule_text(
    entries("order_line: {order: {lookup: [shop, orders, ORDER]}, line_no: {from: NO}}"),
    name="lines",
    key="[ORDER, NO]",
)
CUSTOMERS: list[Row] = [
    {"ID": "1", "NAME": "Ada Park"},
    {"ID": "2", "NAME": "Bo Reed", "FIRM": "Reed Ltd"},
    {"ID": "3", "NAME": None},
    {"ID": "4", "KIND": "D"},
]


def orders(missing: str = "hold") -> str:
    """Orders whose customer is looked up."""
    lookup = f"{{lookup: [shop, people, CUST], missing: '{missing}'}}"
    return rule_text(
        entries(f"sales_order: {{customer: {lookup}, order_no: {{from: NO}}}}"), name="orders", key="[NO]"
    )


def run(folder: Path, *customers: str | None, missing: str = "hold") -> Interpreted:
    """Orders 1, 2, ... of these customers, each with one line."""
    rows: list[Row] = [{"NO": str(i), "CUST": customer} for i, customer in enumerate(customers, 1)]
    lines: list[Row] = [{"ORDER": str(i), "NO": "1"} for i in range(1, len(customers) + 1)]
    maps: dict[str, tuple[str, list[Row]]] = {
        "people": (PEOPLE, CUSTOMERS),
        "orders": (orders(missing), rows),
        "lines": (LINES, lines),
    }
    return project_of(folder, maps)


def fates(found: Interpreted, name: str) -> list[tuple[str, str | None]]:
    """Fate and rule of the rows of a map, by key."""
    rows = sorted(found.fates.to_pylist(), key=lambda row: (row["map"], row["key"] or ""))
    return [(row["fate"], row["rule"]) for row in rows if row["map"] == name]


def test_children_hang_on_the_first_party_of_their_parents_row(tmp_path: Path) -> None:
    """The organisation where the row has one, else the person; lines hang on the order's record."""
    found = run(tmp_path, "1", "2")
    assert found.claims["sales_order"]["customer_record_id"].to_pylist() == [
        "shop.people:1#person",
        "shop.people:2#org",
    ]
    assert found.claims["order_line"]["order_record_id"].to_pylist() == [
        "shop.orders:1#sales_order",
        "shop.orders:2#sales_order",
    ]


@pytest.mark.parametrize(
    ("customer", "reason"),
    [
        pytest.param("9", "PARENT-MISSING", id="a customer who is not there"),
        pytest.param("4", "PARENT-MISSING", id="a customer whose row is discarded"),
        pytest.param("01", "PARENT-MISSING", id="keys are compared byte by byte"),
        pytest.param(None, "PARENT-MISSING", id="no reference"),
        pytest.param("3", "PARENT-QUARANTINED", id="a customer in quarantine"),
    ],
)
def test_children_without_parent_wait_and_so_do_their_children(
    tmp_path: Path, customer: str | None, reason: str
) -> None:
    """Both are held, each with its reason; nothing is loaded."""
    found = run(tmp_path, customer)
    assert fates(found, "orders") == [("held", reason)]
    assert fates(found, "lines") == [("held", "PARENT-HELD")]
    assert found.claims["sales_order"].num_rows == found.claims["order_line"].num_rows == 0


def test_missing_quarantine_lists_the_row(tmp_path: Path) -> None:
    """The entry shows the reference and the whole row."""
    found = run(tmp_path, "9", missing="quarantine")
    assert fates(found, "orders") == [("quarantined", "PARENT-MISSING")]
    told = [row for row in refused(found, "map", "code", "raw", "sentence") if row[0] == "orders"]
    assert told == [
        (
            "orders",
            "PARENT-MISSING",
            '{"CUST":"9","NO":"1"}',
            "CUST holds '9', and no record with this key was made.",
        )
    ]


def test_missing_null_loads_the_child_alone_with_a_warning(tmp_path: Path) -> None:
    """The order has no customer, and somebody is told."""
    found = run(tmp_path, "9", missing="null")
    assert found.claims["sales_order"]["customer_record_id"].to_pylist() == [None]
    assert ("orders", "warn", "PARENT-MISSING") in refused(found, "map", "severity", "code")


@pytest.mark.parametrize("missing", ["quarantine", "null", "fail"])
def test_a_child_of_a_quarantined_row_is_held_whatever_missing_says(tmp_path: Path, missing: str) -> None:
    """Its parent is there, and follows when it is repaired."""
    assert fates(run(tmp_path, "3", missing=missing), "orders") == [("held", "PARENT-QUARANTINED")]


def test_missing_fail_stops_the_run(tmp_path: Path) -> None:
    """The guard names the references."""
    with pytest.raises(GuardStopped, match="2 rows of 'orders' name a customer that is not there: '8', '9'"):
        run(tmp_path, "9", "1", "8", missing="fail")


def test_missing_stub_makes_one_placeholder_for_all_who_name_it(tmp_path: Path) -> None:
    """It has the id that the missing row would make, says what it is, and comes from no row."""
    found = run(tmp_path, "9", "1", "9", missing="stub")
    assert found.claims["sales_order"]["customer_record_id"].to_pylist() == [
        "shop.people:9#org",
        "shop.people:1#person",
        "shop.people:9#org",
    ]
    (row,) = [row for row in found.records.to_pylist() if row["row_hash"] == "no row"]
    assert (row["record_id"], row["row_id"], row["raw"]) == ("shop.people:9#org", None, '{"CUST":"9"}')
    assert claimed(found, "organisation")[-1] == {"name": "Placeholder for people 9"}
    assert claimed(found, "party_identifier") == [{"scheme": "placeholder", "value": "shop.people:9"}]
    assert refused(found, "severity", "code").count(("warn", "PARENT-PLACEHOLDER")) == 2


@pytest.mark.parametrize(
    ("customer", "reason"),
    [
        pytest.param(None, "PARENT-MISSING", id="a row that names nobody"),
        pytest.param("3", "PARENT-QUARANTINED", id="a customer in quarantine"),
        pytest.param("4", "PARENT-MISSING", id="a customer whom a rule throws away"),
    ],
)
def test_no_placeholder_stands_for_what_is_there_or_named_by_nothing(
    tmp_path: Path, customer: str | None, reason: str
) -> None:
    """Such rows wait, as they do without it."""
    found = run(tmp_path, customer, missing="stub")
    assert fates(found, "orders") == [("held", reason)]
    assert "no row" not in found.records["row_hash"].to_pylist()


def test_an_example_shows_what_becomes_of_a_missing_parent() -> None:
    """Rows given beside it are all that is there of the other map."""
    rest = """tests:
  - name: nobody is there
    given: [{NO: 1, CUST: 9}]
    beside: {people: [{ID: 1}]}
    expect: {sales_order: [], fate: [{fate: held, rule: PARENT-MISSING}]}
"""
    failing, _ = try_examples(loaded(orders() + rest), as_of=AS_OF)
    assert failing == ()


def test_maps_that_look_each_other_up_are_refused(tmp_path: Path) -> None:
    """A circle has no first map; it is a mistake of configuration."""
    here = orders().replace("shop, people, CUST", "shop, lines, CUST")
    with pytest.raises(ConfigurationError):
        project_of(tmp_path, {"orders": (here, []), "lines": (LINES, [])})


def test_examples_take_parents_for_granted() -> None:
    """A rule file's own examples know no other maps."""
    found = out(orders(), {"NO": "1", "CUST": "7"})
    assert found.claims["sales_order"]["customer_record_id"].to_pylist() == ["shop.people:7#customer"]


def test_a_child_without_a_field_it_cannot_lack_is_quarantined(tmp_path: Path) -> None:
    """An order without a number is no order."""
    lookup = "{lookup: [shop, people, CUST]}"
    text = rule_text(entries(f"sales_order: {{customer: {lookup}, order_no: {{from: NO}}}}"), name="orders")
    found = out(text, {"ID": "1", "NO": None, "CUST": "7"})
    assert refused(found, "severity", "target", "code") == [
        ("quarantine", "sales_order.order_no", "REQUIRED-MISSING")
    ]


def notes(name: str, party: str, other: str, missing: str) -> str:
    """A party with a note that hangs on a party of another map, or of the same one."""
    lookup = f"{{lookup: [shop, {other}, REF], missing: '{missing}'}}"
    note = f"activity: {{customer: {lookup}, subject: {{from: NAME}}}}"
    return rule_text(entries(party, note), name=name)


FIRM, WORKER = "organisation: {name: {from: NAME}}", "person: {full_name: {from: NAME}}"
ONE: list[Row] = [{"ID": "1", "NAME": "Ada Park", "REF": "1"}, {"ID": "2", "NAME": "Bo Reed", "REF": "9"}]


@pytest.mark.parametrize(
    ("firms", "workers"),
    [
        pytest.param("null", "hold", id="one of the two is set later"),
        pytest.param("null", "null", id="both are"),
    ],
)
def test_maps_that_look_each_other_up_are_set_in_a_second_pass(
    tmp_path: Path, firms: str, workers: str
) -> None:
    """Where a row can load without its parent; each hangs on the other in the end."""
    maps = {
        "firms": (notes("firms", FIRM, "workers", firms), ONE[:1]),
        "workers": (notes("workers", WORKER, "firms", workers), ONE[:1]),
    }
    found = project_of(tmp_path, maps)
    assert found.claims["activity"]["customer_record_id"].to_pylist() == [
        "shop.workers:1#person",
        "shop.firms:1#organisation",
    ]
    assert refused(found, "code") == []


def test_a_map_may_hang_on_itself(tmp_path: Path) -> None:
    """A row that names nobody who is there loads alone, and that is told once."""
    found = project_of(tmp_path, {"workers": (notes("workers", WORKER, "workers", "null"), ONE)})
    assert found.claims["activity"]["customer_record_id"].to_pylist() == ["shop.workers:1#person", None]
    assert refused(found, "severity", "code", "raw") == [("warn", "PARENT-MISSING", "9")]


def test_a_circle_of_which_each_needs_the_other_first_is_refused(tmp_path: Path) -> None:
    """With file, line and the way out."""
    text = notes("workers", WORKER, "workers", "hold")
    with pytest.raises(ConfigurationError, match=r"workers.rules.yml:6.*write missing: null") as refusal:
        project_of(tmp_path, {"workers": (text, ONE)})
    assert "each needs the other first" in str(refusal.value)
