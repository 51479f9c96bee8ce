"""The change set: what differs from what was last written, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.changes import ChangeSet
from pipelines.changes.interface import MASK, value_fields
from tests.pipelines.crm_states import (
    State,
    add_order,
    add_person,
    changes_to,
    dump,
    edit,
    load,
    rejection,
    small_state,
)


def updates(changes: ChangeSet, table: str) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Updates of a table as ``{key: {column: (last written, new)}}``."""
    found = {}
    for row in changes.tables[table].updates.to_pylist() if table in changes.tables else []:
        key = next(iter(row.values()))
        found[key] = {
            field.name: (row[f"old.{field.name}"], row[f"new.{field.name}"])
            for bit, field in enumerate(value_fields(table))
            if row[MASK] & 1 << bit
        }
    return found


def keys(changes: ChangeSet, table: str, part: str) -> list[str]:
    """Keys of the rows created in or deleted from a table."""
    rows = getattr(changes.tables[table], part) if table in changes.tables else None
    return [] if rows is None else rows.column(0).to_pylist()


def blocked(changes: ChangeSet) -> list[tuple[str, str]]:
    """Table and operation of every blocked change."""
    return [(row["table_name"], row["op"]) for row in changes.blocked.to_pylist()]


def delete_customer(crm: sa.Engine, key: str) -> None:
    """Let a person delete a customer and its details in the CRM."""
    for table in ("contact_point", "person"):
        edit(crm, f"DELETE FROM {table} WHERE customer_id = :id", id=key)
    edit(crm, "DELETE FROM customer WHERE id = :id", id=key)


def test_the_first_load_creates_everything(crm: sa.Engine) -> None:
    """Into an empty CRM every row is created, and nothing is updated or deleted."""
    changes = changes_to(small_state(), crm)
    assert keys(changes, "person", "creates") == sorted(
        r["customer_id"] for r in small_state().tables["person"]
    )
    assert all(len(t.updates) == len(t.deletes) == 0 for t in changes.tables.values())


def test_nothing_new_is_nothing_to_write(any_crm: sa.Engine) -> None:
    """The same state a second time, its rows in another order, is an empty change set."""
    load(small_state(), any_crm)
    shuffled = small_state()
    for rows in (*shuffled.tables.values(), shuffled.records):
        rows.reverse()
    assert changes_to(shuffled, any_crm).tables == {}


def test_only_the_changed_column_is_written(any_crm: sa.Engine) -> None:
    """A new job title is one column of one row, with the value last written beside the new one."""
    state = small_state()
    load(state, any_crm)
    ada = state.tables["customer"][0]["id"]
    state.row("person", ada)["job_title"] = "Chief"
    assert updates(changes_to(state, any_crm), "person") == {ada: {"job_title": (None, "Chief")}}


def test_an_edit_in_the_crm_stays_while_the_source_is_the_same(any_crm: sa.Engine) -> None:
    """What a person typed into the CRM is no difference, and another column is updated beside it."""
    state = small_state()
    load(state, any_crm)
    ada = state.tables["customer"][0]["id"]
    edit(any_crm, "UPDATE person SET nickname = 'Addie', job_title = 'Boss' WHERE customer_id = :id", id=ada)
    assert changes_to(state, any_crm).tables == {}
    state.row("person", ada)["language"] = "de"
    load(state, any_crm)
    row = next(r for r in dump(any_crm)["person"] if r[0] == ada)
    assert {"Addie", "Boss", "de"} <= set(row)


def test_an_edited_order_keeps_the_edit(crm: sa.Engine) -> None:
    """Orders, too, are compared with what was last written: an edited status survives a new total."""
    state = small_state()
    load(state, crm)
    edit(crm, "UPDATE sales_order SET status = 'checked by hand'")
    assert changes_to(state, crm).tables == {}
    state.change_order("A-1", total=2500)
    assert updates(changes_to(state, crm), "sales_order") == {
        state.tables["sales_order"][0]["id"]: {"total": (1000, 2500)}
    }


def test_an_order_follows_its_customer(crm: sa.Engine) -> None:
    """When the customer of an order changes, its pointer is the one column that is written."""
    state = small_state()
    load(state, crm)
    ada, ben = (row["id"] for row in state.tables["customer"])
    state.tables["sales_order"][0]["customer_id"] = ben
    assert updates(changes_to(state, crm), "sales_order") == {
        state.tables["sales_order"][0]["id"]: {"customer_id": (ada, ben)}
    }


