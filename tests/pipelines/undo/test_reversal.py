"""The way back, and what people did since that stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm_unify.progress import Silent
from crm_unify.schema.bookkeeping import mig_change, mig_undo
from pipelines.ledger import ledger_of, read_ledger
from pipelines.load import RunRecord, apply
from pipelines.undo.interface import Reversal
from pipelines.undo.reversal import Target, reversal
from tests.pipelines.crm_states import (
    FACTS,
    NOON,
    State,
    add_order,
    add_person,
    dump,
    edit,
    load,
    new_target,
    small_state,
)

TARGETS = (
    pytest.param("sqlite", id="SQLite"),
    pytest.param("postgres_crm_url", id="PostgreSQL", marks=pytest.mark.postgres),
)
Dump = dict[str, list[tuple[Any, ...]]]


def in_mariadb(test: Any) -> Any:
    """Try a test on MariaDB as well; what is asked there takes twice as long, so few tests are worth it."""
    again = pytest.param("mariadb_crm_url", id="MariaDB", marks=pytest.mark.mariadb)
    return pytest.mark.parametrize("engine", [*TARGETS, again], indirect=True)(test)


@pytest.fixture(params=TARGETS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    """A CRM with two people, one of them with an order."""
    on_a_server = request.param != "sqlite"
    url = request.getfixturevalue(request.param) if on_a_server else f"sqlite:///{tmp_path / 'crm.db'}"
    engine = new_target(url)
    load(small_state(), engine)
    return engine


def planned(engine: sa.Engine, target: Target) -> Reversal:
    """The way back from a run."""
    with engine.connect() as connection:
        return reversal(target, ledger_of(connection), connection, facts=FACTS, model_id="model-1")


def undo(engine: sa.Engine, run: int, undoes: int | None = None) -> Reversal:
    """Take a run back, as `crm-unify undo` does but for decisions and marks."""
    way = planned(engine, Target(run, undoes))
    apply(way.changes, engine, run=RunRecord(FACTS, NOON, along=lambda *_: None), progress=Silent())
    return way


def state(engine: sa.Engine) -> Dump:
    """Every table but those that tell of every run."""
    return {name: rows for name, rows in dump(engine).items() if name != mig_undo.name}


def differing(one: Dump, other: Dump) -> set[str]:
    """Tables that differ."""
    return {name for name in one if one[name] != other[name]}


def left(way: Reversal) -> set[tuple[str, str, str | None]]:
    """Table, op and field of what is kept."""
    return {(row["table_name"], row["op"], row["field"]) for row in way.kept.to_pylist()}


def grown() -> tuple[State, str]:
    """A third person with an address and an order, another name and another total; the new customer."""
    state = small_state()
    customer = add_person(state, "3", "Cleo", email="cleo@post.example")
    add_order(state, "A-3", "3", total=500)
    state.row("person", state.tables["person"][0]["customer_id"])["full_name"] = "Ada Moss"
    state.change_order("A-1", total=2000)
    state.new_model("model-2")
    return state, customer


def shrunk() -> State:
    """Ada's address and her order are gone, and Ben is."""
    state = small_state()
    ben = state.tables["person"][1]["customer_id"]
    for name in ("contact_point", "sales_order"):
        state.tables[name] = []
    state.records = [record for record in state.records if record["key"] == "1"]
    state.tables["customer"] = [row for row in state.tables["customer"] if row["id"] != ben]
    state.tables["person"] = [row for row in state.tables["person"] if row["customer_id"] != ben]
    state.xref = {record: customer for record, customer in state.xref.items() if customer != ben}
    return state


@in_mariadb
@pytest.mark.parametrize("after", [lambda: grown()[0], shrunk], ids=["rows came", "rows went"])
def test_what_nobody_touched_is_as_it_was(engine: sa.Engine, after: Any) -> None:
    """Every table, stamps included; and so it is after the undo of the undo."""
    before = state(engine)
    load(after(), engine)
    later = state(engine)
    assert differing(before, later) >= {"person", "sales_order", "mig_profile", "mig_source_record"}
    way = undo(engine, 2)
    assert (len(way.kept), len(way.failed), differing(before, state(engine))) == (0, 0, set())
    assert (len(undo(engine, 3, undoes=2).kept), differing(later, state(engine))) == (0, set())


