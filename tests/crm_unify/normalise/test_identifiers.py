"""VAT numbers, IBANs, yes and no."""

from __future__ import annotations

import pytest

from crm_unify.normalise import booleans, identifiers
from tests.crm_unify.normalise.cases import one, problem


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        pytest.param("DE 136 695 976", None, "DE136695976", id="spaces"),
        pytest.param("136695976", "DE", "DE136695976", id="prefix from the country"),
        pytest.param("USt-IdNr. DE136695976", "DE", "DE136695976", id="label"),
        pytest.param("094259216", "GR", "EL094259216", id="Greece is EL"),
        pytest.param("CHE-107.787.577 IVA", "CH", "CHE107787577", id="Swiss without its ending"),
        pytest.param("GB980780684", "DE", "GB980780684", id="British"),
        pytest.param("ATU13585627", "DE", "ATU13585627", id="its own prefix beats the country"),
    ],
)
def test_vat(raw: str, country: str | None, number: str) -> None:
    """One form with country prefix."""
    assert one(lambda values: identifiers.vat(values, country=country), raw) == number


@pytest.mark.parametrize("raw", ["DE136695977", "136695976", "foo", "XX1"])
def test_wrong_vat(raw: str) -> None:
    """Check digits and a known country are needed."""
    assert problem(lambda values: identifiers.vat(values, country=None), raw) == "VAT-INVALID"


def test_iban() -> None:
    """Spaces go, check digits decide."""
    assert one(identifiers.iban, "DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert problem(identifiers.iban, "DE88 3704 0044 0532 0130 00") == "IBAN-INVALID"


@pytest.mark.parametrize(
    ("raw", "answer"),
    [("Y", "true"), ("nein", "false"), ("✓", "true"), ("1.0", "true"), ("Tak", "true"), ("0", "false")],
)
def test_booleans(raw: str, answer: str) -> None:
    """Yes and no in several languages, digits and ticks."""
    assert one(booleans.booleans, raw) == answer
