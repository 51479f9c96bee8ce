"""Money in minor units, numbers as decimals."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.normalise import money
from tests.crm_unify.normalise.cases import column, one, problem


@pytest.mark.parametrize(
    ("raw", "cents"),
    [
        pytest.param("1.234,56", 123456, id="thousands and decimals"),
        pytest.param("1 234 567,89 €", 123456789, id="spaces and sign"),
        pytest.param("1'234,5", 123450, id="Swiss apostrophe"),
        pytest.param("EUR 12", 1200, id="code in front"),
        pytest.param("1.234", 123400, id="thousands only"),
        pytest.param("12,-", 1200, id="dash for no cents"),
        pytest.param("12,30-", -1230, id="trailing minus"),
        pytest.param("(12,30)", -1230, id="brackets"),
        pytest.param("12,30 CR", -1230, id="credit"),
        pytest.param("12,30 DR", 1230, id="debit"),
        pytest.param("12,30 H", -1230, id="Haben"),
        pytest.param("−5", -500, id="minus sign of typography"),
        pytest.param("12,3400", 1234, id="zeros beyond the cents"),
        pytest.param("-0,00", 0, id="minus nothing"),
    ],
)
def test_amounts(raw: str, cents: int) -> None:
    """Habits of bookkeepers are read exactly."""
    assert one(lambda values: money.money(values, decimal=",", currency="EUR"), raw) == cents


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("12,345", "MONEY-PRECISION", id="a tenth of a cent"),
        pytest.param("1,234.56", "MONEY-UNPARSED", id="the other decimal sign"),
        pytest.param("1.23.456,00", "MONEY-UNPARSED", id="groups of two"),
        pytest.param("(-5)", "MONEY-UNPARSED", id="negative twice"),
        pytest.param("(5", "MONEY-UNPARSED", id="one bracket"),
        pytest.param("99999999999999999999", "MONEY-UNPARSED", id="beyond int64"),
        pytest.param("$ 12", "MONEY-CURRENCY", id="dollars among euros"),
        pytest.param("n/a", "MONEY-UNPARSED", id="a word"),
    ],
)
def test_problems(raw: str, code: str) -> None:
    """An amount that cannot be read exactly is withheld, with the reason."""
    assert problem(lambda values: money.money(values, decimal=",", currency="EUR"), raw) == code


def test_the_currency_decides_the_decimals() -> None:
    """Yen have none, dinars have three, an unknown currency is refused."""
    raw, currencies = column("100", "1.5", "1.234", "1"), column("JPY", "JPY", "KWD", "XQX")
    result = money.money(raw, decimal=".", currency=currencies)
    assert result.value.to_pylist() == [100, None, 1234, None]
    assert result.problem.to_pylist() == [None, "MONEY-PRECISION", None, "MONEY-CURRENCY"]


@given(st.integers(-(10**17), 10**17), st.sampled_from([",", "."]))
def test_written_amounts_are_read_back(cents: int, sign: str) -> None:
    """Every amount of cents comes back, grouped or not, under both decimal signs."""
    plain, grouped = f"{Decimal(cents) / 100:.2f}", f"{Decimal(cents) / 100:,.2f}"
    raw = [text if sign == "." else text.translate(str.maketrans(",.", ".,")) for text in (plain, grouped)]
    assert money.money(column(*raw), decimal=sign, currency="EUR").value.to_pylist() == [cents, cents]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6))
def test_decimals_keep_their_value(number: Decimal) -> None:
    """Canonical text has the same value and no needless zero."""
    text = one(lambda values: money.decimals(values, decimal="."), str(number))
    assert Decimal(text) == number
    assert re.fullmatch(r"0|-?(?:[1-9]\d*|0(?=\.))(?:\.\d*[1-9])?", text)


def test_scientific_notation_is_spelt_out() -> None:
    """Spreadsheets and databases write large and small numbers so."""
    assert money.decimals(column("1E3", "1.5e-3"), decimal=".").value.to_pylist() == ["1000", "0.0015"]
