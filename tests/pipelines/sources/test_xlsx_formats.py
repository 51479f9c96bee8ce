"""Numbers of a workbook as text: what a person sees where the number alone would lose something."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from pipelines.sources.xlsx_formats import PLAIN, NumberKind, number_format, number_text, plain_number


def shown(stored: str, code: str) -> str:
    """A stored number under a format of the workbook's own."""
    return number_text(stored, number_format(164, code))


@pytest.mark.parametrize(
    ("stored", "code", "text"),
    [
        pytest.param("1067", "00000", "01067", id="a postcode"),
        pytest.param("1067", "0", "1067", id="one zero fills nothing"),
        pytest.param("123456", "00000", "123456", id="more digits than zeros"),
        pytest.param("1067.5", "00000", "1067.5", id="not a whole number: as stored"),
        pytest.param("-7", "000", "-007", id="a sign stays in front"),
        pytest.param("123456789", "00000\\-0000", "12345-6789", id="a ZIP+4 code"),
        pytest.param("7", '"K-"00000', "K-00007", id="a prefix"),
        pytest.param("1067", "[$-407]00000", "01067", id="a locale in brackets"),
        pytest.param("1067", "00000;-00000", "01067", id="a section for negative numbers"),
        pytest.param("0.05", "0.00%", "0.05", id="percent only dresses up"),
        pytest.param("1234.5", '#,##0.00 "EUR"', "1234.5", id="so does a currency"),
        pytest.param("36000", "General", "36000", id="a serial number without date format stays one"),
        pytest.param("36000", "dd.mm.yyyy", "1998-07-24", id="a date"),
        pytest.param("36000", '[$-809]d mmmm yyyy;@', "1998-07-24", id="a long date"),
        pytest.param("36000.5", "d/m/yy h:mm", "1998-07-24T12:00:00", id="a date with time"),
        pytest.param("0.25", "h:mm", "06:00:00", id="a time of day"),
        pytest.param("1.5", "[h]:mm", "36:00:00", id="hours that go on after 24"),
        pytest.param("60", "yyyy-mm-dd", "1900-02-29", id="the leap day that never was"),
        pytest.param("1", "yyyy-mm-dd", "1900-01-01", id="the first day"),
        pytest.param("-1", "yyyy-mm-dd", "-1", id="before the calendar"),
        pytest.param("5", '0 "days"', "5", id="letters of a literal are no date"),
        pytest.param("5", "[Red]0", "5", id="nor those of a colour"),
    ],
)
def test_formats_that_change_the_meaning(stored: str, code: str, text: str) -> None:
    """Zero fillers and dates are shown as a person sees them, everything else is the number."""
    assert shown(stored, code) == text


@pytest.mark.parametrize("number", [n for n in BUILTIN_FORMATS if n != 46])
def test_built_in_dates_are_those_of_another_reader(number: int) -> None:
    """Of the built-in formats openpyxl takes the same ones for dates."""
    is_date = number_format(number, None).kind is NumberKind.DATE
    assert is_date == is_date_format(BUILTIN_FORMATS[number])


@given(st.datetimes(datetime(1905, 1, 1), datetime(9999, 12, 31)), st.booleans())
def test_dates_come_back(moment: datetime, from_1904: bool) -> None:
    """A moment written as a serial number is read as itself, to the millisecond, in both calendars."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    epoch = {"epoch": CALENDAR_MAC_1904} if from_1904 else {}
    text = number_text(repr(to_excel(moment, **epoch)), number_format(22, None), from_1904=from_1904)
    assert datetime.fromisoformat(text) == moment


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_plain_numbers_are_exact(value: float) -> None:
    """The text of a number is that number again, and has no exponent."""
    text = plain_number(repr(value))
    assert float(text) == value
    assert "e" not in text.lower()


@given(st.integers(0, 10**15 - 1))
def test_whole_numbers_have_no_decimals(value: int) -> None:
    """An id stored as a number is its digits."""
    assert plain_number(f"{value}.0") == plain_number(str(value)) == str(value)


def test_usual_formats_are_one_value() -> None:
    """All formats that mean nothing are the same object, so a sheet can ask by identity."""
    assert number_format(0, None) is number_format(164, "#,##0") is PLAIN
