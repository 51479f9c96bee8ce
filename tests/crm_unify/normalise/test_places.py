"""Addresses, postcodes and countries."""

from __future__ import annotations

import pycountry
import pytest

from crm_unify.normalise import addresses
from crm_unify.normalise.street_words import STREET_WORDS
from tests.crm_unify.normalise.cases import column, one, problem


@pytest.mark.parametrize(
    ("raw", "number", "street", "unit"),
    [
        pytest.param("244 PARK AVENUE", "244", "PARK AVE", None, id="American"),
        pytest.param("1 N 5th St Apt 3", "1", "N 5TH ST", "3", id="apartment"),
        pytest.param("10 EMMA RD #277", "10", "EMMA RD", "277", id="number sign"),
        pytest.param("12 High Street, Flat 3", "12", "HIGH ST", "3", id="flat behind"),
        pytest.param("Flat 3, 12 High Street", "12", "HIGH ST", "3", id="flat in front"),
        pytest.param("Hauptstr. 12a", "12A", "HAUPT ST", None, id="German abbreviation"),
        pytest.param("HAUPT-STRASSE 12 A", "12A", "HAUPT ST", None, id="German in full"),
        pytest.param("Straße des 17. Juni 135", "135", "ST DES 17 JUNI", None, id="number in the name"),
        pytest.param("Musterweg 3 - 5", "3-5", "MUSTERWEG", None, id="range"),
        pytest.param("Q7, 24", "24", "Q7", None, id="Mannheim"),
        pytest.param("12 bis rue de Lille", "12 BIS", "RUE DE LILLE", None, id="French bis"),
        pytest.param("ul. Długa 5/7 m. 3", "5/7", "DLUGA", "3", id="Polish"),
        pytest.param("Postfach 10 20 30", "102030", "PO BOX", None, id="box"),
        pytest.param("Main Street No. 5", "5", "MAIN ST", None, id="No."),
        pytest.param("Am Markt", None, "AM MARKT", None, id="no number"),
    ],
)
def test_addresses(raw: str, number: str | None, street: str, unit: str | None) -> None:
    """House number, street and unit, wherever they stand."""
    assert one(addresses.addresses, raw) == {"number": number, "street": street, "unit": unit}


def test_street_tokens_are_final() -> None:
    """No canonical token is itself abbreviated to another."""
    assert not set(STREET_WORDS.values()) & set(STREET_WORDS)


def test_spellings_of_a_place_have_one_key() -> None:
    """Street spelling, unit on its own line, zip+4 and a wrong city do not make another place."""
    lines = column("12 High Street Apt 3", "12 HIGH ST", "14 High St", None)
    units = column(None, "Apt. 3", None, None)
    codes = column("90210-1234", "90210", "90210", None)
    keys = addresses.address_key(lines, units, codes, column("Town", "Twon", "Town", None)).to_pylist()
    assert keys[0] == keys[1] == "12|HIGH ST|3|90210"
    assert keys[2] != keys[0]
    assert keys[3] is None


@pytest.mark.parametrize(
    ("raw", "country", "code"),
    [
        pytest.param("D-10115", "DE", "10115", id="country in front"),
        pytest.param("01067.0", "DE", "01067", id="spreadsheet number"),
        pytest.param("sw1a1aa", "GB", "SW1A 1AA", id="British"),
        pytest.param("123456789", "US", "12345-6789", id="zip+4"),
        pytest.param("1234ab", "NL", "1234 AB", id="Dutch"),
        pytest.param("00001", "PL", "00-001", id="Polish"),
        pytest.param("ab  1", "ZZ", "AB 1", id="a country without a shape"),
    ],
)
def test_postcodes(raw: str, country: str, code: str) -> None:
    """Each country's form."""
    assert one(lambda values: addresses.postcodes(values, country=country), raw) == code


def test_a_lost_zero_is_not_guessed() -> None:
    """1067 is no German postcode; the rule file may pad it."""
    assert problem(lambda values: addresses.postcodes(values, country="DE"), "1067") == "POSTCODE-INVALID"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("deu", "DE", id="alpha-3"),
        pytest.param("Allemagne", "DE", id="French"),
        pytest.param("Niemcy", "DE", id="Polish"),
        pytest.param("Österreich", "AT", id="German"),
        pytest.param("U.S.A.", "US", id="abbreviation"),
        pytest.param("England", "GB", id="part of a country"),
        pytest.param("The Netherlands", "NL", id="article"),
        pytest.param("D", "DE", id="car plate"),
        pytest.param("Россия", "RU", id="Cyrillic"),
    ],
)
def test_countries(raw: str, code: str) -> None:
    """Codes and names in many languages."""
    assert one(addresses.country_codes, raw) == code


def test_all_countries_of_the_standard_are_known() -> None:
    """alpha-2, alpha-3 and English name of each."""
    for country in pycountry.countries:
        found = addresses.country_codes(column(country.alpha_2, country.alpha_3, country.name)).value
        assert found.to_pylist() == [country.alpha_2] * 3


def test_what_names_no_country() -> None:
    """A city is no country."""
    assert problem(addresses.country_codes, "Berlin") == "COUNTRY-UNKNOWN"
