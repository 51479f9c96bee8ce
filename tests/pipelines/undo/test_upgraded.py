"""A run that was loaded before the schema was upgraded can be taken back afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from crm_unify.progress import Silent
from crm_unify.schema.upgrade import _config, head, revision, upgrade
from pipelines.ledger import ledger_of
from pipelines.load import RunRecord, apply
from pipelines.undo.reversal import Target, reversal
from tests.pipelines.crm_states import FACTS, NOON, add_person, dump, edit, load, small_state, sqlite_target


@pytest.mark.parametrize("older", ["0004"])
def test_an_older_load_is_undone_after_the_upgrade(tmp_path: Path, older: str) -> None:
    """Two loads, the schema of an older version, the upgrade: the second load is taken back to the byte."""
    engine, state = sqlite_target(tmp_path), small_state()
    load(state, engine)
    before = dump(engine)
    add_person(state, "3", "Cleo", email="cleo@post.example")
    state.row("person", state.tables["person"][0]["customer_id"])["full_name"] = "Ada Moss"
    load(state, engine)
    at(engine, older)
    edit(engine, "UPDATE person SET job_title = 'Buyer' WHERE full_name = 'Ada Moss'")
    upgrade(engine)
    with engine.connect() as connection:
        assert revision(connection) == head()
        way = reversal(
            Target(2, None), ledger_of(connection), connection, facts=FACTS, model_id=None
        )
    apply(way.changes, engine, run=RunRecord(FACTS, NOON, along=lambda *_: None), progress=Silent())
    after = dump(engine)
    assert {name for name in before if before[name] != after[name]} == {"person"}
    assert len(set(before["person"]) - set(after["person"])) == 1


def at(engine: sa.Engine, older: str) -> None:
    """Bring the database to the schema that an older version of the program made."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), older)
        assert revision(connection) == older
