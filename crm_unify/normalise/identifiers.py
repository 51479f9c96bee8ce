"""Identifiers with a check of their own: VAT numbers and IBANs, through python-stdnum."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from stdnum import iban as iban_numbers
from stdnum.ch import uid as swiss
from stdnum.eu import vat as european
from stdnum.eu.vat import MEMBER_STATES
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british
from stdnum.no import mva as norwegian

from crm_unify.normalise.columns import (
    Column,
    Strings,
    each,
    either,
    negate,
    none_if_blank,
    present,
    replace,
    some,
)
from crm_unify.normalise.interface import Normalised, distinct, distinct_by
from crm_unify.normalise.problems import IBAN_INVALID, VAT_INVALID
from crm_unify.normalise.text import ascii_upper, squeezed

_OTHERS: Final[dict[str, Any]] = {"GB": british, "NO": norwegian, "CHE": swiss}
_ISO_TO_VAT: Final = {"GR": "EL", "CH": "CHE", "LI": "CHE"}
_SWISS_ENDING: Final = re.compile("(?<=[0-9])(?:MWST|TVA|IVA|TPV)$")
_PREFIXES: Final = frozenset({code.upper() for code in MEMBER_STATES} - {"GR"} | {"EL", *_OTHERS})


def vat(raw: Column, *, country: str | Column | None) -> Normalised:
    """VAT numbers with their country prefix, letters and digits only, check digits tested.

    A number without prefix is read as one of `country` (ISO 3166 alpha-2, one or a column).
    """
    return distinct_by(raw, country, kernel=_vat)


def iban(raw: Column) -> Normalised:
    """IBANs without spaces, check digits and length tested."""
    return distinct(raw, lambda values: _checked(values, _one_iban, code=IBAN_INVALID))


def _vat(values: Strings, country: str | None) -> Normalised:
    return _checked(values, lambda text: _one_vat(text, country), code=VAT_INVALID)


def _checked(values: Strings, check: Callable[[str], str | None], *, code: str) -> Normalised:
    tidy = squeezed(values)
    value = each(none_if_blank(replace(ascii_upper(tidy), "[^A-Z0-9]+", "")), check)
    return Normalised(value, either(some(present(value), negate(present(tidy))), None, code))


def _one_vat(text: str, country: str | None) -> str | None:
    bare = _SWISS_ENDING.sub("", text)
    for label in ("USTIDNR", "USTID", "VATNO", "VAT", "UID", "TVA", "NIP"):
        bare = bare.removeprefix(label)
    home = _ISO_TO_VAT.get((country or "").upper(), (country or "").upper())
    prefixes = [prefix for prefix in (bare[:3], bare[:2]) if prefix in _PREFIXES]
    tries = [(prefix, bare[len(prefix) :]) for prefix in prefixes]
    if home in _PREFIXES and home not in prefixes:
        tries.append((home, bare))
    answers = (_valid_vat(prefix, number) for prefix, number in tries)
    return next((answer for answer in answers if answer is not None), None)


def _valid_vat(prefix: str, number: str) -> str | None:
    module: ModuleType | Any = _OTHERS.get(prefix, european)
    try:
        checked = str(module.validate(prefix + number if prefix != "GB" else number))
    except ValidationError:
        return None
    bare = "".join(filter(str.isalnum, checked))
    return bare if bare.startswith(prefix) else prefix + bare


def _one_iban(text: str) -> str | None:
    try:
        return str(iban_numbers.validate(text.removeprefix("IBAN")))
    except ValidationError:
        return None
