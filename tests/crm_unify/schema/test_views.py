"""What holds now, made of what was ever said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from crm_unify.schema import bookkeeping, crm
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from crm_unify.schema.views import consent_current, customer_xref

CUSTOMERS = ("C-1", "C-2")
IN, OUT, UNKNOWN = "opted_in", "opted_out", "unknown"


def filled(url: str) -> Iterator[sa.Connection]:
    """A CRM with two customers, three runs and the records a, b and c; nothing is committed."""
    engine = open_target(url)
    upgrade(engine)
    with engine.connect() as open_connection:
        _fill(open_connection)
        yield open_connection
        open_connection.rollback()
    engine.dispose()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    """The CRM on SQLite."""
    yield from filled(f"sqlite:///{tmp_path / 'crm.db'}")


@pytest.fixture(
    params=[
        pytest.param("postgres_crm_url", id="PostgreSQL", marks=pytest.mark.postgres),
        pytest.param("mariadb_crm_url", id="MariaDB", marks=pytest.mark.mariadb),
    ]
)
def server(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """The CRM on a server."""
    yield from filled(request.getfixturevalue(request.param))


def _fill(connection: sa.Connection) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    run = {"project": "p", "as_of": now.date(), "state": "applied", "started_at": now, "written_rows": 1}
    connection.execute(bookkeeping.mig_run.insert(), [{"id": n, **run} for n in (1, 2, 3)])
    connection.execute(
        crm.customer.insert(), [{"id": c, "kind": "person", "status": "active"} for c in CUSTOMERS]
    )
    record = {"map": "m", "system": "s", "entity": "e", "part": "p", "kind": "person", "row_hash": "h"}
    rows = [{"record_id": r, "key": r, "state": "active", "first_run": 1, **record} for r in "abc"]
    connection.execute(bookkeeping.mig_source_record.insert(), rows)
    owners = [
        {"record_id": "a", "customer_id": "C-1"},
        {"record_id": "b", "customer_id": "C-1"},
        {"record_id": "c", "customer_id": "C-2"},
    ]
    connection.execute(bookkeeping.mig_xref.insert(), owners)


def said(connection: sa.Connection, *rows: tuple[str | None, str, int | None], **columns: Any) -> None:
    """Append consent rows, each ``(record, status, run)``."""
    start = connection.scalar(sa.select(sa.func.count()).select_from(crm.consent)) or 0
    for number, (record, status, run) in enumerate(rows, start):
        row = {
            "id": f"CO-{number}",
            "customer_id": "C-1",
            "channel": "email",
            "value_norm": "a@b.example",
            "status": status,
            "source_record_id": record,
            "carrier_record_id": record,
            "run": run,
        }
        connection.execute(crm.consent.insert().values(row | columns))


def current(connection: sa.Connection, customer: str = "C-1") -> list[str]:
    """Statuses in force for a customer."""
    query = sa.select(consent_current.c.status).where(consent_current.c.customer_id == customer)
    return [str(status) for status in connection.scalars(query)]


SAID: Final = [
    pytest.param([("a", IN, 1)], IN, id="one word holds"),
    pytest.param([("a", IN, 1), ("b", OUT, 1)], OUT, id="an objection beats a consent of another record"),
    pytest.param([("a", OUT, 1), ("a", IN, 2)], IN, id="the newest word of one record holds"),
    pytest.param([("a", IN, 1), ("a", OUT, 2), ("a", IN, 3)], IN, id="a record may come back to its word"),
    pytest.param([("a", IN, 2), ("b", UNKNOWN, 1)], UNKNOWN, id="unknown is more restrictive than yes"),
    pytest.param([("a", IN, 1), ("a", OUT, 1)], OUT, id="of two words at once the stricter holds"),
    pytest.param([("a", IN, 3), (None, OUT, None)], OUT, id="an objection entered by hand holds"),
]
"""Rows ``(record, status, run)`` and what is in force after them."""


@pytest.mark.parametrize(("rows", "status"), SAID)
def test_most_restrictive_of_the_newest(connection: sa.Connection, rows: Any, status: str) -> None:
    """Of each record its newest word counts, and of all records the most restrictive one."""
    said(connection, *rows)
    assert current(connection) == [status]


def test_servers_say_the_same(server: sa.Connection) -> None:
    """Each of the cases above, for an address of its own, has the same outcome on a server."""
    expected = {}
    for number, case in enumerate(SAID):
        rows, status = case.values
        said(server, *rows, value_norm=f"{number}@b.example")
        expected[f"{number}@b.example"] = status
    found = server.execute(sa.select(consent_current.c.value_norm, consent_current.c.status)).all()
    assert {row.value_norm: row.status for row in found} == expected
    assert server.scalar(sa.select(sa.func.count()).select_from(customer_xref)) == len("abc")


def test_the_newest_word_entered_by_hand_holds(connection: sa.Connection) -> None:
    """Among rows that people entered for a customer the one with the later date is in force."""
    said(connection, (None, OUT, None), given_at=date(2020, 1, 1))
    said(connection, (None, IN, None), given_at=date(2024, 1, 1))
    assert current(connection) == [IN]


def test_consent_follows_its_record(connection: sa.Connection) -> None:
    """After a split the consent stands with the customer that holds the record now."""
    said(connection, ("c", IN, 1))
    assert (current(connection, "C-1"), current(connection, "C-2")) == ([], [IN])


def test_an_objection_reaches_a_carrier_that_turned_up_later(connection: sa.Connection) -> None:
    """An objection appended later for another customer with the same address takes nothing from the first."""
    said(connection, ("a", OUT, 1))
    said(connection, ("a", OUT, 2), customer_id="C-2", carrier_record_id="c")
    assert (current(connection, "C-1"), current(connection, "C-2")) == ([OUT], [OUT])


def test_an_objection_taken_back_is_taken_back_everywhere(connection: sa.Connection) -> None:
    """When the record that objected consents, the other carriers of the address are free again."""
    said(connection, ("a", OUT, 1))
    said(connection, ("a", OUT, 1), customer_id="C-2", carrier_record_id="c")
    said(connection, ("a", IN, 2))
    assert (current(connection, "C-1"), current(connection, "C-2")) == ([IN], [])


def test_values_and_channels_are_apart(connection: sa.Connection) -> None:
    """An objection for one address says nothing about another address or about the customer as a whole."""
    said(connection, ("a", OUT, 1))
    said(connection, ("a", IN, 1), value_norm="other@b.example")
    said(connection, ("a", UNKNOWN, 1), value_norm=None)
    assert sorted(current(connection)) == sorted([OUT, IN, UNKNOWN])


def test_a_source_key_leads_to_its_customer(connection: sa.Connection) -> None:
    """``customer_xref`` answers for every party record."""
    rows = connection.execute(sa.select(customer_xref).order_by(customer_xref.c.key)).all()
    assert [tuple(row) for row in rows] == [
        ("s", "e", "a", "p", "C-1"),
        ("s", "e", "b", "p", "C-1"),
        ("s", "e", "c", "p", "C-2"),
    ]