def test_a_value_nobody_claims_any_more_is_deleted(crm: sa.Engine) -> None:
    """A contact point that no record supports is deleted; one that a person added is not touched."""
    state = small_state()
    load(state, crm)
    ada = state.tables["customer"][0]["id"]
    by_hand = (
        "INSERT INTO contact_point (id, customer_id, kind, value_norm) VALUES ('by hand', :id, 'email', 'x')"
    )
    edit(crm, by_hand, id=ada)
    gone = state.tables["contact_point"].pop()["id"]
    assert keys(changes_to(state, crm), "contact_point", "deletes") == [gone]
    load(state, crm)
    assert [row[0] for row in dump(crm)["contact_point"]] == ["by hand"]


def test_a_deleted_row_stays_deleted_and_is_listed(any_crm: sa.Engine) -> None:
    """A row that a person deleted is not written again; every run lists the change and writes nothing."""
    state = small_state()
    load(state, any_crm)
    edit(any_crm, "DELETE FROM contact_point")
    assert changes_to(state, any_crm).tables == {}
    state.tables["contact_point"][0]["label"] = "work"
    for _ in range(2):
        changes = changes_to(state, any_crm)
        assert (blocked(changes), changes.tables) == ([("contact_point", "update")], {})
        load(state, any_crm)
    assert dump(any_crm)["contact_point"] == []


def test_nothing_is_hung_on_a_deleted_customer(crm: sa.Engine) -> None:
    """A person deleted a customer: its new address and its new order are blocked, the rest is written."""
    state = small_state()
    load(state, crm)
    ben = state.tables["customer"][1]["id"]
    delete_customer(crm, ben)
    state.tables["address"].append({"id": "AD-1", "customer_id": ben, "city": "Ulm"})
    add_order(state, "B-1", "2")
    add_person(state, "3", "Cleo Third")
    changes = changes_to(state, crm)
    assert blocked(changes) == [("address", "create"), ("sales_order", "create")]
    load(state, crm)
    assert len(dump(crm)["customer"]) == 2
    assert changes_to(state, crm).tables == {}


def merged(state: State) -> tuple[str, str]:
    """Let the second customer of a state be merged into the first; the ids of both."""
    ada, ben = (row["id"] for row in state.tables["customer"])
    state.tables["customer"].pop(), state.tables["person"].pop()
    state.xref = dict.fromkeys(state.xref, ada)
    state.redirects = {ben: ada}
    return ada, ben


def test_a_merged_customer_keeps_its_row_and_leads_on(any_crm: sa.Engine) -> None:
    """After a merge the other id is marked, leads on and loses its details; there is nothing left to do."""
    state = small_state()
    load(state, any_crm)
    ada, ben = merged(state)
    load(state, any_crm)
    found = dump(any_crm)
    assert {row[0]: row[3] for row in found["customer"]} == {ada: "active", ben: "merged"}
    assert ([r[0] for r in found["person"]], found["mig_redirect"][0][:2]) == ([ada], (ben, ada))
    assert changes_to(state, any_crm).tables == {}


def test_nobody_is_merged_into_a_deleted_customer(any_crm: sa.Engine) -> None:
    """A person deleted the customer into which another merges: the other keeps everything, and is listed."""
    state = small_state()
    state.tables["sales_order"].clear()
    ben = state.tables["customer"][1]["id"]
    add_order(state, "B-1", "2")
    load(state, any_crm)
    ada, _ = merged(state)
    state.tables["sales_order"][0]["customer_id"] = ada
    delete_customer(any_crm, ada)
    before = dump(any_crm)
    changes = changes_to(state, any_crm)
    assert blocked(changes) == [("customer", "update"), ("sales_order", "update")]
    assert changes.blocked["row_id"][0].as_py() == ben
    load(state, any_crm)
    assert dump(any_crm) == before
    assert changes_to(state, any_crm).tables == {}


