"""Orders, order lines, cases and the like: rows that come from one source record each.

What was last written for such a row is not kept a second time: the ledger holds its hash, and the row itself
follows from the record's former claims and the customer its parent belonged to.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import child_ids, user_ids, user_keys, users_of
from crm_unify.records import arrow_schema as claim_schema
from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.schema.tables import CHILD_TABLES, TABLES, arrow_schema
from pipelines.changes.differences import difference, only, without
from pipelines.changes.interface import TableChanges, no_changes
from pipelines.database.columns import canonical, engine, quoted, row_hashes
from pipelines.database.read import matching


@dataclass(frozen=True, slots=True)
class Written:
    """Which row of a child table stands for which record."""

    rows: pa.Table
    """``record_id, row_id, hash``, sorted by record id."""


def written(table: str, rows: pa.Table, records: pa.Table) -> Written:
    """The records that these canonical rows were made of.

    Raises ValueError when a row was made of no record: a defect of the stage before.
    """
    own = records.filter(pc.equal(records["kind"], table))["record_id"].combine_chunks()
    place = pc.index_in(rows["id"], child_ids(table, own))
    if place.null_count:
        msg = f"{table} {rows['id'].filter(pc.is_null(place))[0]} stands for no record"
        raise ValueError(msg)
    found = pa.table(
        {"record_id": own.take(place.combine_chunks()), "row_id": rows["id"], "hash": row_hashes(table, rows)}
    )
    return Written(found.sort_by("record_id"))


def child_changes(
    table: str,
    rows: pa.Table,
    now: Written,
    *,
    ledger_records: pa.Table,
    xref: pa.Table,
    connection: sa.Connection,
) -> TableChanges:
    """What changes in a child table; `xref` is that of the last load."""
    before = ledger_records.filter(
        pc.and_(pc.equal(ledger_records["kind"], table), pc.is_valid(ledger_records["target_hash"]))
    )
    if len(now.rows) == len(before) == 0:
        return no_changes(table)
    with engine(now=now.rows, before=before) as con:
        fresh = con.sql(
            "SELECT row_id FROM now LEFT JOIN before USING (record_id) "
            "WHERE hash IS DISTINCT FROM target_hash"
        ).to_arrow_table()
        stale = con.sql(
            "SELECT record_id FROM before LEFT JOIN now USING (record_id) "
            "WHERE hash IS DISTINCT FROM target_hash"
        ).to_arrow_table()
    old = last_written(table, stale["record_id"], xref=xref, connection=connection)
    return difference(table, old, only(rows, "id", fresh["row_id"]))


def as_written(table: str, now: Written, blocked: pa.Table, ledger_records: pa.Table) -> Written:
    """Which row stands for which record afterwards: where a change is blocked, as before."""
    stuck = blocked.filter(pc.equal(blocked["table_name"], table))["row_id"]
    if len(stuck) == 0:
        return now
    own = ledger_records.filter(pc.equal(ledger_records["kind"], table)).select(["record_id", "target_hash"])
    before = pa.table(
        [own["record_id"], child_ids(table, own["record_id"]), own["target_hash"]],
        names=now.rows.column_names,
    )
    rows = pa.concat_tables([without(now.rows, "row_id", stuck), only(before, "row_id", stuck)])
    return Written(rows.sort_by("record_id"))


def last_written(
    table: str, record_ids: pa.ChunkedArray, *, xref: pa.Table, connection: sa.Connection
) -> pa.Table:
    """The rows last written for these records.

    Where the claims do not lead to the hash that was kept (a newer version computes a column otherwise),
    the row as it stands in the CRM takes their place.
    """
    c = mig_source_record.c
    records = matching(
        connection, sa.select(c.record_id, c.system, c.claims, c.target_hash), c.record_id, record_ids
    )
    if len(records) == 0:
        return arrow_schema(table).empty_table()
    derived = _derived(table, records.append_column("id", child_ids(table, records["record_id"])), xref)
    kept = records["target_hash"].take(pc.index_in(derived["id"], child_ids(table, records["record_id"])))
    exact = pc.equal(row_hashes(table, derived), kept)
    doubtful = derived.filter(pc.invert(exact))["id"]
    stand_ins = matching(connection, _columns(table), TABLES[table].c.id, doubtful)
    return pa.concat_tables([without(derived, "id", stand_ins["id"]), stand_ins])


def _columns(table: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(*(TABLES[table].columns[name] for name in arrow_schema(table).names))


def _derived(table: str, records: pa.Table, xref: pa.Table) -> pa.Table:
    """Rows made of former claims, canonical."""
    claimed = [field for field in claim_schema(table) if field.name != "record_id"]
    shape = ", ".join(
        f'"{f.name}": "{"BIGINT" if pa.types.is_integer(f.type) else "VARCHAR"}"' for f in claimed
    )
    values = ", ".join(f"r.{quoted(f.name)} AS {quoted(f.name)}" for f in claimed)
    with engine(records=records) as con:
        rows = con.sql(
            f"SELECT id, system, record_id, {values} FROM "
            f"(SELECT *, from_json(claims, '{{\"{table}\": {{{shape}}}}}').{table} AS r FROM records)"
        ).to_arrow_table()
    return canonical(table, _placed(table, rows, xref))


def _placed(table: str, rows: pa.Table, xref: pa.Table) -> pa.Table:
    """Rows with the keys of their parent and owner in place of what the claims say of them."""
    if table == "app_user":
        named = user_keys(users_of(rows["record_id"]))
        own = pa.repeat(pa.scalar(False), len(rows))
        rows = rows.append_column("user_key", named).append_column("is_placeholder", own)
    if "order_record_id" in rows.column_names:
        orders = rows["order_record_id"].combine_chunks()
        parents = pc.if_else(pc.is_valid(orders), child_ids("sales_order", orders), None)
        rows = rows.drop_columns(["order_record_id", "system"]).append_column("order_id", parents)
    if "customer_record_id" in rows.column_names:
        place = pc.index_in(rows["customer_record_id"], xref["record_id"].combine_chunks())
        of_record = xref["customer_id"].take(place)
        rows = rows.drop_columns(["customer_record_id"]).append_column("customer_id", of_record)
    if "owner" in rows.column_names:
        rows = rows.append_column("owner_id", user_ids(rows["owner"])).drop_columns(["owner"])
    return rows.drop_columns(["record_id"])


__all__ = ["CHILD_TABLES", "Written", "child_changes", "last_written", "written"]
