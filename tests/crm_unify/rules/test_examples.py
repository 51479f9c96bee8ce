"""Examples pass when the rows they name were made, and not one more."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from crm_unify.rules.examples import differences
from crm_unify.rules.model import Example

MADE = {
    "person": pa.table({"family_name": ["Keller", "Blum", "Blum"], "gender": [None, "F", None]}),
    "account": pa.table({"balance": [31025], "open": [True]}),
    "address": pa.table({"city": pa.array([], pa.string())}),
}


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        pytest.param(
            {"account": [{"balance": "31025", "open": "true"}]}, [], id="values as YAML writes them"
        ),
        pytest.param({"address": []}, [], id="nothing expected, nothing made"),
        pytest.param(
            {"person": [{"family_name": "Blum"}, {"family_name": "Keller", "gender": None}, {"gender": "F"}]},
            [],
            id="a greedy choice would leave one without a row",
        ),
        pytest.param({"address": [{}]}, ["address: 1 row expected, 0 rows made"], id="too few"),
        pytest.param(
            {"account": []},
            ["account: 0 rows expected, 1 row made: {balance: '31025', open: 'true'}"],
            id="too many",
        ),
        pytest.param(
            {"account": [{"balance": None}]},
            ["account: no row with balance: null: {balance: '31025'}"],
            id="another value",
        ),
        pytest.param(
            {"person": [{"gender": "F"}, {"gender": "F"}, {}]},
            ["person: no row with gender: 'F': {gender: null}, {gender: 'F'}, {gender: null}"],
            id="one row for two",
        ),
    ],
)
def test_what_differs_is_said(expect: dict[str, list[dict[str, Any]]], found: list[str]) -> None:
    """Fields that are not named do not matter; kinds that are not named do not matter."""
    example = Example(name="x", given=[{"A": "1"}], expect=expect)
    assert list(differences(example, MADE)) == found
