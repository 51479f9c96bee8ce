"""Unknown is not consent, an objection needs no evidence, and what was said is never unsaid."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from tests.crm_unify.conftest import Toured
from tests.projects import question, run

PROJECT = """\
project: consent
sources: {desk: {path: desk.csv}, news: {path: news.csv}}
rules: [desk.yml, news.yml]
target: sqlite:///crm.db
trust: [desk, news]
"""
RULES = """\
map: {name}
version: 1
status: draft
owner: data protection
source: {{system: {name}, reader: csv, key: [ID]}}
rules:
  BR-001: {{what: Y needs a date and a proof, owner: data protection, status: approved}}
targets:
  - when: "Company IS NOT NULL"
    organisation: {{as: org, name: {{from: Company}}}}
    contact_point: {{of: org, kind: email, value: {{from: Mail, type: email}}}}
    consent: &said
      of: org
      rule: BR-001
      channel: email
      flag: {{from: Flag, objection: [N], consent: [Y]}}
      given_at: {{from: Date, type: date}}
      evidence: {{from: Proof}}
  - person: {{as: person, full_name: {{from: Name}}, birth_date: {{from: Born, type: date}}}}
    contact_point: {{of: person, kind: email, value: {{from: Mail, type: email}}}}
    consent:
      of: person
      rule: BR-001
      channel: email
      flag: {{from: Flag, objection: [N], consent: [Y]}}
      given_at: {{from: Date, type: date}}
      evidence: {{from: Proof}}
""".replace("&said", "")
HEADER = "ID,Name,Company,Mail,Born,Flag,Date,Proof"
DESK = (
    "1,Anna Keller,,anna@post.example,1980-02-14,Y,2024-05-01,form 17",  # she objects in the newsletter
    "2,Otto Vogel,,otto@post.example,1971-07-30,Y,2024-05-02,form 18",
    "3,Paula Sommer,,paula@post.example,1966-01-09,Y,2024-05-03,",
    "4,Rita Brandt,,rita@post.example,1959-11-21,Y,,form 20",
    "5,Bernd Wolf,,anna@post.example,1990-12-24,Y,2024-05-05,form 21",  # somebody else with her address
    "6,,Keller Technik GmbH,anna@post.example,,Y,2024-05-06,form 22",  # her company, which has it too
    "7,Silke Horn,,silke@post.example,1983-03-03,,,",
)
NEWS = (
    "n1,Anna Keller,,anna@post.example,1980-02-14,N,,",
    "n2,Jens Moor,,jens(at)post,1975-08-08,n,,",  # an objection whose address is none
)


def fill(project: Path, name: str, lines: Sequence[str]) -> None:
    """Write one of the two files anew."""
    (project / f"{name}.csv").write_text("".join(f"{line}\n" for line in (HEADER, *lines)), encoding="utf-8")


def project_of(folder: Path, desk: Sequence[str], news: Sequence[str]) -> Path:
    """The project with these rows."""
    (folder / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    for name, lines in (("desk", desk), ("news", news)):
        (folder / f"{name}.yml").write_text(RULES.format(name=name), encoding="utf-8")
        fill(folder, name, lines)
    return folder


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first run; tests that change anything work on a copy."""
    project = project_of(tmp_path_factory.mktemp("consent"), DESK, NEWS)
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return project


@pytest.fixture
def project(asked: Path, tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(asked, tmp_path / "project"))


HOLDS = """
SELECT c.display_name, k.value_norm, k.status FROM consent_current k JOIN customer c ON c.id = k.customer_id
WHERE k.channel = 'email'
"""


def holding(project: Path, name: str) -> set[tuple[str | None, str]]:
    """What holds for a customer: the address it is about (None: the customer as a whole) and the status."""
    return {(value, status) for who, value, status in question(project / "crm.db", HOLDS) if who == name}


def said(project: Path) -> set[tuple[object, ...]]:
    """Every row of consent, whole."""
    return set(question(project / "crm.db", "SELECT * FROM consent"))


CURRENT = [
    pytest.param("Anna Keller", "anna@post.example", "opted_out", id="N beside a proven Y of another source"),
    pytest.param("Otto Vogel", "otto@post.example", "opted_in", id="Y with date and proof"),
    pytest.param("Paula Sommer", "paula@post.example", "unknown", id="Y without a proof"),
    pytest.param("Rita Brandt", "rita@post.example", "unknown", id="Y without a date"),
    pytest.param("Bernd Wolf", "anna@post.example", "opted_out", id="another person with the address"),
    pytest.param("Keller Technik GmbH", "anna@post.example", "opted_out", id="a company with the address"),
]


@pytest.mark.parametrize(("name", "address", "status"), CURRENT)
def test_what_holds_for_an_address(asked: Path, name: str, address: str, status: str) -> None:
    """The most restrictive word on it, whoever said it."""
    assert {s for value, s in holding(asked, name) if value == address} == {status}


def test_a_yes_and_a_no_are_of_one_customer(asked: Path) -> None:
    """Anna Keller of both sources is one customer, so the test above is about merging."""
    sql = "SELECT count(DISTINCT customer_id), count(*) FROM mig_xref WHERE record_id IN ({})"
    ids = "'desk.desk:1#person', 'news.news:n1#person'"
    assert question(asked / "crm.db", sql.format(ids)) == [(1, 2)]


