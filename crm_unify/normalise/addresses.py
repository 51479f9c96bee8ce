"""Address lines: house number, street in canonical tokens, unit; house number before or after the street.

"12 High Street, Flat 3", "Hauptstr. 12a", "HAUPT-STRASSE 12 A": the street is folded and its common
words are abbreviated one way only, so two spellings of a place give equal fields.
"""

from __future__ import annotations

from typing import Any, Final, cast

import pyarrow as pa

from crm_unify.normalise.columns import (
    Column,
    Strings,
    both,
    each_word,
    either,
    extract_where,
    glue,
    matches,
    negate,
    none_if_blank,
    nulls,
    present,
    record,
    replace,
    replace_where_found,
    some,
)
from crm_unify.normalise.countries import country_codes
from crm_unify.normalise.interface import Normalised, distinct, encoded, fine
from crm_unify.normalise.postcodes import postcodes
from crm_unify.normalise.street_words import street_token
from crm_unify.normalise.text import ascii_upper, folded, squeezed

__all__ = ["address_key", "addresses", "country_codes", "postcodes"]

_UNIT_WORD: Final = (
    "APT|APARTMENT|APPT|APPARTEMENT|APTO|UNIT|STE|SUITE|FLAT|ROOM|RM|FLOOR|FL|LOT|SPC|SPACE|TRLR|BLDG|PH|"
    "WOHNUNG|WHG|WE|ETAGE|TOP|STIEGE|LOK|LOKAL|M|BUS|BTE|PISO"
)
_UNIT_NUMBER: Final = "(?P<unit>[0-9]+[A-Z]?(?:-[0-9A-Z]+)?|[A-Z][0-9]*)"
_UNIT_LAST: Final = rf"^(?P<line>.*?[^ ,#-])[ ,-]+(?:(?:{_UNIT_WORD})\b[ .#:]*|# ?){_UNIT_NUMBER}$"
_UNIT_FIRST: Final = rf"^(?:FLAT|APT|APARTMENT|UNIT|SUITE|STE|ROOM)\b[ .#]*{_UNIT_NUMBER}[ ,]+(?P<line>.+)$"
_UNIT_ONLY: Final = rf"^(?:(?:{_UNIT_WORD})\b[ .#:]*|# ?){_UNIT_NUMBER}(?P<line>)$"
_NUMBER_FIRST: Final = (
    r"^(?P<number>[0-9]+[A-Z]?(?:[-/][0-9]+[A-Z]?)?(?: 1/2| (?:BIS|TER|QUATER)\b)?)"
    r"(?: *, *| +)(?P<street>.*[A-Z].*)$"
)
_NUMBER_LAST: Final = (
    r"^(?P<street>.*?[A-Z].*?)(?: *, *| +|\.)(?:NR?\.? ?|NO\.? ?|# ?)?"
    r"(?P<number>[0-9]+(?: ?[A-Z]\b)?(?: ?[-/+] ?[0-9]+(?: ?[A-Z]\b)?| ?/ ?[A-Z]\b)*)$"
)
_NUMBER_ONLY: Final = r"^(?P<number>[0-9]+[A-Z]?)(?P<street>)$"
_BOX: Final = (
    r"^(?:P\.? ?O\.? ?BOX|POST ?BOX|POSTFACH|PF|BOITE POSTALE|B\.? ?P\.?|POSTBUS|APARTADO|SKR\.? POCZT\.?)"
    r"[ .:#]*(?P<number>[0-9][0-9 ]*)(?P<street>)$"
)
_BOX_STREET: Final = "PO BOX"
_ZIP_PLUS_FOUR: Final = r"^([0-9]{5})-?[0-9]{4}$"


def addresses(line1: Column) -> Normalised:
    """Address lines as a struct of `number`, `street` (folded, canonical tokens) and `unit`."""
    return distinct(line1, lambda values: fine(_addresses(values)))


def address_key(line1: Column, line2: Column, postal_code: Column, city: Column) -> Strings:
    """One text for each place: number, street, unit and postcode (the city where there is none).

    Equal for all spellings of a place that `addresses` understands; null where nothing is given.
    """
    lines = glue(_text(line1), _text(line2), separator=", ")
    place = cast(Any, addresses(lines).value)
    code = distinct(postal_code, lambda values: fine(_area(values))).value
    town = distinct(city, lambda values: fine(folded(values))).value
    parts = [cast("Strings", place.field(name)) for name in range(3)]
    return glue(*parts, either(present(code), cast("Strings", code), cast("Strings", town)), separator="|")


def _addresses(values: Strings) -> pa.Array[Any]:
    line = ascii_upper(squeezed(values))
    line, unit = _without_unit(line)
    number, street = _parted(line)
    fields = {"number": _house_number(number), "street": streets(street), "unit": none_if_blank(unit)}
    return cast("pa.Array[Any]", record(fields, some(*map(present, fields.values()))))


def streets(values: Strings) -> Strings:
    """Street names folded, their common words one canonical token each."""
    return none_if_blank(each_word(folded(values), street_token))


def _without_unit(line: Strings) -> tuple[Strings, Strings]:
    unit = nulls(len(line))
    for pattern in (_UNIT_LAST, _UNIT_FIRST, _UNIT_ONLY):
        found = both(matches(line, pattern), negate(present(unit)))
        parts = extract_where(line, found, pattern)
        line, unit = either(found, parts["line"], line), either(found, parts["unit"], unit)
    return line, unit


def _parted(line: Strings) -> tuple[Strings, Strings]:
    """House number and street; a line that begins with a number is not asked for one at its end."""
    number, street = nulls(len(line)), line
    for pattern in (_BOX, _NUMBER_FIRST, _NUMBER_LAST, _NUMBER_ONLY):
        found = both(matches(line, pattern), negate(present(number)))
        parts = extract_where(line, found, pattern)
        name = either(present(line), _BOX_STREET, None) if pattern == _BOX else parts["street"]
        digits = replace(parts["number"], " ", "") if pattern == _BOX else parts["number"]
        number, street = either(found, digits, number), either(found, name, street)
    return number, street


def _house_number(number: Strings) -> Strings:
    bare = replace_where_found(number, r" ?(BIS|TER|QUATER)$", r" \1")
    bare = replace_where_found(bare, r" ?([-/+]) ?", r"\1")
    bare = replace_where_found(bare, r"([0-9]) ([A-Z])\b", r"\1\2")
    return none_if_blank(replace_where_found(bare, "^0+([1-9])", r"\1"))


def _area(values: Strings) -> Strings:
    return none_if_blank(replace(replace(ascii_upper(values), _ZIP_PLUS_FOUR, r"\1"), "[^A-Z0-9]+", ""))


def _text(column: Column) -> Strings:
    dictionary, rows = encoded(column)
    return cast("Strings", dictionary.take(rows))
