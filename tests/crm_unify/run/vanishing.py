"""A shop and its mailing list, out of which rows vanish: the rule files say what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.crm_unify.run.test_undo import ask
from tests.projects import run

PROJECT = """\
project: vanishing
sources: {shop: {path: .}, list: {path: .}}
rules: [people.yml, list.yml, orders.yml, lines.yml]
target: "${CRM_URL:-sqlite:///crm.db}"
"""
PARTY = """person: {full_name: {from: Name}, birth_date: {from: Born, type: date}}
    contact_point: {of: person, kind: email, value: {from: Mail, type: email}}"""
TARGETS = {
    "people": f"""{PARTY}
    consent: {{of: person, channel: {{const: email}}, flag: {{from: Flag, objection: ["N"]}}}}
on_delete: delete""",
    "list": PARTY,
    "orders": "sales_order: {customer: {lookup: [shop, people, Who], missing: hold}, order_no: {from: ID}}",
    "lines": "order_line: {order: {lookup: [shop, orders, No], missing: hold}, sku: {from: Sku}}",
}
FILES: Mapping[str, tuple[str, ...]] = {
    "people": (
        "ID,Name,Born,Mail,Flag",
        "p1,Ann Ash,1960-01-02,ann@post.example,N",
        "p2,Benedikt Birch,1971-03-04,ben@post.example,Y",
        "p3,Cleo Cole,1982-05-06,cleo@post.example,Y",
    ),
    "list": ("ID,Name,Born,Mail", "m1,Benedikt Birch,1971-03-04,ben@post.example"),
    "orders": ("ID,Who", "o1,p1", "o2,p2", "o3,p3"),
    "lines": ("ID,No,Sku", "l1,o1,bolts", "l2,o2,nuts", "l3,o3,nails"),
}


def vanishing(folder: Path) -> Path:
    """The project, its files full."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    for name, entry in TARGETS.items():
        system = "list" if name == "list" else "shop"
        source = f"source: {{system: {system}, reader: csv, file: {name}.csv, key: [ID]}}"
        (folder / f"{name}.yml").write_text(
            f"map: {name}\n{source}\ntargets:\n  - {entry}\n", encoding="utf-8"
        )
        fill(folder, name)
    return folder


def fill(project: Path, name: str, *, without: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> None:
    """Write one file, without the rows of some keys and with others."""
    lines = [line for line in FILES[name] if line.partition(",")[0] not in without]
    (project / f"{name}.csv").write_text("".join(f"{line}\n" for line in (*lines, *more)), encoding="utf-8")


def loaded(folder: Path) -> Path:
    """The project after its first run."""
    project = vanishing(folder)
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return project


def holds(url: str) -> dict[str, list[str]]:
    """What the CRM shows."""
    asked = {
        "customers": "SELECT display_name FROM customer WHERE status = 'active' ORDER BY 1",
        "inactive": "SELECT display_name FROM customer WHERE status = 'inactive' ORDER BY 1",
        "mails": "SELECT value_norm FROM contact_point ORDER BY 1",
        "orders": "SELECT order_no FROM sales_order ORDER BY 1",
        "lines": "SELECT sku FROM order_line ORDER BY 1",
        "objections": "SELECT DISTINCT customer_id FROM consent WHERE status = 'opted_out' ORDER BY 1",
    }
    return {name: [value for (value,) in ask(url, query)] for name, query in asked.items()}
