"""Columns of names against one another: what a bare "name" is beside the others, second given names."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Final

from crm_unify.roles.interface import Role
from crm_unify.roles.readings import ColumnReadings, Reading

_SURE: Final = 0.5
_CLEAR: Final = 0.88


def name_readings(read: Sequence[ColumnReadings], *, taken: Set[Role]) -> list[ColumnReadings]:
    """The readings with columns of names settled against one another."""
    found = [_bare(column, read, taken=taken) if column.bare_name >= _SURE else column for column in read]
    return _second_given([_mixed(column) for column in found])


def _mixed(column: ColumnReadings) -> ColumnReadings:
    """A column for names of people in which some are organisations' holds names of both."""
    mixed = column.certainty(Role.PARTY_NAME) >= _SURE
    if not mixed or not column.readings or column.readings[0].role not in (Role.FULL_NAME, Role.ORGANISATION):
        return column
    if column.readings[0].role == Role.ORGANISATION and not column.bare_name:
        return column
    return _with(column, Role.PARTY_NAME, "a name, of a person in some rows and of an organisation in others")


def _bare(column: ColumnReadings, read: Sequence[ColumnReadings], *, taken: Set[Role]) -> ColumnReadings:
    """A header that only says "name": the part that the other columns lack, or what the values say."""
    others = [other for other in read if other is not column]
    given = Role.GIVEN_NAME in taken or _sure(others, Role.GIVEN_NAME)
    family = Role.FAMILY_NAME in taken or _sure(others, Role.FAMILY_NAME)
    if given and not family:
        return _with(column, Role.FAMILY_NAME, "another column is the given name, so this is the family name")
    if family and not given:
        return _with(column, Role.GIVEN_NAME, "another column is the family name, so this is the given name")
    return _whole(column, given and family)


def _whole(column: ColumnReadings, beside: bool) -> ColumnReadings:
    """A name as a whole: of people, of organisations, or of both."""
    people, organised = column.certainty(Role.FULL_NAME), column.certainty(Role.ORGANISATION)
    if beside and organised > 0.6:
        return _with(
            column, Role.ORGANISATION, "the header says name, and the values look like organisations"
        )
    if people >= 0.7:
        return _with(column, Role.FULL_NAME, "the header says name, and the values look like people")
    return column


def _sure(others: Sequence[ColumnReadings], role: Role) -> bool:
    return any(other.certainty(role) >= 0.8 and other.readings[0].role == role for other in others)


def _with(column: ColumnReadings, role: Role, reason: str) -> ColumnReadings:
    rest = tuple(
        reading for reading in column.readings if reading.role not in (role, column.readings[0].role)
    )
    certainty = max(_CLEAR, column.readings[0].certainty)
    return replace(column, readings=(Reading(role, certainty, None, "", reason, headed=True), *rest))


def _second_given(read: list[ColumnReadings]) -> list[ColumnReadings]:
    """Of two columns of given names the emptier one holds middle names, or family names if none else does."""
    given = [column for column in read if column.readings and column.readings[0].role == Role.GIVEN_NAME]
    given.sort(key=lambda one: (-one.certainty(Role.GIVEN_NAME) * one.held.fill, one.held.name))
    changed = {}
    for column in given[1:]:
        as_full = column.held.fill >= 0.8 * given[0].held.fill
        if as_full and not _sure(read, Role.FAMILY_NAME) and Role.FAMILY_NAME not in changed:
            changed[Role.FAMILY_NAME] = column.held.name
    family = changed.get(Role.FAMILY_NAME)
    reasons = {
        True: (Role.FAMILY_NAME, "a second column of names, as full as the first, and no other family name"),
        False: (Role.MIDDLE_NAME, "a second column of given names"),
    }
    again = {c.held.name: _with(c, *reasons[c.held.name == family]) for c in given[1:]}
    return [again.get(column.held.name, column) for column in read]
