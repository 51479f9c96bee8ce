"""Ids stay: through new records, merges, splits and their return."""

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.ids import crm_id, crm_ids
from matching import identity
from matching.identity import Customers, assign, founding_order


def assigned(
    clusters: dict[str, str], issued: list[str] | None = None, run: dict[str, int] | None = None
) -> Customers:
    """Customers for ``record id -> cluster``; a record's founding key is the run it was loaded in."""
    members = pa.table({"record_id": list(clusters), "cluster": list(clusters.values())})
    keys = [f"{(run or {}).get(r, 1):08d}|9999|0000" for r in clusters]
    founding = pa.table({"record_id": list(clusters), "founding": keys})
    return assign(members, founding, issued=pa.array(issued or [], pa.string()))


def ids(customers: Customers) -> dict[str, str]:
    """Customer id of each record."""
    return dict(zip(*customers.xref.to_pydict().values(), strict=True))


def redirects(customers: Customers) -> dict[str, str]:
    """Where each former id leads."""
    return dict(zip(*customers.redirects.to_pydict().values(), strict=True))


def test_a_customer_is_named_after_its_founding_record() -> None:
    """The least record of the first run gives the id."""
    assert set(ids(assigned({"b:2": "x", "a:1": "x"})).values()) == {crm_id("C", "a:1")}


def test_a_later_record_never_renames_a_customer() -> None:
    """A record that sorts first but was loaded later joins under the old id."""
    both = assigned({"b:2": "x", "a:1": "x"}, issued=[crm_id("C", "b:2")], run={"b:2": 1, "a:1": 2})
    assert set(ids(both).values()) == {crm_id("C", "b:2")}
    assert both.redirects.num_rows == 0


def test_on_a_merge_the_older_founder_survives_and_the_other_id_redirects() -> None:
    """Both ids answer after the merge."""
    old, young = crm_id("C", "b:2"), crm_id("C", "a:1")
    merged = assigned({"b:2": "x", "a:1": "x"}, issued=[old, young], run={"b:2": 1, "a:1": 2})
    assert redirects(merged) == {young: old}


def test_a_split_gives_the_other_part_its_former_id_back() -> None:
    """After merge and split both records have the ids they began with and nothing redirects."""
    before = assigned({"a:1": "a", "b:2": "b"})
    issued = list(ids(before).values())
    merged = assigned({"a:1": "x", "b:2": "x"}, issued=issued)
    again = assigned({"a:1": "a", "b:2": "b"}, issued=issued)
    assert len(set(ids(merged).values())) == 1
    assert (ids(again), redirects(again)) == (ids(before), {})


@given(st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=6))
def test_every_id_ever_issued_answers(history: list[list[int]]) -> None:
    """Through any history an issued id is live or leads to the customer of its founding record."""
    records = [f"s:{i}" for i in range(6)]
    issued: set[str] = set()
    for step in history:
        customers = assigned({r: str(c) for r, c in zip(records, step, strict=True)}, issued=sorted(issued))
        of_record, led = ids(customers), redirects(customers)
        issued |= set(of_record.values())
        for founder in records:
            named = crm_id("C", founder)
            assert named not in issued or led.get(named, named) == of_record[founder]


def test_a_clash_gets_an_ordinal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two founding records whose hashes agree still get two ids."""
    monkeypatch.setattr(
        identity, "crm_ids", lambda prefix, column: pa.array([f"{prefix}-SAME"] * len(column))
    )
    assert sorted(ids(assigned({"a:1": "a", "b:2": "b"})).values()) == ["C-SAME", "C-SAME-2"]


def test_founding_order_is_run_then_creation_then_trust() -> None:
    """An undated record of an untrusted system founds last."""
    records = pa.table({"system": ["x", "crm", "x"], "created": ["2001-01-01", None, None]})
    keys = founding_order(records, run=3, trust=["crm"]).to_pylist()
    assert keys == sorted(keys)
    assert keys[0].startswith("00000003|2001-01-01|")


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_the_column_form_of_a_key_equals_the_single_form(rows: list[tuple[str, str]]) -> None:
    """crm_ids over columns gives what crm_id gives row by row."""
    first, second = pa.array([r[0] for r in rows], pa.string()), pa.array([r[1] for r in rows], pa.string())
    assert crm_ids("C", first, second).to_pylist() == [crm_id("C", a, b) for a, b in rows]


def test_keys_are_base32_of_sha_256() -> None:
    """The key can be recomputed by anybody from the founding record id."""
    assert len(crm_id("C", "a:1")) == len("C-") + 13
    assert hashlib.sha256(b"a:1").digest()[0] >> 3 == "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(
        crm_id("C", "a:1")[2]
    )
