"""Control sums: source = loaded + quarantined + discarded + held."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.interpret.interface import ControlSum
from tests.pipelines.interpret.maps import Row, entries, loaded, out, project_of, rule_text

ACCOUNTS = "- {when: KIND = 'D', discard: {rule: R1}}\n" + entries(
    "person: {full_name: {from: NAME}}", "account: {of: person, account_no: {from: ID}, balance: {from: SUM}}"
)
ROWS: list[Row] = [
    {"ID": "1", "NAME": "Ada Park", "SUM": "1.000,50"},
    {"ID": "1", "NAME": "Ada Park", "SUM": "1.000,50"},
    {"ID": "2", "NAME": None, "SUM": "20"},
    {"ID": "3", "NAME": "Bo Reed", "SUM": "n/a"},
    {"ID": "4", "KIND": "D", "SUM": "3"},
]


def sums(source: str, target: str, *rows: Row) -> ControlSum:
    """One control sum over the rows."""
    control = f'reconcile: [{{name: total, source: "{source}", target: "{target}"}}]'
    rest = f"rules: {{R1: {{what: dummies}}}}\n{control}"
    text = rule_text(ACCOUNTS, source="parse: {decimal: ',', null_tokens: ['', n/a]}", rest=rest)
    return out(text, *rows).sums[0]


def test_every_part_of_the_sum_is_shown() -> None:
    """Repeated rows count as discarded, once for each."""
    found = sums("sum(money(SUM))", "sum(account.balance)", *ROWS)
    assert (found.source, found.loaded, found.quarantined, found.discarded, found.held) == (
        202400,
        100050,
        2000,
        100350,
        0,
    )
    assert found.ok


def test_money_that_does_not_arrive_shows_as_a_difference() -> None:
    """The target sums something else: not ok, and the difference is told."""
    found = sums("sum(money(SUM))", "count(account.balance)", *ROWS)
    assert (found.ok, found.difference) == (False, 100049)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("count(*)", 5, id="rows"),
        pytest.param("count(NAME)", 3, id="values after null tokens"),
        pytest.param("sum(CASE WHEN KIND = 'D' THEN money(SUM) END)", 300, id="a condition inside"),
        pytest.param("sum(CAST(ID AS DECIMAL(9,1)) / 2)", Decimal("5.5"), id="a sum with decimals"),
    ],
)
def test_sources_of_control_sums(source: str, value: int | Decimal) -> None:
    """Aggregates over the rows of the source."""
    assert sums(source, "count(account.account_no)", *ROWS).source == value


def test_no_rows_sum_to_nothing() -> None:
    """An empty source reconciles."""
    found = sums("sum(money(SUM))", "sum(account.balance)")
    assert (found.source, found.ok) == (0, True)


def test_a_sum_that_cannot_be_worked_out_is_told_and_stops_nothing() -> None:
    """Bad data never stops a run; the sum is not in order and says why."""
    found = sums("sum(CAST(SUM AS INTEGER))", "sum(account.balance)", *ROWS)
    assert not found.ok
    assert "1.000,50" in str(found.failed)


def test_held_rows_are_a_part_of_their_own(tmp_path: Path) -> None:
    """An order that waits for its customer is neither lost nor loaded."""
    order = (
        "sales_order: {customer: {lookup: [shop, people, CUST]}, order_no: {from: NO}, total: {from: SUM}}"
    )
    control = "reconcile: [{name: total, source: sum(money(SUM)), target: sum(sales_order.total)}]"
    orders = rule_text(entries(order), name="orders", key="[NO]", rest=control)
    people = rule_text(entries("person: {full_name: {from: NAME}}"))
    rows = [{"NO": "1", "CUST": "1", "SUM": "5"}, {"NO": "2", "CUST": "9", "SUM": "7"}]
    (found,) = project_of(tmp_path, {"people": (people, ROWS[:1]), "orders": (orders, rows)}).sums
    assert (found.source, found.loaded, found.held, found.ok) == (1200, 500, 700, True)
    assert loaded(orders, tmp_path).rules.reconcile[0].name == found.name
