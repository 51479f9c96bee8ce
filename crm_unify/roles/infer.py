"""From the columns of a table to their roles: each column's readings, settled against one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from crm_unify.roles.arrangement import arranged
from crm_unify.roles.country import phone_country
from crm_unify.roles.date_order import read_dates
from crm_unify.roles.headers import HeaderWords
from crm_unify.roles.interface import ColumnRole, Role, Roles
from crm_unify.roles.keys import without_row_counts
from crm_unify.roles.names import name_readings
from crm_unify.roles.naming import name_order
from crm_unify.roles.places import grouped
from crm_unify.roles.profile import Profile
from crm_unify.roles.readings import ColumnReadings, Reading, readings
from crm_unify.roles.relations import related

LEAST: Final = 0.3
"""Certainty below which a column is taken for nothing"""

_ONCE: Final = frozenset({
    Role.FULL_NAME, Role.GIVEN_NAME, Role.NAME_SUFFIX, Role.NICKNAME, Role.BIRTH_NAME,
    Role.PARTY_NAME,
    Role.ORGANISATION, Role.CONTACT, Role.BIRTH_DATE, Role.BIRTH_YEAR, Role.AGE, Role.GENDER, Role.JOB_TITLE,
    Role.WEBSITE, Role.BIRTH_PLACE,
})  # fmt: skip
"""Roles that one column has"""
_ONCE_A_PLACE: Final = frozenset({
    Role.ADDRESS, Role.STREET, Role.HOUSE_NUMBER, Role.UNIT, Role.ADDRESS_EXTRA, Role.CITY, Role.POSTCODE,
    Role.REGION, Role.COUNTRY,
})  # fmt: skip
"""Roles that one column has for each address of the row"""

_PART: Final = 0.85
"""Certainty with which a second column of family names is a part of the name, as in Spain"""
_FALLBACKS: Final = frozenset({Role.ADDRESS, Role.FULL_NAME, Role.ORGANISATION, Role.PARTY_NAME})
_FALLBACK: Final = 0.8
_HEADED_NAME: Final = 0.65
"""Roles and certainty with which a second column is used where the first is empty; of full names whose header
says so less is enough, since a name in its own script looks like none of the lists"""


def infer(
    profiles: Sequence[Profile],
    words: HeaderWords,
    *,
    given: Mapping[str, ColumnRole] | None = None,
    source: npt.NDArray[np.int64] | None = None,
) -> Roles:
    """The roles of the columns of a table.

    `given` are the ones a person has said; `source` is a code of the source of each row, None where all are
    of one.
    """
    said = given or {}
    held = {one.name: one for one in profiles}
    read = [readings(one, words) for one in profiles if one.name not in said]
    read = name_readings(read, taken={role.role for role in said.values()})
    chosen = related({**_assigned(read, taken=said), **said}, held)
    chosen = grouped(arranged(without_row_counts(chosen, held, source), held))
    every = {**chosen, **said}
    country, reason = phone_country(every, held) or (None, "nothing says which country they are of")
    columns = tuple(_ordered(_dated(every[one.name], one, country), one) for one in profiles)
    return Roles(columns, country, reason)


def _ordered(column: ColumnRole, held: Profile) -> ColumnRole:
    """A column of full names with the order of their parts."""
    if column.role not in (Role.FULL_NAME, Role.PARTY_NAME, Role.CONTACT):
        return column
    order = name_order(held)
    if order == "auto":
        return replace(column, order=order)
    return replace(column, order=order, reason=f"{column.reason}; family names come first")


def _dated(column: ColumnRole, held: Profile, country: str | None) -> ColumnRole:
    """A date column with the order of its parts."""
    if column.role not in (Role.BIRTH_DATE, Role.RECORD_DATE):
        return column
    dates = read_dates(held.texts, held.weights, country=country)
    return replace(
        column, order=dates.order, reason=f"{column.reason}; read as {dates.order}, since {dates.reason}"
    )


def _assigned(read: Sequence[ColumnReadings], *, taken: Mapping[str, ColumnRole]) -> dict[str, ColumnRole]:
    """Each column's likeliest role that no better column has."""
    owners = {_slot(role.role, role.group, 0.0): name for name, role in taken.items()}
    chosen: dict[str, ColumnRole] = {}
    waiting = [(reading, column) for column in read for reading in column.readings]
    for reading, column in sorted(waiting, key=lambda one: _priority(*one)):
        name = column.held.name
        if name in chosen:
            continue
        slot = _slot(reading.role, reading.group, reading.certainty)
        if slot in owners:
            if _has_another(reading, column):
                continue
            chosen[name] = _left_over(reading, column, owners[slot])
            continue
        owned = slot[0] is not None or reading.role == Role.FAMILY_NAME
        if owned and reading.certainty >= LEAST:
            owners[_slot(reading.role, reading.group, 0.0)] = name
        chosen[name] = _taken(reading, column)
    return {column.held.name: chosen.get(column.held.name) or _nothing(column) for column in read}


def _priority(reading: Reading, column: ColumnReadings) -> tuple[float, str, str]:
    """The most certain first; of two the fuller one."""
    weighed = reading.certainty * (0.7 + 0.3 * column.held.fill)
    return -weighed, column.held.name, reading.role


def _slot(role: Role, group: str, certainty: float) -> tuple[Role | None, str]:
    """What only one column can have; no role for those that many can."""
    if role in _ONCE or (role == Role.FAMILY_NAME and certainty < _PART):
        return role, ""
    return (role, group) if role in _ONCE_A_PLACE else (None, "")


def _has_another(reading: Reading, column: ColumnReadings) -> bool:
    """Whether the column has another reading that is nearly as certain."""
    return any(
        other.role != reading.role and other.certainty >= max(0.5, reading.certainty * 0.6)
        for other in column.readings
    )


def _left_over(reading: Reading, column: ColumnReadings, owner: str) -> ColumnRole:
    enough = _HEADED_NAME if reading.role == Role.FULL_NAME and reading.headed else _FALLBACK
    if reading.role in _FALLBACKS and reading.certainty >= enough:
        made = _taken(reading, column)
        return replace(made, fallback=True, reason=f"{made.reason}; used where '{owner}' is empty")
    reason = f"it would be the {reading.role}, which '{owner}' is with more certainty"
    return ColumnRole(column.held.name, Role.NOISE, reading.certainty, reason)


def _taken(reading: Reading, column: ColumnReadings) -> ColumnRole:
    if reading.certainty < LEAST:
        return _nothing(column)
    made = ColumnRole(
        column.held.name,
        reading.role,
        round(min(reading.certainty, 0.99), 2),
        reading.reason,
        scheme=reading.scheme,
    )
    if reading.role == Role.IDENTIFIER and made.scheme is None:
        made = replace(made, scheme=column.held.name.strip().lower())
    return replace(made, group=reading.group)


def _nothing(column: ColumnReadings) -> ColumnRole:
    held = column.held
    reason = "neither its header nor its values say what it is" if held.filled else "it is empty"
    return ColumnRole(held.name, Role.NOISE, 0.0, reason)
