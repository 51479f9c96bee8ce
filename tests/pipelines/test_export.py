"""The export is byte for byte the same for the same content."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.errors import Unreachable, UsageError
from crm_unify.schema.tables import CRM_TABLES, arrow_schema
from crm_unify.schema.target import open_target
from pipelines.export import export
from tests.pipelines.crm_states import State, add_order, add_person, edit, load, small_state

AWKWARD = (
    "=1+1",
    "a,b",
    'q"q',
    "two\nlines",
    "two\r\nlines",
    " space ",
    "tab\t",
    "Zoë",
    "zoe",
    "ZOE",
    "日本",
    "\\N",
    "NULL",
    "'",
    "#",
    "a\x01b",
)


def awkward_state() -> State:
    """Names that a CSV writer, a spreadsheet or a collation might spoil, dates and amounts at the edges."""
    state = small_state()
    for number, name in enumerate(AWKWARD):
        add_person(state, f"x{number}", name, email=f"{number}@x.example")
    add_order(state, "B", "1", total=-(2**53) - 1)
    state.tables["support_case"].clear()
    state.row("customer", state.tables["customer"][0]["id"]).update(source_updated="1999-12-31T23:59:59.120Z")
    state.row("person", state.tables["customer"][1]["id"])["birth_date"] = "0987-01-01"
    return state


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_two_databases_export_the_same_bytes(crm: sa.Engine, postgres_crm: sa.Engine, tmp_path: Path) -> None:
    """SQLite and PostgreSQL with the same content give the same files."""
    for engine, name in ((crm, "sqlite"), (postgres_crm, "postgres")):
        load(awkward_state(), engine)
        export(engine, tmp_path / name)
    assert files(tmp_path / "sqlite") == files(tmp_path / "postgres")


def test_the_export_is_what_was_loaded(crm: sa.Engine, tmp_path: Path) -> None:
    """Names come out exactly, in code point order of the key, in lines that end with LF."""
    load(awkward_state(), crm)
    export(crm, tmp_path)
    content = (tmp_path / "customer.csv").read_bytes()
    rows = list(csv.DictReader(content.decode("utf-8").splitlines(keepends=True)))
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert set(AWKWARD) <= {row["display_name"] for row in csv.DictReader(content.decode().split("\n"))} | {
        name for name in AWKWARD if "\n" in name
    }
    assert content.startswith(b"id,kind,display_name,status,")


def test_values_have_one_spelling(crm: sa.Engine, tmp_path: Path) -> None:
    """Times are ISO in UTC, money whole units, flags words, NULL and empty text the empty field."""
    state = awkward_state()
    load(state, crm)
    ada = state.tables["customer"][0]["id"]
    edit(crm, "UPDATE customer SET custom = '' WHERE id = :id", id=ada)
    export(crm, tmp_path)
    (line,) = [li for li in (tmp_path / "customer.csv").read_text("utf-8").splitlines() if li.startswith(ada)]
    assert line == f"{ada},person,Ada Müller,active,,,2020-01-01T00:00:00Z,1999-12-31T23:59:59.12Z,"
    assert ",B,,,-9007199254740993,EUR" in (tmp_path / "sales_order.csv").read_text("utf-8")
    assert "ada@mueller.example,,true," in (tmp_path / "contact_point.csv").read_text("utf-8")


def test_the_second_export_changes_no_byte(crm: sa.Engine, tmp_path: Path) -> None:
    """A run with nothing to do leaves no trace in the export."""
    load(awkward_state(), crm)
    export(crm, tmp_path / "one")
    load(awkward_state(), crm)
    export(crm, tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_every_crm_table_and_the_cross_reference(crm: sa.Engine, tmp_path: Path) -> None:
    """Bookkeeping stays inside; an empty table is a header."""
    load(small_state(), crm)
    exported = export(crm, tmp_path / "out")
    assert [f.table for f in exported] == [*CRM_TABLES, "customer_xref"]
    assert sorted(files(tmp_path / "out")) == sorted(f"{name}.csv" for name in (*CRM_TABLES, "customer_xref"))
    assert (tmp_path / "out" / "account.csv").read_text() == ",".join(arrow_schema("account").names) + "\n"
    assert "shop,persons,1,person,C-" in (tmp_path / "out" / "customer_xref.csv").read_text()


def test_a_folder_that_cannot_be_made_is_named(crm: sa.Engine, tmp_path: Path) -> None:
    """A file in the place of the folder is a mistake on the command line."""
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="cannot be made"):
        export(crm, tmp_path / "out")


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    """No file is written when the database does not answer."""
    with pytest.raises(Unreachable):
        export(open_target("postgresql://crm@127.0.0.1:1/crm"), tmp_path / "out")
    assert files(tmp_path / "out") == {}
