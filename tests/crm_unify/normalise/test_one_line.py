"""Addresses in one line are taken apart where their shape is known, and stay whole where it is not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise.one_line import one_line

CASES = {
    "American": (
        "9881 Freedom Way, Chicago, IL 60601, USA",
        ("9881 Freedom Way", "60601", "Chicago", "IL", "US"),
    ),
    "British": ("12 High St, Leeds LS1 4DY", ("12 High St", "LS1 4DY", "Leeds", None, None)),
    "German": (
        "Hauptstr. 5, 10115 Berlin, Deutschland",
        ("Hauptstr. 5", "10115", "Berlin", None, "DE"),
    ),
    "Dutch": ("Damrak 1, 1012 LG Amsterdam", ("Damrak 1", "1012 LG", "Amsterdam", None, None)),
    "Polish": ("ul. Polna 3/4, 00-950 Warszawa", ("ul. Polna 3/4", "00-950", "Warszawa", None, None)),
    "Canadian": ("55 King St, Toronto, ON M5H 2N2", ("55 King St", "M5H 2N2", "Toronto", "ON", None)),
    "without postcode": ("329 Oak Street, Las Vegas, NV", ("329 Oak Street", None, "Las Vegas", "NV", None)),
    "a street alone": ("12 Main St", ("12 Main St", None, None, None, None)),
    "unit in front": ("Apt 4, 12 Main St", ("Apt 4, 12 Main St", None, None, None, None)),
}


@pytest.mark.parametrize(("text", "parts"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_usual_shapes(text: str, parts: tuple[str | None, ...]) -> None:
    """Street, postcode, town, region and country of one line."""
    (found,) = one_line(pa.array([text])).value.to_pylist()
    assert tuple(found.values()) == parts


@given(st.lists(st.none() | st.text(), max_size=5))
def test_no_text_is_lost_altogether(texts: list[str | None]) -> None:
    """What is not blank has a street line, and blank is missing."""
    found = one_line(pa.array(texts, pa.string())).value
    assert all(entry is None or entry["line"] for entry in found.to_pylist())
