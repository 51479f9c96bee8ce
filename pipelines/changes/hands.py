"""What people made or edited in the CRM, on rows that are to go because their source rows have vanished.

A row is ours as long as it is what was last written. One that a person edited, and one that a person made,
protects itself and everything it hangs on: the order its line belongs to, the customer of the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import child_ids
from crm_unify.schema.bookkeeping import mig_profile
from crm_unify.schema.tables import CHILD_TABLES, PROFILE_TABLES, TABLES, arrow_schema, key_of, owner_of
from pipelines.changes.differences import only, without
from pipelines.changes.profiles import unfolded
from pipelines.changes.standing import dependants
from pipelines.database.columns import row_hashes
from pipelines.database.read import matching
from pipelines.ledger import Ledger

CUSTOMER: Final = "customer"
LEAST_FIRST: Final = tuple(name for name in reversed(CHILD_TABLES) if name != "app_user")
"""Tables of children, those that hang on others before these; a user is nobody's child."""


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """What people had their hands on."""

    customers: pa.Array
    """Ids of customers with a row that a person made or edited."""
    children: pa.Array
    """Records of orders, lines and cases that a person edited, or on which a person's rows hang."""


def worked_on(customers: pa.Array, children: pa.Array, ledger: Ledger, connection: sa.Connection) -> WorkedOn:
    """Which of these customers, and of the records that hang on them or on others, people have worked on."""
    touched: dict[str, pa.Array] = {}
    for table in LEAST_FIRST:
        touched[table] = _children(table, children, ledger, touched, connection)
    found = [pa.array([], pa.string()), *_of_profiles(customers, connection)]
    for other, column in dependants(CUSTOMER):
        rows = _naming(other, column, customers, connection)
        mine = _foreign(other, rows, ledger, connection)
        if other in touched:
            mine = pa.concat_tables([mine, only(rows, "key", child_ids(other, touched[other]))])
        found += mine["parent"].chunks
    records = [one for name, one in touched.items() if name in CHILD_TABLES]
    return WorkedOn(pc.unique(pa.chunked_array(found)).sort(), pa.concat_arrays(records))


# --- what hangs ---
def _children(
    table: str, records: pa.Array, ledger: Ledger, touched: dict[str, pa.Array], connection: sa.Connection
) -> pa.Array:
    """The records of a table whose row a person edited, or on which rows of a person hang."""
    known = only(_of_kind(table, ledger), "record_id", records)
    if len(known) == 0:
        return pa.array([], pa.string())
    ids = child_ids(table, known["record_id"].combine_chunks())
    columns = [TABLES[table].columns[name] for name in arrow_schema(table).names]
    standing = matching(connection, sa.select(*columns), TABLES[table].columns["id"], ids)
    then = known["target_hash"].take(pc.index_in(standing["id"], ids))
    edited = standing.filter(pc.fill_null(pc.not_equal(row_hashes(table, standing), then), True))["id"]
    held = list(edited.chunks)
    for other, column in dependants(table):
        rows = _naming(other, column, ids, connection)
        made = _foreign(other, rows, ledger, connection)["parent"]
        theirs = only(rows, "key", child_ids(other, touched[other]))["parent"] if other in touched else None
        held += [*made.chunks, *(theirs.chunks if theirs is not None else ())]
    mine = pc.is_in(ids, pa.chunked_array(held, pa.string()))
    return known["record_id"].filter(mine).combine_chunks()


def _of_kind(table: str, ledger: Ledger) -> pa.Table:
    records = ledger.records
    return records.filter(pc.equal(records["kind"], table)).select(["record_id", "target_hash"])


def _naming(
    table: str, column: str, parents: pa.Array | pa.ChunkedArray, connection: sa.Connection
) -> pa.Table:
    """``key, parent``: the rows of a table that name one of these."""
    c = TABLES[table].columns
    query = sa.select(c[key_of(table)].label("key"), c[column].label("parent"))
    return matching(connection, query, c[column], parents)


def _foreign(table: str, rows: pa.Table, ledger: Ledger, connection: sa.Connection) -> pa.Table:
    """Those of these rows that no load has written."""
    if len(rows) == 0:
        return rows
    if table in CHILD_TABLES:
        return without(rows, "key", child_ids(table, _of_kind(table, ledger)["record_id"].combine_chunks()))
    if table == "consent":
        return without(rows, "key", ledger.consents["id"])
    if table == CUSTOMER:  # a customer that names its owner
        return rows.slice(0, 0)
    c = TABLES[table].columns
    owners = matching(connection, sa.select(c[owner_of(table)]), c[key_of(table)], rows["key"])
    written = _last_written(pc.unique(owners[owner_of(table)]), connection)[table]
    return without(rows, "key", written[key_of(table)])


# --- profiles ---
def _of_profiles(customers: pa.Array, connection: sa.Connection) -> Iterator[pa.Array]:
    """Customers with a row of their profile that is not as it was last written."""
    last = _last_written(customers, connection)
    for table in PROFILE_TABLES:
        key, owner = key_of(table), owner_of(table)
        columns = [TABLES[table].columns[name] for name in arrow_schema(table).names]
        rows = only(last[table], owner, customers)
        standing = matching(connection, sa.select(*columns), TABLES[table].columns[key], rows[key])
        then = row_hashes(table, rows).take(pc.index_in(standing[key], rows[key].combine_chunks()))
        edited = standing.filter(pc.not_equal(row_hashes(table, standing), then))
        known = only(rows, key, edited[key])  # a person may have led the row to another customer
        yield from known[owner].chunks


def _last_written(customers: pa.Array, connection: sa.Connection) -> dict[str, pa.Table]:
    columns = [mig_profile.columns[name] for name in arrow_schema("mig_profile").names]
    return unfolded(matching(connection, sa.select(*columns), mig_profile.c.customer_id, customers))
