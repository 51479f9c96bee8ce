"""`missing: null`: orders, lines and cases load without the parent that nobody delivered."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.projects import Answer, dump, exported, question, run

PROJECT = """\
project: orphans
sources: {shop: {path: .}}
rules: [people.yml, orders.yml, lines.yml, cases.yml]
target: sqlite:///crm.db
"""
RULES = {
    "people": "person: {full_name: {from: Name}}",
    "orders": "sales_order: {customer: {lookup: [shop, people, Who], missing: null}, order_no: {from: ID}}",
    "lines": "order_line: {order: {lookup: [shop, orders, No], missing: null}, sku: {from: Sku}}",
    "cases": "support_case: {customer: {lookup: [shop, people, Who], missing: null}, case_no: {from: ID}}",
}
FILES = {
    "people": ("ID,Name", "p1,Ann Ash"),
    "orders": ("ID,Who", "o1,p1", "o2,p2"),
    "lines": ("ID,No,Sku", "l1,o1,bolts", "l2,o2,nuts", "l3,o3,nails"),
    "cases": ("ID,Who", "c1,p1", "c2,p2", "c3,"),
}
HANGING = {
    "sales_order": "SELECT o.order_no, c.display_name FROM sales_order o LEFT JOIN customer c",
    "order_line": "SELECT o.sku, c.order_no FROM order_line o LEFT JOIN sales_order c",
    "support_case": "SELECT o.case_no, c.display_name FROM support_case o LEFT JOIN customer c",
}


def fill(project: Path, files: Mapping[str, tuple[str, ...]]) -> None:
    """Write some of the files anew."""
    for name, lines in files.items():
        (project / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def hanging(project: Path) -> dict[str, dict[str, str | None]]:
    """What each child hangs on, by its number."""
    keys = {"sales_order": "customer_id", "order_line": "order_id", "support_case": "customer_id"}
    sql = {table: f"{HANGING[table]} ON c.id = o.{key}" for table, key in keys.items()}
    return {table: dict(question(project / "crm.db", asked)) for table, asked in sql.items()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """The project and what its first run answered."""
    project = tmp_path_factory.mktemp("orphans")
    (project / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    for name, entry in RULES.items():
        source = f"source: {{system: shop, reader: csv, file: {name}.csv, key: [ID]}}"
        text = f"map: {name}\n{source}\ntargets:\n  - {entry}\n"
        (project / f"{name}.yml").write_text(text, encoding="utf-8")
    fill(project, FILES)
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return project, answer


@pytest.fixture
def project(first: tuple[Path, Answer], tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(first[0], tmp_path / "project"))


def test_orphans_load_without_their_parent(first: tuple[Path, Answer]) -> None:
    """The others hang where they belong; a line of an order without customer hangs on its order."""
    assert hanging(first[0]) == {
        "sales_order": {"o1": "Ann Ash", "o2": None},
        "order_line": {"bolts": "o1", "nuts": "o2", "nails": None},
        "support_case": {"c1": "Ann Ash", "c2": None, "c3": None},
    }


def test_orphans_are_mapped_and_listed(first: tuple[Path, Answer]) -> None:
    """Every row is accounted for as mapped, and each missing parent is a warning."""
    project, answer = first
    rows = {name: (line["extracted"], line["mapped"]) for name, line in answer.data["account"].items()}
    assert rows == {"people": (1, 1), "orders": (2, 2), "lines": (3, 3), "cases": (3, 3)}
    listed = question(project / "crm.db", "SELECT code, severity, count(*) FROM mig_quarantine GROUP BY 1, 2")
    assert listed == [("PARENT-MISSING", "warn", 4)]


def test_orphans_are_exported_with_an_empty_parent(first: tuple[Path, Answer], tmp_path: Path) -> None:
    """NULL is the empty field."""
    lines = exported(first[0], tmp_path / "out")["sales_order.csv"].decode().splitlines()
    assert sum(",,shop,o2," in line for line in lines) == 1


def test_a_second_run_over_orphans_writes_nothing(project: Path) -> None:
    """No parent is as good as one where nothing has changed."""
    before = dump(project / "crm.db")
    again = run(project)
    after = dump(project / "crm.db")
    assert (again.code, again.data["written_rows"]) == (0, 0)
    assert {name for name in before if before[name] != after[name]} == {"mig_run"}


def test_orphans_find_a_parent_that_comes_later(project: Path) -> None:
    """The rows stay the same rows; only their parent is filled in."""
    ids = "SELECT id FROM sales_order UNION SELECT id FROM order_line UNION SELECT id FROM support_case"
    before = question(project / "crm.db", ids)
    more = {"people": "p2,Ben Birch", "orders": "o3,p1"}
    fill(project, {name: (*FILES[name], line) for name, line in more.items()})
    assert run(project).code == 0
    found = hanging(project)
    assert found["sales_order"] == {"o1": "Ann Ash", "o2": "Ben Birch", "o3": "Ann Ash"}
    assert (found["order_line"]["nails"], found["support_case"]["c2"]) == ("o3", "Ben Birch")
    assert set(before) < set(question(project / "crm.db", ids))


def test_a_child_that_loses_its_parent_is_an_orphan(project: Path) -> None:
    """Its reference is changed to a customer who is not there; the order stays, without a customer."""
    fill(project, {"orders": ("ID,Who", "o1,p9", "o2,p2")})
    assert run(project).code == 0
    assert hanging(project)["sales_order"] == {"o1": None, "o2": None}
