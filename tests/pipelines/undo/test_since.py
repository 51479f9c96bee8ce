"""Followers are told the net change of each row, and nothing that is as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.undo.since import changed_since
from tests.pipelines.crm_states import State, add_person, edit, load, small_state, sqlite_target

Told = dict[tuple[str, str], tuple[str, dict[str, Any], dict[str, Any]]]


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """A CRM with two people."""
    engine = sqlite_target(tmp_path)
    load(small_state(), engine)
    return engine


def told(engine: sa.Engine, run: int) -> Told:
    """By table and id: op, before and now."""
    with engine.connect() as connection:
        rows = [row for table in changed_since(connection, run) for row in table.to_pylist()]
    return {
        (row["table"], row["id"]): (
            row["op"],
            json.loads(row["before"] or "{}"),
            json.loads(row["now"] or "{}"),
        )
        for row in rows
    }


def renamed(name: str) -> tuple[State, str]:
    """The small state with another name of its first person, and the id of that."""
    state = small_state()
    key = state.tables["person"][0]["customer_id"]
    state.row("person", key)["full_name"] = name
    return state, key


def test_a_follower_of_nothing_is_told_every_row(engine: sa.Engine) -> None:
    """Since run 0 every row of the CRM is new, and stands there as it is."""
    found = told(engine, 0)
    state = small_state()
    assert {op for op, _, _ in found.values()} == {"create"}
    assert len(found) == sum(len(rows) for rows in state.tables.values())
    (person,) = [now for (table, _), (_, _, now) in found.items() if table == "contact_point"]
    assert (person["value_norm"], person["is_primary"]) == ("ada@mueller.example", True)


def test_nothing_changed_since_the_newest_run(engine: sa.Engine) -> None:
    """There is nothing to tell."""
    assert told(engine, 1) == {}


def test_two_changes_of_a_row_are_told_as_one(engine: sa.Engine) -> None:
    """As it was before the first, and as it stands now; only the columns that differ."""
    load(renamed("Ada M.")[0], engine)
    state, key = renamed("Ada Moss")
    load(state, engine)
    assert told(engine, 1) == {
        ("person", key): ("update", {"full_name": "Ada Müller"}, {"full_name": "Ada Moss"})
    }
    assert told(engine, 2)["person", key][1] == {"full_name": "Ada M."}


def test_a_row_that_is_as_it_was_is_not_told(engine: sa.Engine) -> None:
    """Changed and changed back; created and gone again."""
    state, _ = renamed("Ada M.")
    add_person(state, "3", "Cleo", email="cleo@post.example")
    load(state, engine)
    assert {op for op, _, _ in told(engine, 1).values()} == {"create", "update"}
    load(small_state(), engine)
    assert told(engine, 1) == {}


def test_a_row_that_is_gone_is_told_with_what_it_held(engine: sa.Engine) -> None:
    """Its columns that held something."""
    state = small_state()
    (point,) = state.tables["contact_point"]
    state.tables["contact_point"] = []
    load(state, engine)
    op, before, now = told(engine, 1)["contact_point", point["id"]]
    assert (op, now) == ("delete", {})
    assert before == {name: value for name, value in point.items() if name != "id"}


def test_a_value_that_became_empty_is_null(engine: sa.Engine) -> None:
    """NULL is said, and an edit by a person in the same column is what stands now."""
    state, key = renamed("")
    load(state, engine)
    assert told(engine, 1)["person", key] == ("update", {"full_name": "Ada Müller"}, {"full_name": None})
    edit(engine, "UPDATE person SET full_name = 'Dr. Ada' WHERE customer_id = :key", key=key)
    assert told(engine, 1)["person", key][2] == {"full_name": "Dr. Ada"}
