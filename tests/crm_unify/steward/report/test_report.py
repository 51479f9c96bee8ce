"""The whole page, made from real runs: the tour, a hostile source and an empty one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.said import rules_hash
from crm_unify.steward.report.gather import report
from crm_unify.steward.report.page import page
from crm_unify.steward.report.rows import COUNTS
from tests.crm_unify.conftest import Toured
from tests.crm_unify.steward.report.invented import ACCOUNT, left
from tests.crm_unify.steward.report.reading import Element, lines, read
from tests.projects import Answer, copied, copy_of, crm, question, run

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=https://evil.example/x onerror=alert(1)>",
    "</style></table><iframe src=//evil.example>",
    "{{ config }}{% include 'report.html' %}",
    "\u202eمرحبا\u202c بالعالم 👩‍👩‍👧",
    "x" * 10_240,
)
PROJECT = "project: odd\nsources: {one: {path: one.csv}, two: {path: two.csv}}\nrules: ['*.rules.yml']\n"
RULES = """\
map: {name}
source: {{system: {name}, reader: csv, key: [No]}}
rules:
  "<b>R</b>": {{what: "<script>alert('rule')</script>", owner: "<i>me</i>", evidence: "&amp;"}}
targets:
  - rule: "<b>R</b>"
    organisation: {{as: org, name: {{from: "<u>Name</u>"}}}}
    contact_point: {{of: org, kind: email, value: {{from: Mail}}}}
"""
HEADER = "No,<u>Name</u>,Mail,<script>Extra</script>\n"


@dataclass(frozen=True, slots=True)
class Made:
    """A project that was run, and the page of its report."""

    project: Path
    answer: Answer
    html: str

    @property
    def page(self) -> Element:
        """The tree of the page."""
        return read(self.html)


def made(project: Path) -> Made:
    """Run a project and report on it."""
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return reported(project, answer)


def reported(project: Path, answer: Answer) -> Made:
    """Report on a run."""
    told = crm("report", project)
    assert told.code == 0, told.stderr
    return Made(project, answer, (project / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tour(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The report of the tour."""
    return reported(copy_of(toured.project, tmp_path_factory.mktemp("tour")), toured.answer)


