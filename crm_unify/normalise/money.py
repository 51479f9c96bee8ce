"""Amounts of money in whole minor units, and plain decimal numbers.

A sign, a currency or a grouping that does not fit is a problem, never a guess: an amount is either read
exactly or withheld.  Credit and debit are read as in a customer's account: CR and H (Haben) are negative,
DR and S (Soll) positive.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from crm_unify.normalise.columns import (
    Column,
    Mask,
    Strings,
    among,
    both,
    each_where,
    either,
    equal,
    extract,
    glue,
    matches,
    negate,
    present,
    replace,
    replace_where_found,
    some,
    upper,
)
from crm_unify.normalise.interface import Normalised, distinct, distinct_by
from crm_unify.normalise.problems import DECIMAL_UNPARSED, MONEY_CURRENCY, MONEY_PRECISION, MONEY_UNPARSED
from crm_unify.normalise.text import squeezed

# Decimals of the minor unit where they are not two, ISO 4217 list one.
_UNUSUAL_EXPONENTS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Final = {code: size for size, codes in _UNUSUAL_EXPONENTS.items() for code in codes.split()}
_SIGNS: Final = {
    "€": "EUR",
    "EURO": "EUR",
    "£": "GBP",
    "¥": "JPY CNY",
    "$": "USD CAD AUD NZD SGD HKD MXN ARS CLP COP",
    "US$": "USD",
    "C$": "CAD",
    "A$": "AUD",
    "R$": "BRL",
    "ZŁ": "PLN",
    "ZL": "PLN",
    "KČ": "CZK",
    "KC": "CZK",
    "KR": "SEK NOK DKK ISK",
    "FR": "CHF",
    "SFR": "CHF",
    "FT": "HUF",
    "₹": "INR",
    "RS": "INR PKR LKR",
    "₺": "TRY",
    "₽": "RUB",
    "₩": "KRW",
    "₴": "UAH",
    "₪": "ILS",
}
_MARK: Final = r"[A-Za-z$€£¥₹₺₽₩₴₪łŁčČ]{1,4}\$?\.?"
_SHAPE: Final = (
    rf"^(?P<open>\()? ?(?P<sign>[-+])? ?(?P<before>{_MARK})? ?(?P<inner>[-+])? ?"
    r"(?P<number>[0-9](?:[0-9.,' ]*[0-9])?|[.,][0-9]+)(?:[.,] ?--?|--|[.,])? ?(?P<trailing>[-+])? ?"
    rf"(?P<after>{_MARK})? ?(?P<last>[-+])?(?P<close>\))? ?(?P<side>(?i:cr|dr|[hs]))?$"
)
_LONG_DASHES: Final = r"[\x{2012}-\x{2015}\x{2212}]"
_APOSTROPHES: Final = r"[\x{2019}\x{b4}`]"
_SPACED: Final = "[0-9]{1,3}(?:[ '][0-9]{3})+"
_NUMBERS: Final = {
    ".": rf"^(?P<whole>[0-9]{{1,3}}(?:,[0-9]{{2,3}})*,[0-9]{{3}}|{_SPACED}|[0-9]*)(?:\.(?P<part>[0-9]*))?$",
    ",": rf"^(?P<whole>[0-9]{{1,3}}(?:\.[0-9]{{3}})+|{_SPACED}|[0-9]*)(?:,(?P<part>[0-9]*))?$",
}
_SCIENTIFIC: Final = r"^[-+]?[0-9]+(?:[.,][0-9]+)?[eE][-+]?[0-9]{1,3}$"
_MOST_SPELT: Final = 30
# int64 holds nineteen digits, not all of them.
_MOST_DIGITS: Final = 18


def money(raw: Column, *, decimal: str, currency: str | Column | None) -> Normalised:
    """Amounts as int64 minor units (cents) of their currency (ISO 4217, one or a column).

    `decimal` is the decimal sign, "," or "."; the other one may group thousands.  More decimals than the
    currency has are refused unless they are zeros.
    """
    return distinct_by(raw, currency, kernel=lambda values, code: _money(values, code, decimal))


def decimals(raw: Column, *, decimal: str) -> Normalised:
    """Numbers as canonical decimal text: point, no grouping, no leading or trailing zeros, no -0."""
    return distinct(raw, lambda values: _decimals(values, decimal))


@cache
def currency_exponent(currency: str) -> int | None:
    """Number of decimals of a currency's minor unit, None where ISO 4217 has no such currency."""
    known = currency.isalpha() and pycountry.currencies.get(alpha_3=currency.upper()) is not None
    return _EXPONENTS.get(currency.upper(), 2) if known else None


