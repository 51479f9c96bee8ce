"""What the entries of one row claim together."""

from __future__ import annotations

import pytest

from tests.pipelines.interpret.maps import PERSON, claimed, entries, out, refused, rule_text

ACCOUNTS = rule_text(
    entries(
        PERSON,
        "account:\n"
        "    - {of: person, account_no: {from: A1}, balance: {from: B1, type: money}}\n"
        "    - {of: person, account_no: {from: A2}, balance: {from: B2, type: money}}",
    ),
    source="parse: {currency: EUR, decimal: '.'}",
)


def row(first: str | None, second: str | None, *balances: str) -> dict[str, str | None]:
    """A row with two accounts, by number, and their balances."""
    return {"ID": "1", "NAME": "Ada Park", "A1": first, "A2": second, "B1": balances[0], "B2": balances[1]}


@pytest.mark.parametrize(
    ("given", "numbers", "codes"),
    [
        pytest.param(row("7", "8", "1.00", "2.00"), ["7", "8"], [], id="two numbers"),
        pytest.param(row("7", "7", "1.00", "1.00"), ["7"], [], id="the same account twice"),
        pytest.param(row("7", "7", "1.00", "2.00"), ["7"], ["ACCOUNT-REPEATED"], id="two of one number"),
        pytest.param(row(None, None, "1.00", "2.00"), [], ["PART-MISSING"] * 2, id="both without a number"),
        pytest.param(row("7", "007", "1.00", "1.00"), ["7", "007"], [], id="zeros in front count"),
    ],
)
def test_a_record_has_one_account_of_a_number(
    given: dict[str, str | None], numbers: list[str], codes: list[str]
) -> None:
    """The first entry's account stays, and no balance is dropped without an entry."""
    found = out(ACCOUNTS, given)
    assert [claim["account_no"] for claim in claimed(found, "account")] == numbers
    assert [code for (code,) in refused(found, "code")] == codes


def test_a_repeated_account_is_told_with_all_that_it_claims() -> None:
    """The entry names the record, the source columns and their text; the first balance is the loaded one."""
    found = out(ACCOUNTS, row("7", "7", "1.00", "2.00"))
    assert refused(found, "record_id", "severity", "target", "column", "raw") == [
        ("shop.people:1#person", "withhold", "account[2]", "A2, B2", "7 | 2.00")
    ]
    assert [claim["balance"] for claim in claimed(found, "account")] == [100]


def test_the_same_number_on_two_parties_is_two_accounts() -> None:
    """Each hangs on its own record."""
    both = rule_text(
        entries(
            PERSON,
            "organisation: {as: org, name: {from: FIRM}}",
            "account:\n    - {of: person, account_no: {from: A1}}\n    - {of: org, account_no: {from: A1}}",
        )
    )
    found = out(both, {"ID": "1", "NAME": "Ada Park", "FIRM": "Park Ltd", "A1": "7"})
    assert sorted(found.claims["account"]["record_id"].to_pylist()) == [
        "shop.people:1#org",
        "shop.people:1#person",
    ]
