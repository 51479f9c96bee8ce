"""A plan file holds a change set exactly, or is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.errors import GuardStopped, UsageError
from pipelines.changes import ChangeSet, overwritten, read_plan, write_plan
from tests.pipelines.crm_states import changes_to, edit, load, small_state


def second_load(crm: sa.Engine) -> ChangeSet:
    """A change set with creates, updates, deletes and a blocked change."""
    state = small_state()
    load(state, crm)
    ada, ben = (row["id"] for row in state.tables["customer"])
    state.row("person", ada).update(job_title='Head "of"\n things', full_name=None)
    state.row("person", ben)["language"] = "fr"
    edit(crm, "DELETE FROM person WHERE customer_id = :id", id=ben)
    state.tables["contact_point"].clear()
    state.change_order("A-1", total=-7)
    state.tables["address"].append({"id": "AD-1", "customer_id": ada, "city": "Ulm\\", "is_primary": False})
    return changes_to(state, crm)


@pytest.mark.parametrize(
    "spooled", [pytest.param(True, id="rows in files"), pytest.param(False, id="rows in memory")]
)
def test_a_plan_is_read_back_exactly(crm: sa.Engine, tmp_path: Path, *, spooled: bool) -> None:
    """Every row, value, mask and reason comes back as it was written."""
    changes = second_load(crm)
    write_plan(changes, tmp_path / "plan.jsonl")
    found = read_plan(tmp_path / "plan.jsonl", spool=tmp_path if spooled else None)
    assert found.tables.keys() == changes.tables.keys()
    for name, table in changes.tables.items():
        assert (found.tables[name].creates, found.tables[name].deletes) == (table.creates, table.deletes)
        assert found.tables[name].updates.equals(table.updates)
    assert found.blocked.equals(changes.blocked)
    assert (found.facts, found.base, found.target) == (changes.facts, changes.base, changes.target)


def test_a_plan_says_what_it_changes(crm: sa.Engine, tmp_path: Path) -> None:
    """An update names the value last written and the new one; what is blocked says why."""
    write_plan(second_load(crm), tmp_path / "plan.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "plan.jsonl").read_text(encoding="utf-8").splitlines()]
    (order,) = [line for line in lines if line.get("table") == "sales_order"]
    assert (order["op"], order["set"]) == ("update", {"total": [1000, -7]})
    (blocked,) = [line for line in lines if line.get("op") == "blocked"]
    assert blocked["reason"] == "a person deleted this row in the CRM"


def test_equal_change_sets_are_equal_bytes(crm: sa.Engine, tmp_path: Path) -> None:
    """The row order of the desired state leaves no trace in the plan."""
    shuffled = small_state()
    for rows in (*shuffled.tables.values(), shuffled.records):
        rows.reverse()
    first = write_plan(changes_to(small_state(), crm), tmp_path / "a")
    assert write_plan(changes_to(shuffled, crm), tmp_path / "b") == first
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text.replace(b"Ada", b"Eve", 1), id="a name was edited"),
        pytest.param(lambda text: text[:-40], id="the end is missing"),
        pytest.param(lambda text: text.rsplit(b"\n", 2)[0] + b"\n", id="the checksum is missing"),
        pytest.param(lambda text: b"", id="nothing is left"),
        pytest.param(lambda text: b"\n".join(sorted(text.split(b"\n"))), id="lines change places"),
    ],
)
def test_a_damaged_plan_is_refused(crm: sa.Engine, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A plan that is not byte for byte what was written is not trusted."""
    path = tmp_path / "plan.jsonl"
    write_plan(changes_to(small_state(), crm), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(GuardStopped, match="cannot be trusted"):
        read_plan(path)


def test_a_missing_plan_is_named(tmp_path: Path) -> None:
    """A path without a file is a mistake on the command line."""
    with pytest.raises(UsageError, match="no such plan"):
        read_plan(tmp_path / "plan.jsonl")


def edited(crm: sa.Engine) -> ChangeSet:
    """Updates of a row that a person edited and of one that nobody did."""
    state = small_state()
    load(state, crm)
    for customer, name in zip(state.tables["customer"], ("Ada", "Ben"), strict=True):
        state.row("person", customer["id"])["full_name"] = name
    first = state.tables["customer"][0]["id"]
    edit(crm, "UPDATE person SET full_name = 'by hand', language = 'de' WHERE customer_id = :id", id=first)
    return changes_to(state, crm)


def test_an_edit_that_is_overwritten_is_listed(any_crm: sa.Engine, tmp_path: Path) -> None:
    """An update says what it takes away from a person, in a plan that was read back too."""
    changes = edited(any_crm)
    ada = small_state().tables["customer"][0]["id"]
    write_plan(changes, tmp_path / "plan.jsonl")
    for found in (changes, read_plan(tmp_path / "plan.jsonl")):
        rows = overwritten(found).to_pylist()
        assert [(row["table_name"], row["row_id"], row["op"]) for row in rows] == [("person", ada, "update")]
