"""What a spreadsheet would compute, and what it may have as it is."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_unify.cells import harmless, harmless_text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        pytest.param("=HYPERLINK(1)", "'=HYPERLINK(1)", id="formula"),
        pytest.param("+49 30 123", "+49 30 123", id="phone"),
        pytest.param("-5", "-5", id="amount"),
        pytest.param("-5+cmd|' /C calc'!A0", "'-5+cmd|' /C calc'!A0", id="begins like an amount"),
        pytest.param("@SUM(1)", "'@SUM(1)", id="at sign"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("a=b", "a=b", id="text"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_text_and_a_column_are_treated_alike(text: str, made: str) -> None:
    """One rule for every file that people open."""
    assert harmless_text(text) == made
    assert harmless(pa.chunked_array([[text, None]])).to_pylist() == [made, None]
