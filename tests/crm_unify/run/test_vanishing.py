"""`on_delete: delete`: what has vanished leaves the CRM, unless a person worked on it there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_unify.validation import guards
from tests.crm_unify.run.targets import rows_of
from tests.crm_unify.run.test_undo import ALWAYS, ask, differing, edit
from tests.crm_unify.run.twins import sync, synced_alike
from tests.crm_unify.run.vanishing import fill, holds, loaded
from tests.projects import copy_of, crm, run

EVERYWHERE = (
    pytest.param(None, id="SQLite"),
    pytest.param("postgres_url", id="PostgreSQL", marks=[pytest.mark.postgres, pytest.mark.soak]),
    pytest.param("mariadb_url", id="MariaDB", marks=[pytest.mark.mariadb, pytest.mark.soak]),
)
ANN = "C-6ZUFC7G3AGJUP"
LEFT = {
    "customers": ["Benedikt Birch", "Cleo Cole"],
    "inactive": [],
    "mails": ["ben@post.example", "cleo@post.example"],
    "orders": ["o3"],
    "lines": ["nails"],
    "objections": [],
}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run."""
    return loaded(tmp_path_factory.mktemp("vanishing") / "fixtures" / "v")


@pytest.fixture
def project(once: Path, tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    (tmp_path / "mappings").mkdir()
    return Path(shutil.copytree(once, tmp_path / "fixtures" / "v"))


def url_of(project: Path) -> str:
    """The CRM of a project, as a URL."""
    return f"sqlite:///{project}/crm.db"


@pytest.mark.parametrize("target", EVERYWHERE)
def test_rows_go_come_back_by_undo_and_return_under_their_ids(
    target: str | None, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ann goes with order and line, Benedikt (whom the list backs) loses an order; ids are the old ones."""
    url = f"sqlite:///{tmp_path}/crm.db" if target is None else request.getfixturevalue(target)
    monkeypatch.setenv("CRM_URL", url)
    project = loaded(tmp_path / "v")
    before = rows_of(url)
    fill(project, "people", without=("p1", "p2"))
    assert (run(project).data["deleted"], holds(url)) == (6, LEFT)
    assert crm("undo", "last", "-p", project, "--yes").code == 0
    assert differing(before, rows_of(url)) <= ALWAYS
    assert crm("resume", "-p", project, "--yes").code == 0
    assert (run(project).data["written_rows"], holds(url)) == (17, LEFT)
    fill(project, "people")
    assert run(project).code == 0
    tables = {"customer", "person", "contact_point", "sales_order", "order_line", "mig_xref"}
    assert not differing(before, rows_of(url)) & tables


@pytest.mark.soak
def test_sync_tells_what_a_run_tells(project: Path, tmp_path: Path) -> None:
    """Out of what has changed and anew: the same plans while records go, stay away and return."""
    steps = (("p3",), ("p3", "p1"), ("p1", "p2"), ())
    anew = []
    for number, gone in enumerate(steps):
        fill(project, "people", without=gone)
        fill(project, "orders", without=("o3", "o1"))
        anew.append(synced_alike(project, copy_of(project, tmp_path / f"twin-{number}")).data["anew"])
    assert anew[-1] is None


@pytest.mark.soak
def test_a_plan_tells_of_what_goes_and_apply_does_it(project: Path) -> None:
    """The plan counts the deletes of each table; applied, the CRM holds what a run would leave."""
    fill(project, "people", without=("p1", "p2"))
    plan = project / "plan.jsonl"
    answer = crm("plan", "-p", project, "--out", plan, "--as-of", "2026-02-01")
    assert answer.code == 0, answer.stderr
    assert crm("apply", plan, "-p", project, "--yes").code == 0
    assert holds(url_of(project)) == LEFT


@pytest.mark.parametrize(
    ("deed", "listed"),
    [
        pytest.param("UPDATE order_line SET sku = 'screws' WHERE sku = 'bolts'", 3, id="an edited line"),
        pytest.param(
            f"INSERT INTO contact_point (id, customer_id, kind, value_raw, value_norm, is_primary) "
            f"VALUES ('CP-1', '{ANN}', 'email', 'a@a.example', 'a@a.example', 0)", 1,
            id="an address by hand", marks=pytest.mark.soak),
        pytest.param("UPDATE person SET job_title = 'Chief' WHERE family_name = 'Ash'", 1,
            id="an edited name", marks=pytest.mark.soak),
    ],
)  # fmt: skip
def test_what_a_person_worked_on_stays_inactive_and_is_listed(project: Path, deed: str, listed: int) -> None:
    """Ann stays as she is, inactive, told of once; the next run has nothing to say."""
    edit(url_of(project), deed)
    fill(project, "people", without=("p1",))
    answer = run(project)
    assert (answer.data["blocked"]["new"], answer.data["deleted"]) == (listed, 0)
    found = holds(url_of(project))
    assert (found["inactive"], "o1" in found["orders"]) == (["Ann Ash"], True)
    assert run(project).data["written_rows"] == 0


def test_what_a_person_edited_of_a_customer_who_stays_is_not_lost(project: Path) -> None:
    """The list backs Benedikt: what p2 says of him stays all the same, as a person has worked on him."""
    edit(url_of(project), "UPDATE contact_point SET label = 'home' WHERE value_norm = 'ben@post.example'")
    fill(project, "people", without=("p2",))
    answer = run(project)
    assert (answer.data["blocked"]["new"], answer.data["deleted"]) == (1, 0)
    assert "o2" in holds(url_of(project))["orders"]


def test_what_hangs_on_vanished_rows_counts_for_the_guard(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of three customers would take two of four orders along: too many, nothing is written."""
    monkeypatch.setattr(guards, "COUNTED_FROM", 4)  # where shares count from, in projects of usual size
    fill(project, "orders", more=("o4,p1",))
    assert run(project).code == 0
    fill(project, "people", without=("p1",))
    answer = crm("run", "-p", project)
    assert (answer.code, "o4" in holds(url_of(project))["orders"]) == (3, True)
    assert "2 of 4 records of 'orders' would be deleted (50.0 %)" in answer.stderr


def test_an_order_that_vanishes_goes_alone_unless_edited(project: Path) -> None:
    """With `on_delete: delete` of orders: one goes with its line, one that a person edited stays."""
    file = project / "orders.yml"
    file.write_text(file.read_text(encoding="utf-8") + "on_delete: delete\n", encoding="utf-8")
    assert run(project).code == 0
    edit(url_of(project), "UPDATE sales_order SET status = 'late' WHERE order_no = 'o3'")
    fill(project, "orders", without=("o1", "o3"))
    answer = run(project)
    found = holds(url_of(project))
    assert (found["orders"], found["lines"]) == (["o2", "o3"], ["nails", "nuts"])
    assert (answer.data["deleted"], answer.data["blocked"]["new"]) == (2, 1)


@pytest.mark.soak
def test_an_objection_outlives_its_record(project: Path) -> None:
    """Ann objected and is gone; whoever brings her address later has objected."""
    fill(project, "people", without=("p1",))
    assert sync(project).code == 0
    fill(project, "people", without=("p1",), more=("p9,Zoe Zimmer,1999-09-09,ann@post.example,Y",))
    assert sync(project).code == 0
    said = "SELECT c.display_name FROM consent_current s JOIN customer c ON c.id = s.customer_id WHERE "
    assert ("Zoe Zimmer",) in ask(url_of(project), said + "s.status = 'opted_out'")


@pytest.mark.soak
def test_its_id_answers_and_the_report_does_not_count_it(project: Path) -> None:
    """`customer` says why there is nothing; the report counts two customers."""
    fill(project, "people", without=("p1",))
    assert run(project).code == 0
    answer = crm("customer", ANN, "-p", project)
    assert (answer.code, "its sources have it no longer" in answer.stderr) == (2, True)
    assert crm("report", project).data["customers"] == 2


def test_the_guard_on_vanished_records_holds(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many rows that vanish at once stop the run, and nothing is deleted."""
    monkeypatch.setattr(guards, "COUNTED_FROM", 1)
    before = rows_of(url_of(project))
    fill(project, "people", without=("p1",))
    assert run(project).code == 3
    assert rows_of(url_of(project)) == before


@pytest.mark.soak
def test_a_deleted_customer_can_be_erased(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of her: neither her own rows nor those of her orders, in memory and images."""
    monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", "sixteen characters and more")
    fill(project, "people", without=("p1",))
    assert run(project).code == 0
    answer = crm("forget", ANN, "--why", "asked by letter", "-p", project, "--yes")
    assert (answer.code, answer.data["database_files_clean"]) == (0, True)
    assert ask(url_of(project), "SELECT record_id FROM mig_source_record WHERE state = 'deleted'") == []
