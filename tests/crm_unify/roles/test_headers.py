"""Headers are read in many languages, in the spellings of many programs."""

from __future__ import annotations

import unicodedata

import pytest

from crm_unify.roles.headers import read_header
from crm_unify.roles.interface import Role
from pipelines.bare.headers import header_words


@pytest.mark.parametrize(
    ("header", "role"),
    [
        pytest.param("dateOfBirth", Role.BIRTH_DATE, id="words run together"),
        pytest.param("CUSTOMER_LAST_NAME", Role.FAMILY_NAME, id="whose it is"),
        pytest.param("custfirstname", Role.GIVEN_NAME, id="no break at all"),
        pytest.param("Straße", Role.STREET, id="German"),
        pytest.param("Geb.-Dat.", Role.BIRTH_DATE, id="German abbreviation"),
        pytest.param("Code postal", Role.POSTCODE, id="French"),
        pytest.param("Apellidos", Role.FAMILY_NAME, id="Spanish"),
        pytest.param("Codice fiscale", Role.IDENTIFIER, id="Italian"),
        pytest.param("Woonplaats", Role.CITY, id="Dutch"),
        pytest.param("Imię", Role.GIVEN_NAME, id="Polish"),
        pytest.param("Telemóvel", Role.PHONE, id="Portuguese"),
        pytest.param("E-mail 1 - Value", Role.EMAIL, id="Google contacts"),
        pytest.param("Home Street 2", Role.ADDRESS_EXTRA, id="Outlook"),
        pytest.param("Mailing Zip/Postal Code", Role.POSTCODE, id="Salesforce"),
        pytest.param("N° client", Role.IDENTIFIER, id="French number sign"),
        pytest.param("Home Address 2", Role.ADDRESS_EXTRA, id="Thunderbird"),
        pytest.param("KUNNR", Role.IDENTIFIER, id="SAP"),
        pytest.param("phone type", Role.CATEGORY, id="the last words say what it is"),
    ],
)
def test_headers_are_known(header: str, role: Role) -> None:
    """The likeliest reading of a header is the role that people mean by it."""
    assert read_header(header, header_words())[0].role == role


@pytest.mark.parametrize(
    ("header", "plain", "role"),
    [
        pytest.param("họ", "HO", Role.FAMILY_NAME, id="head office"),
        pytest.param("Tên", "Ten", Role.GIVEN_NAME, id="tenure"),
    ],
)
def test_a_short_word_with_marks_is_known_by_them_alone(header: str, plain: str, role: Role) -> None:
    """Without its marks a word of two or three letters is a word of other languages, or an abbreviation."""
    assert read_header(header, header_words())[0].role == role
    assert read_header(unicodedata.normalize("NFD", header), header_words())[0].role == role
    assert read_header(plain, header_words()) == ()


def test_short_headers_that_old_systems_write_without_marks_are_listed_so() -> None:
    """Név and nev are one header, since nothing else is called so."""
    assert [read_header(header, header_words())[0].role for header in ("név", "NEV", "Ф.И.О.", "FIO")] == (
        [Role.FULL_NAME] * 4
    )


def test_a_known_header_is_surer_than_one_with_other_words() -> None:
    """A header that is known as it stands weighs more than one that has unknown words besides."""
    whole, partly = (read_header(header, header_words())[0] for header in ("phone", "frobnicated phone"))
    assert whole.weight > partly.weight


def test_an_unknown_header_has_no_reading() -> None:
    """A header without any known word says nothing."""
    assert read_header("zzqx", header_words()) == ()


def test_home_and_work_are_told_apart() -> None:
    """Which of several addresses a column belongs to stands in its group."""
    groups = [
        read_header(header, header_words())[0].group for header in ("Home City", "Billing City", "City")
    ]
    assert groups == ["HOME", "BILLING", ""]


def test_home_and_work_are_told_apart_without_a_break() -> None:
    """Exports in capitals write billing and city as one word."""
    found = [read_header(header, header_words())[0] for header in ("BILLINGCITY", "SHIPPINGCITY", "HOMEPAGE")]
    assert [(one.role, one.group) for one in found] == [
        (Role.CITY, "BILLING"),
        (Role.CITY, "SHIPPING"),
        (Role.WEBSITE, ""),
    ]
