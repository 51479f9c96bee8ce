"""Open business questions, consent in customers, and notes."""

import pytest
import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.tables import TABLES
from crm_unify.steward.report.questions import NOTES_SHOWN, consents, notes, questions
from tests.crm_unify.steward.report.invented import left

HITS = [{"map": "members", "rule": "ME-2", "rows": 3}, {"map": "members", "rule": "ME-3", "rows": 1}]


def test_open_is_what_nobody_approved(club: LoadedProject, connection: sa.Connection) -> None:
    """Approved and retired rules are settled; disputed ones come before proposed ones."""
    found = questions(left(club, connection, figures={"hits": HITS}))
    assert [(q.rule, q.status, q.owner, q.rows) for q in found] == [
        ("ME-3", "disputed", "the treasurer", 1),
        ("ME-2", "proposed", "the board", 3),
    ]


def test_hits_that_are_not_known_are_not_zero(club: LoadedProject, connection: sa.Connection) -> None:
    """Without the workspace nobody knows how many rows a rule decided."""
    assert {q.rows for q in questions(left(club, connection))} == {None}


@pytest.fixture
def said(connection: sa.Connection) -> sa.Connection:
    """Five customers: one says no and yes, one yes, one nothing definite on two addresses, two nothing."""
    people = [{"id": f"C-{i}", "kind": "person", "status": "active"} for i in range(5)]
    connection.execute(TABLES["customer"].insert(), people)
    words = [("C-0", "a@x", "opted_out"), ("C-0", "b@x", "opted_in"), ("C-1", "c@x", "opted_in"),
             ("C-2", "d@x", "unknown"), ("C-2", "e@x", "unknown")]
    rows = [
        {"id": f"CO-{i}", "customer_id": who, "channel": "email", "value_norm": to, "status": status}
        for i, (who, to, status) in enumerate(words)
    ]
    connection.execute(TABLES["consent"].insert(), rows)
    return connection


def test_consent_is_counted_in_customers_and_the_strictest_holds(
    club: LoadedProject, said: sa.Connection
) -> None:
    """Several addresses of one customer count once; a no beside a yes is told."""
    found = consents(left(club, said), customers=5)
    (email,) = found.channels
    assert (email.opted_out, email.unknown, email.opted_in) == (1, 1, 1)
    assert (found.silent, found.contradicted) == (2, 1)


def test_notes_are_grouped_and_a_long_list_is_cut(club: LoadedProject, connection: sa.Connection) -> None:
    """What is not shown is counted; groups without notes are left out."""
    unused = [
        {"map": "members", "subject": "column untaken", "name": f"C{i}", "sentence": f"No rule takes C{i}"}
        for i in range(NOTES_SHOWN + 5)
    ]
    found = notes(left(club, connection, figures={"notes": unused, "reading": {"members": ["odd header"]}}))
    assert found is not None
    assert [(group.title, len(group.notes), group.more) for group in found] == [
        ("What the readers noticed", 1, 0), ("Columns nobody takes", NOTES_SHOWN, 5),
    ]


def test_without_the_workspace_notes_are_not_known(club: LoadedProject, connection: sa.Connection) -> None:
    """None is not the same as nothing."""
    assert notes(left(club, connection)) is None
