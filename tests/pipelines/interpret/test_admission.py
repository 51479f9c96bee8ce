"""Values that cannot be true are withheld at the door, and the record goes on without them."""

from __future__ import annotations

import pytest

from tests.pipelines.interpret.maps import claimed, entries, out, refused, rule_text

PERSON = "person: {full_name: {from: NAME}, birth_date: {from: DOB}, gender: {from: SEX}}"
TEXT = rule_text(entries(PERSON), source="parse: {dates: ['%d.%m.%Y']}")
ACCOUNT = "account: {of: person, account_no: {from: ID}, currency: {from: CUR}}"


@pytest.mark.parametrize(
    "born", [pytest.param("01.02.1751", id="long ago"), pytest.param("03.03.2026", id="after the run")]
)
def test_an_impossible_birth_date_is_withheld(born: str) -> None:
    """The entry has the text as found, its column and the record; the name stays."""
    found = out(TEXT, {"ID": "1", "NAME": "Ada Park", "DOB": born, "SEX": "F"})
    (person,) = claimed(found, "person")
    assert (person["full_name"], person["gender"], "birth_date" in person) == ("Ada Park", "F", False)
    assert refused(found, "record_id", "severity", "target", "column", "code", "raw", "sentence") == [
        (
            *("shop.people:1#person", "withhold", "person.birth_date", "DOB", "VALUE-IMPLAUSIBLE", born),
            f"DOB holds '{born}', so person.birth_date is no birth date of a living person.",
        )
    ]
    assert "birth_date" not in found.records["claims"][0].as_py()


def test_a_plausible_birth_date_passes() -> None:
    """Born on the day of the run."""
    found = out(TEXT, {"ID": "1", "NAME": "Ada Park", "DOB": "02.03.2026"})
    assert claimed(found, "person")[0]["birth_date"] == "2026-03-02"
    assert found.rejections.num_rows == 0


def test_a_check_of_the_rule_file_speaks_first() -> None:
    """One value, one entry: that of the rule the business agreed on."""
    check = '{id: CH-1, on: person, expr: "birth_date < current_date", severity: withhold}'
    text = rule_text(entries(PERSON), rest=f"checks: [{check}]")
    found = out(text, {"ID": "1", "NAME": "Ada Park", "DOB": "2031-01-01"})
    assert refused(found, "code") == [("CH-1",)]


def test_a_required_value_that_is_impossible_quarantines_its_row() -> None:
    """What the rule file cannot do without is missing then."""
    text = rule_text(entries("person: {full_name: {from: NAME}, birth_date: {from: DOB, required: true}}"))
    found = out(text, {"ID": "1", "NAME": "Ada Park", "DOB": "2031-01-01"})
    assert refused(found, "severity", "code") == [("quarantine", "REQUIRED-MISSING")]


def test_a_claim_goes_on_without_the_value() -> None:
    """An account is one without its currency."""
    found = out(
        rule_text(entries("person: {full_name: {from: NAME}}", ACCOUNT)),
        {"ID": "1", "NAME": "Ada Park", "CUR": "EURO"},
    )
    assert claimed(found, "account") == [{"system": "shop", "account_no": "1"}]
    assert refused(found, "target", "code", "raw") == [("account.currency", "VALUE-IMPLAUSIBLE", "EURO")]


def test_a_currency_is_written_in_capitals() -> None:
    """However the source writes it."""
    text = rule_text(entries("person: {full_name: {from: NAME}}", ACCOUNT))
    (account,) = claimed(out(text, {"ID": "1", "NAME": "Ada Park", "CUR": "chf"}), "account")
    assert account["currency"] == "CHF"
