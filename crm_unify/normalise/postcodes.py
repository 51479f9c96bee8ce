"""Postcodes by country: shape checked, spaces and hyphens where the country's post puts them."""

from __future__ import annotations

from typing import Final

from crm_unify.normalise.columns import (
    Column,
    Strings,
    either,
    matches,
    negate,
    none_if_blank,
    present,
    replace,
    some,
    upper,
)
from crm_unify.normalise.interface import Normalised, distinct_by
from crm_unify.normalise.problems import POSTCODE_INVALID
from crm_unify.normalise.text import squeezed

_DIGITS: Final = {
    r"([0-9]{4})": "AR AT AU BE BG CH CY DK GE HU LI LU NO NZ PH SI TN ZA",
    r"([0-9]{5})": "DE EE EG ES FI FR HR ID IT KR LT MA ME MX MY RS SA TH TR UA US VA",
    r"([0-9]{6})": "BY CN CO IN KZ RO RU SG VN",
}
# Letters and digits only, in upper case, to the form on an envelope (Universal Postal Union).
_SHAPES: Final = {
    **{code: (shape, r"\1") for shape, codes in _DIGITS.items() for code in codes.split()},
    **dict.fromkeys(("CZ", "GR", "SE", "SK"), ("([0-9]{3})([0-9]{2})", r"\1 \2")),
    "BR": ("([0-9]{5})([0-9]{3})", r"\1-\2"),
    "CA": ("([ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z])([0-9][ABCEGHJ-NPRSTV-Z][0-9])", r"\1 \2"),
    "GB": ("((?:GIR|[A-Z]{1,2}[0-9][0-9A-Z]?))([0-9][A-Z]{2}|0AA)", r"\1 \2"),
    "IE": ("([A-Z][0-9][0-9W])([0-9A-Z]{4})", r"\1 \2"),
    "IL": ("([0-9]{5}(?:[0-9]{2})?)", r"\1"),
    "JP": ("([0-9]{3})([0-9]{4})", r"\1-\2"),
    "LV": ("(?:LV)?([0-9]{4})", r"LV-\1"),
    "MT": ("([A-Z]{3})([0-9]{4})", r"\1 \2"),
    "NL": ("([1-9][0-9]{3})([A-Z]{2})", r"\1 \2"),
    "PL": ("([0-9]{2})([0-9]{3})", r"\1-\2"),
    "PT": ("([0-9]{4})([0-9]{3})", r"\1-\2"),
}
_ZIP_PLUS_FOUR: Final = ("([0-9]{5})([0-9]{4})", r"\1-\2")
# "D-10115", "CH 8001": the country before its postcode.
_PLATES: Final = {
    "AT": "A",
    "BE": "B",
    "DE": "D",
    "ES": "E",
    "FI": "FIN",
    "FR": "F",
    "IT": "I",
    "LI": "FL",
    "LU": "L",
    "NO": "N",
    "PT": "P",
    "SE": "S",
    "SI": "SLO",
    "US": "USA",
}


def postcodes(raw: Column, *, country: str | Column | None) -> Normalised:
    """Postcodes in the written form of their country (ISO 3166 alpha-2, one or a column).

    A lost leading zero is not guessed: 1067 is no German postcode.  Where the country is not known, or
    has no shape here, the text is squeezed and put in upper case.
    """
    return distinct_by(raw, country, kernel=_postcodes)


def _postcodes(values: Strings, country: str | None) -> Normalised:
    tidy = upper(squeezed(values))
    code = (country or "").upper()
    if code not in _SHAPES:
        return Normalised(tidy, either(present(tidy), None, None))
    compact = _compact(tidy, code)
    written = _written(compact, *_SHAPES[code])
    if code == "US":
        written = either(present(written), written, _written(compact, *_ZIP_PLUS_FOUR))
    fine = some(present(written), negate(present(tidy)))
    return Normalised(written, either(fine, None, POSTCODE_INVALID))


def _compact(tidy: Strings, country: str) -> Strings:
    bare = replace(tidy, r"^([0-9]+)\.0+$", r"\1")
    prefix = "|".join(filter(None, (country, _PLATES.get(country))))
    bare = replace(bare, rf"^(?:{prefix})(?:[ .-]+([0-9])|([0-9]))", r"\1\2") if country != "LV" else bare
    return none_if_blank(replace(bare, "[^0-9A-Z]+", ""))


def _written(compact: Strings, shape: str, form: str) -> Strings:
    return either(matches(compact, f"^{shape}$"), replace(compact, f"^{shape}$", form), None)
