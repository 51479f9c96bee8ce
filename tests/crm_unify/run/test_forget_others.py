"""Erasing a person leaves everybody else as they were, and nothing that is kept brings the person back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.crm_unify.run.people import fill, people
from tests.crm_unify.run.repairing import edited, exported, imported
from tests.crm_unify.run.test_delta import club, delivered
from tests.crm_unify.run.test_forget import HERS, OTHERS, customer_of, forget, key, telling
from tests.projects import crm, question, run

__all__ = ("club", "key")
"""Fixtures: a project with a source of changes, and the key in the environment."""

RADIO = ",Radioactive waste,waste@post.example,Inactive Keeper,Glow Lane 5"
"""A row without a key, in quarantine: part of one of its words is the status of every customer."""
UNTOUCHED = (
    "SELECT id, why, value FROM mig_decision ORDER BY 1",
    "SELECT id, raw FROM mig_quarantine ORDER BY 1",
    "SELECT run, seq, row_id, before FROM mig_change WHERE before LIKE '%\"active\"%' ORDER BY 1, 2",
)


def test_nobody_else_is_touched_by_a_word_that_the_person_shares(tmp_path: Path) -> None:
    """A pin, a before-image and a quarantined row that hold `active` are as before, and no row is blocked."""
    project = people(tmp_path, (*OTHERS, HERS, RADIO))
    assert run(project).code == 0
    ann = customer_of(project, "1")
    pin = ("job_title", "Head", "--by", "Ada", "--why", "she is still active")
    assert crm("pin", ann, *pin, "-p", project).code == 0
    fill(project, (OTHERS[0], HERS, RADIO))
    assert run(project).code == 0
    before = [question(project / "crm.db", sql) for sql in UNTOUCHED]
    assert [len(rows) > 0 for rows in before] == [True, True, True]
    answer = forget(project, customer_of(project, "7"))
    assert (answer.code, answer.data["blocked"].get("raw")) == (0, None)
    assert [question(project / "crm.db", sql) for sql in UNTOUCHED] == before


def test_a_run_is_undone_though_a_quarantined_row_of_it_was_erased(tmp_path: Path) -> None:
    """What the erasure took out of the bookkeeping is no row that somebody deleted."""
    project = people(tmp_path, (*OTHERS, HERS.replace("quorv@", "quorv(at)")))
    assert run(project).code == 0
    answer = forget(project, customer_of(project, "7"))
    assert answer.data["rows"]["mig_quarantine"] == 1
    undone = crm("undo", "1", "-p", project, "--yes")
    assert undone.code == 0, undone.stderr
    assert question(project / "crm.db", "SELECT count(*) FROM customer") == [(0,)]


def test_a_row_that_got_its_key_from_a_correction_does_not_come_back(tmp_path: Path) -> None:
    """As found the row has no key; it is known by its content, and discarded."""
    project = people(tmp_path, (*OTHERS, HERS.removeprefix("7")))
    assert run(project).code == 0
    book = edited(exported(project), {None: {"fix: ID": "7"}})  # type: ignore[dict-item]  # it has no key
    assert imported(project, book, "--why", "asked the office").code == 0
    assert run(project).data["customers"] == 3
    assert forget(project, customer_of(project, "7")).code == 0
    again = run(project)
    assert (again.data["customers"], again.data["account"]["people"]["discarded"]) == (2, 1)
    assert [name for name in telling(project) if not name.startswith("repair")] == []


@pytest.fixture
def forgotten(club: Path) -> Path:
    """The club after its second member, whose row went bad since, was erased."""
    delivered(club, 2, "U,2,,ben@hartley.example")
    assert run(club).code == 0
    sql = "SELECT customer_id FROM mig_xref WHERE record_id LIKE '%:2#person'"
    ((ben,),) = question(club / "crm.db", sql)
    assert forget(club, str(ben)).code == 0
    return club


def test_a_kept_row_that_went_bad_is_erased_by_its_key(forgotten: Path) -> None:
    """The row says something else than the record that stands; it is the person's all the same."""
    rows = question(forgotten / "crm.db", "SELECT \"row\" FROM mig_snapshot")
    assert [("anna@" in text, "ben@" in text) for (text,) in rows] == [(True, False)]


def test_an_erased_row_that_is_delivered_again_is_not_kept(forgotten: Path) -> None:
    """Without the workspace the next run finds what it was, and writes nothing."""
    delivered(forgotten, 3, "U,2,Ben Hartley,ben@hartley.example")
    first = run(forgotten)
    shutil.rmtree(forgotten / ".crm_unify")
    second = run(forgotten)
    assert (first.code, second.data["account"]) == (0, first.data["account"])
    assert second.data["written_rows"] == 0
    assert first.data["account"]["members"]["quarantined"] == 0
