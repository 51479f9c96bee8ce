"""A load is one transaction: everything, or nothing and a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.errors import GuardStopped, LockHeld, Unreachable
from crm_unify.progress import Silent
from crm_unify.schema.bookkeeping import mig_change
from crm_unify.schema.tables import CRM_TABLES
from pipelines.changes import ChangeSet, read_plan, write_plan
from pipelines.ledger import ledger_of, read_ledger
from pipelines.load import RunRecord, apply, filling, hold
from pipelines.undo.reversal import Target, reversal
from tests.pipelines.crm_states import FACTS, NOON, add_person, changes_to, dump, edit, load, small_state

RUN = RunRecord(FACTS, NOON, plan_hash="abc")


def images(engine: sa.Engine, run: int) -> list[tuple[str, str, Any]]:
    """Before-images of a run: table, operation, what stood there."""
    c = mig_change.c
    query = sa.select(c.table_name, c.op, c.before).where(c.run == run, c.table_name.in_(CRM_TABLES))
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(c.seq))]


def test_a_load_writes_what_the_change_set_says(any_crm: sa.Engine) -> None:
    """After a load the CRM holds the rows, and one row in ``mig_run`` tells about it."""
    applied = load(small_state(), any_crm)
    found = dump(any_crm)
    assert [row[8] for row in found["person"]] == ["Ada Müller", 'Ben "Benny" O\'Neill,\nJr']
    assert (applied.run, applied.written_rows) == (1, sum(map(len, found.values())))
    last = read_ledger(any_crm).last_run
    assert last is not None
    assert (last.id, last.as_of, last.state, last.model_id) == (1, "2026-03-02", "applied", "model-1")


def test_an_empty_load_writes_one_row(any_crm: sa.Engine) -> None:
    """A run with nothing to do leaves a row in ``mig_run`` and touches nothing else; a plan stays valid."""
    load(small_state(), any_crm)
    before, base = dump(any_crm), read_ledger(any_crm).state
    assert load(small_state(), any_crm).written_rows == 0
    ledger = read_ledger(any_crm)
    assert ledger.last_run is not None
    assert (dump(any_crm), ledger.last_run.id, ledger.state) == (before, 2, base)


def test_before_images_hold_what_stood_in_the_crm(any_crm: sa.Engine) -> None:
    """Creates keep a hash, updates the old values in the CRM (edited or not), deletes the whole row."""
    state = small_state()
    load(state, any_crm)
    assert all(op == "create" and len(before) == 32 for _, op, before in images(any_crm, 1))
    ada = state.tables["customer"][0]["id"]
    edit(any_crm, "UPDATE person SET job_title = 'typed by hand' WHERE customer_id = :id", id=ada)
    state.row("person", ada)["job_title"] = "Chief"
    gone = state.tables["contact_point"].pop()
    load(state, any_crm)
    updated, deleted = images(any_crm, 2)
    assert updated == ("person", "update", '{"job_title":"typed by hand"}')
    assert deleted[:2] == ("contact_point", "delete")
    assert json.loads(deleted[2]) == {k: v for k, v in gone.items() if v is not None}


def test_a_plan_read_from_its_file_loads_the_same(
    crm: sa.Engine, postgres_crm: sa.Engine, tmp_path: Path
) -> None:
    """Applied from memory on one database and from a file on another, a change set leaves the same rows."""
    load(small_state(), crm)
    write_plan(changes_to(small_state(), postgres_crm), tmp_path / "plan.jsonl")
    apply(read_plan(tmp_path / "plan.jsonl"), postgres_crm, run=RUN, progress=Silent())
    assert dump(postgres_crm) == dump(crm)


def test_a_plan_for_another_state_is_refused(any_crm: sa.Engine) -> None:
    """When a run has written since the plan was made, the plan is refused by naming that run."""
    stale = changes_to(small_state(), any_crm)
    load(small_state(), any_crm)
    before = dump(any_crm)
    with pytest.raises(GuardStopped, match="run 1 has changed it"):
        apply(stale, any_crm, run=RUN, progress=Silent())
    assert dump(any_crm) == before


def test_a_plan_for_another_database_is_refused(crm: sa.Engine) -> None:
    """A plan names the database it was made for."""
    changes = replace(changes_to(small_state(), crm), target="somewhere else")
    with pytest.raises(GuardStopped, match="another database"):
        apply(changes, crm, run=RUN, progress=Silent())


@pytest.mark.parametrize(
    ("sabotage", "mended"),
    [
        pytest.param(
            "INSERT INTO customer (id, kind, status) VALUES ('{ben}', 'person', 'active')",
            "DELETE FROM customer",
            id="a person made a row with this key",
        ),
        pytest.param(
            "ALTER TABLE customer ADD COLUMN x INTEGER CHECK (id <> '{ben}')",
            "ALTER TABLE customer DROP COLUMN x",
            id="a rule of the database",
        ),
    ],
)
def test_a_refused_row_is_named_and_nothing_is_written(
    any_crm: sa.Engine, sabotage: str, mended: str, request: pytest.FixtureRequest
) -> None:
    """When the database refuses one row of many, the message names it and the CRM is as before."""
    request.addfinalizer(lambda: edit(any_crm, mended))
    state = small_state()
    for number in range(3, 20):
        add_person(state, str(number), f"Person {number}")
    ben = state.tables["customer"][1]["id"]
    edit(any_crm, sabotage.format(ben=ben))
    changes, before = changes_to(state, any_crm), dump(any_crm)
    with pytest.raises(GuardStopped, match=f"customer {ben}"):
        apply(changes, any_crm, run=RUN, progress=Silent())
    assert dump(any_crm) == before


def test_two_loads_at_once_are_refused(any_crm: sa.Engine) -> None:
    """While one run holds the lock another is told so, and by whom it is held."""
    changes = changes_to(small_state(), any_crm)
    with hold(any_crm), pytest.raises(LockHeld, match="process"):
        apply(changes, any_crm, run=RUN, progress=Silent())
    assert apply(changes, any_crm, run=RUN, progress=Silent()).run == 1


def test_a_run_that_holds_the_lock_may_load(any_crm: sa.Engine) -> None:
    """Whoever took the lock for the whole run hands it on."""
    with hold(any_crm) as lock:
        applied = apply(changes_to(small_state(), any_crm), any_crm, run=RUN, progress=Silent(), lock=lock)
    assert applied.run == 1


def test_a_lost_connection_writes_nothing(postgres_crm: sa.Engine) -> None:
    """The server ends the session inside the transaction: nothing is written, the next load completes."""
    changes = changes_to(small_state(), postgres_crm)
    with (
        failing(postgres_crm, "INSERT INTO person", _end_session),
        pytest.raises(Unreachable, match="terminating"),
    ):
        apply(changes, postgres_crm, run=RUN, progress=Silent())
    assert dump(postgres_crm)["customer"] == []
    assert apply(changes, postgres_crm, run=RUN, progress=Silent()).run == 1


def test_a_full_disk_writes_nothing(crm: sa.Engine) -> None:
    """The database may not grow any more: nothing is written, the next load completes."""
    state = small_state()
    add_person(state, "3", "a name that does not fit " * 10_000)
    changes = changes_to(state, crm)
    with failing(crm, "INSERT INTO customer", _no_more_pages), pytest.raises(Unreachable, match="full"):
        apply(changes, crm, run=RUN, progress=Silent())
    crm.dispose()
    assert dump(crm)["customer"] == []
    assert apply(changes, crm, run=RUN, progress=Silent()).run == 1


class failing:
    """Do something to the connection just before a statement."""

    def __init__(self, engine: sa.Engine, statement: str, deed: Callable[[sa.Connection], None]) -> None:
        self.engine, self.statement, self.deed = engine, statement, deed

    def __enter__(self) -> None:
        sa.event.listen(self.engine, "before_cursor_execute", self._before)

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self._before)

    def _before(self, connection: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(self.statement):
            self.deed(connection)


def _end_session(connection: sa.Connection) -> None:
    driver: Any = connection.connection.driver_connection
    pid = driver.info.backend_pid
    with sa.create_engine(connection.engine.url, poolclass=sa.NullPool).connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")


def _no_more_pages(connection: sa.Connection) -> None:
    driver: Any = connection.connection.driver_connection
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {pages}")


def structure(engine: sa.Engine) -> dict[str, list[Any]]:
    """Keys, references, rules and indexes of every table."""
    with engine.connect() as connection:  # one for all: asked of an engine, each question makes its own
        found = sa.inspect(connection)
        return {
            name: [
                found.get_pk_constraint(name),
                *sorted(
                    [
                        *found.get_indexes(name),
                        *found.get_foreign_keys(name),
                        *found.get_check_constraints(name),
                        *found.get_unique_constraints(name),
                    ],
                    key=lambda part: str(part["name"]),
                ),
            ]
            for name in found.get_table_names()
        }


def test_a_first_fill_builds_everything(any_crm: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large first load builds indexes and references after the rows; afterwards all of them are there."""
    before = structure(any_crm)
    monkeypatch.setattr(filling, "WORTH_IT", 1)
    load(small_state(), any_crm)
    assert structure(any_crm) == before
    assert any("fk_person_customer_id" in str(part) for part in before["person"])  # no index, one reference
    assert changes_to(small_state(), any_crm).tables == {}


