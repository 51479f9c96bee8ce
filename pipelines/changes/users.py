"""Users of the source systems: those that a list describes, and placeholders for the others.

A placeholder comes from no record. It is created together with the first row that names it, and from then on
it is the CRM's own: nothing changes or deletes it until a list describes the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.crm import app_user
from crm_unify.schema.tables import arrow_schema
from pipelines.changes.differences import difference, only, touches, without
from pipelines.changes.interface import TableChanges
from pipelines.database.columns import sorted_by_key
from pipelines.database.read import matching

USERS: Final = app_user.name
OWNER: Final = "owner_id"


def described(rows: pa.Table) -> pa.Table:
    """The users that a list describes."""
    return rows.filter(pc.invert(rows["is_placeholder"]))


def user_changes(
    rows: pa.Table, known: TableChanges, wanted: Mapping[str, TableChanges], connection: sa.Connection
) -> TableChanges:
    """What changes among the users.

    `rows` are all users, canonical; `known` what the lists of users ask for; `wanted` the changes of the
    tables that name owners.
    """
    there = _standing(known.creates["id"], connection)
    filled = difference(USERS, _as_placeholders(there), only(known.creates, "id", there["id"])).updates
    creates = without(known.creates, "id", there["id"])
    named = pa.chunked_array([chunk for name in wanted for chunk in _named(wanted[name])], pa.string())
    asked = without(only(rows, "id", named), "id", creates["id"])
    missing = without(asked, "id", _standing(asked["id"], connection)["id"])
    return replace(
        known,
        creates=sorted_by_key(USERS, pa.concat_tables([creates, missing])),
        updates=sorted_by_key(USERS, pa.concat_tables([known.updates, filled])),
    )


def _named(changes: TableChanges) -> Iterable[pa.Array]:
    """The users that rows begin to name."""
    if OWNER in changes.creates.column_names:
        moved = changes.updates.filter(touches(changes.updates, changes.table, OWNER))
        yield from (*changes.creates[OWNER].chunks, *moved[f"new.{OWNER}"].chunks)


def _standing(ids: pa.ChunkedArray, connection: sa.Connection) -> pa.Table:
    """Those of these users that the CRM holds."""
    columns = [app_user.columns[name] for name in arrow_schema(USERS).names]
    return matching(connection, sa.select(*columns), app_user.c.id, ids).cast(arrow_schema(USERS))


def _as_placeholders(rows: pa.Table) -> pa.Table:
    """These users as they were written before a list described them."""
    bare = {
        "name": pa.nulls(len(rows), pa.string()),
        "email": pa.nulls(len(rows), pa.string()),
        "is_placeholder": pa.repeat(pa.scalar(True), len(rows)),
    }
    columns = [bare.get(field.name, rows[field.name]) for field in arrow_schema(USERS)]
    return pa.table(columns, schema=arrow_schema(USERS))
