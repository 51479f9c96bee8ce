"""Which country phones belong to is read from the file, or nothing is assumed."""

from __future__ import annotations

import pytest

from tests.crm_unify.roles.columns import taken_for

STATES = ["NSW", "VIC", "QLD", "WA", "TAS"] * 12
ROWS = len(STATES)


@pytest.mark.parametrize(
    ("columns", "country"),
    [
        pytest.param({"country": ["Deutschland"] * ROWS}, "DE", id="a column names it"),
        pytest.param({"mobile": [f"+48 601 234 {i:03d}" for i in range(ROWS)]}, "PL", id="calling codes"),
        pytest.param({"zip": [f"{10 + i}-{100 + i}" for i in range(ROWS)]}, "PL", id="postcodes"),
        pytest.param({"state": STATES}, "AU", id="regions"),
        pytest.param({"state": ["NC"] * ROWS, "zip": ["27601", "27513"] * 30}, "US", id="one American state"),
        pytest.param({"city": ["Springfield"] * ROWS}, None, id="nothing says it"),
    ],
)
def test_the_country_of_phones(columns: dict[str, list[str | None]], country: str | None) -> None:
    """Countries, calling codes, postcodes and regions say where numbers belong."""
    assert taken_for({**columns, "phone": ["555 1234"] * ROWS}).country == country
