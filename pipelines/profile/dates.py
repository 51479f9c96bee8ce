"""How the dates of a column are written, which day each is, and which are no day at all.

Day and month of `03/04/2001` cannot be told apart by the value alone; the column decides as long as only one
order is proven in it (a first number above 12 is a day). Where both orders occur, or neither is proven, such
values are ambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, extract, matches
from crm_unify.normalise.dates import PIVOT, dates
from pipelines.profile.interface import Way
from pipelines.profile.tally import Counts, Flags

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

AMBIGUOUS: Final = "ambiguous date"
"""Kind of a way whose day and month cannot be told apart"""

SLIPS: Final = 0.02
"""Share of proven dates up to which those of the other order are slips and do not make the rest ambiguous"""

_FIRST: Final = r"^(?P<y>\d{4})(?P<s>[-/.]?)(?P<m>\d{1,2})[-/.]?(?P<d>\d{1,2})$"
_LAST: Final = r"^(?P<a>\d{1,2})(?P<s>[-/.] ?)(?P<b>\d{1,2})[-/.] ?(?P<y>\d{4}|\d{2})$"
_ZERO: Final = r"^0{1,4}[-/. ]*0{1,2}[-/. ]*0{1,4}$"
_EIGHT: Final = r"^\d{8}$"
_NINES: Final = r"^9{4}[-/.]?9{2}[-/.]?9{2}$"
_WORDED: Final = (
    "%d %b %Y", "%d. %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %b %y", "%d. %b %y",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """The dates of a column."""

    days: Days
    """Each different date as datetime64[D]; NaT where it is no day"""
    counts: Counts
    """Its rows"""
    texts: Strings
    """As written"""
    ways: tuple[Way, ...]
    zero: Flags
    """Of the texts: 0000-00-00 and its like, also of all nines"""
    eight: bool
    """Numbers of eight digits are year, month and day"""
    impossible: Flags
    """Of the texts: written like a date, but no day of any calendar"""


def read_dates(dated: pa.Table, *, eight: bool) -> Dates:
    """The dates of a column out of its texts (v, n); `eight`: 8 digits are year, month and day."""
    table = dated if eight else dated.filter(pc.invert(matches(dated["v"].combine_chunks(), _EIGHT)))
    reading = _reading(table)
    reading.year_first()
    reading.year_last()
    reading.in_words()
    nothing = _nothing(reading.texts)
    impossible = np.isnat(reading.days) & ~nothing & ~_doubtful(reading.texts)
    ways = tuple(sorted(reading.ways, key=lambda way: (-way.rows, way.name)))
    return Dates(reading.days, reading.counts, reading.texts, ways, nothing, eight, impossible)


def looks_like_days(dated: pa.Table) -> bool:
    """Whether numbers of eight digits in a column are dates: nine in ten are a day between 1850 and 2100."""
    reading = _reading(dated.filter(matches(dated["v"].combine_chunks(), _EIGHT)))
    reading.year_first()
    first, last = np.datetime64("1850-01-01"), np.datetime64("2100-01-01")
    fine = (reading.days >= first) & (reading.days < last)
    rows = int(reading.counts[fine | _nothing(reading.texts)].sum())
    return bool(fine.any()) and rows >= 0.9 * int(reading.counts.sum())


@dataclass(slots=True, eq=False)
class _Reading:
    """Texts of dates on their way to days."""

    texts: Strings
    counts: Counts
    days: Days
    ways: list[Way]

    def year_first(self) -> None:
        """2001-04-03, 20010403 and their like."""
        parts = extract(self.texts, _FIRST)
        year, month, day = (_ints(parts[name]) for name in "ymd")
        made = _days(year, month, day)
        known = ~np.isnat(made)
        self.days[known] = made[known]
        for mark in ("-", "/", ".", ""):
            self._way(f"yyyy{mark}mm{mark}dd", known & _flags(pc.equal(parts["s"], mark)))

    def year_last(self) -> None:
        """03.04.2001 and its like, in groups of the same marks and length of the year."""
        parts = extract(self.texts, _LAST)
        first, second, year = (_ints(parts[name]) for name in "aby")
        short = _flags(pc.equal(pc.utf8_length(parts["y"]), 2))
        year = np.where(short, year + np.where(year >= PIVOT, 1900, 2000), year)
        by_day, by_month = _days(year, second, first), _days(year, first, second)
        for mark in sorted(set(parts["s"].drop_null().to_pylist())):
            for last, here in (("yyyy", ~short), ("yy", short)):
                here = here & _flags(pc.equal(parts["s"], mark))
                self._settle(here, (f"dd{mark}mm{mark}{last}", by_day), (f"mm{mark}dd{mark}{last}", by_month))

    def in_words(self) -> None:
        """3 April 2001 and its like."""
        worded = _flags(matches(self.texts, r"\pL"))
        at = np.flatnonzero(worded)
        if len(at):
            read = dates(self.texts.take(pa.array(at)), formats=_WORDED).value.to_pylist()
            self.days[at] = np.array(read, "datetime64[D]")
            self._way("month in words", worded & ~np.isnat(self.days))

    def _settle(self, here: Flags, day_first: tuple[str, Days], month_first: tuple[str, Days]) -> None:
        """Give each date of a group its order, or count it as ambiguous."""
        by_day, by_month = day_first[1], month_first[1]
        could_day, could_month = here & ~np.isnat(by_day), here & ~np.isnat(by_month)
        as_day, as_month = could_day & ~could_month, could_month & ~could_day
        proven, other = int(self.counts[as_day].sum()), int(self.counts[as_month].sum())
        both = could_day & could_month
        if max(proven, other) > 0 and min(proven, other) <= SLIPS * max(proven, other):
            as_day, as_month = (as_day | both, as_month) if proven > other else (as_day, as_month | both)
        same = both & (by_day == by_month)
        self.days[same] = by_day[same]
        self.days[as_day], self.days[as_month] = by_day[as_day], by_month[as_month]
        self._way(day_first[0], as_day)
        self._way(month_first[0], as_month)
        self._way(f"{day_first[0]} or {month_first[0]}", both & ~as_day & ~as_month, ambiguous=True)

    def _way(self, name: str, here: Flags, *, ambiguous: bool = False) -> None:
        rows = int(self.counts[here].sum())
        if rows:
            example = str(self.texts[int(np.flatnonzero(here)[0])].as_py())
            known = not ambiguous and name != "month in words"
            self.ways.append(Way(AMBIGUOUS if ambiguous else "date", name, rows, example,
                                 _strptime(name) if known else None))  # fmt: skip


def _reading(table: pa.Table) -> _Reading:
    texts = table["v"].combine_chunks()
    counts = table["n"].to_numpy().astype(np.int64)
    return _Reading(texts, counts, np.full(len(texts), "NaT", "datetime64[D]"), [])


def _nothing(texts: Strings) -> Flags:
    """Zeros or nines throughout, in the form of a date."""
    return _flags(matches(texts, _ZERO)) | _flags(matches(texts, _NINES))


def _strptime(name: str) -> str:
    return name.replace("yyyy", "%Y").replace("yy", "%y").replace("mm", "%m").replace("dd", "%d")


def _doubtful(texts: Strings) -> Flags:
    """Dates that are a day in either order."""
    parts = extract(texts, _LAST)
    first, second = _ints(parts["a"]), _ints(parts["b"])
    flags: Flags = (first >= 1) & (first <= 12) & (second >= 1) & (second <= 12)
    return flags


def _days(year: Ints, month: Ints, day: Ints) -> Days:
    """Days as datetime64; NaT where there is no such day."""
    fine = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    start = (np.where(fine, year, 1970) - 1970) * 12 + np.where(fine, month, 1) - 1
    months = start.astype("datetime64[M]")
    made: Days = months.astype("datetime64[D]") + (np.where(fine, day, 1) - 1)
    fine &= made.astype("datetime64[M]") == months
    made[~fine] = np.datetime64("NaT")
    return made


def _ints(texts: Any) -> Ints:
    digits = pc.if_else(pc.fill_null(pc.equal(texts, ""), False), None, texts)
    return np.asarray(pc.fill_null(pc.cast(digits, pa.int64()), -1).to_numpy(zero_copy_only=False), np.int64)


def _flags(mask: Any) -> Flags:
    flags: Flags = np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), np.bool_)
    return flags
