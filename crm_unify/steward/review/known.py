"""What the CRM database knows of the records and customers that are asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_assignment, mig_run, mig_source_record, mig_xref
from crm_unify.schema.crm import customer, opportunity, sales_order, support_case
from pipelines.database.read import fetch, matching

HANGING: Final = (sales_order, support_case, opportunity)
"""What counts as orders of a customer: work that moves when two customers are merged."""


@dataclass(frozen=True, slots=True)
class Known:
    """Records and customers."""

    record_ids: pa.Array
    """Every record that is named, and all others of their customers; ascending."""
    customer: tuple[str | None, ...]
    """The customer of each record."""
    system: tuple[str, ...]
    kind: tuple[str, ...]
    since: tuple[datetime | None, ...]
    """When the run began that first loaded each record."""
    names: dict[str, str]
    """By customer its display name."""
    orders: dict[str, int]
    """By customer what hangs on it."""
    position: dict[str, int] = field(default_factory=dict)
    """Of each record id."""


def known(connection: sa.Connection, named: Iterable[str]) -> Known:
    """What is known of these records and of all others of their customers; unknown ones are left out."""
    ids = pa.array(sorted(set(named)), pa.string())
    x, r = mig_xref.c, mig_source_record.c
    customers = matching(connection, sa.select(x.customer_id), x.record_id, ids)["customer_id"]
    together = matching(connection, sa.select(x.record_id), x.customer_id, customers)["record_id"]
    every = pc.unique(pa.concat_arrays([ids, together.combine_chunks()]))
    columns = (r.record_id, r.system, r.kind, r.first_run, x.customer_id)
    query = sa.select(*columns).select_from(mig_source_record.outerjoin(mig_xref, x.record_id == r.record_id))
    rows = matching(connection, query, r.record_id, every).sort_by("record_id")
    began = {
        row.id: row.started_at for row in connection.execute(sa.select(mig_run.c.id, mig_run.c.started_at))
    }
    record_ids = rows["record_id"].combine_chunks()
    return Known(
        record_ids=record_ids,
        customer=tuple(rows["customer_id"].to_pylist()),
        system=tuple(rows["system"].to_pylist()),
        kind=tuple(rows["kind"].to_pylist()),
        since=tuple(began.get(run) for run in rows["first_run"].to_pylist()),
        names=_names(connection, customers),
        orders=_orders(connection, customers),
        position={record: at for at, record in enumerate(record_ids.to_pylist())},
    )


FEW: Final = 500
"""Customers up to which each is looked up by the index; of more, all rows are counted once."""


def _names(connection: sa.Connection, customers: pa.ChunkedArray) -> dict[str, str]:
    c = customer.c
    rows = matching(connection, sa.select(c.id, c.display_name), c.id, customers)
    named = zip(rows["id"].to_pylist(), rows["display_name"].to_pylist(), strict=True)
    return {key: name or key for key, name in named}


def _orders(connection: sa.Connection, customers: pa.ChunkedArray) -> dict[str, int]:
    """Rows that hang on each customer, counted where they are: there may be millions."""
    found: dict[str, int] = {}
    few = sorted(set(customers.to_pylist())) if len(customers) <= FEW else None
    for table in HANGING:
        owner = table.c.customer_id
        mine = owner.is_not(None) if few is None else owner.in_(few)
        query = sa.select(owner, sa.func.count().label("rows")).where(mine).group_by(owner)
        counts = fetch(connection, query)
        counts = counts.filter(pc.is_in(counts["customer_id"], pc.unique(customers)))
        for key, number in zip(*(column.to_pylist() for column in counts.columns), strict=True):
            found[key] = found.get(key, 0) + number
    return found


def assignments(connection: sa.Connection) -> dict[tuple[str, str], str]:
    """By the two records that led a question who looks after it."""
    a = mig_assignment.c
    query = sa.select(a.left_record, a.right_record, a.assignee)
    return {(row.left_record, row.right_record): row.assignee for row in connection.execute(query)}
