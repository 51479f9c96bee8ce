"""Declared date formats (strptime notation) as column patterns.

A format reads a column into seconds since 1970-01-01T00:00:00 of its own clock, and the offset of that clock
from UTC where the value states one.  Numbers that touch each other have fixed widths (%Y%m%d takes eight
digits); apart from that days, months and hours may have one digit or two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Mask, Strings, each, extract, lookup, replace, strings
from crm_unify.normalise.interface import encoded
from crm_unify.normalise.text import ascii_upper

Seconds: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"

DAY: Final = 86_400

_DIGITS: Final = frozenset(f"%{letter}" for letter in "YymdHIMSfj")

_DIRECTIVES: Final = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{W})",
    "d": r"(?P<d>[0-9]{W})",
    "j": r"(?P<j>[0-9]{1,3})",
    "b": r"(?P<b>[\p{L}]{3,}\.?)",
    "B": r"(?P<b>[\p{L}]{3,}\.?)",
    "a": r"[\p{L}]+\.?",
    "A": r"[\p{L}]+\.?",
    "H": r"(?P<H>[0-9]{W})",
    "I": r"(?P<I>[0-9]{W})",
    "M": r"(?P<M>[0-9]{W})",
    "S": r"(?P<S>[0-9]{W})",
    "f": r"(?P<f>[0-9]{1,9})",
    "p": r"(?P<p>[AaPp]\.?[Mm]\.?)",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}
_SHORTHANDS: Final = {
    "%F": "%Y-%m-%d",
    "%T": "%H:%M:%S",
    "%R": "%H:%M",
    "%D": "%m/%d/%y",
    "%e": "%d",
    "%h": "%b",
}

# January to December in English, German, French, Spanish, Polish (both cases), Dutch and Italian.
_MONTHS: Final = (
    "JANUARY JANUAR JAENNER JANVIER ENERO STYCZEN STYCZNIA JANUARI GENNAIO JAN JANV ENE STY GEN",
    "FEBRUARY FEBRUAR FEBER FEVRIER FEBRERO LUTY LUTEGO FEBRUARI FEBBRAIO FEB FEV FEVR LUT",
    "MARCH MAERZ MARZ MARS MARZO MARZEC MARCA MAART MAR MAE MRZ MRT",
    "APRIL AVRIL ABRIL KWIECIEN KWIETNIA APRILE APR AVR ABR KWI",
    "MAY MAI MAYO MAJ MAJA MEI MAGGIO MAG",
    "JUNE JUNI JUIN JUNIO CZERWIEC CZERWCA GIUGNO JUN CZE GIU",
    "JULY JULI JUILLET JULIO LIPIEC LIPCA LUGLIO JUL JUIL LIP LUG",
    "AUGUST AOUT AGOSTO SIERPIEN SIERPNIA AUGUSTUS AUG AGO SIE",
    "SEPTEMBER SEPTEMBRE SEPTIEMBRE WRZESIEN WRZESNIA SETTEMBRE SEP SEPT WRZ SET",
    "OCTOBER OKTOBER OCTOBRE OCTUBRE PAZDZIERNIK PAZDZIERNIKA OTTOBRE OCT OKT PAZ OTT",
    "NOVEMBER NOVEMBRE NOVIEMBRE LISTOPAD LISTOPADA NOV LIS",
    "DECEMBER DEZEMBER DECEMBRE DICIEMBRE GRUDZIEN GRUDNIA DICEMBRE DEC DEZ DIC GRU",
)
_MONTH_NUMBERS: Final = {
    name: str(number) for number, names in enumerate(_MONTHS, 1) for name in names.split()
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A column read by one format."""

    seconds: Seconds
    """Seconds since 1970-01-01T00:00:00 of the value's own clock; 0 where not valid"""
    offset: Seconds
    """Seconds to subtract to reach UTC, where stated"""
    stated: Flags
    """Whether the value states its offset"""
    valid: Flags
    """Whether the value fits the format and the calendar"""


def read(values: Strings, fmt: str, *, pivot: int) -> Reading:
    """Read a column by one format; years of two digits from `pivot` on are 19xx, below 20xx."""
    parts = extract(values, format_pattern(fmt))
    days, valid = _days(parts, pivot)
    clock, clock_valid = _clock(parts)
    good = valid & clock_valid & _flags(next(iter(parts.values())).is_valid())
    offset, stated = _offset(parts, len(values))
    return Reading(np.where(good, days * DAY + clock, 0), offset, stated & good, good)


def has_time(fmt: str) -> bool:
    """Whether a format reads hours."""
    return "(?P<H>" in format_pattern(fmt) or "(?P<I>" in format_pattern(fmt)


