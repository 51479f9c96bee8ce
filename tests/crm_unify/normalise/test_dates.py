"""Dates and times: declared formats, ambiguity, serial numbers, zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise import dates
from crm_unify.normalise.interface import Normalised
from tests.crm_unify.normalise.cases import column, one, problem

FORMATS = ["%Y%m%d", "%d/%m/%Y", "%d.%m.%y", "%d %B %Y", "%d. %B %Y"]


def european(values: Any) -> Normalised:
    """Dates in the formats of one rule file, with Excel's serial numbers."""
    return dates.dates(values, formats=FORMATS, serial="1900", sentinels=["1900-01-01"])


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        pytest.param("20200131", "2020-01-31", id="digits"),
        pytest.param("3/4/2020", "2020-04-03", id="one digit"),
        pytest.param("12. März 1999", "1999-03-12", id="German month"),
        pytest.param("1 Mar 1999", "1999-03-01", id="English month"),
        pytest.param("01.03.29", "2029-03-01", id="below the pivot"),
        pytest.param("01.03.30", "1930-03-01", id="from the pivot on"),
        pytest.param("1980-03-01 00:00:00", "1980-03-01", id="midnight says nothing"),
        pytest.param("43831", "2020-01-01", id="serial number"),
        pytest.param("43831.0", "2020-01-01", id="serial number as decimal"),
        pytest.param("59", "1900-02-28", id="before the day that never was"),
        pytest.param("00000000", None, id="zero date"),
        pytest.param("0000-00-00", None, id="zero date with hyphens"),
        pytest.param("1900-01-01", None, id="sentinel"),
    ],
)
def test_dates(raw: str, iso: str | None) -> None:
    """Declared formats, serial numbers and zero dates; none of them is a problem."""
    assert (one(european, raw), problem(european, raw)) == (iso, None)


@pytest.mark.parametrize("raw", ["31/02/2020", "2020-02-30", "12311999", "1980", "60", "soon", "1/1/20201"])
def test_what_is_no_date(raw: str) -> None:
    """A day that never was, a bare year, a word."""
    assert problem(european, raw) == "DATE-UNPARSED"


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        pytest.param("03/04/2020", (None, "DATE-AMBIGUOUS"), id="two days"),
        pytest.param("04/04/2020", ("2020-04-04", None), id="the same day twice"),
        pytest.param("13/04/2020", ("2020-04-13", None), id="only one is valid"),
    ],
)
def test_two_formats_may_contradict(raw: str, answer: tuple[str | None, str | None]) -> None:
    """A value is ambiguous when both declared formats give a date and the dates differ."""

    def both(values: Any) -> Normalised:
        return dates.dates(values, formats=["%d/%m/%Y", "%m/%d/%Y"])

    assert (one(both, raw), problem(both, raw)) == answer


def test_a_far_century_is_no_rival() -> None:
    """20101112 as day, month, year would be the year 1112."""
    assert one(lambda values: dates.dates(values, formats=["%d%m%Y", "%Y%m%d"]), "20101112") == "2010-11-12"


@given(
    st.dates(date(1000, 1, 1)),
    st.sampled_from(["%Y%m%d", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y", "%j/%Y", "%A, %d %B %Y"]),
)
def test_formats_read_what_strftime_writes(day: date, fmt: str) -> None:
    """Strptime notation means what it means to Python."""
    assert one(lambda values: dates.dates(values, formats=[fmt]), day.strftime(fmt)) == day.isoformat()


@given(st.integers(61, 2_957_003).filter(lambda serial: not 1800 <= serial < 2200))
def test_serial_numbers_count_days(serial: int) -> None:
    """Both calendars of Excel."""
    older = one(lambda values: dates.dates(values, formats=[], serial="1900"), str(serial))
    newer = one(lambda values: dates.dates(values, formats=[], serial="1904"), str(serial))
    assert older == (date(1899, 12, 30) + timedelta(serial)).isoformat()
    assert newer == (date(1904, 1, 1) + timedelta(serial)).isoformat()


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"])


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), ZONES)
def test_local_times_become_utc_as_zoneinfo_has_it(moment: datetime, zone: str) -> None:
    """The zone's clock at that moment, the first of two in autumn."""
    moment = moment.replace(microsecond=0)
    raw = moment.strftime("%d.%m.%Y %H:%M:%S")
    found = one(lambda values: dates.times(values, formats=["%d.%m.%Y %H:%M:%S"], timezone=zone), raw)
    assert found == moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_stated_offset_beats_the_zone() -> None:
    """An ISO time with offset is read as it stands."""
    raw = "2020-01-01T00:00:00.123+02:00"
    found = one(lambda values: dates.times(values, formats=[], timezone="Europe/Berlin"), raw)
    assert found == "2019-12-31T22:00:00Z"


@pytest.mark.parametrize("fmt", ["%Y-%q-%d", "%H:%M", "%d.%m."])
def test_a_format_that_makes_no_date_is_refused(fmt: str) -> None:
    """A bad configuration is an error, before any value is read."""
    with pytest.raises(ValueError, match="date format"):
        dates.dates(column("x"), formats=[fmt])