def test_an_objection_without_a_valid_address_holds_for_the_customer(asked: Path) -> None:
    """A small n counts as well; there is no address, so it is about the customer as a whole."""
    assert holding(asked, "Jens Moor") == {(None, "opted_out")}


def test_a_blank_flag_says_nothing(asked: Path) -> None:
    """Neither yes nor no nor unknown."""
    assert holding(asked, "Silke Horn") == set()


def test_every_word_keeps_its_flag_as_evidence(asked: Path) -> None:
    """The raw flags stand in the rows, also of the words that do not hold."""
    sql = "SELECT raw_flag, status, count(*) FROM consent WHERE value_norm IS NULL GROUP BY 1, 2 ORDER BY 1"
    counts = [("N", "opted_out", 1), ("Y", "opted_in", 4), ("Y", "unknown", 2), ("n", "opted_out", 1)]
    assert question(asked / "crm.db", sql) == counts


def test_a_later_objection_in_another_source_flips_what_holds(project: Path) -> None:
    """Otto Vogel had opted in with proof; one line in the newsletter is enough."""
    before = said(project)
    fill(project, "news", (*NEWS, "n3,Otto Vogel,,otto@post.example,1971-07-30,N,,"))
    assert run(project).code == 0
    assert {status for _, status in holding(project, "Otto Vogel")} == {"opted_out"}
    assert before < said(project)


def test_a_customer_who_gets_the_address_later_gets_the_objection(project: Path) -> None:
    """The objection was there before the customer."""
    fill(project, "desk", (*DESK, "8,Ute Lang,,anna@post.example,1948-04-04,Y,2026-01-01,form 30"))
    assert run(project).code == 0
    assert holding(project, "Ute Lang") >= {("anna@post.example", "opted_out")}


def test_an_objection_outlives_its_row(project: Path) -> None:
    """The newsletter loses its rows; nobody has taken the objection back."""
    before = said(project)
    fill(project, "news", ())
    assert run(project).code == 0
    assert {s for value, s in holding(project, "Anna Keller") if value is not None} == {"opted_out"}
    assert {s for value, s in holding(project, "Bernd Wolf") if value is not None} == {"opted_out"}
    assert before <= said(project)


def test_consent_is_only_ever_appended_to(project: Path) -> None:
    """No, yes, no again, another address, no row at all: every earlier row of consent stays as it was."""
    steps = (
        "n1,Anna Keller,,anna@post.example,1980-02-14,Y,2026-01-02,mail of 2 January",
        "n1,Anna Keller,,anna@post.example,1980-02-14,N,,",
        "n1,Anna Keller,,anna.keller@post.example,1980-02-14,N,,",
    )
    rows, statuses = [said(project)], []
    for step in steps:
        fill(project, "news", (step, NEWS[1]))
        assert run(project).code == 0
        rows.append(said(project))
        statuses.append({s for value, s in holding(project, "Anna Keller") if value == "anna@post.example"})
    assert [earlier <= later for earlier, later in pairwise(rows)] == [True] * 3
    assert statuses == [{"opted_in"}, {"opted_out"}, {"opted_out"}]


OBJECTIONS = """
WITH words AS (
    SELECT s.record_id, json_extract(w.value, '$.raw_flag') AS flag
    FROM mig_source_record s, json_each(s.claims, '$.consent') w
), addresses AS (
    SELECT w.record_id, w.flag, json_extract(p.value, '$.value_norm') AS address
    FROM words w JOIN mig_source_record s USING (record_id), json_each(s.claims, '$.contact_point') p
    WHERE json_extract(p.value, '$.kind') = 'email' AND json_extract(p.value, '$.value_norm') IS NOT NULL
)
"""
"""What the records of a CRM said, and the addresses that each of them carries."""
CARRIERS = """
SELECT p.customer_id, p.value_norm, group_concat(DISTINCT coalesce(k.status, 'nothing')) AS status
FROM contact_point p LEFT JOIN consent_current k USING (customer_id, value_norm)
WHERE p.value_norm IN (SELECT address FROM addresses WHERE flag = 'N')
GROUP BY p.customer_id, p.value_norm
"""
PROMISED = """
SELECT count(*) FROM consent_current k JOIN mig_xref x USING (customer_id) JOIN words w USING (record_id)
WHERE w.flag = 'N' AND k.value_norm IS NULL AND k.status <> 'opted_out'
"""


@pytest.mark.slow
def test_no_objection_in_the_company_is_lost(unified: Toured) -> None:
    """Every customer who said N, and every one who carries an address of somebody who did, is opted out."""
    carriers = question(unified.crm, OBJECTIONS + CARRIERS)
    assert {status for _, _, status in carriers} == {"opted_out"}
    addresses = [address for _, address, _ in carriers]
    assert len(set(addresses)) > 200, "objections of the company"
    assert len(addresses) > len(set(addresses)), "addresses of several customers"
    assert question(unified.crm, OBJECTIONS + PROMISED) == [(0,)]
