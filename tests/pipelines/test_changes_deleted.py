"""Nobody loses what stands in the CRM to a customer that a person has deleted there."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.schema.crm import customer
from pipelines.changes import without_dead_ends
from pipelines.changes.merges import OWNER_GONE, SURVIVOR_GONE, Settlement
from pipelines.ledger import read_ledger
from tests.pipelines.crm_states import State, add_person, dump, edit, load, sqlite_target


@pytest.fixture
def state() -> State:
    """Three people; Ben has a second record."""
    state = State()
    for key, name in (("1", "Ada"), ("2", "Ben"), ("3", "Cas")):
        add_person(state, key, name)
    add_person(state, "2b", "Benny")
    state.tables["customer"].pop(), state.tables["person"].pop()
    state.xref["shop.persons:2b#person"] = state.xref["shop.persons:2#person"]
    return state


@pytest.fixture
def crm(state: State, tmp_path: Path) -> sa.Engine:
    """A CRM from which a person has deleted Ada."""
    engine = sqlite_target(tmp_path)
    load(state, engine)
    for statement in ("DELETE FROM person WHERE customer_id = :id", "DELETE FROM customer WHERE id = :id"):
        edit(engine, statement, id=of(state, "1"))
    return engine


def of(state: State, key: str) -> str:
    """Customer of the record with this key."""
    return state.xref[f"shop.persons:{key}#person"]


def settled(state: State, crm: sa.Engine) -> tuple[Settlement, dict[str, str]]:
    """What becomes of a state, and the customer of each record by key."""
    desired = state.desired()
    found = without_dead_ends(desired.xref, desired.redirects, read_ledger(crm))
    rows = found.xref.to_pylist()
    return found, {row["record_id"].split(":")[1].split("#")[0]: row["customer_id"] for row in rows}


def test_a_deleted_customer_is_known_as_such(state: State, crm: sa.Engine) -> None:
    """The ledger names customers that were written and have no row now."""
    assert read_ledger(crm).deleted["customer_id"].to_pylist() == [of(state, "1")]


def test_a_single_record_does_not_move_to_a_deleted_customer(state: State, crm: sa.Engine) -> None:
    """One of Ben's two records would go to Ada: it stays Ben's, and is listed by itself."""
    ada, ben = of(state, "1"), of(state, "2")
    state.xref["shop.persons:2b#person"] = ada
    found, owner = settled(state, crm)
    assert (owner["1"], owner["2"], owner["2b"]) == (ada, ben, ben)
    (said,) = found.blocked.to_pylist()
    assert (said["table_name"], said["row_id"], said["reason"]) == (
        "mig_xref",
        "shop.persons:2b#person",
        OWNER_GONE,
    )


def test_a_whole_customer_does_not_move_to_a_deleted_one(state: State, crm: sa.Engine) -> None:
    """Ben with both records stays; the customer is listed once, and no redirect leads to Ada."""
    ada, ben = of(state, "1"), of(state, "2")
    state.xref |= {"shop.persons:2#person": ada, "shop.persons:2b#person": ada}
    state.redirects = {ben: ada}
    found, owner = settled(state, crm)
    assert (owner["2"], owner["2b"], found.kept.to_pylist()) == (ben, ben, [ben])
    assert len(found.redirects) == 0
    assert [(r["row_id"], r["reason"]) for r in found.blocked.to_pylist()] == [(ben, SURVIVOR_GONE)]


def test_a_former_id_leads_on_as_before(state: State, crm: sa.Engine) -> None:
    """Cas was merged into Ben; when both would go to Ada, the former id still leads to Ben."""
    ada, ben, cas = of(state, "1"), of(state, "2"), of(state, "3")
    state.xref["shop.persons:3#person"] = ben
    state.tables["customer"] = [row for row in state.tables["customer"] if row["id"] != cas]
    state.tables["person"] = [row for row in state.tables["person"] if row["customer_id"] != cas]
    state.redirects = {cas: ben}
    load(state, crm)
    state.xref = dict.fromkeys(state.xref, ada)
    state.redirects = {cas: ada, ben: ada}
    found, owner = settled(state, crm)
    assert owner["3"] == ben
    assert found.redirects.to_pylist() == [{"old_id": cas, "new_id": ben}]


def test_what_is_new_or_deleted_itself_may_go(state: State, crm: sa.Engine) -> None:
    """A new record joins the deleted Ada, and stays deleted with her; nothing stands in its way."""
    ada = of(state, "1")
    add_person(state, "4", "Ada A.")
    state.xref["shop.persons:4#person"] = ada
    found, owner = settled(state, crm)
    assert (owner["4"], len(found.blocked)) == (ada, 0)


def test_without_a_deleted_customer_nothing_is_touched(state: State, tmp_path: Path) -> None:
    """Moves between living customers are none of its business."""
    (tmp_path / "other").mkdir()
    engine = sqlite_target(tmp_path / "other")
    load(state, engine)
    state.xref["shop.persons:2b#person"] = of(state, "1")
    found, owner = settled(state, engine)
    assert (owner["2b"], len(found.blocked)) == (of(state, "1"), 0)


def test_a_deleted_customer_whose_rows_vanish_and_return_stays_deleted(state: State, crm: sa.Engine) -> None:
    """That a person deleted Ada is remembered while her sources do not have her."""
    before, ada = dict(state.tables), of(state, "1")
    state.tables |= {
        "customer": [row for row in before["customer"] if row["id"] != ada],
        "person": [row for row in before["person"] if row["customer_id"] != ada],
    }
    state.records[0]["state"] = "deleted"
    load(state, crm)
    assert read_ledger(crm).deleted["customer_id"].to_pylist() == [ada]
    state.tables, state.records[0]["state"] = before, "active"
    load(state, crm)
    with crm.connect() as connection:
        assert connection.execute(sa.select(customer.c.id).where(customer.c.id == ada)).first() is None


def test_the_rows_of_merged_customers_leave_with_their_survivor(tmp_path: Path) -> None:
    """No name stays behind; the redirect does, and the survivor comes back under its id."""
    state, crm = State(), sqlite_target(tmp_path)
    ada, ben = add_person(state, "1", "Ada"), add_person(state, "2", "Ben")
    load(state, crm)
    state.tables["customer"].pop(), state.tables["person"].pop()
    state.xref, state.redirects = dict.fromkeys(state.xref, ada), {ben: ada}
    load(state, crm)
    left = {name: state.tables[name] for name in ("customer", "person")}
    state.tables |= {"customer": [], "person": []}
    state.records = [record | {"state": "deleted"} for record in state.records]
    load(state, crm)
    found = dump(crm)
    assert (found["customer"], found["mig_redirect"][0][:2]) == ([], (ben, ada))
    state.tables |= left
    load(state, crm)
    assert [row[0] for row in dump(crm)["customer"]] == [ada]
