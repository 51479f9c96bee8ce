"""Persons, organisations and their place in each other."""

from __future__ import annotations

import pytest

from tests.pipelines.interpret.maps import claimed, entries, out, refused, rule_text, went

COMPANY = rule_text(
    entries(
        "organisation: {as: org, name: {from: FIRM}}",
        "person: {as: contact, skip_if_null: CONTACT, full_name: {from: CONTACT}}",
        "organisation_person: {organisation: org, person: contact, role: {const: contact}}",
        "contact_point:",
        "  - {of: org, kind: email, value: {from: MAIL}}",
        "  - {of: contact, kind: email, value: {from: DIRECT}}",
    )
)
ROW = {"ID": "1", "FIRM": "PARK TRADING GMBH", "CONTACT": "Ada Park", "MAIL": "info@park.example"}


def person(fields: str, order: str = "given_first") -> str:
    """A rule file that makes one person."""
    return rule_text(entries(f"person: {{{fields}}}"), source=f"parse: {{name_order: {order}}}")


@pytest.mark.parametrize(
    ("order", "transform", "name"),
    [
        pytest.param("given_first", "", "ANNA MUELLER", id="given name first"),
        pytest.param("family_first", "", "MUELLER ANNA", id="family name first, as the source says"),
        pytest.param("given_first", ", transform: surname_first", "MUELLER ANNA", id="as the transform says"),
    ],
)
def test_a_full_name_is_split_tidied_and_put_together_again(order: str, transform: str, name: str) -> None:
    """Parts in tidy case; the full name has the given name first."""
    found = out(person(f"full_name: {{from: N{transform}}}", order), {"ID": "1", "N": name})
    assert claimed(found, "person") == [
        {"full_name": "Anna Mueller", "given_name": "Anna", "family_name": "Mueller"}
    ]


def test_split_names_are_tidied_and_the_full_name_is_put_together() -> None:
    """Columns of their own for the parts give the same claim."""
    text = person("given_name: {from: G}, family_name: {from: F}")
    found = out(text, {"ID": "1", "G": "ANNA", "F": "MUELLER"})
    assert claimed(found, "person")[0]["full_name"] == "Anna Mueller"


def test_a_column_for_a_part_wins_over_what_the_full_name_says() -> None:
    """What is mapped by itself is not guessed."""
    text = person("full_name: {from: N}, family_name: {from: F}")
    found = out(text, {"ID": "1", "N": "Anna Mueller", "F": "Mueller-Park"})
    assert claimed(found, "person")[0]["full_name"] == "Anna Mueller-Park"


@pytest.mark.parametrize("name", [pytest.param(None, id="blank"), pytest.param("Mrs.", id="a title only")])
def test_a_party_without_name_quarantines_its_row(name: str | None) -> None:
    """The sentence names the column and its text."""
    found = out(person("full_name: {from: N}"), {"ID": "1", "N": name})
    assert went(found) == {"1": ("quarantined", "NAME-MISSING")}
    assert refused(found, "target", "column") == [("person.full_name", "N")]


def test_organisations_are_tidied_and_their_legal_form_is_filled_in() -> None:
    """The legal form is read out of the name where no column gives it."""
    found = out(COMPANY, ROW)
    assert claimed(found, "organisation") == [{"name": "Park Trading GmbH", "legal_form": "GmbH"}]


def test_one_row_gives_two_parties_and_their_link() -> None:
    """Both records come from the same row; the link names both."""
    found = out(COMPANY, ROW)
    assert found.records["record_id"].to_pylist() == ["shop.people:1#contact", "shop.people:1#org"]
    assert found.claims["organisation_person"].to_pylist() == [
        {"record_id": "shop.people:1#org", "person_record_id": "shop.people:1#contact", "role": "contact"}
    ]


def test_claims_belong_to_the_party_they_are_of() -> None:
    """The second contact point is the contact's."""
    found = out(COMPANY, ROW | {"DIRECT": "ada@park.example"})
    owners = dict(
        zip(*(found.claims["contact_point"][c].to_pylist() for c in ("value_norm", "record_id")), strict=True)
    )
    assert owners == {"info@park.example": "shop.people:1#org", "ada@park.example": "shop.people:1#contact"}


def test_skip_if_null_leaves_out_the_party_with_its_links() -> None:
    """A blank contact makes one record and no link, and nothing is wrong."""
    found = out(COMPANY, ROW | {"CONTACT": " "})
    assert found.records["part"].to_pylist() == ["org"]
    assert claimed(found, "organisation_person") == []
    assert found.rejections.num_rows == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("ada@park.example", "OWNER-LEFT-OUT", id="a good value belongs to nobody"),
        pytest.param("ada@", "EMAIL-INVALID", id="a bad one is told once"),
    ],
)
def test_what_a_left_out_party_would_claim_is_told(text: str, code: str) -> None:
    """A value is never dropped without an entry, and the entry names no record that is not there."""
    found = out(COMPANY, ROW | {"CONTACT": " ", "DIRECT": text})
    assert refused(found, "severity", "code", "raw", "record_id") == [("withhold", code, text, None)]


def test_pictures_in_a_name_are_left_out_and_listed() -> None:
    """The name loads without them; the entry holds the text as found."""
    rows = {"ID": "1", "N": "Bert 😀 Braun"}, {"ID": "2", "N": "Ann Ash"}
    found = out(person("full_name: {from: N}"), *rows)
    assert [row["full_name"] for row in claimed(found, "person")] == ["Bert Braun", "Ann Ash"]
    assert refused(found, "severity", "code", "raw") == [("warn", "NAME-SIGNS", "Bert 😀 Braun")]
