"""A run is taken back: the CRM is as it was, but for what people did since."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crm_unify.run.people import GOOD, fill, people
from tests.crm_unify.run.targets import Rows, rows_of
from tests.projects import Answer, copied, crm, run

TARGETS = (
    pytest.param("sqlite", id="SQLite"),
    pytest.param("postgresql", id="PostgreSQL", marks=pytest.mark.postgres),
)
CHANGES = """
UPDATE CUSTOMERS SET NAME = 'QUELL, QUIRIN', DOB = '19800215', TEL = NULL, EMAIL = 'a.k@post.example'
WHERE CUSTNO = '0002';
UPDATE CUSTOMERS SET CONTACT = NULL, BALANCE = '1,00' WHERE CUSTNO = '0001';
UPDATE ORDERS SET CUSTNO = '0002' WHERE ORDNO = 'A-102';
INSERT INTO CUSTOMERS (CUSTNO, TYPE, NAME, BALANCE) VALUES ('0100', 'P', 'NEU, NORA', 'x');
"""
ALWAYS = {"mig_run", "mig_change", "mig_undo"}
"""Tables that tell of every run."""


both = pytest.mark.parametrize("target", TARGETS, indirect=True)
"""On SQLite and on PostgreSQL."""


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty CRM database, which the projects take from their environment."""
    in_postgres = getattr(request, "param", "sqlite") == "postgresql"
    url: str = request.getfixturevalue("postgres_url") if in_postgres else f"sqlite:///{tmp_path}/crm.db"
    monkeypatch.setenv("CRM_URL", url)
    return url


def edit(url: str, *statements: str) -> None:
    """What people do in the CRM."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the CRM."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return found


def undo(project: Path, run_number: str = "last", *words: str) -> Answer:
    """``crm-unify undo``, by Ada."""
    return crm("undo", run_number, "-p", project, "--yes", "--by", "Ada", *words)


def differing(before: Rows, after: Rows) -> set[str]:
    """Tables that differ."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def changed_tour(tmp_path: Path) -> Path:
    """The tour after its first run; then its sources change in every way."""
    project = copied("tour", tmp_path)
    file = project / "crm_unify.yml"
    file.write_text(f"{file.read_text(encoding='utf-8')}on_lost_evidence: split\n", encoding="utf-8")
    assert run(project).code == 0
    with closing(sqlite3.connect(project / "billing.db")) as con:
        con.executescript(CHANGES)
    return project


def lines(*changed: tuple[int, str, str]) -> Iterable[str]:
    """The two people of the smallest project, with replacements."""
    rows = list(GOOD)
    for place, old, new in changed:
        rows[place] = rows[place].replace(old, new)
    return rows


@both
def test_the_crm_is_as_before_but_for_two_edited_fields(target: str, tmp_path: Path) -> None:
    """One field that the run had changed and one that it had not: both stay, everything else is as it was."""
    project = changed_tour(tmp_path)
    before = rows_of(target)
    assert run(project).data["written_rows"] > 30
    edit(
        target,
        "UPDATE person SET birth_date = '1980-02-16' WHERE birth_date = '1980-02-15'",
        "UPDATE person SET job_title = 'Buyer' WHERE family_name = 'Weiss'",
    )
    (step,) = undo(project).data["steps"]
    kept = [(row["table_name"], row["op"], row["field"]) for row in step["kept"]]
    assert (kept, step["failed"]) == ([("person", "update", "birth_date")], [])
    after = rows_of(target)
    assert differing(before, after) == {"person", "mig_profile", "mig_redirect", *ALWAYS}
    assert len(set(before["person"]) - set(after["person"])) == 2
    assert len(set(before["mig_profile"]) - set(after["mig_profile"])) == 1
    assert ("mig_redirect" in before, len(after["mig_redirect"])) == (False, 1)


@both
def test_an_undo_is_undone(target: str, tmp_path: Path) -> None:
    """The state after the run is back, to the byte, and nothing is on hold."""
    project = changed_tour(tmp_path)
    assert run(project).code == 0
    after = rows_of(target)
    assert undo(project).data["steps"][0]["holds"] is True
    assert undo(project).data["steps"][0]["holds"] is False
    assert differing(after, rows_of(target)) == ALWAYS
    answer = run(project)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)


@both
def test_the_first_run_is_undone(target: str, tmp_path: Path) -> None:
    """Nothing is left but the memory of what was done; the next run does it all again."""
    project = copied("tour", tmp_path)
    assert run(project).code == 0
    first = rows_of(target)
    assert undo(project, "1").code == 0
    assert rows_of(target).keys() == ALWAYS
    assert crm("resume", project, "--yes").code == 0
    assert run(project).code == 0
    crm_tables = {name for name in first if not name.startswith("mig_")}
    assert differing(first, rows_of(target)) & crm_tables <= {"consent"}


