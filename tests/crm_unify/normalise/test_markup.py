"""Notes with mark-up become the text a person reads."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise.markup import html_to_text, rtf_to_text
from crm_unify.normalise.problems import MARKUP_UNREADABLE

FONTS = r"\ansi\ansicpg1252{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}"


@pytest.mark.parametrize(
    ("note", "text"),
    [
        pytest.param(
            "<p>Dear Mr&nbsp;M&uuml;ller,<br>thanks.</p>", "Dear Mr Müller,\nthanks.", id="paragraph"
        ),
        pytest.param("<DIV>one</DIV><DIV>two</DIV>", "one\ntwo", id="divisions in capitals"),
        pytest.param("<ul><li>Call<li>Offer</ul>", "- Call\n- Offer", id="list without end tags"),
        pytest.param("<table><tr><td>A</td><td>1</td></tr><tr><td>B</td></tr></table>", "A 1\nB", id="table"),
        pytest.param("<style>p {}</style><p>seen</p><script>x()</script>", "seen", id="what nobody reads"),
        pytest.param("From: Jo <jo@desk.example><br>Hi", "From: Jo <jo@desk.example>\nHi", id="an address"),
        pytest.param('<a href="https://x.example/1">offer</a>', "offer (https://x.example/1)", id="a link"),
        pytest.param("5 < 6 & 7 > 3\n\n  second line", "5 < 6 & 7 > 3\n\n  second line", id="plain text"),
        pytest.param("Fish &amp; Chips", "Fish & Chips", id="entities alone"),
        pytest.param("see ?a=1&copy=2 &lt;", "see ?a=1&copy=2 <", id="an open entity in plain text"),
        pytest.param("<![if !mso]><p>seen</p><![endif]><![ x>", "seen", id="conditions of an office program"),
        pytest.param("<p>a<!-- <b>not</b> --> b<!--> c", "a b c", id="comments"),
        pytest.param("<p>a <!-- b", "a <!-- b", id="comment cut off"),
        pytest.param("<p>cut off <b", "cut off <b", id="cut off"),
        pytest.param("<br>", None, id="nothing to read"),
    ],
)
def test_html_is_read_as_a_browser_shows_it(note: str, text: str | None) -> None:
    """Elements become lines, entities characters; what is no mark-up stays as it is."""
    assert html_to_text(pa.array([note])).value.to_pylist() == [text]


@pytest.mark.parametrize(
    ("note", "text"),
    [
        pytest.param(
            rf"{{\rtf1\ansi\ansicpg1252{FONTS}\f0 M\'fcller\par 2nd\b0}}", "Müller\n2nd", id="code page"
        ),
        pytest.param(
            rf"{{\rtf1\ansi\ansicpg1252{FONTS}\f1 \'cf\'e5\'f2}}", "Пет", id="font of another code page"
        ),
        pytest.param(r"{\rtf1\uc1 \u8364? \u-10179?\u-8704?}", "€ 😀", id="Unicode beyond the first plane"),
        pytest.param(r"{\rtf1 cut off {\b here", "cut off here", id="cut off"),
        pytest.param(r"{\rtf1 a\u0 ?b\'00c\'1bd}", "abcd", id="controls, which no database wants"),
        pytest.param("{as typed} \\ plain", "{as typed} \\ plain", id="plain text"),
        pytest.param(r"{\rtf1}", None, id="nothing to read"),
    ],
)
def test_rich_text_is_read_as_a_word_processor_shows_it(note: str, text: str | None) -> None:
    """Code pages, fonts and Unicode escapes are minded; what is no rich text stays as it is."""
    assert rtf_to_text(pa.array([note])).value.to_pylist() == [text]


def test_rich_text_in_an_unknown_code_page_is_a_problem() -> None:
    """The note is withheld with its reason, and the notes beside it are read."""
    found = rtf_to_text(pa.array([r"{\rtf1{\fonttbl{\f0\fcharset79 x;}}\f0 \'fc}", "fine", None]))
    assert found.value.to_pylist() == [None, "fine", None]
    assert found.problem.to_pylist() == [MARKUP_UNREADABLE, None, None]


def test_a_character_that_cannot_be_is_a_problem() -> None:
    """The number of a character beyond all memory withholds the note and ends no run."""
    assert rtf_to_text(pa.array([r"{\rtf1\u999999999999999 ?}"])).problem.to_pylist() == [MARKUP_UNREADABLE]


@given(st.lists(st.text() | st.text(alphabet="<>/&;![-ab{}\\'ru9 \n"), max_size=5))
def test_any_text_is_read_or_a_problem(notes: list[str]) -> None:
    """No text ends the run, and neither transform touches the number of rows."""
    column = pa.array(notes, pa.string())
    for reads in (html_to_text, rtf_to_text):
        assert len(reads(column).value) == len(reads(column).problem) == len(notes)
