"""Masks let nobody through, whatever was written into the column."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.rules.model import Parse
from crm_unify.steward.book import masking
from crm_unify.steward.book.masking import HIDDEN, common_words, masked_text, numbered

TARGETS = (
    "person.full_name", "person.given_name", "person.prefix", "organisation.name", "contact_point.email",
    "contact_point.phone", "address.line1", "address.line2", "address.city", "address.postal_code",
    "address.country_code", "branch", "account.account_no", "activity.body", "party_identifier.value",
)  # fmt: skip
NAMES = ("Huber", "weber", "MÜLLER", "O'Connor", "Hans-Jürgen", "Dvořák", "Иванов", "Şahin")
SIGNS = ("@", ".", " <", "> ", " (", ") ", "-", " / ", "030 12345", "D-10115 ", ", ", "7b", ";", "_", "\n")
LISTED = {
    word.casefold()
    for words in (
        masking._GIVEN, masking._FAMILY, masking._COMPANY, masking._TOWNS, masking._STREETS, masking._KEPT,
        masking._PHONE_WORDS, ALIASES, (HIDDEN, "mail example", "an example", "info office service sales"),
    )
    for text in words
    for word in re.findall(r"[^\W\d_]+", text)
}  # fmt: skip
TEXTS = st.lists(st.sampled_from((*NAMES, *SIGNS)), min_size=1, max_size=6).map("".join)


def words_of(text: str) -> set[str]:
    """Its words of three letters or more."""
    return {word.casefold() for word in re.findall(r"[^\W\d_]{3,}", text)}


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, target=st.sampled_from(TARGETS), order=st.sampled_from(["given_first", "family_first"]))
def test_no_word_of_a_value_survives_unless_it_is_listed(
    text: str, target: str, order: Literal["given_first", "family_first"]
) -> None:
    """Names beside a number, around an address, in a postcode or in a column of codes are gone."""
    made = masked_text(text, [target], Parse(name_order=order))
    assert words_of(made) & words_of(text) <= LISTED


@pytest.mark.parametrize(
    ("text", "target", "form"),
    [
        pytest.param(
            "030 12345 (Frau Weber)", "contact_point.phone", r"030 1\d{4} \(Frau \w+\)", id="number"
        ),
        pytest.param("Tel. 030 12345 privat", "contact_point.phone", r"Tel\. 030 1\d{4} privat", id="known"),
        pytest.param(
            "Hans Huber <hans.huber@huber.de>",
            "contact_point.email",
            r"\w+ \w+ <\w+@mail\.example>",
            id="box",
        ),
        pytest.param("D-10115 Huber", "address.postal_code", r"D-12345 \w+", id="postcode"),
        pytest.param("SW1A 2AB", "address.postal_code", r"SW1A 1AA", id="British postcode"),
        pytest.param("Frau Dr.", "person.prefix", r"Frau Dr\.", id="titles"),
        pytest.param("call Mr Huber", "branch", r"\(not shown\)", id="remark among codes"),
    ],
)
def test_the_form_stays(text: str, target: str, form: str) -> None:
    """What rules are about is still there: digits in front, titles, brackets."""
    assert re.fullmatch(form, masked_text(text, [target], Parse()))


def test_a_code_stays_where_it_is_known_to_be_nobodys() -> None:
    """Listed or frequent texts of code columns and frequent towns are what rules are about."""
    said = [
        masked_text(text, [to], Parse(), nobodys=True)
        for text, to in (("NL 4", "branch"), ("Köln", "address.city"))
    ]
    assert said == ["NL 4", "Köln"]


def test_a_key_made_of_a_name_is_masked() -> None:
    """What all keys begin with stays, a surname in one of them does not."""
    words = common_words([*(f"CUST-{n}" for n in range(20)), "HUBER-17"])
    assert [numbered(key, 3, words=words) for key in ("CUST-0017", "HUBER-17")] == ["CUST-0003", "ABCDE-03"]