def test_a_created_row_that_a_person_edited_stays(engine: sa.Engine) -> None:
    """And so does the customer it hangs on, remembered as written: the next load makes neither twice."""
    new, customer = grown()
    load(new, engine)
    edit(engine, "UPDATE contact_point SET label = 'work' WHERE value_norm = 'cleo@post.example'")
    assert left(undo(engine, 2)) == {("contact_point", "delete", "label"), ("customer", "delete", None)}
    names = [row[2] for row in state(engine)["customer"]]
    assert sorted(names) == ["Ada Müller", 'Ben "Benny" O\'Neill,\nJr', "Cleo"]
    load(new, engine)
    points = {row[4]: row[5] for row in state(engine)["contact_point"]}
    assert points["cleo@post.example"] == "work"
    assert customer in {row[0] for row in state(engine)["person"]}


def test_an_edited_order_of_a_customer_that_goes_stays_with_it(engine: sa.Engine) -> None:
    """The record of the order is remembered, so that the next load does not make it a second time."""
    new, _ = grown()
    load(new, engine)
    edit(engine, "UPDATE sales_order SET status = 'paid' WHERE order_no = 'A-3'")
    assert left(undo(engine, 2)) == {("sales_order", "delete", "status"), ("customer", "delete", None)}
    load(new, engine)
    orders = {row[3]: row[5] for row in state(engine)["sales_order"]}
    assert orders == {"A-1": None, "A-3": "paid"}


def test_what_a_person_deleted_stays_deleted(engine: sa.Engine) -> None:
    """A row the run created, and one it changed: neither comes back with the undo, nor with the next load."""
    new, customer = grown()
    load(new, engine)
    edit(engine, "DELETE FROM contact_point WHERE customer_id = :id", id=customer)
    edit(engine, "DELETE FROM sales_order")
    way = undo(engine, 2)
    assert left(way) == {("contact_point", "delete", None), ("sales_order", "delete", None)} | {
        ("sales_order", "update", None)
    }
    assert state(engine)["sales_order"] == []
    load(new, engine)
    assert state(engine)["sales_order"] == []


def test_rows_that_a_person_hung_on_a_new_customer_keep_it(engine: sa.Engine) -> None:
    """The customer stays, its details go; nothing of the person's is lost."""
    new, customer = grown()
    load(new, engine)
    insert = (
        "INSERT INTO contact_point (id, customer_id, kind, value_norm) VALUES ('mine', :id, 'phone', '1')"
    )
    edit(engine, insert, id=customer)
    assert left(undo(engine, 2)) == {("customer", "delete", None)}
    assert "mine" in {row[0] for row in state(engine)["contact_point"]}


def test_a_row_that_lost_its_customer_is_not_put_back(engine: sa.Engine) -> None:
    """The run deleted Ada's address, then a person deleted Ada: the address is listed as not restored."""
    load(shrunk(), engine)
    ada = small_state().tables["person"][0]["customer_id"]
    edit(engine, "DELETE FROM person WHERE customer_id = :id", id=ada)
    edit(engine, "DELETE FROM customer WHERE id = :id", id=ada)
    way = undo(engine, 2)
    assert {row["table_name"] for row in way.failed.to_pylist()} == {"contact_point", "sales_order"}
    assert ada not in {row[0] for row in state(engine)["customer"]}
    assert len(state(engine)["person"]) == 1


def test_an_edit_while_the_undo_is_under_way_stops_it(engine: sa.Engine) -> None:
    """What was computed no longer fits: nothing is written."""
    from crm_unify.errors import GuardStopped

    load(grown()[0], engine)
    way = planned(engine, Target(2, None))
    edit(engine, "UPDATE person SET full_name = 'Ada the Great' WHERE full_name = 'Ada Moss'")
    before = state(engine)
    with pytest.raises(GuardStopped, match="somebody has edited this row"):
        apply(way.changes, engine, run=RunRecord(FACTS, NOON, along=lambda *_: None), progress=Silent())
    assert differing(before, state(engine)) == set()


def test_a_model_that_was_trained_since_waits_alone(engine: sa.Engine) -> None:
    """The former model is in force again; of two that could wait, the newer does."""
    load(grown()[0], engine)
    insert = "INSERT INTO mig_model (id, model, in_force, proposed) VALUES ('model-3', '{}', :no, :yes)"
    edit(engine, insert, no=False, yes=True)
    undo(engine, 2)
    ledger = read_ledger(engine)
    assert (ledger.model, ledger.proposed) != (None, None)
    assert [m.id for m in (ledger.model, ledger.proposed) if m is not None] == ["model-1", "model-3"]


def test_each_undo_is_a_change_set_of_its_own(engine: sa.Engine) -> None:
    """As many images as rows were written."""
    load(grown()[0], engine)
    way = undo(engine, 2)
    with engine.connect() as connection:
        kept = connection.scalar(sa.select(sa.func.count()).where(mig_change.c.run == 3))
    assert kept == way.changes.written_rows > 0
