"""Lineage: where every field of the demo comes from and every column goes, against a key written by hand."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crm_unify.cli import main
from crm_unify.cli.lineage import headers_of
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.lineage import canonical, ways
from crm_unify.steward.lineage_answer import ColumnLineage, column_lineages, every_column, field_lineage
from pipelines.interpret.parties import NAME_PARTS
from tests.conftest import ROOT
from tests.crm_unify.conftest import Toured
from tests.projects import crm, question

COMPANY = ROOT / "fixtures/company"
KEY: dict[str, Any] = YAML(typ="safe").load((COMPANY / "lineage.yml").read_text(encoding="utf-8"))
WORDS = {
    "part of the key": "key",
    "says when the row was created": "created",
    "says when the row was last changed": "updated",
    "decides what becomes of the row": "branch",
    "an entry is left out": "skip",
    "control sum": "sum",
}
NAMES = {f"person.{field}" for field in ("full_name", *NAME_PARTS)}
DERIVED = {"customer.display_name", "customer.source_created", "customer.source_updated"}


@cache
def company() -> LoadedProject:
    """The demo."""
    return load_project(COMPANY)


def key_of(text: str) -> dict[str, tuple[set[str], set[str]]]:
    """One line of the key: by map the columns, and in brackets what is looked at."""
    found = {}
    for part in text.split("; "):
        name, *words = part.split()
        beside = {word.strip("[]") for word in words if word.startswith("[")}
        found[name] = ({word for word in words if not word.startswith("[")}, beside)
    return found


def written(column: str) -> str:
    """A column as the key writes it."""
    return column.replace(" ", "_")


@pytest.mark.parametrize("target", [pytest.param(name, id=name) for name in KEY["forwards"]])
def test_a_field_comes_from_the_columns_of_the_key(target: str) -> None:
    """Values and what is looked at beside them, map by map, are what the key says; no map more."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for source in field_lineage(company(), target).sources:
        columns, beside = found.setdefault(source.map, (set(), set()))
        columns.update(map(written, source.columns))
        beside.update(map(written, source.looked_at))
    found = {name: (columns, beside - columns) for name, (columns, beside) in found.items()}
    assert found == key_of(KEY["forwards"][target])


def test_the_key_names_every_field_that_the_demo_fills() -> None:
    """No golden field is filled that the key does not name."""
    named = {canonical(target) for target in KEY["forwards"]}
    assert {way.target for way in ways(company())} - named == set()


def short(one: ColumnLineage) -> set[str]:
    """What becomes of a column, in the words of the key."""
    goes = {target for target in one.goes_to if target not in DERIVED and target != "organisation.legal_form"}
    whole = {"person.name"} if goes >= NAMES else set()
    words = {short for long, short in WORDS.items() if any(said.startswith(long) for said in one.other)}
    ignored = {"ignored"} if one.ignored is not None else set()
    beside = {f"[{target}]" for target in one.looked_at_for}
    return (goes - NAMES if whole else goes) | whole | words | ignored | beside


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in KEY["backwards"]])
def test_a_column_goes_where_the_key_says(name: str) -> None:
    """Every column of the header of the source, its uses, and the ones left out on purpose."""
    found = [one for one in every_column(company(), headers=headers_of(company())) if one.map == name]
    expected = {column: set(uses.split()) for column, uses in KEY["backwards"][name].items()}
    assert {written(one.column): short(one) for one in found} == expected


def test_both_directions_tell_the_same() -> None:
    """A column is among those of a field if, and only if, the field is among those of the column."""
    forwards = {(way.target, way.map, column) for way in ways(company()) for column in way.columns}
    columns = every_column(company(), headers=headers_of(company()))
    assert forwards == {(target, one.map, one.column) for one in columns for target in one.goes_to}


BOOKKEEPING = {"id", "customer_id", "is_primary", "organisation_id", "person_id"}
OWN = {
    *("customer.kind", "customer.status", "sales_order.system", "support_case.system"),
    *(f"consent.{name}" for name in ("value_norm", "carrier_record_id", "source_record_id", "run", "system")),
    "consent.evidence",
}
"""What no column says: what a row is, and by which record, where and for which address consent was said."""


def test_every_golden_field_that_holds_anything_is_in_the_key(unified: Toured) -> None:
    """After a run of the demo no column of a customer holds a value whose origin the key does not tell."""
    named = {canonical(target) for target in KEY["forwards"]}
    kinds = {target.partition(".")[0] for target in named}
    filled = {f"{kind}.{name}" for kind in kinds for name in filled_columns(unified.crm, kind)}
    assert {canonical(name) for name in filled} - named - OWN == set()


def filled_columns(crm_file: Path, table: str) -> list[str]:
    """Columns of a table in which any row holds a value, without ids and marks."""
    names = [row[1] for row in question(crm_file, f"PRAGMA table_info({table})")]
    counts = question(crm_file, f"SELECT {', '.join(f'count({name})' for name in names)} FROM {table}")[0]
    return [name for name, count in zip(names, counts, strict=True) if count and name not in BOOKKEEPING]


def test_the_answer_names_transforms_code_tables_rules_and_who_wins() -> None:
    """City of an address: its steps, the table, the business rule, the checks and the survivorship chain."""
    found = crm("lineage", "address.city", "-p", COMPANY).data
    one = next(source for source in found["sources"] if source["map"] == "billing_customers")
    assert one["code_table"] == "city"
    assert "BC-010" in one["rules"]
    assert "Translated by the code table city; what it lacks stays as it is." in one["how"]
    assert found["survival"]["chain"] == ["pin", "valid", "trust", "recent", "frequent", "complete"]


def test_a_column_may_be_named_by_table_or_system() -> None:
    """CUSTMAST.DOB is billing.DOB is billing_customers.DOB; a system's column may stand in two tables."""
    asked = [
        column_lineages(company(), f"{name}.DOB", headers=lambda _: ())
        for name in ("CUSTMAST", "billing", "billing_customers")
    ]
    assert asked[0] == asked[1] == asked[2]
    assert [one.map for one in column_lineages(company(), "billing.CUSTNO", headers=lambda _: ())] == [
        "billing_customers",
        "billing_orders",
    ]


def test_a_column_nobody_takes_is_told(tmp_path: Path) -> None:
    """A column that stands in the header alone is taken by nobody."""
    found = column_lineages(company(), "newsletter.Farbe", headers=lambda _: ("Farbe",))
    assert (found[0].taken, found[0].ignored) == (False, None)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        pytest.param("person.birtdate", "person.birth_date", id="a field"),
        pytest.param("newsletter.Ot", "Ort", id="a column"),
        pytest.param("newsleter.Ort", "newsletter", id="a source"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(
    asked: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip costs one look at the message."""
    assert main(["lineage", asked, "-p", str(COMPANY)]) == 2
    assert f"did you mean '{meant}'" in capsys.readouterr().err
