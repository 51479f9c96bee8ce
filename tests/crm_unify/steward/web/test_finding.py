"""Customers are found by what people type, on every database; of many by the beginning, through an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.schema.crm import contact_point, customer, person
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from crm_unify.steward.web import finding
from crm_unify.steward.web.finding import BEGINNINGS, PARTS, found, how
from crm_unify.steward.web.veil import Veil

PEOPLE = {"C-1": ("Jonas", "Keller"), "C-2": ("Jo%nas", "Ash"), "C-3": ("ÖDÖN", "VON HORVÁTH")}
SERVERS = [
    pytest.param("sqlite", id="SQLite"),
    pytest.param("postgres_crm_url", id="PostgreSQL", marks=pytest.mark.postgres),
    pytest.param("mariadb_crm_url", id="MariaDB", marks=pytest.mark.mariadb),
]


@pytest.fixture(params=SERVERS)
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    """On a database of three people, one of them with a name longer than an index of PostgreSQL takes."""
    sqlite = f"sqlite:///{tmp_path / 'crm.db'}"
    engine = open_target(sqlite if request.param == "sqlite" else request.getfixturevalue(request.param))
    upgrade(engine)
    with engine.begin() as made:
        for name, (given, family) in PEOPLE.items():
            row = {"id": name, "kind": "person", "display_name": f"{given} {family}", "status": "active"}
            made.execute(customer.insert().values(row))
            made.execute(person.insert().values(customer_id=name, given_name=given, family_name=family))
        long = "Long " + "x" * 9_000
        row = {"id": "C-9", "kind": "organisation", "display_name": long, "status": "active"}
        made.execute(customer.insert().values(row))
        values = {"email": "jonas.k@post.example", "phone": "+4930123456", "web": "w" * 9_000}
        for kind, value in values.items():
            point = {"id": f"P-{kind}", "customer_id": "C-1", "kind": kind, "value_norm": value}
            made.execute(contact_point.insert().values(point))
    with engine.connect() as used:
        yield used
    engine.dispose()


def ids(connection: sa.Connection, text: str, veil: Veil | None = None) -> list[str]:
    """Who is found."""
    return sorted(row.id for row in found(connection, text, veil or Veil(()), most=9))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were many customers."""
    monkeypatch.setattr(finding, "FEW", 2)


BEGINNING = {
    "C-1": ["C-1"],
    "jonas": ["C-1"],
    "KELL": ["C-1"],
    "Ödön von": ["C-3"],
    "Jo%n": ["C-2"],
    "Jonas.K@post": ["C-1"],
    "+49 (30) 1234-56": ["C-1"],
    "0049 30 123": ["C-1"],
    "Long": ["C-9"],
    "nobody": [],
    "onas": [],
}
"""What people type, and who begins with it: by id, name, family name, address or number."""
PART = {"ONAS": ["C-1"], "%": ["C-2"], "post.ex": ["C-1"], "30 123": ["C-1"], "eller": ["C-1"], "nobody": []}


@pytest.mark.usefixtures("many")
def test_of_many_the_beginning_is_found(connection: sa.Connection) -> None:
    """Of names, family names, addresses and numbers, in the usual letter cases; signs of SQL are letters."""
    assert {text: ids(connection, text) for text in BEGINNING} == BEGINNING


def test_of_few_any_part_is_found(connection: sa.Connection) -> None:
    """Whatever the letter case."""
    assert {text: ids(connection, text) for text in PART} == PART


@pytest.mark.usefixtures("many")
def test_of_many_nothing_hidden_is_found(connection: sa.Connection) -> None:
    """Neither by the name nor by a part of it."""
    for hidden in ("person", "person.full_name", "person.given_name"):
        veil = Veil((hidden, "contact_point"))
        assert [ids(connection, text, veil) for text in ("Jonas", "Keller", "jonas.k")] == [[], [], []]


def test_it_is_told_what_is_looked_for(connection: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any part of few, the beginning of many."""
    assert how(connection) == PARTS
    monkeypatch.setattr(finding, "FEW", 2)
    assert how(connection) == BEGINNINGS


def test_an_index_finds_the_beginning(tmp_path: Path) -> None:
    """No name is looked at that does not begin so."""
    engine = open_target(f"sqlite:///{tmp_path / 'crm.db'}")
    upgrade(engine)
    with engine.connect() as connection:
        for query in finding._beginnings(connection, "Jonas", Veil(())):
            text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
            plan = " ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
            assert "USING INDEX ix_" in plan
            assert not re.search("SCAN (customer|person|contact_point)", plan)
