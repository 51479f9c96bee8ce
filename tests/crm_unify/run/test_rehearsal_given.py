"""A rehearsal begins with what the environment knows: who was erased, and rows that nobody delivers again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.crm_unify.run.people import GOOD, fill, people, rules
from tests.crm_unify.run.test_forget import HERS, KEY, customer_of, forget, telling
from tests.projects import AS_OF, Answer, crm, question, run


def rehearsed(project: Path) -> Answer:
    """A rehearsal on the date of the tests."""
    return crm("rehearse", project, "--as-of", AS_OF, "--by", "Doris")


def test_a_rehearsal_does_not_bring_an_erased_person_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is discarded there as in a run; without the key there is no rehearsal."""
    monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", KEY)
    project = people(tmp_path, (*GOOD, HERS))
    assert run(project).code == 0
    assert forget(project, customer_of(project, "7")).code == 0
    answer = rehearsed(project)
    assert (answer.data["counts"]["customers"], answer.data["counts"]["discarded"]) == (2, 1)
    scratch = project / ".crm_unify" / "rehearsal.db"
    assert question(scratch, "SELECT count(*) FROM mig_suppression WHERE what = 'key'") == [(1,)]
    assert telling(project) == []
    monkeypatch.delenv("CRM_UNIFY_ERASURE_KEY")
    refused = rehearsed(project)
    assert (refused.code, "the key for erased persons is missing" in refused.stderr) == (2, True)
    assert telling(project) == []


def test_a_frozen_source_without_its_file_is_rehearsed_from_the_rows_that_are_kept(tmp_path: Path) -> None:
    """Those of the last run's workspace, then those of the database: what the run itself would take."""
    project = people(tmp_path, GOOD)
    assert run(project).code == 0
    rules(project, "source:\n", "source:\n  state: frozen\n")
    (project / "people.csv").unlink()
    first = rehearsed(project)
    assert (first.data["stopped"], first.data["counts"]["customers"]) == (None, 2)
    assert run(project).code == 0
    shutil.rmtree(project / ".crm_unify")
    second = rehearsed(project)
    assert (second.data["stopped"], second.data["account"]) == (None, first.data["account"])


def test_ids_of_records_under_another_key_are_those_of_the_real_run(tmp_path: Path) -> None:
    """Ann's row got another key: in the rehearsal, too, she is the record she was; both keys answer."""
    project = people(tmp_path, GOOD)
    assert run(project).code == 0
    fill(project, (f"0{GOOD[0]}", GOOD[1]))
    assert run(project).data["rekeyed"] == 1
    assert rehearsed(project).data["stopped"] is None
    scratch = project / ".crm_unify" / "rehearsal.db"
    asked = "SELECT * FROM customer_xref ORDER BY 1, 2, 3, 4"
    assert question(scratch, asked) == question(project / "crm.db", asked)
