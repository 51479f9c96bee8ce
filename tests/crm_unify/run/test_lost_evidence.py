"""A customer that evidence alone holds together no longer: asked about, or split as the project says."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.crm_unify.run.decided import customer_of, record_id, row, say, town
from tests.crm_unify.run.people import fill, people
from tests.projects import crm, differing, dump, question, run

FEW = 12
"""Records: six people of two records each."""


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people; overnight one of Bruno's records says something else in all fields, and Clara marries."""
    project = people(tmp_path_factory.mktemp("six"), town()[:FEW])
    assert run(project).code == 0
    news = {
        3: row(3, Name="Zacharias Quint", Mail="zq@far.example", Note="Far Road 99"),
        5: row(5, Name="Clara Stone", Note="New Road 7"),
    }
    fill(project, [news.get(place, line) for place, line in enumerate(town()[:FEW])])
    return project


@pytest.fixture
def hamlet(six: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(six, tmp_path / "hamlet"))


def owners(project: Path) -> dict[str, str]:
    """The customer of each record."""
    return dict(question(project / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))


def again(project: Path) -> dict[str, Any]:
    """One more run."""
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return answer.data


def test_the_customer_stays_whole_and_a_person_is_asked(hamlet: Path) -> None:
    """With the records that would part; a wife who marries and moves is no question; each run asks again."""
    before = owners(hamlet)
    (lost,) = again(hamlet)["lost_evidence"]
    assert (lost["customer_id"], lost["parts"]) == (customer_of(hamlet, 2), [[record_id(2)], [record_id(3)]])
    assert owners(hamlet) == before
    second = again(hamlet)
    assert (second["written_rows"], second["lost_evidence"]) == (0, [lost])


@pytest.mark.parametrize(("answer", "apart"), [("confirm", False), ("split", True)])
def test_an_answer_ends_the_question(hamlet: Path, answer: str, apart: bool) -> None:
    """Confirmed, it is one; split, it is two; nobody is asked again."""
    again(hamlet)
    words = [record_id(3)] if answer == "split" else []
    say(hamlet, answer, customer_of(hamlet, 2), *words)
    assert again(hamlet)["lost_evidence"] == []
    assert (customer_of(hamlet, 2) != customer_of(hamlet, 3)) is apart


def test_a_project_that_says_split_parts_it_and_an_undo_brings_it_back(hamlet: Path) -> None:
    """The founding record keeps the id; after the undo the database is as before but for its bookkeeping."""
    before, first = dump(hamlet / "crm.db"), owners(hamlet)
    file = hamlet / "crm_unify.yml"
    file.write_text(f"{file.read_text(encoding='utf-8')}on_lost_evidence: split\n", encoding="utf-8")
    assert again(hamlet)["lost_evidence"] == []
    after = owners(hamlet)
    assert {record for record in first if first[record] != after[record]} == {record_id(3)}
    assert crm("undo", "last", "-p", hamlet, "--yes").code == 0
    told = {"mig_run", "mig_change", "mig_undo", "mig_redirect", "mig_lineage"}
    assert differing(before, dump(hamlet / "crm.db")) <= told
    assert owners(hamlet) == first


def test_what_people_said_once_and_took_back_leaves_the_evidence_to_decide(hamlet: Path) -> None:
    """Two customers that SAME held together part without a question when it is revoked."""
    again(hamlet)
    say(hamlet, "merge", customer_of(hamlet, 6), customer_of(hamlet, 8))
    again(hamlet)
    assert customer_of(hamlet, 6) == customer_of(hamlet, 8)
    say(hamlet, "revoke", "1")
    assert len(again(hamlet)["lost_evidence"]) == 1  # Bruno's, as before
    assert customer_of(hamlet, 6) != customer_of(hamlet, 8)