@cache
def format_pattern(fmt: str) -> str:
    """RE2 pattern of a format; ValueError names what it does not know or lacks."""
    spelt = fmt
    for short, long in _SHORTHANDS.items():
        spelt = spelt.replace(short, long)
    pieces = re.findall(r"%.?|[^%]+", spelt)
    around = zip(["", *pieces[:-1]], pieces, [*pieces[1:], ""], strict=True)
    pattern = "".join(
        _piece(piece, fmt, touching=bool(_DIGITS & {left, right})) for left, piece, right in around
    )
    lacking = not re.search(r"\(\?P<[Yy]>", pattern) or not re.search(r"\(\?P<(?:j|d)>", pattern)
    if lacking or not re.search(r"\(\?P<[jmb]>", pattern):
        raise ValueError(f"date format {fmt!r} names no full date: it needs year, month and day")
    return f"^{pattern}$"


def _piece(piece: str, fmt: str, *, touching: bool) -> str:
    if not piece.startswith("%"):
        return re.escape(piece)
    if piece[1:] not in _DIRECTIVES:
        raise ValueError(f"date format {fmt!r} holds {piece!r}, which is not known")
    return _DIRECTIVES[piece[1:]].replace("{W}", "{2}" if touching else "{1,2}")


def _days(parts: dict[str, Strings], pivot: int) -> tuple[Seconds, Flags]:
    year = _numbers(parts["Y"]) if "Y" in parts else _century(_numbers(parts["y"]), pivot)
    valid = year >= 1
    first = (year.clip(1, 9999) - 1970).astype("datetime64[Y]")
    if "j" in parts:
        day = _numbers(parts["j"])
        found = first.astype("datetime64[D]") + (day - 1)
        same = found.astype("datetime64[Y]") == first
    else:
        month, day = _month(parts), _numbers(parts["d"])
        begin = first.astype("datetime64[M]") + (month.clip(1, 12) - 1)
        found = begin.astype("datetime64[D]") + (day - 1)
        same = (found.astype("datetime64[M]") == begin) & (month >= 1) & (month <= 12)
    return found.astype(np.int64), cast("Flags", valid & same & (day >= 1))


def _month(parts: dict[str, Strings]) -> Seconds:
    if "m" in parts:
        return _numbers(parts["m"])
    words, rows = encoded(replace(parts["b"], r"\.", ""))
    return _numbers(lookup(ascii_upper(words), _MONTH_NUMBERS).take(rows))


def _century(short: Seconds, pivot: int) -> Seconds:
    return np.where(short < 0, short, np.where(short >= pivot, short + 1900, short + 2000))


def _clock(parts: dict[str, Strings]) -> tuple[Seconds, Flags]:
    size = len(next(iter(parts.values())))
    zero = np.zeros(size, np.int64)
    hour = _numbers(parts["H"]) if "H" in parts else zero
    if "I" in parts:
        hour = _noon(_numbers(parts["I"]), parts.get("p"))
    minute = _numbers(parts["M"]) if "M" in parts else zero
    second = _numbers(parts["S"]) if "S" in parts else zero
    valid = (hour >= 0) & (hour < 24) & (minute < 60) & (second < 60)
    return hour * 3600 + minute * 60 + second, valid


def _noon(hour: Seconds, half: Strings | None) -> Seconds:
    if half is None:
        return hour
    after = _flags(pc.fill_null(pc.match_substring_regex(half, "^[Pp]"), False))
    right = (hour >= 1) & (hour <= 12)
    return np.where(right, hour % 12 + 12 * after, -1)


def _offset(parts: dict[str, Strings], size: int) -> tuple[Seconds, Flags]:
    if "z" not in parts:
        return np.zeros(size, np.int64), np.zeros(size, np.bool_)
    words, rows = encoded(parts["z"])
    known = each(words, lambda text: str(_offset_seconds(text)))
    return _numbers(known.take(rows), missing=0), _flags(parts["z"].is_valid())


def _offset_seconds(text: str) -> int:
    if text in ("Z", ""):
        return 0
    digits = text[1:].replace(":", "")
    size = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -size if text.startswith("-") else size


def _numbers(texts: Strings, *, missing: int = -1) -> Seconds:
    numbers: Any = pc.fill_null(pc.cast(texts, pa.int64()), missing)
    return cast("Seconds", numbers.to_numpy(zero_copy_only=False))


def _flags(mask: Mask) -> Flags:
    return cast("Flags", mask.to_numpy(zero_copy_only=False))


def iso_dates(days: Seconds, valid: Flags) -> Strings:
    """ISO texts of days since 1970-01-01, null where not valid."""
    if not len(days):
        return strings([])
    texts = np.datetime_as_string(days.astype("datetime64[D]"))
    return cast("Strings", pa.array(texts.astype(object), pa.string(), mask=~valid))


def iso_times(seconds: Seconds, valid: Flags) -> Strings:
    """ISO texts of seconds since 1970-01-01 in UTC, null where not valid."""
    if not len(seconds):
        return strings([])
    texts = np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC")
    return cast("Strings", pa.array(texts.astype(object), pa.string(), mask=~valid))
