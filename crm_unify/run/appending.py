"""Rows that are only ever added, under the next numbers, however many people add at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crm_unify.schema.target import reachable

Made = TypeVar("Made")
TRIES: Final = 200
"""How often a number is taken anew when somebody else decides at the same moment: each time a number is lost
another decision was recorded, so this bounds how many people may decide at once, not the luck of one."""


def in_turn(engine: sa.Engine, act: Callable[[sa.Connection], Made]) -> Made:
    """What an act gives that adds numbered rows, in a transaction of its own.

    When somebody else took a number meanwhile it is all done again, on what stands then.
    """
    for attempt in range(TRIES):
        try:
            immediate = engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE")
            with reachable(engine), immediate as connection, connection.begin():
                return act(connection)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")


def append(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Write these rows under the next numbers, in the transaction of the connection; their numbers.

    Every row has the same columns; ``id`` is filled in. Raises IntegrityError where somebody else took a
    number meanwhile.
    """
    first = (connection.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1
    full = [{**row, "id": number} for number, row in enumerate(rows, first)]
    if full:
        connection.execute(table.insert(), full)
    return tuple(row["id"] for row in full)


def appended(engine: sa.Engine, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Write all of these rows or none, in one transaction; their numbers, none of them lost to others."""
    return in_turn(engine, lambda connection: append(connection, table, rows))
