"""Checks hold what was mapped to conditions, and do what their severity says."""

from __future__ import annotations

import pytest

from crm_unify.errors import GuardStopped
from pipelines.interpret.interface import Interpreted
from tests.pipelines.interpret.maps import claimed, entries, out, refused, rule_text, went

ENTRIES = entries(
    "person: {full_name: {from: NAME}, birth_date: {from: DOB}}",
    "account: {of: person, account_no: {from: ID}, balance: {from: SUM}, credit_limit: {from: MAX}}",
)
BORN = "birth_date IS NULL OR birth_date < current_date"


def checked(expr: str, severity: str, *, on: str = "person", **row: str) -> Interpreted:
    """One row under one check."""
    check = f'{{id: CH-1, on: {on}, expr: "{expr}", severity: {severity}}}'
    text = rule_text(ENTRIES, rest=f"checks: [{check}]")
    return out(text, {"ID": "1", "NAME": "Ada Park", **row})


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"DOB": "1990-05-01"}, id="the condition holds"),
        pytest.param({}, id="the value is missing and the condition allows it"),
    ],
)
def test_a_check_that_holds_says_nothing(row: dict[str, str]) -> None:
    """Dates are dates inside a check."""
    assert checked(BORN, "quarantine", **row).rejections.num_rows == 0


def test_a_condition_that_is_null_holds() -> None:
    """As a CHECK of a database: only false breaks it."""
    assert checked("birth_date < current_date", "quarantine").rejections.num_rows == 0


def test_warn_lists_the_value_and_loads_it() -> None:
    """The entry names the check."""
    found = checked("birth_date < DATE '2000-01-01'", "warn", DOB="2010-01-01")
    assert claimed(found, "person")[0]["birth_date"] == "2010-01-01"
    assert refused(found, "severity", "target", "column", "code", "raw") == [
        ("warn", "person.birth_date", "DOB", "CH-1", "2010-01-01")
    ]


def test_withhold_takes_out_the_fields_the_check_names() -> None:
    """All of them, each with its entry; the rest of the claim loads."""
    found = checked("balance <= credit_limit", "withhold", on="account", SUM="9", MAX="5")
    assert claimed(found, "account") == [{"system": "shop", "account_no": "1", "currency": "EUR"}]
    assert refused(found, "severity", "target", "raw") == [
        ("withhold", "account.balance", "9"),
        ("withhold", "account.credit_limit", "5"),
    ]


def test_withholding_a_name_leaves_no_name() -> None:
    """The parts the full name was made of go with it, so the row is quarantined."""
    found = checked("full_name <> 'Ada Park'", "withhold")
    assert went(found) == {"1": ("quarantined", "NAME-MISSING")}


def test_quarantine_takes_the_row() -> None:
    """All records of the row, also those the check does not look at."""
    found = checked("balance >= 0", "quarantine", on="account", SUM="-5")
    assert went(found) == {"1": ("quarantined", "CH-1")}
    assert found.records.num_rows == 0


def test_stop_stops_the_run() -> None:
    """The guard names check and count."""
    with pytest.raises(GuardStopped, match="check CH-1 does not hold for 1 rows of 'people'"):
        checked(BORN, "stop", DOB="2030-01-01")


def test_money_in_checks_is_in_minor_units() -> None:
    """9.50 is 950."""
    assert checked("balance = 950", "quarantine", on="account", SUM="9.50").rejections.num_rows == 0


def test_a_check_that_cannot_be_worked_out_does_not_hold() -> None:
    """Doubt is told, never passed over."""
    found = checked("CAST(full_name AS INTEGER) > 0", "warn")
    assert refused(found, "severity", "code") == [("warn", "CH-1")]


def test_broken_checks_are_counted_by_rule() -> None:
    """Hits name the check."""
    found = checked(BORN, "warn", DOB="2030-01-01")
    assert found.hits.to_pylist() == [{"map": "people", "rule": "CH-1", "rows": 1}]


def test_checks_see_values_before_any_is_withheld() -> None:
    """Which check comes first makes no difference."""
    one = "{id: A, on: person, expr: 'birth_date IS NULL', severity: withhold}"
    two = "{id: B, on: person, expr: 'birth_date IS NULL', severity: warn}"
    codes = [
        set(
            out(
                rule_text(ENTRIES, rest=f"checks: [{first}, {second}]"),
                {"ID": "1", "NAME": "Ada Park", "DOB": "1990-01-01"},
            )
            .rejections["code"]
            .to_pylist()
        )
        for first, second in ((one, two), (two, one))
    ]
    assert codes == [{"A", "B"}, {"A", "B"}]
