"""What a person did in the CRM that stands in the way of a change.

* A row that a person deleted stays deleted: it is not updated, and nothing is created that would hang on
  it.
* A row on which somebody else's rows hang (made by hand, or consent, which is never deleted) is not
  deleted. A customer in this place becomes inactive instead.

A merge into a customer that a person deleted is stopped before, in :mod:`pipelines.changes.merges`.
Every change that is not made is listed, with a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.tables import CRM_TABLES, TABLES, key_of
from pipelines.changes.differences import only, touches, without
from pipelines.changes.interface import BLOCKED, TableChanges
from pipelines.database.read import drop_temporary, fetch, matching
from pipelines.database.write import insert

GONE = "a person deleted this row in the CRM"
PARENT_GONE = "a person deleted the {table} row it belongs to in the CRM"
HELD = "rows of {table} that are not ours to delete hang on it"


@dataclass(frozen=True, slots=True)
class Settled:
    """What can be done, and what cannot."""

    tables: dict[str, TableChanges]
    blocked: pa.Table
    """BLOCKED."""


def settle(
    wanted: Mapping[str, TableChanges], connection: sa.Connection, *, standing: bool = False
) -> Settled:
    """Take out of the changes of all CRM tables what meets a deletion or rows made by a person.

    `standing`: the rows that are changed or deleted are known to stand there; they are not looked for.
    """
    tables = dict(wanted)
    listed: list[pa.Table] = []
    for name in CRM_TABLES:
        if not standing:
            tables[name], missing = _without_gone(tables[name], connection)
            listed.append(missing)
        for column, parent in parents(name):
            tables[name], orphans = _without_orphans(tables[name], column, tables[parent], connection)
            listed.append(orphans)
    with _going(tables, connection) as going:
        for name in reversed([name for name in CRM_TABLES if name in going]):
            for other, column in dependants(name):
                tables[name], held = _without_held(tables[name], tables[other], column, going, connection)
                listed.append(held)
    return Settled(tables, sorted_blocked(listed))


def sorted_blocked(listed: Iterable[pa.Table]) -> pa.Table:
    """Lists of blocked changes as one, in its order."""
    order = [(name, "ascending") for name in ("table_name", "row_id", "op", "reason")]
    return pa.concat_tables([BLOCKED.empty_table(), *listed]).sort_by(order)


def parents(table: str) -> Iterator[tuple[str, str]]:
    """Columns of a table that name a row of another CRM table, with that table."""
    for column in TABLES[table].columns:
        for reference in column.foreign_keys:
            if reference.column.table.name in CRM_TABLES:
                yield column.name, reference.column.table.name


def dependants(table: str) -> Iterator[tuple[str, str]]:
    """CRM tables with a column that names a row of this table, and that column."""
    for other in CRM_TABLES:
        for column, parent in parents(other):
            if parent == table:
                yield other, column


def _blocked(table: str, op: str, keys: pa.ChunkedArray | pa.Array, reason: str) -> pa.Table:
    def said(text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.string()), len(keys))

    return pa.table([said(table), keys, said(op), said(reason)], schema=BLOCKED)


def _existing(table: str, keys: pa.ChunkedArray | pa.Array, connection: sa.Connection) -> pa.ChunkedArray:
    """Those keys that the table holds."""
    column = TABLES[table].columns[key_of(table)]
    found: pa.ChunkedArray = matching(connection, sa.select(column), column, keys)[column.name]
    return found


def _without_gone(changes: TableChanges, connection: sa.Connection) -> tuple[TableChanges, pa.Table]:
    """Updates of rows that are gone are blocked; their deletes are nothing left to do."""
    key = key_of(changes.table)
    ours = pa.chunked_array([*changes.updates[key].chunks, *changes.deletes[key].chunks], pa.string())
    there = _existing(changes.table, ours, connection)
    missing = without(changes.updates.select([key]), key, there)[key]
    kept = replace(
        changes, updates=only(changes.updates, key, there), deletes=only(changes.deletes, key, there)
    )
    return kept, _blocked(changes.table, "update", missing, GONE)


def _moved(changes: TableChanges, column: str) -> pa.Table:
    """``key, parent``: updates that lead a row to another parent."""
    key = key_of(changes.table)
    if column == key:  # a detail row is named by its customer: it never moves
        return pa.table({"key": pa.array([], pa.string()), "parent": pa.array([], pa.string())})
    moved = changes.updates.filter(touches(changes.updates, changes.table, column))
    return moved.select([key, f"new.{column}"]).rename_columns(["key", "parent"])


def _without_orphans(
    changes: TableChanges, column: str, parent: TableChanges, connection: sa.Connection
) -> tuple[TableChanges, pa.Table]:
    """Rows that would name a parent which neither stands in the CRM nor is created now."""
    key, created = key_of(changes.table), parent.creates[key_of(parent.table)]
    moved = _moved(changes, column)
    named = pa.chunked_array([*changes.creates[column].chunks, *moved["parent"].chunks], pa.string())
    foreign = without(pa.table({"parent": pc.unique(named).drop_null()}), "parent", created)["parent"]
    missing = without(pa.table({"parent": foreign}), "parent", _existing(parent.table, foreign, connection))[
        "parent"
    ]
    orphans = only(changes.creates, column, missing)[key]
    strays = only(moved, "parent", missing)["key"]
    kept = replace(
        changes, creates=without(changes.creates, key, orphans), updates=without(changes.updates, key, strays)
    )
    reason = PARENT_GONE.format(table=parent.table)
    listed = [
        _blocked(changes.table, "create", orphans, reason),
        _blocked(changes.table, "update", strays, reason),
    ]
    return kept, pa.concat_tables(listed)


@contextmanager
def _going(tables: Mapping[str, TableChanges], connection: sa.Connection) -> Iterator[dict[str, sa.Table]]:
    """The keys that each table loses, each in a temporary table with one column ``value``."""
    going: dict[str, sa.Table] = {}
    for name, changes in tables.items():
        if len(changes.deletes):
            column = TABLES[name].columns[key_of(name)]
            place = sa.Table(
                f"going_{name}",
                sa.MetaData(),
                sa.Column("value", column.type, primary_key=True),
                prefixes=["TEMPORARY"],
            )
            place.create(connection)
            keys = changes.deletes.select([key_of(name)]).rename_columns(["value"])
            insert(connection, place.name, keys, [column.type])
            going[name] = place
    try:
        yield going
    finally:
        for place in going.values():
            drop_temporary(connection, place)


def _without_held(
    changes: TableChanges,
    other: TableChanges,
    column: str,
    going: Mapping[str, sa.Table],
    connection: sa.Connection,
) -> tuple[TableChanges, pa.Table]:
    """Deletes of rows that rows of `other` name which are neither deleted nor led elsewhere now.

    The database joins; only rows that hold something come back.
    """
    key, other_key = key_of(changes.table), key_of(other.table)
    table, parents_going = TABLES[other.table], going[changes.table]
    query = sa.select(table.c[other_key].label("key"), table.c[column].label("parent"))
    joined = sa.join(table, parents_going, table.c[column] == parents_going.c.value)
    if other.table in going:
        theirs = going[other.table].alias("theirs")
        joined = joined.outerjoin(theirs, table.c[other_key] == theirs.c.value)
        query = query.where(theirs.c.value.is_(None))
    naming = fetch(connection, query.select_from(joined))
    staying = without(naming, "key", _moved(other, column)["key"])
    held = only(changes.deletes, key, staying["parent"])[key]
    for row in held.to_pylist():  # so that what it names itself is seen to be held, too
        connection.execute(parents_going.delete().where(parents_going.c.value == row))
    kept = replace(changes, deletes=without(changes.deletes, key, held))
    return kept, _blocked(changes.table, "delete", held, HELD.format(table=other.table))
