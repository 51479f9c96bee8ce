"""Decisions are kept alike by every database, numbered without gaps, and read back as they were said."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.run.deciding import drafted, merging, record, revoking, verdict
from crm_unify.run.decisions import Decision, left_to_evidence, live, read_decisions, revoked, rulings
from crm_unify.schema.bookkeeping import mig_source_record, mig_xref
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade

SERVERS = [
    pytest.param("sqlite", id="SQLite"),
    pytest.param("postgres_crm_url", id="PostgreSQL", marks=pytest.mark.postgres),
    pytest.param("mariadb_crm_url", id="MariaDB", marks=pytest.mark.mariadb),
]
RECORDS = {"a": "C-1", "A": "C-1", "b": "C-2", "c ": "C-3"}
"""Record and customer; on every database ``a`` and ``A`` are two."""


@pytest.fixture(params=SERVERS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A CRM that knows four records of three customers."""
    sqlite = f"sqlite:///{tmp_path / 'crm.db'}"
    engine = open_target(sqlite if request.param == "sqlite" else request.getfixturevalue(request.param))
    upgrade(engine)
    common: dict[str, object] = {
        "map": "m",
        "system": "s",
        "entity": "m",
        "key": "k",
        "part": "p",
        "kind": "person",
    }
    common |= {"row_hash": "r", "claims_hash": "c", "state": "active", "first_run": 1}
    with engine.begin() as connection:
        connection.execute(mig_source_record.insert(), [common | {"record_id": name} for name in RECORDS])
        rows = [{"record_id": name, "customer_id": customer} for name, customer in RECORDS.items()]
        connection.execute(mig_xref.insert(), rows)
    yield engine
    engine.dispose()


def said(crm: sa.Engine, *names: str) -> Decision:
    """A merge that is recorded."""
    with crm.connect() as connection:
        decision = drafted(merging(connection, names), connection, why="sie sagte es: 'ja' ✓", by="Ada")
    return record(crm, decision)


def read(crm: sa.Engine) -> tuple[Decision, ...]:
    """Every decision."""
    with crm.connect() as connection:
        return read_decisions(connection)


def test_a_decision_is_read_back_as_it_was_said(crm: sa.Engine) -> None:
    """Every field, the time to the microsecond, records byte by byte."""
    decision = said(crm, "C-1", "C-3")
    assert read(crm) == (decision,)
    assert decision.sides == {1: ["A", "a"], 2: ["c "]}


def test_a_verdict_holds_for_every_cross_pair(crm: sa.Engine) -> None:
    """Two records against one, and a record against the other of its own customer."""
    said(crm, "C-1", "C-2")
    with crm.connect() as connection:
        draft = verdict(connection, "a", "C-1", "different")
        record(crm, drafted(draft, connection, why="", by="Bob"))
    pairs = rulings(read(crm), {}).verdicts.select(["left", "right", "verdict"]).to_pylist()
    assert [tuple(pair.values()) for pair in pairs] == [
        ("A", "b", "same"),
        ("a", "b", "same"),
        ("a", "A", "different"),
    ]


def test_who_decides_at_the_same_moment_gets_a_number_of_his_own(crm: sa.Engine) -> None:
    """Eight at once: the numbers 1 to 8, nothing lost."""
    with ThreadPoolExecutor(4) as pool:
        numbers = [d.id for d in pool.map(lambda _: said(crm, "C-1", "C-2"), range(8))]
    assert sorted(numbers) == [d.id for d in read(crm)] == list(range(1, 9))


def test_what_people_move_does_not_count_as_moved_by_evidence(crm: sa.Engine) -> None:
    """The guard on merges and splits looks at records without any verdict, live or revoked."""
    said(crm, "C-1", "C-2")
    with crm.connect() as connection:
        record(crm, drafted(revoking(connection, 1), connection, why="", by="Bob"))
    xref = pa.table({"record_id": list(RECORDS), "customer_id": list(RECORDS.values())})
    assert left_to_evidence(xref, rulings(read(crm), {}))["record_id"].to_pylist() == ["c "]


def test_a_revoked_decision_is_not_live(crm: sa.Engine) -> None:
    """It stays on record with what took it back."""
    said(crm, "C-1", "C-2")
    with crm.connect() as connection:
        record(crm, drafted(revoking(connection, 1), connection, why="", by="Bob"))
    first, second = read(crm)
    assert (first.revoked_by, second.revokes, live((first, second))) == (2, 1, ())


@pytest.mark.parametrize(
    ("revokes", "expected"),
    [
        pytest.param({1: None, 2: 1}, {1: 2}, id="once"),
        pytest.param({1: None, 2: 1, 3: 2}, {2: 3}, id="and back"),
        pytest.param({1: None, 2: 1, 3: 2, 4: 3}, {1: 2, 3: 4}, id="and back again"),
        pytest.param({1: None, 2: 1, 3: 2, 4: 1}, {2: 3, 1: 4}, id="anew after it was back"),
    ],
)
def test_a_revocation_that_is_revoked_takes_nothing_back(
    revokes: dict[int, int | None], expected: dict[int, int]
) -> None:
    """Whatever the depth, the last word counts."""
    assert revoked(revokes) == expected
