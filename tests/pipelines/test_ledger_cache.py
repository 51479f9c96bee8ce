"""The long tables of the ledger in the workspace: worked out after a load, believed until the next."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.progress import Silent
from pipelines.changes.ledger_after import ledger_after
from pipelines.ledger import Ledger, read_ledger
from pipelines.ledger_cache import LONG, keep, kept
from pipelines.load import RunRecord, apply
from tests.pipelines.crm_states import FACTS, NOON, State, add_person, changes_to, edit, load, small_state


def long_of(ledger: Ledger) -> dict[str, pa.Table]:
    """The long tables of a ledger."""
    return {name: getattr(ledger, name) for name in LONG}


def later_state() -> State:
    """One person says something else, an order is gone, somebody new has come."""
    state = State()
    add_person(state, "1", "Ada Miller", email="ada@mueller.example")
    add_person(state, "2", "Ben \"Benny\" O'Neill,\nJr")
    add_person(state, "0", "Cy Cole")
    return state


@pytest.mark.parametrize("then", [small_state, later_state, State], ids=["nothing", "news", "all gone"])
def test_what_a_load_leaves_is_what_its_changes_lead_to(any_crm: sa.Engine, then: type[State]) -> None:
    """Creates, updates and deletes, on each kind of database, in the order in which it gives its rows."""
    for state in (small_state(), then()):
        before, changes = read_ledger(any_crm), changes_to(state, any_crm)
        apply(changes, any_crm, run=RunRecord(FACTS, NOON), progress=Silent())
        after, now = ledger_after(before, changes), long_of(read_ledger(any_crm))
        assert {name: table.to_pylist() for name, table in after.items()} == {
            name: table.to_pylist() for name, table in now.items()
        }
        assert [after[name].schema for name in LONG] == [now[name].schema for name in LONG]


@pytest.fixture
def ledger(crm: sa.Engine, tmp_path: Path) -> Ledger:
    """A ledger whose long tables are kept."""
    load(small_state(), crm)
    found = read_ledger(crm)
    keep(long_of(found), found.state, tmp_path)
    return found


def test_it_is_believed_after_a_decision(ledger: Ledger, crm: sa.Engine, tmp_path: Path) -> None:
    """Decisions, models and corrections change none of these tables."""
    loads, _, *others = ledger.state.split("/")
    with crm.connect() as connection:
        found = kept(tmp_path, "/".join((loads, "7", *others)), connection)
    assert found is not None
    assert {name: table.to_pylist() for name, table in found.items()} == {
        name: table.to_pylist() for name, table in long_of(ledger).items()
    }


def test_a_ledger_out_of_the_workspace_is_the_one_of_the_database(
    ledger: Ledger, crm: sa.Engine, tmp_path: Path
) -> None:
    """And it is the one that was kept: the database is asked for the short tables alone."""
    edit(crm, "UPDATE mig_xref SET customer_id = (SELECT min(customer_id) FROM mig_xref)")
    assert read_ledger(crm, folder=tmp_path).xref.to_pylist() == ledger.xref.to_pylist()
    assert read_ledger(crm, folder=tmp_path / "nowhere").xref.to_pylist() != ledger.xref.to_pylist()


@pytest.mark.parametrize("state", ["other/0//0", "{loads}/0//0/1"], ids=["another load", "an erasure"])
def test_it_is_not_believed_after(ledger: Ledger, crm: sa.Engine, tmp_path: Path, state: str) -> None:
    """What may have written these tables."""
    with crm.connect() as connection:
        assert kept(tmp_path, state.format(loads=ledger.state.partition("/")[0]), connection) is None


def test_rows_that_somebody_took_away_are_missed(ledger: Ledger, crm: sa.Engine, tmp_path: Path) -> None:
    """As many rows as the database has, or it is read."""
    edit(crm, "DELETE FROM mig_profile")
    with crm.connect() as connection:
        assert kept(tmp_path, ledger.state, connection) is None


def test_where_there_is_no_room_nothing_is_kept(
    ledger: Ledger, crm: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a table is none."""

    def full(path: str, mode: str) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.ledger_cache.pa.OSFile", full)
    with pytest.raises(OSError, match="No space"):
        keep(long_of(ledger), ledger.state, tmp_path)
    assert list(tmp_path.glob("ledger_*")) == []
