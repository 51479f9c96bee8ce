"""Merges into a customer that a person deleted in the CRM: they do not happen.

The customers that would be merged keep their rows, their records and their ids; otherwise a living customer
would lose everything to an id that has no row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.crm import customer
from pipelines.changes.differences import only, without
from pipelines.changes.interface import BLOCKED, Desired
from pipelines.database.columns import engine
from pipelines.database.read import matching
from pipelines.ledger import Ledger

SURVIVOR_GONE = "it was to be merged into a customer that a person deleted in the CRM"


@dataclass(frozen=True, slots=True)
class Merges:
    """The desired state without the merges that cannot happen."""

    desired: Desired
    kept: pa.ChunkedArray
    """Customers that stay as they are."""
    blocked: pa.Table
    """BLOCKED."""


def without_dead_ends(desired: Desired, ledger: Ledger, connection: sa.Connection) -> Merges:
    """Take merges into a deleted customer out of cross references and redirects."""
    stopped = _dead_ends(desired.redirects, ledger, connection)
    if len(stopped) == 0:
        return Merges(desired, stopped, BLOCKED.empty_table())
    kept = only(ledger.profiles, "customer_id", stopped)["customer_id"]
    before = only(ledger.xref, "customer_id", kept)
    asked = only(desired.xref, "record_id", before["record_id"])["record_id"]
    stay = only(before, "record_id", asked)
    xref = _in_place_of(desired.xref, stay, without=stay["record_id"], key="record_id")
    former = only(ledger.redirects, "old_id", stopped)
    redirects = _in_place_of(desired.redirects, former, without=stopped, key="old_id")
    said = [pa.repeat(pa.scalar(text), len(kept)) for text in ("customer", "update", SURVIVOR_GONE)]
    blocked = pa.table([said[0], kept, said[1], said[2]], schema=BLOCKED)
    return Merges(replace(desired, xref=xref, redirects=redirects), kept, blocked)


def _dead_ends(redirects: pa.Table, ledger: Ledger, connection: sa.Connection) -> pa.ChunkedArray:
    """Former ids that would newly lead to a customer which was written once and is not in the CRM now."""
    with engine(redirects=redirects, former=ledger.redirects) as con:
        query = "SELECT old_id, new_id FROM redirects ANTI JOIN former USING (old_id, new_id) ORDER BY old_id"
        fresh = con.sql(query).to_arrow_table()
    survivors = only(ledger.profiles, "customer_id", fresh["new_id"])
    there = matching(connection, sa.select(customer.c.id), customer.c.id, survivors["customer_id"])["id"]
    dead = without(survivors, "customer_id", there)["customer_id"]
    stopped: pa.ChunkedArray = only(fresh, "new_id", dead)["old_id"]
    return stopped


def _in_place_of(rows: pa.Table, former: pa.Table, *, without: pa.ChunkedArray, key: str) -> pa.Table:
    left = rows.filter(pc.invert(pc.is_in(rows[key], pc.unique(without))))
    return pa.concat_tables([left.select(former.column_names), former])
