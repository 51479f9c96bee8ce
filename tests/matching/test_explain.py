"""Explanations add up, and say what was seen."""

import pytest

from matching.engine import match
from matching.explain import explain
from matching.features import Features
from tests.matching.people import base, firm, person, town


@pytest.fixture(scope="module")
def records() -> Features:
    """A town, and a firm in it."""
    return base(*town(200), firm("crm:firm", name="Nordlicht GmbH"))


def test_the_parts_of_an_explanation_add_up_to_the_weight(records: Features) -> None:
    """Prior, fields and correction of every pair listed sum to its millibits."""
    matched = match(records)
    for pair in matched.pairs.slice(0, 6).to_pylist():
        found = explain(records, matched.model, pair["right"], pair["left"])
        assert found.millibits == pair["millibits"]
        assert found.prior + sum(f.millibits for f in found.fields) + found.correction == found.millibits


def test_an_explanation_has_a_sentence_for_each_field() -> None:
    """The sentence shows what was compared; a missing field says that there is nothing to compare."""
    held = base(
        person("a:1", given="Ann", family="Dorn"),
        person("b:1", given="Ann", family="Lang", born="1960-04-17"),
    )
    found = explain(held, match(held).model, "b:1", "a:1")
    said = {field.comparison: field.sentence for field in found.fields}
    assert said["given"] == "the same given name: ANN"
    assert said["family"] == "different family names: DORN / LANG"
    assert said["birth_date"] == "nothing to compare"
    assert str(found).startswith("a:1 and b:1: ")


def test_an_explanation_names_the_rules_that_propose_the_pair() -> None:
    """Two records with a phone number in common are proposed by it; strangers by no rule."""
    number = "+12025550143"
    held = base(
        person("a:1", given="Ann", phone=number),
        person("b:1", given="Bob", phone=number),
        person("c:1", given="Otto"),
    )
    model = match(held).model
    assert "same phone number" in explain(held, model, "a:1", "b:1").rules
    assert explain(held, model, "a:1", "c:1").rules == ()


def test_a_record_that_is_not_there_is_named(records: Features) -> None:
    """An unknown record id is refused with its name."""
    model = match(records).model
    with pytest.raises(KeyError, match="nobody"):
        explain(records, model, "nobody", "crm:00001-0")


def test_a_person_and_an_organisation_are_never_one(records: Features) -> None:
    """Asking for a pair across kinds says why there is no answer."""
    model = match(records).model
    with pytest.raises(ValueError, match="never one customer"):
        explain(records, model, "crm:firm", "crm:00001-0")
