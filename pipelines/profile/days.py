"""What is suspicious about the dates of a column, and in which years they fall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from crm_unify.roles.interface import Role
from pipelines.profile.dates import AMBIGUOUS, Dates
from pipelines.profile.interface import Counted, Suspicion
from pipelines.profile.tally import Flags

NO_DATE: Final = (
    "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "2099-12-31", "9999-12-31",
)  # fmt: skip
"""Days with which systems write that there is no date: the first or last they can hold"""
OFTEN_NO_DATE: Final = ("1901-01-01", "1970-01-01", "1980-01-01", "1999-12-31", "2000-01-01")
"""Days that are such a filler when they stand far more often than others"""

_OFTEN_TIMES: Final = 10
_OFTEN_LEAST: Final = 5
_OLDEST: Final = 120
"""Years nobody outlives by much: the oldest person on record reached 122"""
_NEW_YEAR_TIMES: Final = 5
_NEW_YEAR_LEAST: Final = 10
_EXAMPLES: Final = 5


def fillers(dates: Dates) -> Flags:
    """Of the dates: those that stand for none."""
    known = dates.counts[~np.isnat(dates.days)]
    mean = float(known.mean()) if len(known) else 0.0
    often = dates.counts >= max(_OFTEN_LEAST, _OFTEN_TIMES * mean)
    always, sometimes = (np.isin(dates.days, np.array(days, "datetime64[D]"))
                         for days in (NO_DATE, OFTEN_NO_DATE))  # fmt: skip
    flags: Flags = always | (sometimes & often)
    return flags


def years(dates: Dates) -> tuple[tuple[int, int], ...]:
    """(year, rows) of all real days, ascending."""
    real = ~np.isnat(dates.days) & ~fillers(dates)
    years = dates.days[real].astype("datetime64[Y]").astype(np.int64) + 1970
    found, places = np.unique(years, return_inverse=True)
    rows = np.bincount(places, weights=dates.counts[real], minlength=len(found))
    return tuple((int(year), int(count)) for year, count in zip(found, rows, strict=True))


def span(dates: Dates) -> tuple[str | None, str | None]:
    """The first and the last real day, as ISO text."""
    real = dates.days[~np.isnat(dates.days) & ~fillers(dates)]
    return (str(real.min()), str(real.max())) if len(real) else (None, None)


def suspicious_days(dates: Dates, role: Role, as_of: date) -> Iterator[Suspicion]:
    """What is wrong with dates; `as_of` is the day by which they count as future."""
    yield from _some(dates, dates.zero, "DATE-ZERO", "hold zeros or nines throughout")
    yield from _some(dates, dates.impossible, "DATE-IMPOSSIBLE", "look like a date and are no day")
    silent = fillers(dates)
    yield from _some(dates, silent, "DATE-SENTINEL", "hold a day that stands for no date")
    today = np.datetime64(as_of, "D")
    future = (dates.days > today) & ~silent
    birth = role == Role.BIRTH_DATE
    code = "BIRTH-FUTURE" if birth else "DATE-FUTURE"
    yield from _some(dates, future, code, f"lie after {as_of.isoformat()}")
    if birth:
        oldest = np.datetime64(f"{as_of.year - _OLDEST}-01-01")
        yield from _some(dates, (dates.days < oldest) & ~silent, "BIRTH-OLD", f"lie before {oldest}")
        yield from _new_year(dates, silent)
    yield from _written(dates)


def _written(dates: Dates) -> Iterator[Suspicion]:
    """Several ways of writing, and days that have two readings."""
    for way in dates.ways:
        if way.kind == AMBIGUOUS:
            sentence = f"may be {way.name}: day and month cannot be told apart"
            example = Counted(way.example, 1, len(way.example))
            yield Suspicion("DATE-AMBIGUOUS", sentence, way.rows, 0, (example,))
    if len(dates.ways) > 1:
        rest = sum(way.rows for way in dates.ways[1:])
        examples = tuple(Counted(way.example, way.rows, len(way.example)) for way in dates.ways[:_EXAMPLES])
        sentence = f"differ from {dates.ways[0].name}, as most are written"
        yield Suspicion("DATE-MIXED", sentence, rest, len(dates.ways), examples)


def _new_year(dates: Dates, silent: Flags) -> Iterator[Suspicion]:
    """Births on the first of January far more often than on other days."""
    first = np.array([str(day)[-5:] == "01-01" for day in dates.days], np.bool_) & ~silent
    rows, known = int(dates.counts[first].sum()), int(dates.counts[~np.isnat(dates.days)].sum())
    if rows >= max(_NEW_YEAR_LEAST, _NEW_YEAR_TIMES * known / 365):
        yield from _some(dates, first, "JANUARY", "fall on a first of January: only the year was known")


def _some(dates: Dates, flags: Flags, code: str, sentence: str) -> Iterator[Suspicion]:
    """A suspicion of the flagged dates, if there are any."""
    at = np.flatnonzero(flags)
    if not len(at):
        return
    order = at[np.argsort(-dates.counts[at], kind="stable")][:_EXAMPLES]
    texts = dates.texts.take(order).to_pylist()
    rows = dates.counts[order].tolist()
    examples = tuple(Counted(text, count, len(text)) for text, count in zip(texts, rows, strict=True))
    yield Suspicion(code, sentence, int(dates.counts[at].sum()), len(at), examples)
