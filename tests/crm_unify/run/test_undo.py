"""A run is taken back: the CRM is as it was, but for what people did since."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.people import GOOD, fill, people
from tests.crm_unify.run.targets import Rows, rows_of
from tests.projects import Answer, copied, copy_of, crm, run

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
    """The URL of a CRM database without rows, which the projects take from their environment."""
    in_postgres = getattr(request, "param", "sqlite") == "postgresql"
    url: str = request.getfixturevalue("postgres_crm_url") if in_postgres else crm_of(tmp_path)
    monkeypatch.setenv("CRM_URL", url)
    return url


def crm_of(folder: Path) -> str:
    """The URL of the SQLite database in a folder, a project's own say."""
    return f"sqlite:///{folder / 'crm.db'}"


@pytest.fixture
def tour(target: str, toured: Toured, tmp_path: Path) -> Path:
    """The tour after its first run into the target."""
    if target == crm_of(tmp_path):
        project = copy_of(toured.project, tmp_path)
        (project / "crm.db").rename(tmp_path / "crm.db")
        return project
    project = copied("tour", tmp_path)
    assert run(project).code == 0
    return project


@pytest.fixture
def changed_tour(tour: Path) -> Path:
    """The tour after its first run; then its sources change in every way."""
    file = tour / "crm_unify.yml"
    file.write_text(f"{file.read_text(encoding='utf-8')}on_lost_evidence: split\n", encoding="utf-8")
    with closing(sqlite3.connect(tour / "billing.db")) as con:
        con.executescript(CHANGES)
    return tour


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


def lines(*changed: tuple[int, str, str]) -> Iterable[str]:
    """The two people of the smallest project, with replacements."""
    rows = list(GOOD)
    for place, old, new in changed:
        rows[place] = rows[place].replace(old, new)
    return rows


@both
def test_the_crm_is_as_before_but_for_two_edited_fields(target: str, changed_tour: Path) -> None:
    """One field that the run had changed and one that it had not: both stay, everything else is as it was."""
    before = rows_of(target)
    assert run(changed_tour).data["written_rows"] > 30
    edit(
        target,
        "UPDATE person SET birth_date = '1980-02-16' WHERE birth_date = '1980-02-15'",
        "UPDATE person SET job_title = 'Buyer' WHERE family_name = 'Weiss'",
    )
    (step,) = undo(changed_tour).data["steps"]
    kept = [(row["table_name"], row["op"], row["field"]) for row in step["kept"]]
    assert (kept, step["failed"]) == ([("person", "update", "birth_date")], [])
    after = rows_of(target)
    assert differing(before, after) == {"person", "mig_profile", "mig_redirect", *ALWAYS}
    assert len(set(before["person"]) - set(after["person"])) == 2
    assert len(set(before["mig_profile"]) - set(after["mig_profile"])) == 1
    assert ("mig_redirect" in before, len(after["mig_redirect"])) == (False, 1)


@both
def test_an_undo_is_undone(target: str, changed_tour: Path) -> None:
    """The state after the run is back, to the byte, and nothing is on hold."""
    assert run(changed_tour).code == 0
    after = rows_of(target)
    assert undo(changed_tour).data["steps"][0]["holds"] is True
    assert undo(changed_tour).data["steps"][0]["holds"] is False
    assert differing(after, rows_of(target)) == ALWAYS
    answer = run(changed_tour)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)


@both
def test_the_first_run_is_undone(target: str, tour: Path) -> None:
    """Nothing is left but the memory of what was done; the next run does it all again."""
    first = rows_of(target)
    assert undo(tour, "1").code == 0
    assert rows_of(target).keys() == ALWAYS
    assert crm("resume", tour, "--yes").code == 0
    assert run(tour).code == 0
    crm_tables = {name for name in first if not name.startswith("mig_")}
    assert differing(first, rows_of(target)) & crm_tables <= {"consent"}


