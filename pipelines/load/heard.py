"""What people said while a load was made: heard by the next run, unless the load acts against it.

People answer all day, a load takes minutes: if each answer overtook it, none would ever be written while they
are at work. A decision or correction is in force from the next run on; this asks for no more than that the
load does not merge or part the very customers it is about.

On a server people decide also while a load writes, and are not kept waiting for it. So what they said is
asked for once more at its end, and only from there to its commit nobody decides: each decision was made
either before that and is asked about, or after the load and on what it has left. SQLite has one writer at a
time.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_decision, mig_decision_member, mig_xref
from pipelines.changes import ChangeSet
from pipelines.changes.interface import TableChanges
from pipelines.database.read import matching


def only_said(now: str, then: str) -> bool:
    """Whether two states of the ledger differ in decisions and corrections alone."""
    one, other = ((*state.split("/"), "") for state in (now, then))
    return (one[0], one[2], one[4]) == (other[0], other[2], other[4])


def said_since(connection: sa.Connection, then: str, *, latest: bool = False) -> set[str]:
    """The records that were decided on after a state of the ledger.

    `latest`: by everybody who has committed by now, whatever this transaction saw when it began.
    """
    m = mig_decision_member.c
    query = sa.select(m.record_id).where(m.decision > _decided(then))
    return set(connection.scalars(query.with_for_update(read=True) if latest else query))


LATEST: Final = "innodb_snapshot_isolation"
"""Setting of MariaDB, on from 11.6.2, under which a lock on what others committed meanwhile is an error."""


def hear_all_the_time(connection: sa.Connection) -> None:
    """Let a session read what others commit during its transactions; it is asked before they begin."""
    if connection.dialect.name in ("mysql", "mariadb"):
        with connection.begin():
            if connection.execute(sa.text("SHOW VARIABLES LIKE :name"), {"name": LATEST}).first():
                connection.execute(sa.text(f"SET SESSION {LATEST} = OFF"))


def hush(connection: sa.Connection, then: str) -> int:
    """The newest decision's number; nobody records another before this transaction ends.

    Waits for those who are recording one. `then` is a state of the ledger from before.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {mig_decision.name} IN SHARE MODE"))
    return newest_said(connection, then)


def newest_said(connection: sa.Connection, then: str) -> int:
    """The number of the newest decision that is committed, or was made in this transaction.

    Read with a lock: without one MariaDB shows what stood when the transaction began, and with it nobody
    takes the next number. Upwards from what stood `then`: a lock that is waited for must not close the place
    behind it, where somebody who records several decisions goes on.
    """
    d = mig_decision.c
    query = sa.select(d.id).where(d.id > _decided(then)).order_by(d.id).with_for_update()
    return max(connection.scalars(query), default=_decided(then))


def _decided(state: str) -> int:
    return int(state.split("/")[1])


def acted_against(connection: sa.Connection, change_set: ChangeSet, said: Set[str]) -> bool:
    """Whether a load moves records of customers that hold one of the records that were decided on.

    A record that joins a customer for the first time is not moved: no decision can have been about it.
    """
    changes = change_set.tables.get(mig_xref.name)
    if not said or changes is None:
        return False
    records, customers = _moved(changes)
    if said & set(records.to_pylist()):
        return True
    x = mig_xref.c
    query = sa.select(x.record_id, x.customer_id)
    whose = matching(connection, query, x.record_id, pa.array(sorted(said), pa.string()))
    return bool(set(whose["customer_id"].to_pylist()) & customers)


def _moved(changes: TableChanges) -> tuple[pa.ChunkedArray, set[str]]:
    """Records that leave their customer, and the customers they come from or go to."""
    updates, deletes = changes.updates, changes.deletes
    sides = [updates[f"{side}.customer_id"].to_pylist() for side in ("old", "new")]
    records = pa.chunked_array([*updates["record_id"].chunks, *deletes["record_id"].chunks], pa.string())
    return records, {one for side in sides for one in side if one is not None}