def _money(values: Strings, currency: str | None, decimal: str) -> Normalised:
    tidy = squeezed(values)
    amounts = _amounts(tidy, decimal)
    exponent = currency_exponent(currency or "")
    cents = glue(amounts.whole, _padded(amounts.fraction, exponent or 0))
    read = present(amounts.minus)
    precise = negate(matches(amounts.fraction, f"^[0-9]{{{(exponent or 0) + 1}}}"))
    ours = both(*(_is_of(mark, currency or "") for mark in amounts.marks), _all(tidy, exponent is not None))
    small = negate(matches(cents, f"^0*[1-9][0-9]{{{_MOST_DIGITS},}}$"))
    good = both(read, precise, ours, small)
    problem = either(precise, MONEY_UNPARSED, MONEY_PRECISION)
    problem = either(read, either(ours, problem, MONEY_CURRENCY), MONEY_UNPARSED)
    value: Any = pc.cast(either(good, glue(amounts.minus, cents), None), pa.int64())
    return Normalised(value, either(some(good, negate(present(tidy))), None, problem))


def _decimals(values: Strings, decimal: str) -> Normalised:
    tidy = squeezed(values)
    spelt = each_where(tidy, matches(tidy, _SCIENTIFIC), lambda text: _spelt(text, decimal))
    amounts = _amounts(spelt, decimal)
    whole = replace(amounts.whole, "^0+", "")
    whole = either(equal(whole, ""), "0", whole)
    number = either(equal(amounts.fraction, ""), whole, glue(whole, amounts.fraction, separator="."))
    signed = either(equal(number, "0"), number, glue(amounts.minus, number))
    good = both(present(amounts.minus), *(equal(mark, "") for mark in amounts.marks))
    problem = either(some(good, negate(present(tidy))), None, DECIMAL_UNPARSED)
    return Normalised(either(good, signed, None), problem)


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Amounts taken apart; null in every field where the text is no amount."""

    minus: Strings
    """"-" or nothing"""
    whole: Strings
    """Digits before the decimal sign, no grouping"""
    fraction: Strings
    """Digits after it, without trailing zeros"""
    marks: tuple[Strings, Strings]
    """What stands for a currency before and after the number"""


def _amounts(tidy: Strings, decimal: str) -> _Amounts:
    plain = replace_where_found(replace_where_found(tidy, _LONG_DASHES, "-"), _APOSTROPHES, "'")
    parts = extract(plain, _SHAPE)
    number = extract(parts["number"], _NUMBERS[decimal])
    after, side = _side(parts["after"], parts["side"])
    credits = among(side, ("CR", "H"))
    brackets = both(equal(parts["open"], "("), equal(parts["close"], ")"))
    dashes = [matches(parts[name], "^-$") for name in ("sign", "inner", "trailing", "last")]
    signs = [*dashes, credits, brackets]
    count: Any = functools.reduce(pc.add, [pc.cast(sign, pa.int8()) for sign in signs])
    paired: Mask = equal(replace(parts["open"], r"\(", ")"), parts["close"])
    good = both(present(number["whole"]), paired, pc.less_equal(count, 1))
    digits = replace(number["whole"], "[^0-9]", "")
    return _Amounts(
        minus=either(good, either(some(*signs), "-", ""), None),
        whole=either(good, digits, None),
        fraction=either(good, replace(number["part"], "0+$", ""), None),
        marks=(upper(parts["before"]), after),
    )


def _side(after: Strings, side: Strings) -> tuple[Strings, Strings]:
    """Currency mark and side (CR, DR, S, H) of an account: the last letters may be either."""
    after, side = upper(after), upper(side)
    moved = both(among(after, ("CR", "DR", "H", "S")), equal(side, ""))
    return either(moved, "", after), either(moved, after, side)


def _is_of(mark: Strings, currency: str) -> Mask:
    """True where a currency mark is empty or may stand for the currency."""
    names = [sign for sign, codes in _SIGNS.items() if currency.upper() in codes.split()]
    return some(negate(present(mark)), among(replace(mark, r"\.$", ""), ("", currency.upper(), *names)))


def _padded(fraction: Strings, exponent: int) -> Strings:
    return cast("Strings", pc.utf8_rpad(fraction, exponent, "0"))


def _all(column: Strings, holds: bool) -> Mask:
    return cast("Mask", pa.array(np.full(len(column), holds)))


def _spelt(text: str, decimal: str) -> str:
    """A number in scientific notation written out; beyond thirty digits it is left as it is."""
    number = Decimal(text.replace(decimal, "."))
    return format(number, "f").replace(".", decimal) if abs(number.adjusted()) <= _MOST_SPELT else text
