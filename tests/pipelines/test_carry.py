"""What becomes of records that a snapshot does not make any more."""

import json

import pyarrow as pa
import pytest

from crm_unify.records import ROW_FATES, arrow_schema
from pipelines.carry import carry_over, claims_of


def fates(**placed: str) -> pa.Table:
    """Fates of rows of the map ``people`` by key."""
    rows = [{"map": "people", "row_id": key, "key": key, "fate": fate} for key, fate in placed.items()]
    return pa.table([pa.array([r.get(f.name) for r in rows], f.type) for f in ROW_FATES], schema=ROW_FATES)


def known(*keys: str, state: str = "active") -> pa.Table:
    """Known records of the map ``people``."""
    return pa.table(
        {
            "record_id": [f"s.people:{k}#person" for k in keys],
            "map": ["people"] * len(keys),
            "key": list(keys),
            "state": [state] * len(keys),
        }
    )


@pytest.mark.parametrize(
    ("fate", "policy", "state"),
    [
        pytest.param("quarantined", "mark_inactive", "stale", id="its row turned bad"),
        pytest.param("held", "mark_inactive", "stale", id="its row waits for a parent"),
        pytest.param(None, "mark_inactive", "inactive", id="its row vanished"),
        pytest.param(None, "ignore", "active", id="its row vanished and the map ignores that"),
        pytest.param("mapped", "mark_inactive", "inactive", id="its row makes another record now"),
        pytest.param("discarded", "mark_inactive", "inactive", id="a rule discards its row"),
        pytest.param("discarded", "ignore", "inactive", id="a rule discards its row, which has not vanished"),
    ],
)
def test_state_of_a_known_record(fate: str | None, policy: str, state: str) -> None:
    """Last good claims stay in force while a row is bad; a vanished row follows on_delete."""
    now = fates(**({} if fate is None else {"1": fate}))
    carried = carry_over(known("1"), pa.array([], pa.string()), now, on_delete={"people": policy})
    assert carried.states["state"].to_pylist() == [state]
    assert dict(carried.vanished) == ({"people": 1} if state == "inactive" else {})


def test_a_row_that_is_discarded_beside_one_that_is_mapped_takes_nothing_out_of_force() -> None:
    """Of identical rows one is kept: the other's fate says nothing about the records of their key."""
    both = pa.concat_tables([fates(**{"1": "discarded"}), fates(**{"1": "mapped"})])
    carried = carry_over(known("1"), pa.array([], pa.string()), both, on_delete={"people": "ignore"})
    assert carried.states["state"].to_pylist() == ["active"]


@pytest.mark.parametrize("policy", ["ignore", "mark_inactive"])
@pytest.mark.parametrize("fate", [None, "quarantined", "held", "discarded", "mapped"])
def test_a_record_that_was_inactive_before_stays_so_and_is_no_news(fate: str | None, policy: str) -> None:
    """A bad row brings nothing back into force, and only records that were in force count as vanished."""
    now = fates(**({} if fate is None else {"1": fate}))
    before = known("1", state="inactive")
    carried = carry_over(before, pa.array([], pa.string()), now, on_delete={"people": policy})
    assert (carried.states["state"].to_pylist(), dict(carried.vanished)) == (["inactive"], {})


def test_records_made_now_are_not_carried() -> None:
    """They are in the snapshot."""
    made = known("1")["record_id"].combine_chunks()
    assert carry_over(known("1"), made, fates(), on_delete={}).states.num_rows == 0


def test_claims_come_back_from_json() -> None:
    """Own fields as one row, claims beside them as many, numbers as numbers, missing fields as null."""
    said = {
        "person": {"full_name": "Zoë O'Neil"},
        "contact_point": [
            {"kind": "email", "value_raw": "Z@x.example", "value_norm": "z@x.example"},
            {"kind": "phone", "value_raw": "1", "value_norm": "+1"},
        ],
        "account": [{"system": "s", "account_no": "7", "balance": -5}],
    }
    kept = pa.table({"record_id": ["r"], "kind": ["person"], "claims": [json.dumps(said)]})
    claims = claims_of(kept)
    assert claims["person"]["full_name"].to_pylist() == ["Zoë O'Neil"]
    assert claims["contact_point"]["value_norm"].to_pylist() == ["z@x.example", "+1"]
    assert claims["account"]["balance"].to_pylist() == [-5]
    assert all(claims[kind].schema == arrow_schema(kind) for kind in claims)
