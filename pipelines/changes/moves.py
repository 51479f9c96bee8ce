"""Who is merged, parted or retired by a change set, with why, and whether a person had confirmed them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.crm import customer
from pipelines.changes.causes import Causes
from pipelines.changes.differences import only, touches
from pipelines.changes.interface import MOVES, Desired, TableChanges
from pipelines.database.columns import engine
from pipelines.database.read import matching
from pipelines.ledger import Ledger

MERGE: Final = "merge"
"""All records of a customer go to one other."""
SPLIT: Final = "split"
"""The records of a customer belong to several afterwards."""
RETIRE: Final = "retire"
"""A customer has no record in force any more: it becomes inactive, or its rows go."""


def moves(
    desired: Desired, ledger: Ledger, customers: TableChanges, *, found: Causes, connection: sa.Connection
) -> pa.Table:
    """MOVES: one row for each customer that is merged, parted or retired, in this order, then by id."""
    if len(ledger.xref) == 0:
        return pa.Table.from_batches([], MOVES)
    went = _went(ledger.xref, desired.xref)
    retired = pa.table({"customer_id": _retired(customers)})
    ids = pa.chunked_array([*went["customer_id"].chunks, *retired["customer_id"].chunks], pa.string())
    c = customer.c
    names = matching(connection, sa.select(c.id.label("customer_id"), c.display_name), c.id, ids)
    confirmed = only(ledger.xref, "record_id", desired.confirmed)
    tables = {"went": went, "retired": retired, "names": names, "confirmed": confirmed}
    with engine(**tables, causes=found.customers) as con:
        return con.execute(_MOVES_SQL, [found.usual]).to_arrow_table().cast(MOVES)


_MOVES_SQL: Final = f"""
WITH every AS (
    SELECT CASE WHEN len(parts) > 1 THEN '{SPLIT}' ELSE '{MERGE}' END AS event, customer_id, parts AS others
    FROM went
    UNION ALL SELECT '{RETIRE}', customer_id, [] FROM retired
), told AS (
    SELECT event, customer_id, string_agg(DISTINCT cause, '+' ORDER BY cause) AS cause
    FROM (SELECT event, customer_id, unnest(list_append(others, customer_id)) AS part FROM every) e
    JOIN (SELECT customer_id AS part, unnest(string_split(cause, '+')) AS cause FROM causes) USING (part)
    GROUP BY ALL
)
SELECT e.event, e.customer_id, n.display_name AS name, e.others,
       e.customer_id IN (SELECT customer_id FROM confirmed) AS confirmed, coalesce(t.cause, ?) AS cause
FROM every e LEFT JOIN names n USING (customer_id) LEFT JOIN told t USING (event, customer_id)
ORDER BY CASE e.event WHEN '{MERGE}' THEN 0 WHEN '{SPLIT}' THEN 1 ELSE 2 END, e.customer_id
"""


def _went(before: pa.Table, now: pa.Table) -> pa.Table:
    """``customer_id, parts``: customers with records that belong to another afterwards, and where all are."""
    with engine(before=before, now=now) as con:
        return con.sql(
            "WITH pairs AS (SELECT b.customer_id, n.customer_id AS part FROM before b JOIN now n "
            "USING (record_id)) SELECT customer_id, list(DISTINCT part ORDER BY part) AS parts FROM pairs "
            "WHERE customer_id IN (SELECT customer_id FROM pairs WHERE part <> customer_id) "
            "GROUP BY customer_id ORDER BY customer_id"
        ).to_arrow_table()


def _retired(customers: TableChanges) -> pa.ChunkedArray:
    """Customers whose row goes or becomes inactive."""
    updates = customers.updates.filter(touches(customers.updates, "customer", "status"))
    inactive = updates.filter(pc.fill_null(pc.equal(updates["new.status"], "inactive"), False))
    return pa.chunked_array([*customers.deletes["id"].chunks, *inactive["id"].chunks], pa.string())
