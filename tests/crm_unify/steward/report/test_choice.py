"""Which merged customers are shown: the telling ones, by fixed rules."""

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.tables import TABLES
from crm_unify.steward.report.choice import CRITERIA, DOZEN, choose
from tests.crm_unify.steward.report.invented import left, pair, remembered, with_pairs

REASONS = [reason for reason, _, _ in CRITERIA]


def merged(connection: sa.Connection, number: int, systems: int = 2, first: int = 0) -> list[str]:
    """Customers that each of so many systems knows by one record."""
    ids = [f"C{i:03d}" for i in range(first, first + number)]
    remembered(connection, *((f"s{s}", one[1:], one) for one in ids for s in range(systems)))
    return ids


def test_the_widest_known_come_first(club: LoadedProject, connection: sa.Connection) -> None:
    """More systems first, then the smaller id; nobody twice, never more than a dozen."""
    merged(connection, 20)
    widest = merged(connection, 2, systems=4, first=90)
    chosen = choose(left(club, connection))
    assert list(chosen)[:2] == widest
    assert set(chosen.values()) <= set(REASONS)
    assert len(chosen) == DOZEN


def test_customers_of_one_record_are_no_merged_ones(club: LoadedProject, connection: sa.Connection) -> None:
    """Where nothing was merged nothing is shown."""
    merged(connection, 5, systems=1)
    assert choose(left(club, connection)) == {}


def test_a_name_at_birth_is_telling(club: LoadedProject, connection: sa.Connection) -> None:
    """A person who changed the name is shown before others who are as widely known."""
    ids = merged(connection, 30)
    connection.execute(
        TABLES["customer"].insert(), {"id": ids[29], "kind": "person", "status": "active"}
    )
    names = {"customer_id": ids[29], "family_name": "Lorenz", "birth_name": "Hartmann"}
    connection.execute(TABLES["person"].insert(), names)
    assert choose(left(club, connection))[ids[29]] == REASONS[2]


def test_the_thinnest_thread_is_telling(club: LoadedProject, connection: sa.Connection) -> None:
    """Not the weakest pair counts, but the record whose best tie is the weakest."""
    ids = merged(connection, 3, systems=3, first=50) + merged(connection, 30)
    strong = [pair(f"s0.{i:03d}", f"s1.{i:03d}", 20 - i / 10, "merge") for i in range(30)]
    thin = [pair("s0.052", "s1.052", 30, "merge"), pair("s0.052", "s2.052", 4, "merge"),
            pair("s1.052", "s2.052", 3.5, "merge")]
    chosen = choose(with_pairs(left(club, connection), *strong, *thin))
    assert chosen[ids[2]] == REASONS[3]
