"""Customers are counted once, by the systems that know them and the records that made them."""

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.report.people import people
from tests.crm_unify.steward.report.invented import left, remembered


def test_overlaps_add_up_to_the_customers(club: LoadedProject, connection: sa.Connection) -> None:
    """Each customer is in exactly one combination; each system knows the customers it has records of."""
    remembered(connection, ("a", "1", "C1"), ("b", "1", "C1"), ("b", "2", "C1"))
    remembered(connection, ("a", "2", "C2"), ("b", "3", "C3"))
    remembered(connection, ("c", "1", "C4"), kind="organisation")
    found = people(left(club, connection))
    assert [(c.systems, c.customers) for c in found.combinations] == [
        (("a",), 1), (("b",), 1), (("c",), 1), (("a", "b"), 1),
    ]
    assert found.systems == (("a", 2), ("b", 2), ("c", 1))
    assert (found.persons, found.organisations, found.customers, found.shared) == (3, 1, 4, 1)


def test_records_add_up_too(club: LoadedProject, connection: sa.Connection) -> None:
    """Sizes are told in words; the largest group has the longest bar."""
    remembered(connection, *((f"s{i % 2}", str(i), "C1") for i in range(12)))
    remembered(connection, ("a", "20", "C2"), ("a", "21", "C3"))
    found = people(left(club, connection))
    assert found.records == 14
    assert [(said, number) for said, number, _ in found.sizes] == [
        ("one record", 2), ("ten records or more", 1),
    ]


def test_a_customer_that_no_source_holds_any_more_is_told(
    club: LoadedProject, connection: sa.Connection
) -> None:
    """It counts as a customer, for it is in the CRM; one live record is enough to be held."""
    remembered(connection, ("a", "-1", "C1"), ("a", "-2", "C2"), ("b", "2", "C2"))
    found = people(left(club, connection))
    assert (found.customers, found.vanished) == (2, 1)


def test_an_empty_crm_has_nobody(club: LoadedProject, connection: sa.Connection) -> None:
    """No systems, no combinations, no picture."""
    found = people(left(club, connection))
    assert (found.customers, found.combinations, found.sizes, found.upset) == (0, (), (), None)
