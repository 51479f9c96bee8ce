"""Which party of a row orders hang on while its row comes and goes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from crm_unify.rules.load import load_project
from crm_unify.run.placeholders import taken_over
from pipelines.interpret.lineage import lineages
from tests.projects import question, run

PROJECT = (
    "project: trial\nsources: {shop: {path: data}}\nrules: ['*.rules.yml']\nguards: {max_delete_pct: 100}\n"
)
ORDERS = """map: orders
source: {system: shop, reader: csv, file: orders.csv, key: [NO]}
targets:
  - when: 'TRUE'
    sales_order: {customer: {lookup: [shop, people, CUST], missing: stub}, order_no: {from: NO}}
"""
PEOPLE = """map: people
source: {system: shop, reader: csv, file: people.csv, key: [ID]}
targets:
  - when: 'TRUE'
    person: {as: main, full_name: {from: NAME}}
    organisation: {as: employer, name: {from: FIRM}}
    organisation_person: {organisation: employer, person: main}
"""
ADA, BO = "1,Ada Park,Globex Inc\n", "2,Bo Reed,Initech Ltd\n"
NAMES = (
    "SELECT display_name FROM sales_order o LEFT JOIN customer c ON c.id = o.customer_id ORDER BY order_no"
)


def made(folder: Path, *, on_delete: str = "mark_inactive") -> Path:
    """A project with an order each of two people, each of whom has a firm."""
    (folder / "data").mkdir()
    (folder / "crm_unify.yml").write_text(PROJECT)
    (folder / "orders.rules.yml").write_text(ORDERS)
    (folder / "people.rules.yml").write_text(f"{PEOPLE}on_delete: {on_delete}\n")
    (folder / "data/orders.csv").write_text("NO,CUST\n100,1\n101,2\n")
    return folder


def customers(project: Path, *people: str) -> list[str]:
    """Names of the customers of both orders after a run with these people."""
    (project / "data/people.csv").write_text("".join(("ID,NAME,FIRM\n", *people)))
    assert run(project).code in (0, 2)
    return [name for (name,) in question(project / "crm.db", NAMES)]


def test_a_placeholder_is_paired_with_the_party_that_its_row_makes_first(tmp_path: Path) -> None:
    """The person, not her employer, although organisations come first elsewhere."""
    project = load_project(made(tmp_path))
    (branch,) = (lineages(one.rules, 1, file="") for one in project.files if one.rules.map == "people")
    come = [
        {"record_id": f"shop.people:1#{part}", "map": "people", "key": "1", "kind": kind, "part": part}
        for part, kind in (("employer", "organisation"), ("main", "person"))
    ]
    parts = {line.part: line.id for line in branch}
    table = pa.Table.from_pylist([row | {"lineage": parts[row["part"]]} for row in come])
    gone = pa.table({"record_id": ["shop.people:1#x"], "map": ["people"], "key": ["1"]})
    assert taken_over(project, gone, table)["come"].to_pylist() == ["shop.people:1#main"]


@pytest.mark.soak
def test_orders_stay_with_the_party_they_hang_on_while_its_row_comes_and_goes(tmp_path: Path) -> None:
    """The person takes the placeholder over, and keeps the order when her row leaves again."""
    project = made(tmp_path)
    assert customers(project, BO) == ["Placeholder for people 1", "Bo Reed"]
    ids = question(project / "crm.db", "SELECT customer_id FROM sales_order ORDER BY order_no")
    assert customers(project, ADA, BO) == ["Ada Park", "Bo Reed"]
    assert customers(project, BO) == ["Ada Park", "Bo Reed"]
    assert question(project / "crm.db", "SELECT customer_id FROM sales_order ORDER BY order_no") == ids


@pytest.mark.parametrize(
    "times",
    [pytest.param(1, id="once"), pytest.param(2, id="again, and its row returns", marks=pytest.mark.soak)],
)
def test_nothing_hangs_on_a_party_that_is_deleted_with_its_row(tmp_path: Path, times: int) -> None:
    """A placeholder stands for it, run after run, until the row returns."""
    project = made(tmp_path, on_delete="delete")
    assert customers(project, ADA, BO) == ["Ada Park", "Bo Reed"]
    for _ in range(times):
        assert customers(project, BO) == ["Placeholder for people 1", "Bo Reed"]
    if times > 1:
        assert customers(project, ADA, BO) == ["Ada Park", "Bo Reed"]
