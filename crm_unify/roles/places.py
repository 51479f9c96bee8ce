"""Which columns of an address belong together, where headers say home or billing only on some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from crm_unify.roles.interface import ColumnRole, Role

LINES: Final = (Role.ADDRESS, Role.STREET)
"""Roles that say where in a town"""
TOWNS: Final = (Role.CITY, Role.POSTCODE)
"""Roles that say which town"""
PARTS: Final = (
    *LINES, *TOWNS, Role.HOUSE_NUMBER, Role.UNIT, Role.ADDRESS_EXTRA, Role.REGION, Role.COUNTRY,
)  # fmt: skip
"""All roles that make up an address"""


def grouped(columns: Mapping[str, ColumnRole]) -> dict[str, ColumnRole]:
    """The columns with incomplete addresses joined: a home address and a city without further word are one.

    Two groups are joined when neither has a part of the other; which go together first is decided by their
    names, so that the order of the columns plays no part.
    """
    parts: dict[str, set[Role]] = {}
    for column in columns.values():
        if column.role in PARTS:
            parts.setdefault(column.group, set()).add(column.role)
    into = {group: group for group in parts}
    for group in sorted(parts):
        other = _complement(group, parts)
        if other is not None:
            parts[other] |= parts.pop(group)
            into = {name: other if target == group else target for name, target in into.items()}
    return {
        name: replace(column, group=into.get(column.group, "")) if column.role in PARTS else column
        for name, column in columns.items()
    }


def _complement(group: str, parts: Mapping[str, set[Role]]) -> str | None:
    """The group that an incomplete one goes into; the one without a name first."""
    mine = parts[group]
    if mine & set(LINES) and mine & set(TOWNS):
        return None
    found = [other for other in sorted(parts) if other != group and not parts[other] & mine]
    return found[0] if found else None