def test_a_plan_of_an_undo_writes_nothing(target: str, tmp_path: Path) -> None:
    """It says what the undo then does."""
    project = changed_tour(tmp_path)
    assert run(project).code == 0
    before = rows_of(target)
    planned = crm("undo", "last", "-p", project, "--plan")
    assert (planned.code, differing(before, rows_of(target))) == (0, set())
    (would,), (did,) = planned.data["steps"], undo(project).data["steps"]
    assert [would[n] == did[n] for n in ("written_rows", "reversed", "kept", "failed")] == [True] * 4


def test_runs_wait_until_a_person_resumes(target: str, tmp_path: Path) -> None:
    """Run and apply exit with 3 and say what to do; a plan can be made; then the run does it again."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    fill(project, lines((0, "Clerk", "Chief")))
    written = run(project).data["written_rows"]
    assert undo(project).code == 0
    plan = tmp_path / "plan.jsonl"
    assert crm("plan", project, "--as-of", "2026-02-01", "--out", plan).data["rows"] == written
    before = rows_of(target)
    answers = [run(project), crm("apply", plan, "-p", project, "--yes")]
    assert [(a.code, "crm-unify resume" in a.stderr) for a in answers] == [(3, True), (3, True)]
    assert differing(before, rows_of(target)) == set()
    assert crm("resume", project, "--yes", "--by", "Ada").data["lifted"][0]["undone"] == 2
    assert (crm("resume", project, "--yes").code, run(project).data["written_rows"]) == (2, written)


@both
def test_an_undone_merge_stays_undone(target: str, tmp_path: Path) -> None:
    """Ben's row turns into Ann's double; undone and resumed, the next run keeps them apart by a decision."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    fill(project, [GOOD[0], GOOD[0].replace("1,", "2,", 1)])
    assert run(project).code == 0
    count = "SELECT count(DISTINCT customer_id) FROM mig_xref"
    assert ask(target, count) == [(1,)]
    (step,) = undo(project).data["steps"]
    assert (ask(target, count), step["decisions"]) == ([(2,)], [1])
    assert crm("resume", project, "--yes").code == 0
    assert (run(project).code, ask(target, count)) == (0, [(2,)])
    (decided,) = crm("decisions", project).data["decisions"]
    assert (decided["verdict"], decided["command"], decided["by"]) == ("different", "undo", "Ada")


def test_a_merge_that_is_done_again_is_decided_no_more(target: str, tmp_path: Path) -> None:
    """The undo of the undo takes its verdict back; the next run writes nothing."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    fill(project, [GOOD[0], GOOD[0].replace("1,", "2,", 1)])
    assert run(project).code == 0
    assert [undo(project).code, undo(project).code] == [0, 0]
    assert crm("decisions", project).data["decisions"] == []
    answer = run(project)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)
    assert ask(target, "SELECT count(DISTINCT customer_id) FROM mig_xref") == [(1,)]


def test_a_merge_that_a_person_wanted_and_undid_stays_undone(target: str, tmp_path: Path) -> None:
    """The word that came later, DIFFERENT, wins; the contradiction is listed."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    ids = [one for (one,) in ask(target, "SELECT id FROM customer ORDER BY id")]
    assert crm("merge", *ids, "-p", project, "--why", "married").code == 0
    assert run(project).code == 0
    assert undo(project).code == 0
    assert crm("resume", project, "--yes").code == 0
    assert run(project).code == 0
    assert ask(target, "SELECT count(DISTINCT customer_id) FROM mig_xref") == [(2,)]
    assert len(crm("decisions", project).data["conflicts"]) == 1


def test_a_kept_edit_survives_the_next_run(target: str, tmp_path: Path) -> None:
    """What a person made of the run's value stays, although the source says the run's value again."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    fill(project, lines((0, "Clerk", "Chief")))
    assert run(project).code == 0
    edit(target, "UPDATE person SET job_title = 'Chief of all' WHERE job_title = 'Chief'")
    assert undo(project).code == 0
    assert crm("resume", project, "--yes").code == 0
    assert run(project).code == 0
    assert ("Chief of all",) in ask(target, "SELECT job_title FROM person")
    assert run(project).data["written_rows"] == 0


def test_an_edit_that_the_run_overwrote_comes_back(target: str, tmp_path: Path) -> None:
    """The image is what really stood there; and the undo of that undo knows its own writing."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    edit(target, "UPDATE person SET job_title = 'Clerk in chief' WHERE job_title = 'Clerk'")
    fill(project, lines((0, "Clerk", "Chief")))
    jobs = []
    for step in (run, undo, undo):
        assert step(project).code == 0
        jobs.append(ask(target, "SELECT job_title FROM person WHERE full_name = 'Ann Ash'"))
    assert jobs == [[("Chief",)], [("Clerk in chief",)], [("Chief",)]]
