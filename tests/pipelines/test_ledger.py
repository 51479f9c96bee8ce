"""The ledger remembers what was loaded, without its long texts."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from pipelines.ledger import read_ledger, read_records
from tests.pipelines.crm_states import MODEL, load, small_state


def test_an_empty_crm_remembers_nothing(any_crm: sa.Engine) -> None:
    """Before the first run every table of the ledger is empty, and there is neither model nor run."""
    ledger = read_ledger(any_crm)
    assert (ledger.next_run, ledger.model, ledger.last_run) == (1, None, None)
    assert [
        len(t) for t in (ledger.records, ledger.xref, ledger.redirects, ledger.profiles, ledger.consents)
    ] == [0] * 5


def test_the_ledger_after_a_load(any_crm: sa.Engine) -> None:
    """Records without their long texts, cross references and profile hashes are there, sorted by key."""
    state = small_state()
    load(state, any_crm)
    ledger = read_ledger(any_crm)
    assert ledger.records["record_id"].to_pylist() == sorted(r["record_id"] for r in state.records)
    assert (
        dict(zip(*(ledger.xref[n].to_pylist() for n in ("record_id", "customer_id")), strict=True))
        == state.xref
    )
    assert ledger.profiles["customer_id"].to_pylist() == sorted(state.xref.values())
    assert ({"raw", "claims"} & set(ledger.records.column_names), ledger.model, ledger.next_run) == (
        set(),
        MODEL,
        2,
    )


def test_whole_records_are_read_when_they_are_needed(any_crm: sa.Engine) -> None:
    """A record that has left its source gives back its raw row and its claims, byte for byte."""
    state = small_state()
    load(state, any_crm)
    asked = pa.array([state.records[1]["record_id"], "nobody"])
    (found,) = read_records(any_crm, asked).to_pylist()
    assert {name: found[name] for name in ("raw", "claims", "founding")} == {
        name: state.records[1][name] for name in ("raw", "claims", "founding")
    }


def test_the_state_moves_with_every_load_that_writes(any_crm: sa.Engine) -> None:
    """Two targets with the same loads are in the same state; a further load leads to another."""
    states = [read_ledger(any_crm).state]
    for city in ("Ulm", "Bern"):
        state = small_state()
        state.tables["address"].append(
            {"id": "AD-1", "customer_id": state.tables["customer"][0]["id"], "city": city}
        )
        load(state, any_crm)
        states.append(read_ledger(any_crm).state)
    assert len(set(states)) == 3
