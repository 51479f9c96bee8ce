"""Numbers that stand once in each of several files and link them: a customer number used by two systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow.compute as pc

from crm_unify.roles.interface import ColumnRole, Role, Roles
from crm_unify.roles.keys import is_dense
from pipelines.bare.interface import BareTable

_SHARED: Final = 0.05
"""Share of the smaller file's numbers that must stand in the other file too"""


def with_shared_keys(tables: Sequence[BareTable], found: Sequence[Roles]) -> list[Roles]:
    """The roles, with row keys of one scheme that several files share as identifiers."""
    keys = [
        (place, column)
        for place, roles in enumerate(found)
        for column in roles.of(Role.ROW_KEY)
        if column.scheme is not None
    ]
    shared = {
        (place, column.column)
        for place, column in keys
        if any(
            other != place
            and theirs.scheme == column.scheme
            and _linked(tables, (place, column), (other, theirs))
            for other, theirs in keys
        )
    }
    return [_changed(roles, place, shared) for place, roles in enumerate(found)]


def _linked(tables: Sequence[BareTable], one: tuple[int, ColumnRole], two: tuple[int, ColumnRole]) -> bool:
    """Whether many numbers stand in both columns, and they were issued rather than counted."""
    left, right = (_values(tables[place], column) for place, column in (one, two))
    if not len(left) or not len(right) or is_dense(left, len(left)) or is_dense(right, len(right)):
        return False
    both = pc.sum(pc.is_in(left, value_set=right)).as_py() or 0
    return bool(both >= _SHARED * min(len(left), len(right)))


def _values(table: BareTable, column: ColumnRole) -> Any:
    return table.column(column.column).dictionary


def _changed(roles: Roles, place: int, shared: set[tuple[int, str]]) -> Roles:
    reason = "a number that several of the files share"
    columns = tuple(
        replace(column, role=Role.IDENTIFIER, reason=f"{column.reason}; {reason}")
        if (place, column.column) in shared
        else column
        for column in roles.columns
    )
    return replace(roles, columns=columns)
