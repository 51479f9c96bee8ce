"""Dataclasses, Arrow tables, doors and database tables say the same about every kind."""

from __future__ import annotations

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.records import KINDS, PARTIES, RECORDS, REJECTIONS, arrow_schema
from crm_unify.schema import tables
from crm_unify.schema.tables import BOOKKEEPING_TABLES, CHILD_TABLES, CRM_TABLES, PROFILE_TABLES, TABLES
from crm_unify.validation.doors import CHOICES

IN_THE_CRM = {
    **{kind: {"record_id": "customer_id", "owner": None} for kind in PARTIES},
    "organisation_person": {"record_id": "organisation_id", "person_record_id": "person_id"},
    "consent": {"record_id": "source_record_id"},
    "sales_order": {"customer_record_id": "customer_id", "record_id": "id"},
    "order_line": {"order_record_id": "order_id", "record_id": "id"},
    **{
        kind: {"customer_record_id": "customer_id", "record_id": "id", "owner": "owner_id"}
        for kind in ("support_case", "opportunity", "activity")
    },
    "app_user": {"record_id": "id"},
}
"""Columns that name records in a claim and rows in the CRM; elsewhere it is ``customer_id``. The owner of a
customer stands in ``customer`` itself."""


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind) for kind in KINDS])
def test_every_claimed_field_has_its_column(kind: str) -> None:
    """A field that a record may claim is a column of the CRM table of its kind, with the same Arrow type."""
    named = IN_THE_CRM.get(kind, {"record_id": "customer_id"})
    columns = tables.arrow_schema(kind)
    for field in arrow_schema(kind):
        if (column := named.get(field.name, field.name)) is not None:
            assert columns.field(column).type == field.type


def test_every_column_of_a_record_is_kept() -> None:
    """All of RECORDS but the row id, which changes when rows are added, is kept in ``mig_source_record``."""
    kept = set(tables.arrow_schema("mig_source_record").names)
    assert set(RECORDS.names) - kept == {"row_id"}


def test_every_column_of_a_rejection_is_kept() -> None:
    """All of REJECTIONS is kept in ``mig_quarantine``; ``column`` is a reserved word and has another name."""
    kept = set(tables.arrow_schema("mig_quarantine").names)
    assert set(REJECTIONS.names) - kept == {"column"}
    assert "source_column" in kept


@pytest.mark.parametrize("field", [pytest.param(field, id=field) for field in CHOICES])
def test_the_door_and_the_database_accept_the_same_values(field: str) -> None:
    """A closed list of values is the same at the door of golden rows and in the CHECK of the table."""
    table, column = field.split(".")
    checks = [c for c in TABLES[table].constraints if isinstance(c, sa.CheckConstraint) and c.name]
    (check,) = [c for c in checks if str(c.sqltext).startswith(f"{column} IN")]
    allowed = str(check.sqltext).split("(")[1].rstrip(")").replace("'", "").split(", ")
    assert sorted(allowed) == sorted(CHOICES[field])


def test_load_stamps_stay_out_of_the_stages() -> None:
    """The run that appended a row is known to the database alone; no stage and no export sees it."""
    stamped = {name: tables.stamp_of(name) for name in TABLES if tables.stamp_of(name)}
    assert stamped == {
        "consent": "run",
        "mig_source_record": "first_run",
        "mig_rekey": "run",
        "mig_redirect": "run",
        "mig_quarantine": "first_run",
        "mig_snapshot": "run",
        "mig_delivery": "run",
    }
    assert all(column not in tables.arrow_schema(name).names for name, column in stamped.items())


def test_tables_are_listed_parents_first() -> None:
    """In loading order no table stands before one that it refers to."""
    seen = {"mig_run"}
    for name, table in TABLES.items():
        assert {key.column.table.name for key in table.foreign_keys} <= seen | {name}
        seen.add(name)


def test_every_table_is_of_one_layer() -> None:
    """CRM tables and bookkeeping (prefix ``mig_``) make up the whole."""
    assert sorted(CRM_TABLES + BOOKKEEPING_TABLES) == sorted(TABLES)
    assert all(name.startswith("mig_") for name in BOOKKEEPING_TABLES)
    assert {*PROFILE_TABLES, *CHILD_TABLES, "consent"} == set(CRM_TABLES)


def test_money_is_whole_minor_units() -> None:
    """Amounts are 64-bit whole numbers, never floating point, on every database."""
    money = [
        ("account", "balance"),
        ("account", "credit_limit"),
        ("sales_order", "total"),
        ("order_line", "amount"),
    ]
    assert all(isinstance(TABLES[t].columns[c].type, sa.BigInteger) for t, c in money)
    assert all(tables.arrow_schema(t).field(c).type == pa.int64() for t, c in money)
