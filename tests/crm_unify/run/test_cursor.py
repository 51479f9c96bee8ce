"""A source with a cursor, run and synced: how far it was read stands in the CRM database."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.crm_unify.run.twins import sync
from tests.projects import crm, question, run

PROJECT = """\
project: cursor
sources: {shop: {url: "sqlite:///shop.db"}}
rules: [people.yml]
"""
RULES = """\
map: people
source:
  system: shop
  reader: sql
  table: people
  key: [id]
  cursor: {column: changed}
targets:
  - person: {full_name: {from: name}}
"""


def does(project: Path, *statements: str) -> None:
    """What happens in the source."""
    with closing(sqlite3.connect(project / "shop.db")) as con:
        con.executescript(";".join(statements))
        con.commit()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two people in a database."""
    (tmp_path / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "people.yml").write_text(RULES, encoding="utf-8")
    does(
        tmp_path,
        "CREATE TABLE people (id TEXT, name TEXT, changed TEXT)",
        "INSERT INTO people VALUES ('1', 'Ann Ash', '2026-01-01 10:00:00')",
        "INSERT INTO people VALUES ('2', 'Ben Birch', '2026-01-01 14:00:00')",
    )
    return tmp_path


def read(project: Path) -> dict[str, Any]:
    """How far the newest run has read."""
    ((said,),) = question(project / "crm.db", "SELECT summary FROM mig_run ORDER BY id DESC LIMIT 1")
    found: dict[str, Any] = json.loads(said)["cursors"]["people"]
    return found


def test_the_database_knows_how_far_it_was_read(project: Path) -> None:
    """Without the workspace the next sync reads on, and the account counts the whole snapshot."""
    assert run(project).code == 0
    does(project, "INSERT INTO people VALUES ('3', 'Cleo Cole', '2026-01-02 10:00:00')",
         "DELETE FROM people WHERE id = '1'")  # fmt: skip
    shutil.rmtree(project / ".crm_unify")
    answer = sync(project)
    assert (answer.code, answer.data["account"]["people"]["mapped"]) == (0, 3)
    assert read(project)["last"] == "2026-01-02 10:00:00"
    assert sync(project).data["quiet"]
    whole = crm("sync", project, "--as-of", "2026-02-01", "--full")
    assert (whole.data["account"]["people"]["mapped"], read(project)["since"]) == (2, 0)


def test_check_names_a_column_that_can_be_no_cursor(project: Path) -> None:
    """With file and line, before a row is read."""
    does(project, "UPDATE people SET changed = 'yesterday'")
    answer = crm("check", project)
    assert answer.code == 2
    assert ("people.yml:7" in answer.stderr, "can be no cursor" in answer.stderr) == (True, True)


def test_a_plan_of_the_whole_table_can_be_applied(project: Path) -> None:
    """The sources are read again as they were for the plan: with `--full`, whole."""
    assert run(project).code == 0
    does(project, "DELETE FROM people WHERE id = '1'")
    plan = project / "plan.jsonl"
    assert crm("plan", project, "--out", plan, "--full").code == 0
    answer = crm("apply", plan, "-p", project, "--yes")
    assert answer.code == 0, answer.stderr
    assert question(project / "crm.db", "SELECT count(*) FROM customer WHERE status = 'active'") == [(1,)]
