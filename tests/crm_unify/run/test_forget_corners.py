"""What an erasure has to find in out-of-the-way places: corrections, escaped texts, kept rows, own files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_unify.run.correcting import NewCorrection, SourceRow, correcting, record, taking_back
from crm_unify.schema.target import open_target
from crm_unify.steward.evidence_pack import write_pack
from pipelines.erasure.made import kind_of
from pipelines.erasure.person import _spellings
from tests.crm_unify.run.people import GOOD, account, people, rules
from tests.crm_unify.run.test_forget import BAD, HERS, KEY, customer_of, forget, telling
from tests.projects import AS_OF, crm, question, run

CONTACTS = """\
  - organisation: {as: company, name: {from: Note}}
    person: {as: contact, full_name: {from: Name}, job_title: {from: Job}}
    organisation_person: {organisation: company, person: contact, role: {const: contact}}
    contact_point: {of: contact, kind: email, value: {from: Mail, type: email}}
"""
MAKERS = (
    ("quarantine", "files", "{project}", "--out", "{project}/rows"),
    ("quarantine", "export", "{project}"),
    ("review", "export", "{project}", "--out", "{project}/review.csv"),
    ("review", "export", "{project}"),
    ("review", "sample", "{project}"),
    ("docs", "{project}"),
    ("profile", "{project}/people.csv", "--html", "{project}/profile.html"),
    ("explain", "{who}", "office.people:1#person", "-p", "{project}", "--html", "{project}/explain.html"),
)
"""Commands that write files beside a project."""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key stands in the environment."""
    monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", KEY)


def repaired(project: Path, *words: NewCorrection) -> None:
    """Record corrections as the workbook's return does."""
    record(open_target("sqlite:///crm.db", root=project), words, by="Ada")


def corrected(project: Path) -> list[str]:
    """What the corrections that are left say."""
    sql = "SELECT coalesce(new_value, kind) FROM mig_correction ORDER BY id"
    return [said for (said,) in question(project / "crm.db", sql)]


def test_corrections_go_with_the_rows_they_repair(tmp_path: Path) -> None:
    """Short, superseded and revoked ones, and those known by content alone; nobody else's."""
    project = people(tmp_path, (*GOOD, HERS, BAD))
    assert run(project).code == 0
    sql = "SELECT row_hash FROM mig_source_record WHERE record_id LIKE 'office.people:7#%'"
    ((content,),) = question(project / "crm.db", sql)
    hers, other = (SourceRow("office", "people", key, "", False, None) for key in ("7", "1"))
    by_content = SourceRow("office", "people", None, content, True, None)
    of = {"Cook": hers, "Chef": hers, "Aide": by_content, "Clark": other}
    repaired(project, *(correcting(row, "Job", old="Maid", new=new, why="seen") for new, row in of.items()))
    with open_target("sqlite:///crm.db", root=project).connect() as connection:
        back = taking_back(connection, [2], why="no")
    repaired(project, *back)
    assert forget(project, customer_of(project, "7")).data["rows"]["mig_correction"] == 4
    assert corrected(project) == ["Clark"]


def test_what_was_corrected_in_the_company_of_an_erased_contact_stays(tmp_path: Path) -> None:
    """They are of one row: the company's name is its own, the contact's job is not."""
    project = people(tmp_path, GOOD)
    file = project / "people.yml"
    file.write_text(file.read_text().partition("targets:\n")[0] + "targets:\n" + CONTACTS)
    assert run(project).code == 0
    row = SourceRow("office", "people", "1", "", False, None)
    for field, old, new in (("Note", "North Lane 1", "Ash Ltd"), ("Job", "Clerk", "Cook")):
        repaired(project, correcting(row, field, old=old, new=new, why="seen"))
    assert run(project).code == 0
    sql = "SELECT customer_id FROM mig_xref WHERE record_id = 'office.people:1#contact'"
    ((contact,),) = question(project / "crm.db", sql)
    assert forget(project, contact).code == 0
    assert corrected(project) == ["Ash Ltd"]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("O'Neil &amp; \"Sons\" &lt;a&gt;", id="in the XML of a workbook"),
        pytest.param("O&#x27;Neil &amp; &quot;Sons&quot; &lt;a&gt;", id="in an attribute"),
        pytest.param("O&#39;Neil &amp; &#34;Sons&#34; &lt;a&gt;", id="in a page"),
        pytest.param("O'Neil & \"\"Sons\"\" <a>", id="in CSV"),
    ],
)
def test_a_text_is_found_as_files_write_it(written: str) -> None:
    """Markup is escaped differently in workbooks and pages."""
    assert written in set(_spellings("O'Neil & \"Sons\" <a>"))


def test_every_file_this_program_makes_goes(tmp_path: Path) -> None:
    """Row files, workbooks with escaped texts, samples, pages; signed evidence is told apart."""
    bad = "9,,no-address,,Plum & Lane 77"
    project = people(tmp_path, (*GOOD, HERS.replace("Plumage Lane 77", "Plum & Lane 77"), bad))
    assert run(project).code == 0
    who = customer_of(project, "7")
    write_pack(project / "signoff_1.zip", {"notes.txt": HERS.encode()}, signed={"by": "Karla"})
    for words in MAKERS:
        assert crm(*(str(word).format(who=who, project=project) for word in words)).code == 0, words
    files = [*project.glob("[!.]*/*"), *project.glob("[!.]*.*")]
    made = {path.name: kind_of(path) for path in files}
    others = {name for name, kind in made.items() if kind == "other" and not name.startswith("crm.db")}
    assert others == {"people.csv", "people.yml", "crm_unify.yml"}
    answer = forget(project, who)
    assert (answer.data["left"], answer.data["evidence"]) == (["people.csv"], ["signoff_1.zip"])
    assert {"what": "workbook", "file": "quarantine.xlsx"} in answer.data["files"]
    assert telling(project) == ["signoff_1.zip"]


def test_kept_rows_of_a_frozen_source_go_and_do_not_come_back(tmp_path: Path) -> None:
    """The next run takes the rows that are left, balances, and tells nothing of the person."""
    project = people(tmp_path, (*GOOD, HERS))
    rules(project, "source:\n", "source:\n  state: frozen\n")
    assert run(project).code == 0
    (project / "people.csv").unlink()
    assert "mig_snapshot" in forget(project, customer_of(project, "7")).data["rows"]
    assert telling(project) == []
    for command in ("run", "sync"):
        again = crm(command, project, "--as-of", AS_OF, *(("--yes",) if command == "run" else ()))
        assert (again.code, account(again.data)[1]) == (0, 2), again.stderr
        assert telling(project) == []
        shutil.rmtree(project / ".crm_unify")
