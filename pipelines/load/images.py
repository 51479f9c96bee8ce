"""Before-images: what stands in the CRM at the moment it is changed, so that the change can be taken back."""

from __future__ import annotations

from typing import Any

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
from pipelines.database.read import fetch, matching
from pipelines.database.row_text import hash_of, text_of
from pipelines.database.write import insert
from pipelines.load.staging import HASH, SEQUENCE, Staged


def keep_images(connection: sa.Connection, part: Staged, run: int) -> None:
    """Write into ``mig_change`` what the rows of this part are now, before they are changed.

    Raises GuardStopped when one of them is gone or was edited since the change set was computed.
    """
    match part.op:
        case "create":
            _keep_hashes(connection, part, run)
        case "delete":
            rest = _keep_texts(connection, part, run)
            if rest is not None:
                _keep_each(connection, part, run, rest)
        case _:
            _keep_each(connection, part, run, part.rows)


def _keep_each(connection: sa.Connection, part: Staged, run: int, changes: pa.Table) -> None:
    """The images of these changes of the part, made here."""
    numbers = pc.add(pc.index_in(changes[part.key], part.rows[part.key].combine_chunks()), part.first)
    standing = _standing(connection, part, changes)
    found = images(part.target.name, part.op, changes, standing)
    _refuse_moved(part, changes, found)
    if part.op == "delete":
        found = _whole(part, changes, standing)
    rows = pa.table(
        {
            "run": pa.repeat(pa.scalar(run, pa.int64()), len(found)),
            "seq": numbers.take(found["place"]).cast(pa.int64()),
            "table_name": pa.repeat(pa.scalar(part.target.name), len(found)),
            "row_id": found["key"],
            "op": pa.repeat(pa.scalar(part.op), len(found)),
            "before": found["before"],
        }
    )
    insert(connection, mig_change.name, rows, [column.type for column in mig_change.columns])


def _keep_texts(connection: sa.Connection, part: Staged, run: int) -> pa.Table | None:
    """The images of deleted rows, made by the database; the deletes it cannot vouch for, if there are any.

    Of a CRM row the hash proves that it is the one the change set was computed from. On MariaDB a statement
    that writes what it reads locks it; SQLite has one writer.
    """
    target, place = part.target, part.place
    same = target.c[part.key] == place.c[part.key]
    if connection.dialect.name == "postgresql":
        held = sa.select(sa.literal(1).label("one")).select_from(place).join(target, same)
        connection.execute(sa.select(sa.func.count()).select_from(held.with_for_update(of=target).subquery()))
    stored, stamp = _columns(part), stamp_of(target.name)
    whole = text_of([*stored, *([] if stamp is None else [target.c[stamp]])], connection.dialect.name)
    values = (sa.literal(run), place.c[SEQUENCE], sa.literal(target.name), target.c[part.key])
    query = sa.select(*values, sa.literal(part.op), whole).select_from(place).join(target, same)
    checked = target.name in CRM_TABLES
    if checked and stamp is not None:
        query = query.where(hash_of(text_of(stored, connection.dialect.name), connection) == place.c[STOOD])
    done = connection.execute(mig_change.insert().from_select([c.name for c in mig_change.columns], query))
    if done.rowcount == len(part.rows) and (not checked or stamp is not None):
        return None
    return _doubtful(connection, part, run, hashed=checked and stamp is None)


def _doubtful(connection: sa.Connection, part: Staged, run: int, *, hashed: bool) -> pa.Table | None:
    """The deletes without an image, or with one of another hash, which is taken away again."""
    number, c = part.place.c[SEQUENCE], mig_change.c
    joined = sa.outerjoin(part.place, mig_change, sa.and_(c.run == run, c.seq == number))
    other: sa.ColumnElement[bool] = c.seq.is_(None)
    if hashed:
        other = sa.or_(other, hash_of(c.before, connection) != part.place.c[STOOD])
    found = fetch(connection, sa.select(number).select_from(joined).where(other).order_by(number))[SEQUENCE]
    if len(found) == 0:
        return None
    wrong = mig_change.delete().where(c.run == run, c.seq == sa.bindparam("number"))
    connection.execute(wrong, [{"number": one} for one in found.to_pylist()])
    return part.rows.take(pc.subtract(found, part.first))


def _columns(part: Staged) -> list[sa.Column[Any]]:
    return [part.target.columns[name] for name in arrow_schema(part.target.name).names]


def _whole(part: Staged, changes: pa.Table, standing: pa.Table) -> pa.Table:
    """The images of deletes with the load stamp, which no stage sees and an undo restores."""
    places = pc.index_in(standing[part.key], changes[part.key].combine_chunks()).cast(pa.int64())
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


def _standing(connection: sa.Connection, part: Staged, changes: pa.Table) -> pa.Table:
    """The rows as they stand in the database; nobody can change them until the load has ended."""
    target, columns = part.target, _columns(part)
    stamp = stamp_of(target.name)
    if part.op == "delete" and stamp is not None:
        columns.append(target.columns[stamp])
    query = sa.select(*columns).with_for_update(of=target)
    if len(changes) < len(part.rows):
        return matching(connection, query, target.columns[part.key], changes[part.key])
    return fetch(
        connection, query.join(part.place, target.columns[part.key] == part.place.columns[part.key])
    )


def _refuse_moved(part: Staged, changes: pa.Table, found: pa.Table) -> None:
    """Raise GuardStopped for a row that is gone, or is no longer what the change set was computed from."""
    gone = without(changes, part.key, found["key"])[part.key]
    if len(gone):
        raise _moved(part, gone[0], "deleted")
    if part.target.name not in CRM_TABLES:
        return
    same = pc.equal(hashes(found["before"]), changes[STOOD].take(found["place"]))
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
