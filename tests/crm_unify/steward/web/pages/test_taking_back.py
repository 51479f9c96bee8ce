"""Runs that are taken back on a page: exactly what was shown, beside others, with those behind them."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.schema.target import open_target
from pipelines.load import hold
from tests.crm_unify.run.people import GOOD, fill, people
from tests.crm_unify.steward.web.people import Browser, Served, served, with_users
from tests.projects import question, run


@pytest.fixture(scope="module")
def career(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: with each but the first both people are promoted."""
    project = people(tmp_path_factory.mktemp("career"))
    for job in ("", "Head ", "First "):
        fill(project, [line.replace("Clerk", f"{job}Clerk").replace("Baker", f"{job}Baker") for line in GOOD])
        assert run(project).code == 0
    with_users(project)
    return project


@pytest.fixture
def office(career: Path, tmp_path: Path) -> Iterator[Served]:
    """A copy of it as it is served."""
    yield from served(Path(shutil.copytree(career, tmp_path / "office")))


def seal(browser: Browser, path: str) -> str:
    """What the form of a plan says."""
    found = re.search(r'name="seal" value="([^"]+)"', browser.get(path).text)
    assert found is not None, path
    return found.group(1)


def renamed(office: Served, jobs: dict[str, str]) -> None:
    """Somebody gives people these jobs in the CRM."""
    with closing(sqlite3.connect(office.project / "crm.db")) as con:
        sql = "UPDATE person SET job_title = ? WHERE full_name = ?"
        con.executemany(sql, [(job, name) for name, job in jobs.items()])
        con.commit()


def test_another_plan_of_as_many_rows_is_refused(office: Served) -> None:
    """One edit is kept as before, but it is another person's: that is not what was shown."""
    browser = office.browser("admin")
    renamed(office, {"Ann Ash": "Queen"})
    shown = seal(browser, "/runs/3/undo")
    renamed(office, {"Ann Ash": "First Clerk", "Ben Birch": "King"})
    assert seal(browser, "/runs/3/undo") != shown
    assert browser.form("/runs/3/undo", seal=shown).status_code == 422
    assert browser.form("/runs/3/undo", seal=seal(browser, "/runs/3/undo")).status_code == 303


def test_an_answer_of_a_steward_does_not_make_another_plan(office: Served) -> None:
    """The same rows are written, so that an admin is not refused for the work of others."""
    browser = office.browser("admin")
    shown = seal(browser, "/runs/3/undo")
    ((customer,), *_) = question(office.project / "crm.db", "SELECT id FROM customer ORDER BY 1")
    said = {"key": "d" * 32, "canvas": customer, "action": "same"}
    assert browser.form("/answers", **said).status_code == 200
    assert seal(browser, "/runs/3/undo") == shown


def test_a_look_at_the_plan_stands_in_no_ones_way(office: Served) -> None:
    """It is shown while a run holds the lock, and takes no lock itself."""
    engine: sa.Engine = open_target(f"sqlite:///{office.project / 'crm.db'}")
    with hold(engine):
        answer = office.browser("admin").get("/runs/3/undo")
    assert (answer.status_code, "would be written" in answer.text) == (200, True)


def test_runs_that_stand_in_the_way_are_named_and_go_first(office: Served) -> None:
    """The page of an older run leads to the plan with all of them, and that is carried out."""
    browser = office.browser("admin")
    first = browser.get("/runs/2/undo")
    assert (first.status_code, "Run 3" in first.text, 'name="seal"' in first.text) == (200, True, False)
    (way,) = re.findall(r'href="(/runs/2/undo\?cascade=true)"', first.text)
    assert "Only the first step is shown here" in browser.get(way).text
    assert browser.form("/runs/2/undo", seal=seal(browser, way), cascade="true").status_code == 303
    jobs = question(office.project / "crm.db", "SELECT job_title FROM person ORDER BY 1")
    assert jobs == [("Baker",), ("Clerk",)]


def test_an_undo_that_is_refused_after_all_stands_as_failed(office: Served) -> None:
    """The database refuses a row: the audit tells what was wanted, and that it was not done."""
    browser = office.browser("admin")
    shown = seal(browser, "/runs/3/undo")
    with closing(sqlite3.connect(office.project / "crm.db")) as con:
        con.execute("CREATE TRIGGER no BEFORE UPDATE ON person BEGIN SELECT RAISE(ABORT, 'no'); END")
    assert browser.form("/runs/3/undo", seal=shown).status_code == 409
    sql = "SELECT action, subject, detail FROM mig_audit WHERE action LIKE 'run-%' ORDER BY id"
    told = [(action, "3", '{"runs": [3]}') for action in ("run-undo", "run-undo-failed")]
    assert question(office.project / "crm.db", sql) == told
