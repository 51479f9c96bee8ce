"""Phone numbers: habits of writing them, and phonenumbers as oracle."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise import phones
from crm_unify.normalise.numbering import plan_of
from crm_unify.normalise.phones import FIELDS
from tests.crm_unify.normalise.cases import column, one, problem

REGIONS = [
    "US",
    "CA",
    "JM",
    "DE",
    "AT",
    "CH",
    "GB",
    "GG",
    "FR",
    "IT",
    "ES",
    "NL",
    "PL",
    "BR",
    "AR",
    "MX",
    "RU",
]


@pytest.mark.parametrize(
    ("raw", "country", "e164"),
    [
        pytest.param("030 23125 100", "DE", "+493023125100", id="national"),
        pytest.param("030/23125-100", "DE", "+493023125100", id="slash and hyphen"),
        pytest.param("+49 (0)30 23125 100", "DE", "+493023125100", id="bracketed zero"),
        pytest.param("+49 (0)30 23125 100", None, "+493023125100", id="no country needed"),
        pytest.param("0049 30 23125100", "DE", "+493023125100", id="international prefix"),
        pytest.param("4930 23125100", "DE", "+493023125100", id="plus forgotten"),
        pytest.param("493023125100.0", "DE", "+493023125100", id="spreadsheet number"),
        pytest.param("Tel.: 030 23125100", "DE", "+493023125100", id="label"),
        pytest.param("011 49 30 23125100", "US", "+493023125100", id="dialled from America"),
        pytest.param("(202) 555-0143", "US", "+12025550143", id="American"),
        pytest.param("1-202-555-0143", "us", "+12025550143", id="leading one"),
        pytest.param("020 7946 0123", "GB", "+442079460123", id="British"),
        pytest.param("+39 (0)6 12345678", "DE", "+390612345678", id="Italian zero stays"),
    ],
)
def test_habits(raw: str, country: str | None, e164: str) -> None:
    """One number, however it is written."""
    assert one(lambda values: phones.phones(values, country=country), raw)["e164"] == e164


@pytest.mark.parametrize(
    "raw", ["030 23125100 Durchwahl 12", "030 23125100 ext. 12", "030 23125100 x12", "030 23125100 (App. 12)"]
)
def test_extensions(raw: str) -> None:
    """An extension is kept apart from the number."""
    found = one(lambda values: phones.phones(values, country="DE"), raw)
    assert (found["e164"], found["national"], found["extension"]) == ("+493023125100", "3023125100", "12")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("000-000-0000", "PHONE-INVALID", id="placeholder"),
        pytest.param("UNKNOWN", "PHONE-INVALID", id="a word"),
        pytest.param("4.93023E+11", "PHONE-INVALID", id="digits lost by a spreadsheet"),
        pytest.param("555-0143", "PHONE-LOCAL", id="no area code"),
        pytest.param("202-555-0143 / 202-555-0144", "PHONE-SEVERAL", id="two numbers"),
    ],
)
def test_problems(raw: str, code: str) -> None:
    """What is not one valid number is withheld, with the reason."""
    assert problem(lambda values: phones.phones(values, country="US"), raw) == code


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        pytest.param("030 23125 100", "fixed", id="fixed"),
        pytest.param("0151 23456789", "mobile", id="mobile"),
        pytest.param("+1 202 555 0143", "fixed_or_mobile", id="either"),
        pytest.param("0800 1234567", "other", id="toll free"),
    ],
)
def test_kinds(raw: str, kind: str) -> None:
    """The numbering plan tells what a number is."""
    assert one(lambda values: phones.phones(values, country="DE"), raw)["kind"] == kind


@st.composite
def dialled(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A region and digits near to its numbering plan, with the prefixes people write."""
    region = draw(st.sampled_from(REGIONS))
    kind = draw(st.sampled_from(["fixed_line", "mobile", "toll_free"]))
    meta = phonenumbers.PhoneMetadata.metadata_for_region(region)
    example = getattr(meta, kind).example_number or "2025550143"
    code = str(phonenumbers.country_code_for_region(region))
    near = [f"+{code}", f"00{code}", f"011{code}", code, f"+{code}0"]
    prefix = st.sampled_from(["", "0", "1", "8", "+1", "+44", *near])
    tail = st.text("0123456789", min_size=0, max_size=6)
    keep = st.integers(2, len(example))
    made = st.builds(lambda front, size, end: f"{front}{example[:size]}{end}", prefix, keep, tail)
    return region, draw(st.lists(made, min_size=20, max_size=40, unique=True))


@given(dialled())
def test_patterns_answer_as_the_library(case: tuple[str, list[str]]) -> None:
    """Where the column patterns are certain, phonenumbers gives the same number, kind and validity."""
    region, raw = case
    columns = phones._usual(column(*raw), plan_of(region))
    for text, *answer in zip(raw, *(columns[name].to_pylist() for name in (*FIELDS, "problem")), strict=True):
        if any(answer):
            assert tuple(answer) == tuple(phones._unusual(text, region)), text


def test_patterns_do_the_work() -> None:
    """Ordinary numbers never go to the library: that is what makes a million rows cheap."""
    raw = column("(202) 555-0143", "+1 202 555 0143", "202.555.0143", "555-0143", "+44 20 7946 0123")
    columns = phones._usual(raw, plan_of("US"))
    answers = zip(columns["e164"].to_pylist(), columns["problem"].to_pylist(), strict=True)
    assert all(number or code for number, code in answers)
