"""Dates and times: declared formats, spreadsheet serial numbers, zero dates; ISO text comes out.

A value that fits two declared formats with different results is ambiguous, unless only one of the results
lies between 1800 and 2200.  ISO dates are read even where no format declares them, so a normalised
column stays as it is.  Zero dates (00000000, 0000-00-00, 0) are missing, not wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from crm_unify.normalise.columns import (
    Column,
    Strings,
    among,
    both,
    either,
    matches,
    negate,
    present,
    replace_where_found,
    some,
)
from crm_unify.normalise.date_formats import (
    DAY,
    Flags,
    Reading,
    Seconds,
    has_time,
    iso_dates,
    iso_times,
    read,
)
from crm_unify.normalise.interface import Normalised, distinct
from crm_unify.normalise.problems import DATE_AMBIGUOUS, DATE_UNPARSED, TIME_AMBIGUOUS, TIME_UNPARSED
from crm_unify.normalise.text import squeezed

Serial: TypeAlias = Literal["1900", "1904"]

PIVOT: Final = 30
"""Two-digit years from 30 on are 19xx and below 20xx: the line Excel draws"""

_ISO_DATES: Final = ("%Y-%m-%d",)
_ISO_TIMES: Final = tuple(
    f"%Y-%m-%d{between}%H:%M:%S{fraction}{zone}"
    for between in ("T", " ")
    for fraction in ("", ".%f")
    for zone in ("", "%z")
)
_ZERO: Final = "^[0 ./:TZ-]*0[0 ./:TZ-]*$"
_MIDNIGHT: Final = r"[ T]00:00(?::00(?:\.0+)?)?Z?$"
_SERIAL: Final = r"^[1-9][0-9]{0,6}(?:\.[0-9]+)?$"
# A lone 1980 in a column of dates is a year somebody knew, not the second of June 1905.
_YEAR: Final = "^(?:1[89]|2[01])[0-9]{2}(?:\\.0+)?$"
_FIRST_PLAUSIBLE: Final = int(np.datetime64("1800-01-01").astype(int)) * DAY
_LAST_PLAUSIBLE: Final = int(np.datetime64("2200-01-01").astype(int)) * DAY
# Day zero of the two calendars of Excel; the older one has a 29 February 1900 (serial 60).
_EPOCHS: Final = {
    "1900": int(np.datetime64("1899-12-30").astype(int)),
    "1904": int(np.datetime64("1904-01-01").astype(int)),
}
_LAST_SERIAL: Final = 2_958_465
_NO_SUCH_DAY: Final = 60


def dates(
    raw: Column,
    *,
    formats: Sequence[str],
    sentinels: Sequence[str] = (),
    serial: Serial | None = None,
    pivot: int = PIVOT,
) -> Normalised:
    """Dates as ISO text; `sentinels` (ISO dates that stand for nothing) become null.

    `serial` reads numbers as days of Excel's 1900 or 1904 calendar.  Raises ValueError for a format that
    is not understood.
    """
    bare = "" if any(map(has_time, formats)) else _MIDNIGHT

    def kernel(values: Strings) -> Normalised:
        tidy = squeezed(values)
        wanted = replace_where_found(tidy, bare, "") if bare else tidy
        chosen, ambiguous = _chosen(wanted, formats, _ISO_DATES, serial=serial, pivot=pivot)
        text = iso_dates(chosen.seconds // DAY, chosen.valid & ~ambiguous)
        found = both(present(text), negate(among(text, sentinels)))
        problem = _problem(tidy, text, ambiguous, codes=(DATE_AMBIGUOUS, DATE_UNPARSED))
        return Normalised(either(found, text, None), problem)

    return distinct(raw, kernel)


def times(
    raw: Column, *, formats: Sequence[str], timezone: str, serial: Serial | None = None, pivot: int = PIVOT
) -> Normalised:
    """Times as ISO text in UTC, to the second; a value without offset is local time of the IANA zone.

    An hour that comes twice in autumn is the first of the two; one left out in spring is read by the
    clock before the change.  Raises ValueError for a format, ZoneInfoNotFoundError for a zone not known.
    """
    zone = ZoneInfo(timezone)

    def kernel(values: Strings) -> Normalised:
        tidy = squeezed(values)
        chosen, ambiguous = _chosen(tidy, formats, _ISO_TIMES, serial=serial, pivot=pivot)
        known = chosen.valid & ~ambiguous
        offset = np.where(chosen.stated, chosen.offset, _offsets(chosen.seconds, zone))
        text = iso_times(chosen.seconds - offset, known)
        problem = _problem(tidy, text, ambiguous, codes=(TIME_AMBIGUOUS, TIME_UNPARSED))
        return Normalised(text, problem)

    return distinct(raw, kernel)


def _problem(tidy: Strings, text: Strings, ambiguous: Flags, *, codes: tuple[str, str]) -> Strings:
    fine = some(present(text), negate(present(tidy)), matches(tidy, _ZERO))
    return either(fine, None, either(pa.array(ambiguous), *codes))


def _chosen(
    values: Strings, formats: Sequence[str], fallback: Sequence[str], *, serial: Serial | None, pivot: int
) -> tuple[Reading, Flags]:
    """The one reading of each value, and where there is more than one."""
    readings = [read(values, fmt, pivot=pivot) for fmt in dict.fromkeys(formats)]
    if serial is not None:
        readings.append(_serial_days(values, serial))
    chosen, ambiguous = _agreed(readings, len(values))
    for fmt in fallback:
        chosen = _first(chosen, read(values, fmt, pivot=pivot))
    return chosen, ambiguous


def _agreed(readings: list[Reading], size: int) -> tuple[Reading, Flags]:
    nothing = np.zeros(size, np.int64)
    chosen = Reading(nothing, nothing, nothing > 0, nothing > 0)
    ambiguous = nothing > 0
    plausible = [reading.valid & _plausible(reading.seconds) for reading in readings]
    settled: Any = np.logical_or.reduce(plausible) if plausible else ambiguous
    for reading, likely in zip(readings, plausible, strict=True):
        counts = reading.valid & (likely | ~settled)
        reading = Reading(reading.seconds, reading.offset, reading.stated, counts)
        differs = (reading.seconds != chosen.seconds) | (reading.offset != chosen.offset)
        ambiguous = ambiguous | (counts & chosen.valid & differs)
        chosen = _first(chosen, reading)
    return chosen, ambiguous


def _plausible(seconds: Seconds) -> Flags:
    return cast("Flags", (seconds >= _FIRST_PLAUSIBLE) & (seconds < _LAST_PLAUSIBLE))


def _first(one: Reading, other: Reading) -> Reading:
    """The first reading where it is valid, else the other."""
    return Reading(
        seconds=np.where(one.valid, one.seconds, other.seconds),
        offset=np.where(one.valid, one.offset, other.offset),
        stated=np.where(one.valid, one.stated, other.stated),
        valid=one.valid | other.valid,
    )


def _serial_days(values: Strings, serial: Serial) -> Reading:
    numeric = both(matches(values, _SERIAL), negate(matches(values, _YEAR)))
    texts = either(numeric, values, None).to_pylist()
    number = np.array([0.0 if text is None else float(text) for text in texts])
    day = np.floor(number).astype(np.int64)
    early = (day < _NO_SUCH_DAY) & (serial == "1900")
    seconds = (day + _EPOCHS[serial] + early) * DAY + np.rint((number - day) * DAY).astype(np.int64)
    valid = (day >= 1) & (day <= _LAST_SERIAL) & ~((day == _NO_SUCH_DAY) & (serial == "1900"))
    nothing = np.zeros(len(day), np.int64)
    return Reading(np.where(valid, seconds, 0), nothing, nothing > 0, valid)


def _offsets(local: Seconds, zone: ZoneInfo) -> Seconds:
    """Seconds east of UTC for local times.  Clocks change rarely, so one look an hour does for most."""
    hours, rows = np.unique(local // 3600, return_inverse=True)
    begin = np.array([_offset_at(int(hour) * 3600, zone) for hour in hours], np.int64)
    end = np.array([_offset_at(int(hour) * 3600 + 3599, zone) for hour in hours], np.int64)
    offsets = begin[rows]
    for row in np.flatnonzero((begin != end)[rows]):
        offsets[row] = _offset_at(int(local[row]), zone)
    return cast("Seconds", offsets)


def _offset_at(local: int, zone: ZoneInfo) -> int:
    moment = (datetime(1970, 1, 1) + timedelta(seconds=local)).replace(tzinfo=zone)
    offset = moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
