"""An objection on a row in quarantine holds for everybody who carries the address."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.projects import differing, dump, question, run

PROJECT = """\
project: objections
sources: {desk: {path: desk.csv}, news: {path: news.csv}}
rules: [desk.yml, news.yml]
target: sqlite:///crm.db
"""
RULES = """\
map: {name}
source: {{system: {name}, reader: csv, key: [ID]}}
targets:
  - person: {{full_name: {{from: Name}}}}
    contact_point: {{of: person, kind: email, value: {{from: Mail}}}}
    consent:
      of: person
      channel: email
      flag: {{from: Flag, objection: [N], consent: [Y]}}
      given_at: {{from: Date}}
      evidence: {{from: Proof}}
"""
HEADER = "ID,Name,Mail,Flag,Date,Proof"
DESK = (
    "1,Ann Ash,ann@post.example,Y,2024-05-01,form 17",
    "2,Ben Birch,ANN@post.example,,,",
    "3,Cy Dorn,cy@post.example,Y,2024-05-02,form 18",
)
NEWS = ("n1,,ann@post.example,N,,", "n2,,dee@post.example,N,,")
WHY = "objection on a row of news that is in quarantine, waits or was deleted"
ADDRESSES = """
SELECT c.display_name, k.value_norm, k.status FROM consent_current k JOIN customer c ON c.id = k.customer_id
WHERE k.value_norm IS NOT NULL
"""


def fill(project: Path, name: str, lines: Sequence[str]) -> None:
    """Write one of the two files anew."""
    (project / f"{name}.csv").write_text("".join(f"{line}\n" for line in (HEADER, *lines)), encoding="utf-8")


def holding(project: Path) -> set[tuple[str, str, str]]:
    """What holds for each customer's addresses."""
    return set(question(project / "crm.db", ADDRESSES))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run; tests that change anything work on a copy."""
    project = tmp_path_factory.mktemp("objections")
    (project / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    for name, lines in (("desk", DESK), ("news", NEWS)):
        (project / f"{name}.yml").write_text(RULES.format(name=name), encoding="utf-8")
        fill(project, name, lines)
    answer = run(project)
    assert answer.code == 0, answer.stderr
    assert answer.data["account"]["news"]["quarantined"] == 2
    return project


@pytest.fixture
def project(asked: Path, tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(asked, tmp_path / "project"))


def test_a_nameless_row_opts_out_all_who_carry_its_address(asked: Path) -> None:
    """Ann's proven consent does not outweigh it, and Ben never said anything; Cy is not concerned."""
    assert holding(asked) == {
        ("Ann Ash", "ann@post.example", "opted_out"),
        ("Ben Birch", "ann@post.example", "opted_out"),
        ("Cy Dorn", "cy@post.example", "opted_in"),
    }


def test_the_rows_say_where_the_objection_stands(asked: Path) -> None:
    """The record the row would have made, the record that carries the address, and the flag."""
    columns = "source_record_id, carrier_record_id, raw_flag, system, evidence"
    found = question(asked / "crm.db", f"SELECT {columns} FROM consent WHERE raw_flag = 'N'")
    assert set(found) == {
        ("news.news:n1#person", f"desk.desk:{number}#person", "N", "news", WHY) for number in (1, 2)
    }


def test_an_objection_nobody_carries_is_seen_in_quarantine(asked: Path) -> None:
    """The entry shows the whole row."""
    raws = question(asked / "crm.db", "SELECT raw FROM mig_quarantine WHERE code = 'NAME-MISSING'")
    assert sum("dee@post.example" in raw for (raw,) in raws) == 1


def test_a_second_run_says_nothing_again(project: Path) -> None:
    """Consent is appended to only when there is something new."""
    before = dump(project / "crm.db")
    again = run(project)
    assert (again.code, again.data["written_rows"]) == (0, 0)
    assert differing(before, dump(project / "crm.db")) == {"mig_run"}


def test_it_holds_as_soon_as_somebody_carries_the_address(project: Path) -> None:
    """Dee comes into the CRM after her objection."""
    fill(project, "desk", (*DESK, "4,Dee Elm,dee@post.example,Y,2026-01-01,form 30"))
    assert run(project).code == 0
    assert ("Dee Elm", "dee@post.example", "opted_out") in holding(project)


def test_it_outlives_its_row_and_its_repair(project: Path) -> None:
    """The row vanishes, or gets its name: what was appended stays, and still holds."""
    said = set(question(project / "crm.db", "SELECT * FROM consent"))
    for lines in ((), ("n1,Ann Ash,ann@post.example,N,,",)):
        fill(project, "news", lines)
        assert run(project).code == 0
        assert {who for who, _, status in holding(project) if status == "opted_out"} == {
            "Ann Ash",
            "Ben Birch",
        }
    assert said < set(question(project / "crm.db", "SELECT * FROM consent"))


def test_a_loaded_row_that_turns_bad_objects_for_its_customer(project: Path) -> None:
    """Cy's row loses its name and gets an N: the record is kept as it was, the objection holds."""
    fill(project, "desk", (*DESK[:2], "3,,cy@post.example,N,,"))
    assert run(project).code == 0
    assert ("Cy Dorn", "cy@post.example", "opted_out") in holding(project)
