"""What was last written for each customer, once a run is taken back.

Where everything could be restored, a profile is again what it was, to the byte. Where a person's doing stays,
the profile keeps what the run wrote there, so that a later run still sees it for what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.tables import PROFILE_TABLES, TABLES, arrow_schema, key_of, owner_of
from pipelines.changes.differences import difference, only, without
from pipelines.changes.interface import TableChanges
from pipelines.changes.profiles import profile_rows, unfolded
from pipelines.changes.standing import GONE
from pipelines.database.columns import engine, quoted, sorted_by_key
from pipelines.database.read import matching
from pipelines.undo.images import RunImages
from pipelines.undo.memory import before_images, removals, standing_rows

WINNERS = pa.schema([("customer_id", pa.string()), ("field", pa.string()), ("record_id", pa.string())])


def profiles_of(images: RunImages, left: pa.Table) -> TableChanges:
    """What changes in ``mig_profile`` when a run is taken back; `left` is LEFT of all tables.

    Profiles that the run made, of customers of whom nothing is left, go unread.
    """
    made, earlier = images.standing("mig_profile"), images.of("mig_profile", "update", "delete")
    own = only(left, "table_name", pa.array(PROFILE_TABLES))
    owners = owners_of(own, images.connection)
    plain = without(pa.table({"id": made}), "id", made if owners is None else owners)["id"]
    looked_at = without(pa.table({"id": made}), "id", plain)["id"]
    ids = pa.chunked_array([*looked_at.chunks, *earlier["row_id"].chunks], pa.string())
    current = standing_rows(images.connection, "mig_profile", ids)
    back = profiles_back(current, before_images("mig_profile", earlier, current), own)
    deletes = pa.concat_tables([removals("mig_profile", plain), back.deletes]).sort_by("customer_id")
    return replace(back, deletes=deletes)


def owners_of(left: pa.Table, connection: sa.Connection) -> pa.ChunkedArray | None:
    """The customers that rows of LEFT belong to; None: of one nobody can tell, as it is gone."""
    owners = [pa.array([], pa.string())]
    for table in PROFILE_TABLES:
        key, owner = key_of(table), owner_of(table)
        ids = pc.unique(left.filter(pc.equal(left["table_name"], table))["row_id"])
        if key != owner and len(ids):
            columns = TABLES[table].columns
            standing = matching(connection, sa.select(columns[key], columns[owner]), columns[key], ids)
            if len(standing) < len(ids):
                return None
            ids = standing[owner]
        owners += ids.chunks if isinstance(ids, pa.ChunkedArray) else [ids]
    return pc.unique(pa.chunked_array(owners))


def profiles_back(current: pa.Table, before: pa.Table, left: pa.Table) -> TableChanges:
    """What changes in ``mig_profile``; `current` and `before` are its rows, `left` LEFT of all tables."""
    own = only(left, "table_name", pa.array(PROFILE_TABLES))
    if len(own) == 0:
        return difference("mig_profile", current, before)
    old, new = unfolded(current), unfolded(before)
    rows = {name: _effective(name, old[name], new[name], own) for name in PROFILE_TABLES}
    touched = _touched(old, new, own)
    theirs = {name: sorted_by_key(name, only(rows[name], owner_of(name), touched)) for name in PROFILE_TABLES}
    stay = theirs["customer"]["id"]
    theirs = {name: only(part, owner_of(name), stay) for name, part in theirs.items()}
    rebuilt = _with_winners(profile_rows(theirs, WINNERS.empty_table()), before, current)
    others = without(before, "customer_id", touched)
    return difference("mig_profile", current, pa.concat_tables([others, rebuilt]))


def _effective(table: str, old: pa.Table, new: pa.Table, left: pa.Table) -> pa.Table:
    """The rows of a table as last written afterwards: as before the run, but for what is left.

    A row that a person deleted stands where it stood before the run: remembered, so that it stays deleted.
    """
    key, mine = key_of(table), left.filter(pc.equal(left["table_name"], table))
    op, whole = mine["op"], pc.is_null(mine["field"])
    moved = pc.and_(pc.and_(pc.equal(op, "update"), whole), pc.not_equal(mine["reason"], GONE))
    stuck = mine.filter(pc.or_(pc.equal(op, "delete"), moved))["row_id"]
    failed = mine.filter(pc.equal(op, "create"))["row_id"]
    done = without(without(new, key, stuck), key, failed)
    return pa.concat_tables([_mixed(table, done, old, mine), only(old, key, stuck)])


def _mixed(table: str, rows: pa.Table, old: pa.Table, left: pa.Table) -> pa.Table:
    """Rows with the fields that a person edited as the run wrote them."""
    key = quoted(key_of(table))
    fields = left.filter(pc.and_(pc.equal(left["op"], "update"), pc.is_valid(left["field"])))
    if len(fields) == 0:
        return rows
    values = ", ".join(
        f"CASE WHEN list_contains(f.fields, '{name}') THEN o.{quoted(name)} ELSE r.{quoted(name)} END"
        f" AS {quoted(name)}"
        for name in arrow_schema(table).names
    )
    with engine(rows=rows, old=old, fields=fields) as con:
        mixed = con.sql(
            f"SELECT {values} FROM rows r LEFT JOIN old o ON o.{key} = r.{key} LEFT JOIN "
            f"(SELECT row_id, list(field) AS fields FROM fields GROUP BY row_id) f ON f.row_id = r.{key} "
            f"AND o.{key} IS NOT NULL ORDER BY r.{key}"
        ).to_arrow_table()
    return mixed.cast(arrow_schema(table))


def _touched(old: Mapping[str, pa.Table], new: Mapping[str, pa.Table], left: pa.Table) -> pa.Array:
    """The customers whose profile is not simply what it was."""
    owners = [
        only(side[name], key_of(name), left.filter(pc.equal(left["table_name"], name))["row_id"])[
            owner_of(name)
        ]
        for name in PROFILE_TABLES
        for side in (old, new)
    ]
    return pc.unique(pa.chunked_array([chunk for column in owners for chunk in column.chunks], pa.string()))


def _with_winners(rebuilt: pa.Table, before: pa.Table, current: pa.Table) -> pa.Table:
    """Profiles with the winners they had, else those they have."""
    won = pc.coalesce(
        *(
            side["winners"].take(pc.index_in(rebuilt["customer_id"], side["customer_id"].combine_chunks()))
            for side in (before, current)
        )
    )
    return rebuilt.set_column(rebuilt.column_names.index("winners"), "winners", won)