def test_a_plan_of_an_undo_writes_nothing(target: str, changed_tour: Path) -> None:
    """It says what the undo then does."""
    assert run(changed_tour).code == 0
    before = rows_of(target)
    planned = crm("undo", "last", "-p", changed_tour, "--plan")
    assert (planned.code, differing(before, rows_of(target))) == (0, set())
    (would,), (did,) = planned.data["steps"], undo(changed_tour).data["steps"]
    assert [would[n] == did[n] for n in ("written_rows", "reversed", "kept", "failed")] == [True] * 4


def test_runs_wait_until_a_person_resumes(office: Path, tmp_path: Path) -> None:
    """Run and apply exit with 3 and say what to do; a plan can be made; then the run does it again."""
    fill(office, lines((0, "Clerk", "Chief")))
    written = run(office).data["written_rows"]
    assert undo(office).code == 0
    plan = tmp_path / "plan.jsonl"
    assert crm("plan", office, "--as-of", "2026-02-01", "--out", plan).data["rows"] == written
    before = rows_of(crm_of(office))
    answers = [run(office), crm("apply", plan, "-p", office, "--yes")]
    assert [(a.code, "crm-unify resume" in a.stderr) for a in answers] == [(3, True), (3, True)]
    assert differing(before, rows_of(crm_of(office))) == set()
    assert crm("resume", office, "--yes", "--by", "Ada").data["lifted"][0]["undone"] == 2
    assert (crm("resume", office, "--yes").code, run(office).data["written_rows"]) == (2, written)


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


def test_a_merge_that_is_done_again_is_decided_no_more(office: Path) -> None:
    """The undo of the undo takes its verdict back; the next run writes nothing."""
    fill(office, [GOOD[0], GOOD[0].replace("1,", "2,", 1)])
    assert run(office).code == 0
    assert [undo(office).code, undo(office).code] == [0, 0]
    assert crm("decisions", office).data["decisions"] == []
    answer = run(office)
    assert (answer.code, answer.data["written_rows"]) == (0, 0)
    assert ask(crm_of(office), "SELECT count(DISTINCT customer_id) FROM mig_xref") == [(1,)]


def test_a_merge_that_a_person_wanted_and_undid_stays_undone(office: Path) -> None:
    """The word that came later, DIFFERENT, wins; the contradiction is listed."""
    ids = [one for (one,) in ask(crm_of(office), "SELECT id FROM customer ORDER BY id")]
    assert crm("merge", *ids, "-p", office, "--why", "married").code == 0
    assert run(office).code == 0
    assert undo(office).code == 0
    assert crm("resume", office, "--yes").code == 0
    assert run(office).code == 0
    assert ask(crm_of(office), "SELECT count(DISTINCT customer_id) FROM mig_xref") == [(2,)]
    assert len(crm("decisions", office).data["conflicts"]) == 1


def test_a_kept_edit_survives_the_next_run(office: Path) -> None:
    """What a person made of the run's value stays, although the source says the run's value again."""
    fill(office, lines((0, "Clerk", "Chief")))
    assert run(office).code == 0
    edit(crm_of(office), "UPDATE person SET job_title = 'Chief of all' WHERE job_title = 'Chief'")
    assert undo(office).code == 0
    assert crm("resume", office, "--yes").code == 0
    assert run(office).code == 0
    assert ("Chief of all",) in ask(crm_of(office), "SELECT job_title FROM person")
    assert run(office).data["written_rows"] == 0


def test_an_edit_that_the_run_overwrote_comes_back(office: Path) -> None:
    """The image is what really stood there; and the undo of that undo knows its own writing."""
    edit(crm_of(office), "UPDATE person SET job_title = 'Clerk in chief' WHERE job_title = 'Clerk'")
    fill(office, lines((0, "Clerk", "Chief")))
    jobs = []
    for step in (run, undo, undo):
        assert step(office).code == 0
        jobs.append(ask(crm_of(office), "SELECT job_title FROM person WHERE full_name = 'Ann Ash'"))
    assert jobs == [[("Chief",)], [("Clerk in chief",)], [("Chief",)]]
