"""A value from the data is shown as text, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.steward.report.page import LONGEST, advice, count, day, listed, raw, share
from tests.crm_unify.steward.report.reading import read


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("<script>alert(1)</script>", id="a script"),
        pytest.param("\"><img src=x onerror='alert(1)'>", id="an end of an attribute"),
        pytest.param("</style></bdi></td>", id="ends of elements"),
        pytest.param("a & b &lt; c &#60;", id="entities"),
        pytest.param("{{ 7 * 7 }}{% raw %}", id="template code"),
        pytest.param("مرحبا بالعالم", id="Arabic"),
        pytest.param("\u202eevil\u202c", id="reversed by an override"),
        pytest.param("👩‍👩‍👧 Ωμέγα", id="emoji and Greek"),
    ],
)
def test_hostile_values_are_text(value: str) -> None:
    """The only elements are the isolation of the writing direction and a place to break a line."""
    page = read(str(raw(value)))
    assert [element.tag for element in page.elements() if element.tag != "wbr"] == ["bdi"]
    assert "".join(page.texts()) == value


@given(st.text(max_size=40))
def test_any_text_comes_back_as_it_was(value: str) -> None:
    """Text without control characters survives escaping unchanged."""
    shown = "".join(read(str(raw(value))).texts())
    if value.strip() and value.isprintable():
        assert shown == value


def test_a_long_value_is_cut_and_its_length_told() -> None:
    """Ten thousand characters do not fill the page."""
    shown = read(str(raw("x" * 10_240))).text
    assert shown == "x" * LONGEST + " … 10,240 characters"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(None, "nothing", id="no value"),
        pytest.param("", "an empty text", id="empty"),
        pytest.param(" \t ", "3 blank characters", id="blank"),
        pytest.param("a\x00b\x07", "a␀b␇", id="control characters"),
        pytest.param("a\r\nb", "a ⏎ b", id="a line break"),
        pytest.param("a\x85b", "a\ufffdb", id="a control character without a picture"),
    ],
)
def test_what_cannot_be_seen_is_said(value: str | None, shown: str) -> None:
    """Empty, blank and unprintable values are told apart."""
    assert read(str(raw(value))).text == shown


@pytest.mark.parametrize(
    ("part", "said"),
    [
        pytest.param(1.0, "100.0\xa0%", id="all"),
        pytest.param(0.99999, "over 99.9\xa0%", id="almost all"),
        pytest.param(0.9876, "98.8\xa0%", id="rounded"),
        pytest.param(0.0, "0.0\xa0%", id="none"),
    ],
)
def test_what_is_not_all_is_not_called_all(part: float, said: str) -> None:
    """A share below one is never rounded up to 100 %."""
    assert share(part) == said


def test_words_for_numbers_dates_and_lists() -> None:
    """One is singular, thousands are separated, a date is written out, code is set as code."""
    assert (count(1, "row"), count(21_838, "row"), count(0, "row")) == ("1 row", "21,838 rows", "0 rows")
    assert day("2026-03-05") == "5 March 2026"
    assert [listed(names) for names in ((), ("a",), ("a", "b", "c"))] == ["", "a", "a, b and c"]
    assert str(advice("say `a<b`, then run")) == "say <code>a&lt;b</code>, then run"
