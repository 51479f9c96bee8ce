"""What people said while a load was worked out: heard by the next run, unless the load would act against it.

People answer all day, a load takes minutes: if each answer overtook it, none would ever be written while they
are at work. A decision or correction is in force from the next run on; this asks for no more than that the
load does not merge or part the very customers it is about.
"""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_decision_member, mig_xref
from pipelines.changes import ChangeSet
from pipelines.changes.interface import deletes_schema, updates_schema
from pipelines.database.read import matching


def only_said(now: str, then: str) -> bool:
    """Whether two states of the ledger differ in decisions and corrections alone."""
    one, other = ((*state.split("/"), "") for state in (now, then))
    return (one[0], one[2], one[4]) == (other[0], other[2], other[4])


def acted_against(connection: sa.Connection, change_set: ChangeSet, then: str) -> bool:
    """Whether a load moves records of customers that were decided on after the state it was made from.

    A record that joins a customer for the first time is not moved: no decision can have been about it.
    """
    records, customers = _moved(change_set)
    if not len(records):
        return False
    m, x = mig_decision_member.c, mig_xref.c
    since = sa.select(m.record_id).where(m.decision > int(then.split("/")[1])).distinct()
    said = set(connection.scalars(since))
    if said & set(records.to_pylist()):
        return True
    query = sa.select(x.record_id, x.customer_id)
    whose = matching(connection, query, x.record_id, pa.array(sorted(said), pa.string()))
    return bool(set(whose["customer_id"].to_pylist()) & customers)


def _moved(change_set: ChangeSet) -> tuple[pa.ChunkedArray, set[str]]:
    """Records that leave their customer, and the customers they come from or go to."""
    name = mig_xref.name
    changes = change_set.tables.get(name)
    updates = updates_schema(name).empty_table() if changes is None else changes.updates
    deletes = deletes_schema(name).empty_table() if changes is None else changes.deletes
    sides = [updates[f"{side}.customer_id"].to_pylist() for side in ("old", "new")]
    records = pa.chunked_array([*updates["record_id"].chunks, *deletes["record_id"].chunks], pa.string())
    return records, {one for side in sides for one in side if one is not None}