def test_a_split_gives_the_former_id_back(crm: sa.Engine) -> None:
    """When a merged customer comes apart again the former row is active, and its redirect is gone."""
    apart = small_state()
    load(apart, crm)
    before = dump(crm)
    together = small_state()
    merged(together)
    load(together, crm)
    load(apart, crm)
    assert dump(crm) == before


def test_a_customer_with_rows_of_others_becomes_inactive(crm: sa.Engine) -> None:
    """A customer without records is deleted, unless a person's rows hang on it: then it becomes inactive."""
    state = small_state()
    load(state, crm)
    ada, ben = (row["id"] for row in state.tables["customer"])
    edit(crm, "INSERT INTO address (id, customer_id, city) VALUES ('by hand', :id, 'Ulm')", id=ben)
    state.tables["customer"].pop(), state.tables["person"].pop()
    state.xref.popitem()
    assert blocked(changes_to(state, crm)) == [("customer", "delete")]
    load(state, crm)
    assert {row[0]: row[3] for row in dump(crm)["customer"]} == {ada: "active", ben: "inactive"}
    assert (changes_to(state, crm).tables, blocked(changes_to(state, crm))) == ({}, [])


def test_a_customer_that_nothing_hangs_on_is_deleted(crm: sa.Engine) -> None:
    """A customer without records and without rows of others disappears, its profile with it."""
    state = small_state()
    load(state, crm)
    state.tables["customer"].pop(), state.tables["person"].pop()
    state.xref.popitem()
    load(state, crm)
    assert [len(dump(crm)[name]) for name in ("customer", "person", "mig_profile", "mig_xref")] == [
        1,
        1,
        1,
        2,
    ]


def test_a_record_left_out_becomes_inactive(crm: sa.Engine) -> None:
    """A record of the ledger that the desired state does not name stays, with its claims, as inactive."""
    state = small_state()
    load(state, crm)
    state.records = [record for record in state.records if record["kind"] != "sales_order"]
    state.tables["sales_order"].clear()
    changes = changes_to(state, crm)
    (record,) = updates(changes, "mig_source_record").values()
    assert record["state"] == ("active", "inactive")
    assert keys(changes, "sales_order", "deletes")
    load(state, crm)
    assert changes_to(state, crm).tables == {}


def test_winners_alone_touch_the_profile_alone(crm: sa.Engine) -> None:
    """When another record wins with the same value only the bookkeeping changes."""
    state = small_state()
    load(state, crm)
    state.winners_by = "another record"
    assert list(changes_to(state, crm).tables) == ["mig_profile"]


def test_quarantine_follows_the_snapshot(crm: sa.Engine) -> None:
    """An entry that no longer holds is taken out, a new one put in, equal ones are counted."""
    state = small_state()
    state.rejections = [rejection("PHONE-INVALID", "12"), rejection("PHONE-INVALID", "12")]
    load(state, crm)
    assert changes_to(state, crm).tables == {}
    state.rejections = [rejection("PHONE-INVALID", "12"), rejection("EMAIL-INVALID", "x@")]
    changes = changes_to(state, crm).tables["mig_quarantine"]
    assert (len(changes.creates), len(changes.deletes)) == (1, 1)


def test_a_new_model_takes_the_place_of_the_old(crm: sa.Engine) -> None:
    """One model is in force; the one before is kept."""
    state = small_state()
    load(state, crm)
    state.new_model("model-2")
    load(state, crm)
    assert {row[0]: row[3] for row in dump(crm)["mig_model"]} == {"model-1": False, "model-2": True}
    assert changes_to(state, crm).tables == {}


@pytest.mark.parametrize(
    ("table", "row", "complaint"),
    [
        pytest.param("person", {"customer_id": "C-X"}, "belongs to no customer", id="a row of nobody"),
        pytest.param("sales_order", {"id": "SO-X"}, "stands for no record", id="an order without record"),
        pytest.param("customer", {"id": "C-4WFRCYAT2GYUW"}, "two rows of customer", id="one key twice"),
    ],
)
def test_a_state_that_contradicts_itself_is_a_defect(
    crm: sa.Engine, table: str, row: Any, complaint: str
) -> None:
    """A desired state that no stage may produce is refused before anything is written."""
    state = small_state()
    state.tables[table].append(row)
    with pytest.raises(ValueError, match=complaint):
        changes_to(state, crm)
