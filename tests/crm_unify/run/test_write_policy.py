"""How values are written over what the CRM holds, field by field."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.crm_unify.run.people import fill, people
from tests.projects import AS_OF, crm, question, run

HEADER = "ID,Name,Mail,Job,Changed,Note"


def clerk(folder: Path, policy: str | None = None) -> Path:
    """One person, loaded as a clerk, in a project with this write policy."""
    project = people(folder / "office", source="updated: Changed")
    if policy is not None:
        write_as(policy, project)
    told(project, "Clerk", "2020-01-02")
    assert run(project).code == 0
    return project


def write_as(policy: str, project: Path) -> None:
    """Set the write policy of a project."""
    with (project / "crm_unify.yml").open("a") as file:
        file.write(f"write_policy: {policy}\n")


@pytest.fixture(scope="module")
def hired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clerk in a project without a policy."""
    return clerk(tmp_path_factory.mktemp("hired"))


def told(project: Path, job: str, changed: str) -> None:
    """What the source says of her."""
    fill(project, [f"1,Ann Ash,ann@post.example,{job},{changed},Lane 1"], header=HEADER)


def edit(project: Path, job: str | None) -> None:
    """A person edits the CRM."""
    with closing(sqlite3.connect(project / "crm.db")) as con:
        con.execute("UPDATE person SET job_title = ?", (job,))
        con.commit()


def job_title(project: Path) -> str | None:
    """What the CRM holds."""
    ((found,),) = question(project / "crm.db", "SELECT job_title FROM person")
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("policy", "edited", "source", "held"),
    [
        pytest.param("always", "Buyer", ("Clerk", "2020-01-02"), "Clerk", id="always, over an edit"),
        pytest.param("if_source_changed", "Buyer", ("Clerk", "2020-01-02"), "Buyer", id="an edit stays"),
        pytest.param(
            "if_source_changed", "Buyer", ("Head", "2020-01-02"), "Head", id="until the source changes"
        ),
        pytest.param("if_empty", "Buyer", ("Head", "2020-01-02"), "Buyer", id="not over what is there"),
        pytest.param("if_empty", None, ("Head", "2020-01-02"), "Head", id="into an empty field"),
        pytest.param("never", None, ("Head", "2020-01-02"), None, id="never, not even into an empty field"),
        pytest.param("if_newer", "Buyer", ("Head", "2020-01-03"), "Head", id="a newer record"),
        pytest.param("if_newer", "Buyer", ("Head", "2020-01-01"), "Buyer", id="an older record"),
    ],
)
def test_each_policy_decides_about_an_edited_field(
    hired: Path, tmp_path: Path, policy: str, edited: str | None, source: tuple[str, str], held: str | None
) -> None:
    """After an edit in the CRM and a word of the source; a further run writes nothing."""
    project = Path(shutil.copytree(hired, tmp_path / "office"))
    write_as(f"{{fields: {{person.job_title: {policy}}}}}", project)
    edit(project, edited)
    told(project, *source)
    assert run(project).code == 0
    assert job_title(project) == held
    assert run(project).data["written_rows"] == 0


def test_the_default_goes_for_every_field_that_is_not_named(tmp_path: Path) -> None:
    """Rows that are new are written whole."""
    project = clerk(tmp_path, "{default: never, fields: {person.job_title: if_source_changed}}")
    assert job_title(project) == "Clerk"
    fill(project, ["1,Ann Birch,ann@post.example,Head,2021-01-01,Lane 9"], header=HEADER)
    run(project)
    query = "SELECT family_name, job_title, line1 FROM person JOIN address USING (customer_id)"
    assert question(project / "crm.db", query)[0][:2] == ("Ash", "Head")


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        pytest.param(
            "{fields: {person.jobtitle: never}}", "unknown field 'person.jobtitle'", id="no such field"
        ),
        pytest.param("{fields: {consent: always}}", "consent is written by 'most_restrictive'", id="consent"),
        pytest.param("{fields: {person.gender: most_restrictive}}", "nothing else is", id="not consent"),
        pytest.param("{fields: {address.city: if_newer}}", "has nothing to compare", id="all are kept"),
        pytest.param("{default: most_restrictive}", "consent alone", id="as default"),
    ],
)
def test_a_policy_that_a_field_cannot_have_is_refused(tmp_path: Path, policy: str, what: str) -> None:
    """By `check`, with its line in the project file."""
    project = people(tmp_path / "office")
    with (project / "crm_unify.yml").open("a") as file:
        file.write(f"write_policy: {policy}\n")
    answer = crm("check", project)
    assert (answer.code, answer.data["error"]["line"]) == (2, 5)
    assert what in answer.data["error"]["what"]


def test_consent_is_written_most_restrictively_whether_it_is_said_or_not(tmp_path: Path) -> None:
    """The policy may be named; it changes nothing."""
    project = clerk(tmp_path, "{default: if_source_changed, fields: {consent: most_restrictive}}")
    assert run(project).data["written_rows"] == 0


def test_a_quiet_source_does_not_keep_a_sync_from_writing_always(tmp_path: Path) -> None:
    """What a run would overwrite a sync overwrites, too, although nothing is new."""
    project = clerk(tmp_path, "{default: always}")
    edit(project, "Buyer")
    assert crm("sync", project, "--as-of", AS_OF).code == 0
    assert job_title(project) == "Clerk"
