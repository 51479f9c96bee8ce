"""Before-images: what stands in the CRM at the moment it is changed, so that the change can be taken back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.schema.bookkeeping import mig_change
from crm_unify.schema.tables import CRM_TABLES, arrow_schema, stamp_of
from pipelines.changes.differences import without
from pipelines.changes.interface import STOOD
from pipelines.changes.stood import images
from pipelines.database.columns import engine, hashes, object_sql, quoted
from pipelines.database.read import fetch
from pipelines.database.write import insert
from pipelines.load.staging import HASH, SEQUENCE, Staged


def keep_images(connection: sa.Connection, part: Staged, run: int) -> None:
    """Write into ``mig_change`` what the rows of this part are now, before they are changed.

    Raises GuardStopped when one of them is gone or was edited since the change set was computed.
    """
    if part.op == "create":
        _keep_hashes(connection, part, run)
        return
    standing = _standing(connection, part)
    found = images(part.target.name, part.op, part.rows, standing)
    _refuse_moved(part, found)
    if part.op == "delete":
        found = _whole(part, standing)
    rows = pa.table(
        {
            "run": pa.repeat(pa.scalar(run, pa.int64()), len(found)),
            "seq": pc.add(found["place"], part.first),
            "table_name": pa.repeat(pa.scalar(part.target.name), len(found)),
            "row_id": found["key"],
            "op": pa.repeat(pa.scalar(part.op), len(found)),
            "before": found["before"],
        }
    )
    insert(connection, mig_change.name, rows, [column.type for column in mig_change.columns])


def _whole(part: Staged, standing: pa.Table) -> pa.Table:
    """The images of deletes with the load stamp, which no stage sees and an undo restores."""
    places = pc.index_in(standing[part.key], part.rows[part.key].combine_chunks()).cast(pa.int64())
    with engine(standing=standing.append_column("place", places)) as con:
        return con.sql(
            f"SELECT place, {quoted(part.key)} AS key, {object_sql(standing.schema)} AS before "
            "FROM standing ORDER BY place"
        ).to_arrow_table()


def _keep_hashes(connection: sa.Connection, part: Staged, run: int) -> None:
    """A created row has no before; its hash tells later whether a person has edited it."""
    c = part.place.c
    created = sa.select(
        sa.literal(run), c[SEQUENCE], sa.literal(part.target.name), c[part.key], sa.literal(part.op), c[HASH]
    )
    connection.execute(
        mig_change.insert().from_select([column.name for column in mig_change.columns], created)
    )


def _standing(connection: sa.Connection, part: Staged) -> pa.Table:
    """The rows as they stand in the database; nobody can change them until the load has ended."""
    target, key = part.target, part.key
    columns = [target.columns[name] for name in arrow_schema(target.name).names]
    stamp = stamp_of(target.name)
    if part.op == "delete" and stamp is not None:
        columns.append(target.columns[stamp])
    query = sa.select(*columns).join(part.place, target.columns[key] == part.place.columns[key])
    return fetch(connection, query.with_for_update(of=target))


def _refuse_moved(part: Staged, found: pa.Table) -> None:
    """Raise GuardStopped for a row that is gone, or is no longer what the change set was computed from."""
    gone = without(part.rows, part.key, found["key"])[part.key]
    if len(gone):
        raise _moved(part, gone[0], "deleted")
    if part.target.name not in CRM_TABLES:
        return
    same = pc.equal(hashes(found["before"]), part.rows[STOOD].take(found["place"]))
    edited = found["key"].filter(pc.invert(pc.fill_null(same, False)))
    if len(edited):
        raise _moved(part, edited[0], "edited")


def _moved(part: Staged, row: pa.Scalar, deed: str) -> GuardStopped:
    return GuardStopped(
        "the CRM is not as it was when its changes were computed",
        f"{part.target.name} {row}",
        why=f"somebody has {deed} this row since",
        remedy="nothing was written; make a new plan, or run again",
    )
