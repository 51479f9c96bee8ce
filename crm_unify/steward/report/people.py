"""How many customers there are, how many records made each, and which sources know them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_source_record, mig_xref
from crm_unify.steward.report.drawing import Segment, stacked, upset
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.who import Combination, People
from pipelines.ledger import deleted_customers

SIZES: Final = (
    (1, 1, "one record"),
    (2, 2, "two records"),
    (3, 3, "three records"),
    (4, 4, "four records"),
    (5, 9, "five to nine records"),
    (10, None, "ten records or more"),
)
"""Least and greatest number of records of a customer, and how it is said."""


@dataclass(frozen=True, slots=True)
class Group:
    """Customers of one kind that the same systems know by the same number of records."""

    kind: str
    mask: int
    """One bit a system."""
    records: int
    vanished: bool
    customers: int


def people(left: Leavings) -> People:
    """Count the customers of the CRM by kind, number of records and systems."""
    systems = _systems(left.connection)
    groups = _groups(left.connection, systems)
    combinations = _combinations(groups, systems)
    known = [(name, sum(c.customers for c in combinations if name in c.systems)) for name in systems]
    known = sorted((s for s in known if s[1]), key=lambda entry: (-entry[1], entry[0]))
    return People(
        persons=_sum(g for g in groups if g.kind == "person"),
        organisations=_sum(g for g in groups if g.kind == "organisation"),
        records=sum(g.customers * g.records for g in groups),
        vanished=_sum(g for g in groups if g.vanished),
        systems=tuple(known),
        combinations=tuple(combinations),
        sizes=_sizes(groups),
        upset=upset(known, [(c.systems, c.customers) for c in combinations]),
    )


def _sum(groups: Iterable[Group]) -> int:
    return sum(group.customers for group in groups)


def _systems(connection: sa.Connection) -> list[str]:
    system = mig_source_record.c.system
    return list(connection.execute(sa.select(system).distinct().order_by(system)).scalars())


def _groups(connection: sa.Connection, systems: list[str]) -> list[Group]:
    """One question to the database: customers by systems (as bits) and number of records."""
    if not systems:
        return []
    record, xref = mig_source_record.c, mig_xref.c
    bit = sa.case(
        {name: sa.literal(1 << i, sa.BigInteger) for i, name in enumerate(systems)}, value=record.system
    )
    alive = sa.case((record.state == "inactive", 0), else_=1)
    each = (
        sa.select(
            sa.func.min(record.kind).label("kind"),
            sa.func.sum(sa.distinct(bit)).label("mask"),
            sa.func.count().label("records"),
            sa.func.max(alive).label("alive"),
        )
        .join_from(mig_xref, mig_source_record, record.record_id == xref.record_id)
        .where(xref.customer_id.not_in(deleted_customers()), record.state != "deleted")
        .group_by(xref.customer_id)
        .subquery()
    )
    keys = (each.c.kind, each.c.mask, each.c.records, each.c.alive)
    rows = connection.execute(sa.select(*keys, sa.func.count()).group_by(*keys))
    found = [Group(kind, int(mask), records, alive == 0, n) for kind, mask, records, alive, n in rows]
    return sorted(found, key=lambda g: (g.kind, g.mask, g.records, g.vanished))


def _combinations(groups: Iterable[Group], systems: list[str]) -> list[Combination]:
    by_mask: dict[int, int] = {}
    for group in groups:
        by_mask[group.mask] = by_mask.get(group.mask, 0) + group.customers
    found = [
        Combination(tuple(name for i, name in enumerate(systems) if mask >> i & 1), customers)
        for mask, customers in by_mask.items()
    ]
    return sorted(found, key=lambda c: (-c.customers, len(c.systems), c.systems))


def _sizes(groups: list[Group]) -> tuple[tuple[str, int, tuple[Segment, ...]], ...]:
    counts = [
        (said, _sum(g for g in groups if g.records >= least and (most is None or g.records <= most)))
        for least, most, said in SIZES
    ]
    highest = max((number for _, number in counts), default=0)
    bars = ((said, number, stacked([("size", said, number)], total=highest)) for said, number in counts)
    return tuple(bar for bar in bars if bar[1])
