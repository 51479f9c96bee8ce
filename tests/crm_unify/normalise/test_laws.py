"""Cleaning is idempotent, whatever the text; and no text makes a normaliser fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise import (
    addresses,
    booleans,
    countries,
    dates,
    emails,
    identifiers,
    money,
    names,
    phones,
    postcodes,
    text,
    urls,
)
from crm_unify.normalise import organisations as companies
from crm_unify.normalise.columns import Column
from crm_unify.normalise.interface import Normalised, fine
from tests.crm_unify.normalise.cases import column

Kernel = Callable[[Column], Normalised]

SAMPLES = (
    "Müller VAN DER BERG, O'Brien geb. Dr. GmbH & Co. KG 12a +49 (0)30 1.234,50 € 2020-01-31 31/01/2020 "
    "a@b.example ul. Hauptstr. St. Jr \u0301 ß İ ŉ ﬁ Ⅲ 東京 Иван \u200b \x00 ( ) / - ; ' # _ % Mc IBM "
    "MacDonald "
    "00-001 SW1A1AA HTTP:// www.b.example/A/"
)
WORDS = st.sampled_from(SAMPLES.split(" "))
TEXTS = st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=6).flatmap(
    lambda words: st.sampled_from([" ".join(words), "".join(words), " ".join(words).upper()])
)


def part(kernel: Kernel, field: str) -> Kernel:
    """One field of a normaliser that returns a struct."""

    def only(values: Column) -> Normalised:
        found: Any = kernel(values)
        return Normalised(found.value.field(field), found.problem)

    return only


def case(kernel: Kernel, name: str) -> Any:
    """A kernel under a readable name."""
    return pytest.param(kernel, id=name)


KERNELS = [
    case(text.squeeze, "squeeze"),
    case(text.fold, "fold"),
    case(names.fold, "fold of names"),
    case(names.person_case, "case of persons"),
    case(companies.org_case, "case of organisations"),
    case(part(companies.organisations, "name"), "organisation name"),
    case(part(emails.emails, "address"), "e-mail address"),
    case(part(lambda values: phones.phones(values, country="DE"), "e164"), "phone number"),
    case(lambda values: dates.dates(values, formats=["%d/%m/%Y", "%Y%m%d"]), "date"),
    case(lambda values: dates.times(values, formats=["%d/%m/%Y %H:%M"], timezone="Europe/Berlin"), "time"),
    case(lambda values: money.decimals(values, decimal="."), "decimal"),
    case(lambda values: postcodes.postcodes(values, country="GB"), "postcode"),
    case(lambda values: postcodes.postcodes(values, country=None), "postcode of no country"),
    case(countries.country_codes, "country"),
    case(booleans.booleans, "boolean"),
    case(lambda values: identifiers.vat(values, country="DE"), "VAT number"),
    case(identifiers.iban, "IBAN"),
    case(urls.urls, "web address"),
    case(lambda values: fine(addresses.streets(text.squeezed(values))), "street"),
]


@pytest.mark.parametrize("kernel", KERNELS)
@given(raw=st.lists(TEXTS, min_size=1, max_size=4))
def test_cleaning_twice_is_cleaning_once(kernel: Kernel, raw: list[str]) -> None:
    """A normal form is its own normal form, and raises no problem."""
    once = kernel(column(*raw)).value
    twice = kernel(once)
    assert twice.value.to_pylist() == once.to_pylist()
    assert twice.problem.null_count == len(raw)


WHOLE = [
    case(lambda values: names.split_names(values, order="auto"), "names"),
    case(addresses.addresses, "addresses"),
    case(lambda values: money.money(values, decimal=",", currency="EUR"), "money"),
    case(text.mojibake, "mojibake"),
    case(companies.organisations, "organisations"),
]


@pytest.mark.parametrize("kernel", WHOLE)
@given(raw=st.lists(TEXTS, min_size=1, max_size=4))
def test_rows_do_not_touch_each_other(kernel: Kernel, raw: list[str]) -> None:
    """A value's answer is the same alone and among others, and rows are never lost."""
    together = kernel(column(*raw))
    alone = [kernel(column(value)) for value in raw]
    assert together.value.to_pylist() == [answer.value[0].as_py() for answer in alone]
    assert together.problem.to_pylist() == [answer.problem[0].as_py() for answer in alone]