def test_a_first_fill_holds_to_references(postgres_crm: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference checked after the rows stops the load as one checked with them would, naming the key."""
    monkeypatch.setattr(filling, "WORTH_IT", 1)
    changes = changes_to(small_state(), postgres_crm)
    contacts = changes.tables["contact_point"]
    nobodys = contacts.creates.set_column(1, "customer_id", pa.array(["C-NOBODY"]))
    tables = {**changes.tables, "contact_point": replace(contacts, creates=nobodys)}
    with pytest.raises(GuardStopped, match="C-NOBODY"):
        apply(replace(changes, tables=tables), postgres_crm, run=RUN, progress=Silent())
    assert dump(postgres_crm)["customer"] == []


def taken_back(crm: sa.Engine) -> ChangeSet:
    """The way back from the first load."""
    with crm.connect() as connection:
        return reversal(
            Target(1, None), ledger_of(connection), connection, facts=FACTS, model_id=None
        ).changes


BACK = replace(RUN, along=lambda *_: None)
"""A run that takes another back."""


def test_emptying_keeps_every_reference(any_crm: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large load that is taken back: all references between tables are there afterwards."""
    before = structure(any_crm)
    monkeypatch.setattr(filling, "WORTH_EMPTYING", 1)
    load(small_state(), any_crm)
    apply(taken_back(any_crm), any_crm, run=BACK, progress=Silent())
    assert (structure(any_crm), dump(any_crm)["customer"]) == (before, [])


def test_emptying_holds_to_references(postgres_crm: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that somebody adds after the plan and that refers to one to go stops it; nothing is written."""
    monkeypatch.setattr(filling, "WORTH_EMPTYING", 1)
    load(small_state(), postgres_crm)
    changes, customers = taken_back(postgres_crm), dump(postgres_crm)["customer"]
    with postgres_crm.begin() as connection:
        added = (
            "INSERT INTO consent (id, customer_id, channel, status) SELECT 'x', id, 'email', 'unknown' FROM"
        )
        connection.exec_driver_sql(f"{added} customer LIMIT 1")
    with pytest.raises(GuardStopped, match="refers to one which is not there"):
        apply(changes, postgres_crm, run=BACK, progress=Silent())
    assert dump(postgres_crm)["customer"] == customers


def third_load(crm: sa.Engine) -> ChangeSet:
    """A job title that changes, and an address that goes."""
    state = small_state()
    load(state, crm)
    state.tables["person"][0]["job_title"] = "Chief"
    state.tables["contact_point"].clear()
    return changes_to(state, crm)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        pytest.param("UPDATE person SET job_title = 'Boss'", "person C-.* edited", id="an updated column"),
        pytest.param("UPDATE contact_point SET label = 'x'", "contact_point CP-.* edited", id="a row to go"),
        pytest.param("DELETE FROM person", "person C-.* deleted", id="an updated row is gone"),
        pytest.param("DELETE FROM contact_point", "contact_point CP-.* deleted", id="a row to go is gone"),
    ],
)
def test_what_a_person_does_after_the_plan_stops_it(any_crm: sa.Engine, deed: str, said: str) -> None:
    """A row that was edited or deleted since the plan is named, and nothing is written."""
    changes = third_load(any_crm)
    edit(any_crm, deed)
    before = dump(any_crm)
    with pytest.raises(GuardStopped, match=said):
        apply(changes, any_crm, run=RUN, progress=Silent())
    assert dump(any_crm) == before


def test_an_edit_beside_the_planned_columns_stops_nothing(any_crm: sa.Engine) -> None:
    """What a person types into another column of an updated row after the plan stands beside the update."""
    changes = third_load(any_crm)
    edit(any_crm, "UPDATE person SET nickname = 'Addie'")
    apply(changes, any_crm, run=RUN, progress=Silent())
    assert any({"Addie", "Chief"} <= set(row) for row in dump(any_crm)["person"])


@pytest.mark.parametrize(
    ("project", "environment"),
    [
        pytest.param("other", None, id="another project"),
        pytest.param("company", "test", id="another environment"),
        pytest.param(None, "test", id="an environment alone"),
    ],
)
def test_a_plan_of_another_project_is_refused(
    crm: sa.Engine, project: str | None, environment: str | None
) -> None:
    """A plan is applied by the project and environment that made it, even into an equal, empty database."""
    changes = changes_to(small_state(), crm)
    with pytest.raises(GuardStopped, match="another project or environment"):
        apply(changes, crm, run=RUN, progress=Silent(), project=project, environment=environment)
    assert dump(crm)["customer"] == []
    assert apply(changes, crm, run=RUN, progress=Silent(), project=FACTS.project).run == 1
