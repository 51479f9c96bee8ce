"""Proposed examples hold texts of the rows only where the project explains them as codes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crm_unify.propose.mine import NOT_LENT, Found, mine
from crm_unify.propose.table_codes import table_codes
from crm_unify.rules.load import load_project
from pipelines.interpret.coverage import try_examples
from pipelines.sources import open_reader

PROJECT = """\
project: small
sources: {shop: {path: orders.csv}, towns: {path: towns.csv}}
rules: [orders.yml, towns.yml]
"""
ORDERS = """\
map: orders
source: {system: shop, reader: csv, key: [No], parse: {country: DE}}
code_tables: {country: {file: country.csv, unmapped: withhold}, size: {file: size.csv, unmapped: withhold}}
targets:
  - person: {full_name: {from: Name}}
    address:
      - of: person
        line1: {from: Street}
        city: {lookup: [towns, towns, Place], take: Town, transform: [upper]}
        country_code: {from: BILL, code_table: country}
      - {of: person, line1: {from: Street}, country_code: {from: SHIP, code_table: country}}
    account:
      of: person
      terms: {expr: "coalesce(TERM, NOTE)", code_table: size}
      account_no: {from: PLAIN, transform: [upper]}
"""
TOWNS = """\
map: towns
source: {system: towns, reader: csv, key: [Id]}
targets: [{lookup_only: true}]
"""
COUNTRIES = "source_value,target_value\nGermany,DE\nAustria,AT\nHeinrich Z,?\n"
LEAKS = ("Zuckmayer", "Heinrich", "Ottilie")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Orders whose country columns hold a person, and a note in a column of sizes."""
    rows = "No,Name,Street,Place,BILL,SHIP,TERM,NOTE,PLAIN\n"
    rows += "17,Ottilie Kern,Weg 1,K,Germany,c/o Heinrich Zuckmayer,,Ottilie,ab\n"
    rows += "18,Ottilie Kern,Weg 1,K,Austria,Heinrich Z,L1,ask Zuckmayer,cd\n"
    files = {"crm_unify.yml": PROJECT, "orders.yml": ORDERS, "towns.yml": TOWNS, "orders.csv": rows}
    files |= {"country.csv": COUNTRIES, "size.csv": "source_value,target_value\nL1,large\n"}
    for name, text in (files | {"towns.csv": "Id,Town\nK,Kiel\n"}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def mined(project: Path) -> Found:
    """What is proposed for the orders."""
    whole = load_project(project / "crm_unify.yml")
    loaded = whole.rules_of("orders")
    assert loaded is not None
    untried = try_examples(loaded, as_of=date(2026, 1, 1))[1].untried
    reader = open_reader(loaded.rules.source, whole.project.sources["shop"], whole.root)
    return mine(loaded, reader, untried, as_of=date(2026, 1, 1))


def test_only_texts_that_are_codes_stay(project: Path) -> None:
    """Not all of a column that shares a code table, nor of the columns of an expression."""
    found = mined(project)
    said = json.dumps([one.as_yaml() for one in found.examples] + list(found.left.values()))
    assert not [text for text in LEAKS if text in said]
    assert '"BILL": "Germany"' in said
    assert '"TERM": "L1"' in said


def test_a_stop_is_told_without_texts_of_rows(project: Path) -> None:
    """A code that the table lacks and that stops runs may be anything."""
    text = (project / "orders.yml").read_text()
    (project / "orders.yml").write_text(
        text.replace("country.csv, unmapped: withhold", "country.csv, unmapped: fail")
    )
    (why,) = set(mined(project).left.values())
    assert why == "a run with these rows stops: the table says `unmapped: fail` for SHIP"


def test_what_needs_rows_of_other_maps_is_said_to(project: Path) -> None:
    """A lookup, and what is done with the text that it finds: nobody claims that no row tries them."""
    why = {f"{part.kind} {part.name}": said for part, said in mined(project).left.items()}
    assert why["lookup address.city: Town of towns"] == NOT_LENT
    assert why["transform address.city: upper"] == NOT_LENT


@pytest.mark.parametrize(
    ("field", "text", "known"),
    [
        pytest.param("{from: BILL, code_table: country}", " germany ", True, id="a code in other letters"),
        pytest.param("{from: BILL, code_table: country}", "Heinrich Z", False, id="a code nobody explained"),
        pytest.param("{from: BILL, pad_left: {to: 9}, code_table: country}", "Germany", True, id="as is"),
        pytest.param("{from: BILL, pad_left: {to: 7, with: A}, code_table: country}", "ustria", True,
                     id="filled up"),
        pytest.param("{lookup: [towns, towns, BILL], take: Town, code_table: country}", "Germany", False,
                     id="the key of a lookup"),
    ],
)  # fmt: skip
def test_what_is_a_code_of_a_table(project: Path, field: str, text: str, known: bool) -> None:
    """Its own text decides, as it is looked up."""
    rules = (project / "orders.yml").read_text().replace("{from: BILL, code_table: country}", field)
    (project / "orders.yml").write_text(rules)
    loaded = load_project(project / "crm_unify.yml").rules_of("orders")
    assert loaded is not None
    assert table_codes(loaded).are("BILL", text) is known
