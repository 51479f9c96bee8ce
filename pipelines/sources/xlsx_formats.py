"""Numbers of a workbook as a person sees them, where the number alone would lose something.

Two kinds of number format change what a value means: fillers of zeros (`00000` for postcodes and ids) and
dates. All others (currency, percent, thousands) only dress a number up; there the number itself is taken,
in plain decimal notation. Serial dates follow ISO/IEC 29500-1, 18.17.4.1: day 60 of the 1900 system is the
29 February that never was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Final


class NumberKind(Enum):
    """What a number format makes of a number."""

    PLAIN = "plain"
    DATE = "date"
    """A calendar date, a time of day or both."""
    DURATION = "duration"
    """Hours that go on after 24 (`[h]:mm`)."""
    FILLED = "filled"
    """Filled up with zeros on the left, fixed characters in between."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format, as far as it matters."""

    kind: NumberKind
    mask: str = ""
    """For FILLED: zeros where digits stand, everything else as shown."""


PLAIN: Final = NumberFormat(NumberKind.PLAIN)
_DATES_BUILT_IN: Final = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
_DURATION_BUILT_IN: Final = 46
_LAST_DAY: Final = 2958465
"""31 December 9999 in the 1900 system; larger numbers are shown as ####."""
_LEAP_DAY_1900: Final = 60
_MILLISECONDS: Final = 86_400_000

_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS: Final = re.compile(r"\[[^\]]*\]")
_ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MASK_PART: Final = re.compile(r'"([^"]*)"|\\(.)|([-0 /.()])')


@lru_cache(maxsize=4096)
def number_format(number: int, code: str | None) -> NumberFormat:
    """The format with this id, and its code where the workbook defines it."""
    if code is None:
        if number == _DURATION_BUILT_IN:
            return NumberFormat(NumberKind.DURATION)
        return NumberFormat(NumberKind.DATE) if number in _DATES_BUILT_IN else PLAIN
    first = code.split(";")[0]
    bare = _LITERAL.sub("", first)
    if _ELAPSED.search(bare):
        return NumberFormat(NumberKind.DURATION)
    bare = _BRACKETS.sub("", bare)
    if re.search("[ymdhs]", bare, re.IGNORECASE) and "general" not in bare.lower():
        return NumberFormat(NumberKind.DATE)
    mask = _mask(_BRACKETS.sub("", first))
    return NumberFormat(NumberKind.FILLED, mask) if mask is not None else PLAIN


def _mask(code: str) -> str | None:
    """The code of a zero filler with its literals bare; None when it is something else."""
    parts = [match.groups() for match in _MASK_PART.finditer(code)]
    if "".join(match.group() for match in _MASK_PART.finditer(code)) != code:
        return None
    zeros = sum(plain == "0" for _, _, plain in parts)
    literal_zeros = any("0" in (quoted or escaped or "") for quoted, escaped, _ in parts)
    decimals = any(plain == "." for _, _, plain in parts)
    if zeros < 2 or literal_zeros or decimals:
        return None
    return "".join(quoted or escaped or plain or "" for quoted, escaped, plain in parts)


@lru_cache(maxsize=1 << 16)
def number_text(stored: str, form: NumberFormat, *, from_1904: bool = False) -> str:
    """Text of a stored number under a format; whole numbers have no decimals, dates are ISO 8601.

    >>> number_text("1067", number_format(164, "00000"))
    '01067'
    >>> number_text("45292.5", number_format(22, None))
    '2024-01-01T12:00:00'
    """
    match form.kind:
        case NumberKind.DATE:
            return _date_text(stored, from_1904=from_1904) or plain_number(stored)
        case NumberKind.DURATION:
            moment = round(float(stored) * _MILLISECONDS)
            return _clock(moment) if moment >= 0 else plain_number(stored)
        case NumberKind.FILLED:
            return _filled(plain_number(stored), form.mask)
        case NumberKind.PLAIN:
            return plain_number(stored)


def plain_number(stored: str) -> str:
    """The shortest decimal text of the double that is stored: 4.2, not 4.2000000000000002; 17, not 17.0.

    >>> plain_number("4.2000000000000002"), plain_number("1.5E+20"), plain_number("-3.0")
    ('4.2', '150000000000000000000', '-3')
    """
    if stored.isdigit():
        return stored
    text = repr(float(stored))
    return text.removesuffix(".0") if "e" not in text else format(Decimal(text), "f")


def _filled(number: str, mask: str) -> str:
    """Digits laid into a mask from the right, the mask's zeros filling up; other numbers as they are."""
    sign, digits = ("-", number[1:]) if number.startswith("-") else ("", number)
    if not digits.isdigit():
        return number
    wanted = mask.count("0")
    digits = digits.rjust(wanted, "0")
    surplus, rest = digits[: len(digits) - wanted], iter(digits[len(digits) - wanted:])
    first = mask.index("0")
    laid = "".join(next(rest) if char == "0" else char for char in mask[first:])
    return f"{sign}{mask[:first]}{surplus}{laid}"


def _date_text(stored: str, *, from_1904: bool) -> str | None:
    """ISO date, time or both of a serial number; None outside the calendar."""
    moment = round(float(stored) * _MILLISECONDS)
    day, rest = divmod(moment, _MILLISECONDS)
    if moment < 0 or day > _LAST_DAY:
        return None
    if day == 0 and not from_1904:
        return _clock(rest)
    calendar = _calendar_day(day, from_1904=from_1904)
    return calendar if rest == 0 else f"{calendar}T{_clock(rest)}"


def _calendar_day(day: int, *, from_1904: bool) -> str:
    """ISO date of a day number."""
    if from_1904:
        return (date(1904, 1, 1) + timedelta(days=day)).isoformat()
    if day == _LEAP_DAY_1900:
        return "1900-02-29"
    return (date(1899, 12, 31 if day < _LEAP_DAY_1900 else 30) + timedelta(days=day)).isoformat()


def _clock(milliseconds: int) -> str:
    """HH:MM:SS, with milliseconds when there are any."""
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text
