"""Text read as what its field holds: dates, amounts, countries, addresses; the normalisers do the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.interface import Normalised, fine
from crm_unify.records import FieldType
from crm_unify.rules.model import Source
from pipelines.interpret.problems import INTEGER_UNPARSED

_NO_TEXT: Final = pa.scalar(None, pa.string())
_TIME_DIRECTIVES: Final = ("%H", "%I", "%T", "%X", "%c")
_INTEGER: Final = r"^-?[0-9]{1,18}$"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text of one field is to be read."""

    dates: tuple[str, ...]
    decimal: str
    timezone: str
    serial: Literal["1900", "1904"] | None
    phone_country: str | None
    country: str | pa.Array | None
    """One for all rows or one for each."""
    currency: str | pa.Array
    system: str
    """Source system that the users named in the rows belong to."""


def reading(source: Source, *, country: pa.Array | None = None, currency: pa.Array | None = None) -> Reading:
    """What the rule file says about the text of its source, with what each row says of its own."""
    parse = source.parse
    return Reading(
        dates=tuple(parse.dates),
        decimal=parse.decimal,
        timezone=parse.timezone,
        serial=parse.excel_dates,
        phone_country=parse.phone_country or parse.country,
        country=parse.country if country is None else pc.fill_null(country, parse.country or _NO_TEXT),
        currency=parse.currency if currency is None else pc.fill_null(currency, parse.currency),
        system=source.system,
    )


def read(ftype: FieldType, text: pa.Array, *, how: Reading) -> Normalised:
    """A text column as values of the type, with a problem code where that cannot be."""
    return _READERS[ftype](text, how)


def point_in_time(text: pa.Array, how: Reading) -> Normalised:
    """An ISO date where the text has no time of day (midnight counts as none), else an ISO time in UTC."""
    bare = tuple(fmt for fmt in how.dates if not any(part in fmt for part in _TIME_DIRECTIVES))
    day = _date(text, replace(how, dates=bare))
    rest = pc.if_else(day.problem.is_valid(), text, _NO_TEXT)
    moment = _time(rest, how)
    problem = pc.if_else(moment.value.is_valid(), _NO_TEXT, pc.coalesce(moment.problem, day.problem))
    return Normalised(pc.coalesce(day.value, moment.value), problem)


def _text(text: pa.Array, how: Reading) -> Normalised:
    return fine(text)


def _date(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.dates import dates

    return dates(text, formats=how.dates, serial=how.serial)


def _time(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.dates import times

    return times(text, formats=how.dates, timezone=how.timezone)


def _money(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.money import money

    return money(text, decimal=how.decimal, currency=how.currency)


def _decimal(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.money import decimals

    return decimals(text, decimal=how.decimal)


def _integer(text: pa.Array, how: Reading) -> Normalised:
    number = _decimal(text, how)
    whole = pc.fill_null(pc.match_substring_regex(number.value, _INTEGER), False)
    value = pc.cast(pc.if_else(whole, number.value, _NO_TEXT), pa.int64())
    refused = pc.and_(text.is_valid(), pc.invert(whole))
    return Normalised(value, pc.if_else(refused, pa.scalar(INTEGER_UNPARSED), _NO_TEXT))


def _flag(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.booleans import booleans

    answer = booleans(text)
    return Normalised(pc.cast(answer.value, pa.bool_()), answer.problem)


def _country(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.addresses import country_codes

    return country_codes(text)


def _postcode(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.addresses import postcodes

    return postcodes(text, country=how.country)


def _email(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.emails import emails

    return _part(emails(text), "address")


def _phone(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.phones import phones

    return _part(phones(text, country=how.phone_country), "e164")


def _vat(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.identifiers import vat

    return vat(text, country=how.country)


def _url(text: pa.Array, how: Reading) -> Normalised:
    from crm_unify.normalise.urls import urls

    return urls(text)


def _user(text: pa.Array, how: Reading) -> Normalised:
    from pipelines.interpret.keys import encoded

    return fine(pc.binary_join_element_wise(how.system, encoded(text), ":"))


def _part(answer: Normalised, name: str) -> Normalised:
    return Normalised(pc.struct_field(answer.value, name), answer.problem)


_READERS: Final[dict[FieldType, Callable[[pa.Array, Reading], Normalised]]] = {
    FieldType.TEXT: _text,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.MONEY: _money,
    FieldType.DECIMAL: _decimal,
    FieldType.INTEGER: _integer,
    FieldType.FLAG: _flag,
    FieldType.COUNTRY: _country,
    FieldType.POSTCODE: _postcode,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.URL: _url,
    FieldType.VAT: _vat,
    FieldType.USER: _user,
}


def without(value: pa.Array, sentinels: Sequence[object]) -> pa.Array:
    """The values less those that mean nothing; a sentinel is compared as text."""
    if not sentinels:
        return value
    text = value if pa.types.is_string(value.type) else pc.cast(value, pa.string())
    meant_nothing = pc.is_in(text, value_set=pa.array(sorted(str(s) for s in sentinels), pa.string()))
    return pc.if_else(meant_nothing, pa.scalar(None, value.type), value)
