"""Transforms that read a value as what it is and write it in its one form, for chains and text fields.

What a field needs is read anyway, by its type; these are for values that need more said than the source's
`parse` block says, and for values that go on in the chain. Each docstring ends with examples that are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.interface import Normalised

if TYPE_CHECKING:
    from crm_unify.normalise.columns import Column
    from crm_unify.rules.source_model import Parse

_NOTHING: Final = pa.scalar(None, pa.string())
_CENTS: Final = r"^(-?)([0-9]+)$"


def date(
    column: Column, *, parse: Parse, formats: Sequence[str] | None, ambiguous: str, sentinels: Sequence[str]
) -> Normalised:
    """A date as YYYY-MM-DD, by formats of its own; one that two of them read differently is withheld.

    `ambiguous: first` takes the first format instead; `sentinels` are days that mean nothing.

    `{date: "%d.%m.%Y"}`: `3.4.1965` becomes `1965-04-03`
    `{date: {formats: ["%d/%m/%Y", "%m/%d/%Y"], ambiguous: first}}`: `03/04/1965` becomes `1965-04-03`
    `{date: {formats: "%Y%m%d", sentinels: [1900-01-01]}}`: `19000101` becomes nothing
    """
    from crm_unify.normalise.dates import dates

    told = tuple(formats or parse.dates)
    found = dates(column, formats=told, sentinels=tuple(sentinels), serial=parse.excel_dates)
    if ambiguous == "withhold":
        return found
    value, problem = found.value, found.problem
    for one in told:
        again = dates(column, formats=(one,), sentinels=tuple(sentinels), serial=parse.excel_dates)
        settled = pc.and_(problem.is_valid(), again.problem.is_null())
        value, problem = (
            pc.if_else(settled, again.value, value),
            pc.if_else(settled, _NOTHING, problem),
        )
    return Normalised(value, problem)


def money(column: Column, *, parse: Parse, decimal: str | None, minor_units: bool) -> Normalised:
    """An amount as plain digits with a point; `minor_units` says that the source counts in cents.

    `money`: `1.234,5 EUR` becomes `1234.5`
    `{money: {minor_units: true}}`: `-1995` becomes `-19.95`
    """
    from crm_unify.normalise.money import currency_exponent, decimals

    if not minor_units:
        return decimals(_without_currency(column, parse.currency), decimal=decimal or parse.decimal)
    whole = decimals(column, decimal=decimal or parse.decimal)
    digits = currency_exponent(parse.currency) or 0
    good = pc.fill_null(pc.match_substring_regex(whole.value, _CENTS), False)
    sign = pc.if_else(pc.starts_with(whole.value, "-"), "-", "")
    figures = pc.utf8_lpad(pc.replace_substring(whole.value, "-", ""), width=digits + 1, padding="0")
    text = pc.replace_substring_regex(
        figures, rf"^([0-9]+)([0-9]{{{digits}}})$", r"\1.\2" if digits else r"\1\2"
    )
    value: Any = pc.if_else(good, pc.binary_join_element_wise(sign, text, ""), _NOTHING)
    refused = pc.and_(whole.value.is_valid(), pc.invert(good))
    return Normalised(
        value, pc.coalesce(whole.problem, pc.if_else(refused, pa.scalar("MONEY-UNPARSED"), _NOTHING))
    )


def number(column: Column, *, parse: Parse, decimal: str | None) -> Normalised:
    """A number as plain digits with a point, without separators of thousands.

    `number`: `1.234,50` becomes `1234.5`
    `{number: {decimal: "."}}`: `1,234.50` becomes `1234.5`
    """
    from crm_unify.normalise.money import decimals

    return decimals(column, decimal=decimal or parse.decimal)


def boolean(
    column: Column, *, parse: Parse, true: Sequence[str] | None, false: Sequence[str] | None
) -> Normalised:
    """`true` or `false`, out of the usual words of seven languages, or of those that are listed.

    `boolean`: `Ja` becomes `true`
    `{boolean: {true: [aktiv], false: [ruht]}}`: `ruht` becomes `false`
    """
    from crm_unify.normalise.booleans import booleans

    if true is None and false is None:
        return booleans(column)
    low = pc.utf8_lower(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    yes, no = (pc.is_in(low, value_set=pa.array([t.lower() for t in words or ()])) for words in (true, false))
    value = pc.if_else(yes, "true", pc.if_else(no, "false", _NOTHING))
    unread = pc.and_(low.is_valid(), value.is_null())
    return Normalised(value, pc.if_else(unread, pa.scalar("BOOLEAN-UNPARSED"), _NOTHING))


def phone(column: Column, *, parse: Parse, country: str | None) -> Normalised:
    """A phone number as +4930..., national ones by the country of the source or the one named here.

    `phone`: `030 23125-110` becomes `+493023125110`
    `{phone: AT}`: `01 58858-0` becomes `+431588580`
    """
    from crm_unify.normalise.phones import phones

    found = phones(column, country=country or parse.phone_country or parse.country)
    return Normalised(pc.struct_field(found.value, "e164"), found.problem)


def email(column: Column, *, parse: Parse) -> Normalised:
    """An e-mail address in small letters, out of whatever is around it.

    `email`: `Anna Keller <Anna@Post.example>` becomes `anna@post.example`
    """
    from crm_unify.normalise.emails import emails

    found = emails(column)
    return Normalised(pc.struct_field(found.value, "address"), found.problem)


def url(column: Column, *, parse: Parse) -> Normalised:
    """A web address with its scheme, host in small letters.

    `url`: `WWW.Keller.example` becomes `https://www.keller.example`
    """
    from crm_unify.normalise.urls import urls

    return urls(column)


def country(column: Column, *, parse: Parse) -> Normalised:
    """A country as its two-letter code, out of names in many languages and common short forms.

    `country`: `Österreich` becomes `AT`
    """
    from crm_unify.normalise.countries import country_codes

    return country_codes(column)


def _without_currency(column: Column, currency: str) -> Any:
    """The text without a code or sign of the currency around it."""
    text: Any = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pc.replace_substring_regex(
        text, rf"(?i)^\s*(?:{currency}|€|\$|£)\s*|\s*(?:{currency}|€|\$|£)\s*$", ""
    )
