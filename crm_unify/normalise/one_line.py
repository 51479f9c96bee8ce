"""Addresses in one line, "12 High St, Leeds LS1 4DY", taken apart: street, postcode, town, region, country.

What fits no usual shape stays whole as the street line: nothing is guessed from word positions alone.
"""

from __future__ import annotations

from typing import Final

from crm_unify.normalise.columns import (
    Column,
    Strings,
    both,
    either,
    extract,
    negate,
    none_if_blank,
    nulls,
    present,
    record,
)
from crm_unify.normalise.countries import country_codes
from crm_unify.normalise.interface import Normalised, distinct, fine
from crm_unify.normalise.text import squeezed

FIELDS: Final = ("line", "postal_code", "city", "region", "country")

_TOWN: Final = r"(?P<city>[^,\d]*[^,\d ])"
_LINE: Final = r"(?P<line>.*[^ ,])"
_LAST_PART: Final = r"^(?P<rest>.+), *(?P<country>[^,\d]{2,})$"
_BRITISH: Final = r"(?P<postal_code>[A-Za-z]{1,2}\d[\dA-Za-z]? ?\d[A-Za-z]{2})"
_CANADIAN: Final = r"(?P<postal_code>[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d)"
_AMERICAN: Final = r"(?P<postal_code>\d{5}(?:-\d{4})?|\d{4})"
_CONTINENTAL: Final = r"(?P<postal_code>\d{5}|\d{4}(?: ?[A-Z]{2})?|\d\d-\d{3}|\d{3} \d\d)"
_SHAPES: Final = (
    # 9881 Freedom Way, Chicago, IL 60601
    rf"^{_LINE} *, *{_TOWN} *, *(?P<region>[A-Za-z]{{2,3}})\.?[ ,]+{_AMERICAN}$",
    # 12 High St, Leeds, LS1 4DY
    rf"^{_LINE} *, *{_TOWN}[ ,]+{_BRITISH}$",
    # 55 King St, Toronto, ON M5H 2N2
    rf"^{_LINE} *, *{_TOWN} *,? +(?P<region>[A-Z]{{2}})[ ,]+{_CANADIAN}$",
    # Hauptstr. 5, 10115 Berlin; Damrak 1, 1012 LG Amsterdam; ul. Polna 3, 00-950 Warszawa
    rf"^{_LINE} *, *(?:[A-Z]{{1,2}}[- ])?{_CONTINENTAL} +{_TOWN}$",
    # 329 Leatherwood Street, Las Vegas, NV
    rf"^{_LINE} *, *{_TOWN} *, *(?P<region>[A-Z]{{2}})$",
    # Mullanpara Road, Vythiri, 673576
    rf"^{_LINE} *, *{_TOWN} *[, ] *(?P<postal_code>\d{{4,6}})$",
    # 4362 Belmont Lane, Elmwood
    rf"^(?P<line>[^,]*\d[^,]*) *, *{_TOWN}$",
)
"""The first that fits takes an address apart"""


def one_line(address: Column) -> Normalised:
    """Addresses as a struct of `FIELDS`; `country` is ISO 3166-1 alpha-2, the rest as it was written."""
    return distinct(address, lambda values: fine(record(_parted(values), present(squeezed(values)))))


def _parted(values: Strings) -> dict[str, Strings]:
    rest, country = _without_country(squeezed(values))
    found = {name: nulls(len(rest)) for name in FIELDS[:-1]}
    for shape in _SHAPES:
        parts = extract(rest, shape)
        new = both(present(parts["line"]), negate(present(found["line"])))
        found = {
            name: either(new, parts.get(name, nulls(len(rest))), column) for name, column in found.items()
        }
    found["line"] = either(present(found["line"]), found["line"], rest)
    return {**{name: none_if_blank(column) for name, column in found.items()}, "country": country}


def _without_country(tidy: Strings) -> tuple[Strings, Strings]:
    """The text before a country at its end, and the country; two letters may be a region as well."""
    parts = extract(tidy, _LAST_PART)
    code = country_codes(parts["country"]).value
    named = both(present(code), present(extract(parts["country"], r"^(?P<long>.{3,})$")["long"]))
    return either(named, parts["rest"], tidy), either(named, code, None)
