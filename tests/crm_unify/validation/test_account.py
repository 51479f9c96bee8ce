"""The account of rows balances by identity or the run stops."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import AccountUnbalanced
from crm_unify.records import RECORDS, REJECTIONS, ROW_FATES, Fate
from crm_unify.validation.account import balance, check_records


def table(schema: pa.Schema, *rows: dict[str, Any]) -> pa.Table:
    """Rows of a schema, columns left out are null."""
    return pa.table([pa.array([row.get(f.name) for row in rows], f.type) for f in schema], schema=schema)


def fates(**placed: str) -> pa.Table:
    """Fates of rows of the map ``people``: ``a="mapped"``."""
    return table(ROW_FATES, *({"map": "people", "row_id": row, "fate": fate} for row, fate in placed.items()))


NONE = table(REJECTIONS)


def test_every_place_is_counted() -> None:
    """One line for each map, with the withheld values beside the sum of rows."""
    placed = fates(a="mapped", b="held", c="quarantined", d="discarded", e="mapped")
    rejected = table(
        REJECTIONS, {"map": "people", "severity": "withhold"}, {"map": "people", "severity": "warn"}
    )
    (line,) = balance({"people": pa.array(list("abcde"))}, placed, rejected)
    expected = {
        "extracted": 5,
        "mapped": 2,
        "held": 1,
        "quarantined": 1,
        "discarded": 1,
        "withheld_values": 1,
    }
    assert line.as_json() == expected


def test_one_row_lost_and_another_doubled_does_not_balance() -> None:
    """The sum is right and the account is not."""
    placed = pa.concat_tables([fates(a="mapped"), fates(a="mapped")])
    with pytest.raises(AccountUnbalanced, match="rows lost"):
        balance({"people": pa.array(["a", "b"])}, placed, NONE)


@given(st.lists(st.sampled_from("abcd"), max_size=6), st.lists(st.sampled_from("abcd"), max_size=6))
def test_it_balances_only_when_the_rows_are_the_same_once_each(
    extracted: list[str], placed: list[str]
) -> None:
    """Any row lost, doubled or invented is refused."""
    rows = [{"map": "people", "row_id": row, "fate": Fate.MAPPED} for row in placed]
    same = sorted(extracted) == sorted(placed) and len(set(placed)) == len(placed)
    try:
        balance({"people": pa.array(extracted, pa.string())}, table(ROW_FATES, *rows), NONE)
    except AccountUnbalanced:
        assert not same
    else:
        assert same


@pytest.mark.parametrize(
    ("records", "xref", "complaint"),
    [
        pytest.param([], [], "mapped rows without a record", id="no record"),
        pytest.param(["r"], [], "records in no customer", id="no customer"),
        pytest.param(["r"], ["r", "r"], "records in two customers", id="two customers"),
        pytest.param(["r", "r"], ["r"], "records with the same id", id="one id twice"),
    ],
)
def test_a_record_is_in_exactly_one_customer(records: list[str], xref: list[str], complaint: str) -> None:
    """A record that is missing or doubled on the way to its customer stops the run."""
    made = table(
        RECORDS, *({"map": "people", "row_id": "a", "kind": "person", "record_id": r} for r in records)
    )
    assigned = pa.table(
        {"record_id": pa.array(xref, pa.string()), "customer_id": pa.array(["C"] * len(xref))}
    )
    with pytest.raises(AccountUnbalanced, match=complaint):
        check_records(made, fates(a="mapped"), assigned)