def odd(folder: Path, rows: list[str]) -> Path:
    """A project of two files with the same rows."""
    (folder / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    for name in ("one", "two"):
        (folder / f"{name}.rules.yml").write_text(RULES.format(name=name), encoding="utf-8")
        (folder / f"{name}.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The report of sources whose every text is an attack: names, bad values, rows without a name."""
    quoted = ['"' + text.replace('"', '""') + '"' for text in HOSTILE]
    rows = [f"{i},{name},i{i}@one.example,{name}\n" for i, name in enumerate(quoted)]
    rows += [f"bad{i},Firm {i} Ltd,{name},\n" for i, name in enumerate(quoted)]
    rows += [f"none{i},,,{name}\n" for i, name in enumerate(quoted)]
    return made(odd(tmp_path_factory.mktemp("hostile"), rows))


@pytest.fixture
def empty(club: LoadedProject, connection: sa.Connection) -> Element:
    """The page of a run whose sources held a header and nothing else."""
    nothing = dict.fromkeys(ACCOUNT, 0)
    figures = {"account": {"members": nothing}, "bands": {"merge": 0, "review": 0}, "notes": [], "hits": []}
    run = {"project": "club", "environment": None, "id": 1, "as_of": date(2026, 2, 1), "written_rows": 0}
    hashes = {"sources_hash": "s", "rules_hash": rules_hash(club), "model_id": None}
    pairs = pa.table({n: pa.array([], pa.string()) for n in ("left", "right", "kind", "class", "band")})
    pairs = pairs.append_column("millibits", pa.array([], pa.int64()))
    run_left = replace(left(club, connection, figures=figures, fates=[]), run=run | hashes, pairs=pairs)
    return read(page(report(run_left)))


# --- figures ---
def test_where_every_row_went_is_the_account_of_the_run(tour: Made) -> None:
    """Table by table and together, every figure of the account stands on the page."""
    table = tour.page.one(id="rows").one("table", class_="account")
    rows = table.all("tr")[1:]
    shown = {row.attributes["data-map"]: [cell.text for cell in row.all("td")[1:]] for row in rows}
    account = tour.answer.data["account"]
    together = shown.pop("")
    assert shown == {name: [f"{line[figure]:,}" for figure in COUNTS] for name, line in account.items()}
    assert together == [f"{sum(line[figure] for line in account.values()):,}" for figure in COUNTS]


def test_the_head_answers_the_first_questions(tour: Made) -> None:
    """Customers, rows accounted for, what waits, and how right the matches are."""
    data = tour.answer.data
    rows, quarantined = (
        sum(line[figure] for line in data["account"].values()) for figure in ("extracted", "quarantined")
    )
    cards = tour.page.one("section", class_="cards").all("article")
    first, second, third, fourth = [card.text for card in cards]
    assert f"How many customers? {data['customers']} " in first
    assert f"Yes all {rows} rows" in second
    assert f"{data['review_pairs']} doubtful pair" in third
    assert f"{quarantined} rows in quarantine 1 business question" in third
    assert re.search(r"trusted\? \d+\.\d % of the merged pairs are right", fourth)


def test_discards_and_reasons_add_up_to_the_account(tour: Made) -> None:
    """Rows by rule are all discarded rows; withheld values by reason are all withheld values."""
    account = tour.answer.data["account"].values()
    discarded = [int(row[0]) for row in tour.page.one("table", class_="discards").table()]
    assert sum(discarded) == sum(line["discarded"] for line in account)
    for section, figure in (("withheld", "withheld_values"), ("quarantine", "quarantined")):
        problems = tour.page.one(id=section).all("div", class_="problems")[0]
        counts = [int(big.text.replace(",", "")) for big in problems.all("span", class_="big")]
        assert sum(counts) == sum(line[figure] for line in account), section


def test_overlaps_are_those_of_the_cross_reference(tour: Made) -> None:
    """The bars of the picture count every customer once."""
    customers = question(tour.project / "crm.db", "SELECT count(*) FROM customer")[0][0]
    bars = tour.page.one(id="overlap").one("svg", class_="upset").all("rect")
    counts = [bar.text for bar in bars if bar.attributes["class"] in ("one", "many")]
    assert sum(int(text.rpartition(": ")[2].split()[0]) for text in counts) == customers


def test_every_merged_customer_is_shown_with_its_records(tour: Made) -> None:
    """The tour has fewer than a dozen: all are shown, each with one column a record."""
    members = question(
        tour.project / "crm.db",
        "SELECT customer_id, count(*) FROM mig_xref GROUP BY customer_id HAVING count(*) > 1 ORDER BY 1",
    )
    articles = tour.page.one(id="merged").all("article")
    shown = [(a.all("code")[0].text, len(a.one("thead").all("th")) - 2) for a in articles]
    assert sorted(shown) == members


def test_the_text_of_the_page_is_the_golden_file(
    tour: Made, root: Path, golden: Callable[[Path, str], None]
) -> None:
    """What a reader of the tour's report sees, line by line."""
    golden(root / "fixtures" / "tour" / "crm_unify.golden.txt", lines(tour.page))


# --- the page itself ---
def test_the_same_run_gives_the_same_bytes(tour: Made, tmp_path: Path) -> None:
    """Nothing of the moment or the machine is in the page."""
    assert crm("report", tour.project, "--out", tmp_path / "again.html").code == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == tour.html


def test_another_database_gives_the_same_page(
    tour: Made, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tour loaded into PostgreSQL reports the same bytes as on SQLite."""
    monkeypatch.setenv("CRM_URL", postgres_url)
    assert made(copied("tour", tmp_path)).html == tour.html


@pytest.mark.parametrize("name", ["tour", "hostile"])
def test_the_page_needs_nothing_from_outside(name: str, request: pytest.FixtureRequest) -> None:
    """No script, no image, no link but inside the page; and a policy that would forbid them."""
    tree = request.getfixturevalue(name).page
    tags = {element.tag for element in tree.elements()}
    assert not tags & {"script", "img", "iframe", "link", "object", "embed", "form", "base", "use", "image"}
    names = {attribute for element in tree.elements() for attribute in element.attributes}
    assert not {n for n in names if n.startswith("on")} | names & {"src", "srcset", "action", "xlink:href"}
    assert all(link.attributes["href"].startswith("#") for link in tree.all("a"))
    assert not re.search(r"url\(|@import|https?:", tree.one("style").text)
    assert any("default-src 'none'" in meta.attributes.get("content", "") for meta in tree.all("meta"))


def test_every_link_has_its_place(tour: Made) -> None:
    """The contents lead to the sections, each id once."""
    ids = [element.attributes["id"] for element in tour.page.elements() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"][1:] for link in tour.page.all("a")} <= set(ids)


def test_hostile_values_are_shown_as_text(hostile: Made) -> None:
    """Names, bad values, cells of quarantined rows, headers and rules: all there, none of them markup."""
    text = hostile.page.text
    assert "<script>alert('rule')</script>" in hostile.page.one(id="questions").text
    assert "<script>alert(1)</script>" in hostile.page.one(id="withheld").text
    assert "<script>Extra</script>" in hostile.page.one(id="quarantine").text
    assert "10,240 characters" in text
    assert "x" * 1000 not in text
    assert not {element.tag for element in hostile.page.elements()} & {"u", "script", "iframe", "img"}


def test_an_empty_project_has_a_page(empty: Element) -> None:
    """Every section says that there is nothing, and nothing waits but the open questions."""
    assert empty.one("h1").text == "No customers yet"
    assert "Yes all 0 rows" in empty.one("section", class_="cards").text
    assert "decision? 2 2 business questions" in empty.one("section", class_="cards").text
    sections = "sums withheld quarantine overlap matches doubtful households merged consent notes"
    for section in sections.split():
        assert empty.one(id=section).all("p", class_="nothing"), section


def test_without_the_workspace_the_database_still_answers(tour: Made, tmp_path: Path) -> None:
    """Account, sums, rejections, overlap and merged customers are there; the rest says what is missing."""
    project = tmp_path / "fixtures" / "tour"
    shutil.copytree(tour.project.parent.parent, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(project / ".crm_unify")
    assert crm("report", project).code == 0
    bare = read((project / "report.html").read_text(encoding="utf-8"))
    for section in ("sums", "overlap", "consent"):
        assert bare.one(id=section).text == tour.page.one(id=section).text, section
    assert bare.one("table", class_="account").table() == tour.page.one("table", class_="account").table()
    gone = [s.attributes["id"] for s in bare.all("section") if s.all("p", class_="gone")]
    assert gone == ["rows", "matches", "doubtful", "households", "notes"]
