"""Which country phone numbers without calling code are of, by what else stands in the file.

In this order: most rows name a country; calling codes of numbers that have one; shapes of postcodes; names
and codes of regions; numbers that are valid in one country and hardly in others. Where nothing says it, no
country is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pycountry
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from crm_unify.normalise.columns import matches, strings
from crm_unify.normalise.countries import country_codes
from crm_unify.normalise.numbering import CALLING_CODES
from crm_unify.normalise.phones import phones
from crm_unify.normalise.text import folded
from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.roles.profile import Profile
from crm_unify.roles.words import US_STATES

Found = tuple[str, str]
"""ISO 3166-1 alpha-2, and why in a sentence."""

_MOST: Final = 0.6
_SHAPES: Final = {
    "GB": r"(?i)^[a-z]{1,2}\d[a-z0-9]? ?\d[a-z]{2}$",
    "CA": r"(?i)^[a-z]\d[a-z] ?\d[a-z]\d$",
    "NL": r"(?i)^[1-9]\d{3} ?[a-z]{2}$",
    "PL": r"^\d{2}-\d{3}$",
    "PT": r"^\d{4}-\d{3}$",
    "US": r"^\d{5}-\d{4}$",
    "BR": r"^\d{5}-\d{3}$",
}
_COUNTRIES = "US GB DE FR ES IT NL PL PT AT CH BE AU CA IE SE DK NO FI CZ BR MX IN ZA NZ"
_CANDIDATES: Final = tuple(_COUNTRIES.split())
_ASKED: Final = 150
"""Numbers that are tried in every candidate country"""
_VALID, _MARGIN = 0.8, 0.15
"""Share of numbers that must be valid in the country, and how many more than in any other"""


def phone_country(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> Found | None:
    """The country and the reason, None where the file does not say."""
    by_role: dict[Role, list[Profile]] = {}
    for name, column in columns.items():
        by_role.setdefault(column.role, []).append(held[name])
    numbers = by_role.get(Role.PHONE, [])
    for found in (
        *map(_named, by_role.get(Role.COUNTRY, [])),
        *map(_calling, numbers),
        *map(_postal, by_role.get(Role.POSTCODE, [])),
        *map(_regional, by_role.get(Role.REGION, [])),
        _american(by_role),
        *map(_numbered, numbers),
    ):
        if found is not None:
            return found
    return None


def _named(column: Profile) -> Found | None:
    codes: Any = country_codes(column.texts).value
    totals = _totals(codes, column)
    code, share = max(totals, key=lambda one: one[1], default=("", 0.0))
    return (code, f"most rows of '{column.name}' name it") if share >= _MOST else None


def _calling(column: Profile) -> Found | None:
    """The calling code that most numbers with a plus sign or two zeros have."""
    digits = pc.replace_substring_regex(column.texts, r"^\(?(?:\+|00) ?", "+")
    digits = pc.replace_substring_regex(digits, r"[^+\d]", "")
    abroad = matches(digits, r"^\+[1-9]")
    bare = pc.if_else(abroad, pc.utf8_slice_codeunits(digits, 1), pa.scalar(None, pa.string()))
    codes: Any = pc.struct_field(pc.extract_regex(bare, CALLING_CODES), "code")
    totals = _totals(codes, column)
    if sum(share for _, share in totals) < 0.05:
        return None
    code, share = max(totals, key=lambda one: one[1])
    if share < _MOST * sum(part for _, part in totals):
        return None
    return COUNTRY_CODE_TO_REGION_CODE[int(code)][0], f"most calling codes in '{column.name}' are +{code}"


def _postal(column: Profile) -> Found | None:
    for code, shape in _SHAPES.items():
        if column.share(matches(column.texts, shape)) >= _MOST:
            return code, f"the postcodes in '{column.name}' have its shape"
    return None


def _regional(column: Profile) -> Found | None:
    """The one country whose regions most values are."""
    values = column.folded
    shares = sorted(
        ((column.rows_share(pc.is_in(values, value_set=words)), code) for code, words in _regions().items()),
        reverse=True,
    )
    (best, code), (second, _) = shares[0], shares[1]
    if best < 0.85 or column.usual < 3 or second > best - 0.1:
        return None
    return code, f"the regions in '{column.name}' are its own"


def _american(columns: Mapping[Role, list[Profile]]) -> Found | None:
    """States and ZIP codes of the USA, even where all rows are of one state."""
    zips = [
        c for c in columns.get(Role.POSTCODE, []) if c.share(matches(c.texts, r"^\d{5}(?:-\d{4})?$")) > 0.85
    ]
    for column in columns.get(Role.REGION, []):
        if zips and column.rows_share(pc.is_in(column.folded, value_set=strings(sorted(US_STATES)))) > 0.9:
            return "US", f"'{column.name}' and '{zips[0].name}' are states and ZIP codes"
    return None


def _numbered(column: Profile) -> Found | None:
    """The country in which numbers are valid that are valid hardly anywhere else."""
    home = column.texts.filter(pc.invert(matches(column.texts, r"^\(?(?:\+|00)")))
    step = max(1, len(home) // _ASKED)
    asked = home.take(pa.array(np.arange(0, len(home), step)[:_ASKED]))
    if len(asked) < 5:
        return None
    shares = sorted(((_valid(asked, code), code) for code in _CANDIDATES), reverse=True)
    (best, code), (second, _) = shares[0], shares[1]
    if best < _VALID or second > best - _MARGIN:
        return None
    return code, f"{100 * best:.0f} % of a sample of '{column.name}' are valid there, fewer elsewhere"


def _valid(numbers: Any, country: str) -> float:
    found: Any = phones(numbers, country=country).value
    return 1 - int(found.null_count) / len(numbers)


def _totals(codes: Any, column: Profile) -> list[tuple[str, float]]:
    """Weighted share of the sample of each code, in the order of the codes."""
    known = sorted(filter(None, codes.unique().to_pylist()))
    return [(code, column.share(pc.equal(codes, code))) for code in known]


@cache
def _regions() -> dict[str, Any]:
    """Folded names and codes of the regions of each country."""
    named: dict[str, set[str]] = {}
    for country, name in _divisions():
        named.setdefault(country, set()).add(name)
    return {
        country: strings(sorted(filter(None, folded(strings(sorted(names))).to_pylist())))
        for country, names in sorted(named.items())
    }


def _divisions() -> Iterator[tuple[str, str]]:
    for division in pycountry.subdivisions:
        if division.parent_code is None:
            yield division.country_code, division.name
            yield division.country_code, division.code.partition("-")[2]
