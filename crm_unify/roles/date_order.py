"""In which order dates of a column are written, and their ISO text.

The order is inferred from the whole column: a first number above 12 can only be a day. A date that is on no
calendar (31 February) is kept as it is written: to matching it is still evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, either, extract, glue, matches, present
from crm_unify.normalise.dates import PIVOT, dates
from crm_unify.roles.weights import weighed

_TIME: Final = r"(?:[T ]+\d{1,2}:\d{2}.*)?$"
_YEAR_FIRST: Final = (
    r"^(?P<y>1[5-9]\d\d|20\d\d|2100)"
    rf"(?:[-/. ](?P<m>\d{{1,2}})[-/. ](?P<d>\d{{1,2}})|(?P<m2>\d\d)(?P<d2>\d\d)){_TIME}"
)
_YEAR_LAST: Final = rf"^(?P<a>\d{{1,2}}) ?[-/.] ?(?P<b>\d{{1,2}}) ?[-/.] ?(?P<y>\d{{4}}|\d\d){_TIME}"
_GLUED_LAST: Final = r"^(?P<a>\d\d)(?P<b>\d\d)(?P<y>1[89]\d\d|20\d\d)$"
_WORDED: Final = (
    rf"(?i)^(?:\d{{1,2}}(?:st|nd|rd|th|\.)?[ -]?(?:de )?[^\d\s.,/-]{{3,}}\.?,?[ -]?(?:de )?\d{{2,4}}"
    rf"|[^\d\s.,/-]{{3,}}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}){_TIME}"
)
_WORDED_FORMATS: Final = (
    "%d %b %Y", "%d. %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %b %y", "%d%b%Y",
)  # fmt: skip
_YEAR_ALONE: Final = r"^(1[89]\d\d|20\d\d)(?:\.0)?$"
_MONTHS: Final = 12
_CLEAR: Final = 0.02
"""Share of dates that must settle the order; fewer may be slips"""


@dataclass(frozen=True, slots=True)
class DateReading:
    """How dates of a column are written."""

    share: float
    """Values that are dates by the shape, 0 to 1"""
    years: float
    """Values that are a year alone, 0 to 1"""
    order: str
    """ymd, mdy or dmy: how dates with the year last are read, ymd where there are none"""
    reason: str
    """Why, in a sentence"""
    span: tuple[int, int, int]
    """Years below which 5, 50 and 95 of a hundred values lie; 0 where none is a date"""


def read_dates(texts: Strings, weights: npt.NDArray[np.float64], *, country: str | None) -> DateReading:
    """How the dates of a sample are written; `country` decides where the values do not."""
    first, last, worded = _shapes(texts)
    years = matches(texts, _YEAR_ALONE)
    dated = pc.or_(pc.or_(present(first["y"]), present(last["y"])), worded)
    order, reason = _order(last, weights, country)
    if not _any(present(last["y"])):
        order, reason = "ymd", "the year stands first"
    return DateReading(_weighed(dated, weights), _weighed(years, weights), order, reason,
                       _span(pc.coalesce(first["y"], last["y"], either(years, texts, None))))  # fmt: skip


def iso_texts(texts: Strings, order: str) -> Strings:
    """Dates as ISO text, by the order of their parts; null where a value is no date. A year stays a year."""
    first, last, worded = _shapes(texts)
    found = glue(first["y"], _padded(first["m"]), _padded(first["d"]), separator="-")
    found = either(present(first["y"]), found, None)
    day, month = (last["a"], last["b"]) if order != "mdy" else (last["b"], last["a"])
    turned = glue(_full_year(last["y"]), _padded(month), _padded(day), separator="-")
    found = either(present(last["y"]), turned, found)
    year = either(matches(texts, _YEAR_ALONE), pc.utf8_slice_codeunits(texts, 0, 4), None)
    found = either(present(year), year, found)
    if not _any(worded):
        return found
    spelt: Any = dates(texts, formats=_WORDED_FORMATS).value
    return either(present(found), found, spelt)


def _shapes(texts: Strings) -> tuple[dict[str, Strings], dict[str, Strings], Any]:
    """Parts of dates with the year first and last, and which values spell the month."""
    parts = extract(texts, _YEAR_FIRST)
    blank = {
        name: either(pc.fill_null(pc.equal(part, ""), False), None, part) for name, part in parts.items()
    }
    month, day = pc.coalesce(blank["m"], blank["m2"]), pc.coalesce(blank["d"], blank["d2"])
    first = {"y": blank["y"], "m": month, "d": day}
    last = extract(texts, _YEAR_LAST)
    glued = extract(texts, _GLUED_LAST)
    free = pc.and_(present(glued["y"]), pc.invert(present(first["y"])))
    last = {name: either(free, glued[name], last[name]) for name in ("a", "b", "y")}
    return first, last, matches(texts, _WORDED)


def _order(
    last: dict[str, Strings], weights: npt.NDArray[np.float64], country: str | None
) -> tuple[str, str]:
    one, two = _ints(last["a"]), _ints(last["b"])
    day_first = float(weights[(one > _MONTHS) & (two <= _MONTHS)].sum())
    month_first = float(weights[(two > _MONTHS) & (one <= _MONTHS) & (one > 0)].sum())
    if max(day_first, month_first) > 0 and min(day_first, month_first) <= max(day_first, month_first) / 2:
        if month_first > day_first:
            return "mdy", "the second number goes beyond 12"
        return "dmy", "the first number goes beyond 12"
    if country == "US":
        return "mdy", "no date tells day from month, and the file is American"
    return "dmy", "no date tells day from month, and most countries write the day first"


def _span(years: Any) -> tuple[int, int, int]:
    numbers = _ints(_full_year(pc.utf8_slice_codeunits(years, 0, 4)))
    numbers = numbers[numbers > 0]
    if not len(numbers):
        return 0, 0, 0
    low, middle, high = np.percentile(numbers, [5, 50, 95])
    return int(low), int(middle), int(high)


def _full_year(year: Any) -> Strings:
    short = pc.fill_null(pc.equal(pc.utf8_length(year), 2), False)
    nineteen = matches(year, rf"^[{PIVOT // 10}-9]\d$")
    return either(short, glue(either(nineteen, "19", "20"), year), year)


def _padded(number: Any) -> Strings:
    padded: Strings = pc.utf8_lpad(number, 2, "0")
    return padded


def _ints(texts: Any) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.cast(texts, pa.int64()), -1).to_numpy(zero_copy_only=False), np.int64)


def _weighed(mask: Any, weights: npt.NDArray[np.float64]) -> float:
    return weighed(pc.fill_null(mask, False), weights)


def _any(mask: Any) -> bool:
    return bool(pc.any(mask).as_py())
