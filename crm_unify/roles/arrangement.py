"""Whom the rows are about: people, organisations, people with employers, organisations with contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.roles.profile import Profile
from crm_unify.roles.relations import decides

_PERSONAL: Final = (
    Role.GIVEN_NAME,
    Role.FAMILY_NAME,
    Role.BIRTH_DATE,
    Role.BIRTH_YEAR,
    Role.GENDER,
    Role.AGE,
)
"""Only people have these; a contact of an organisation is a name in one column"""

_ONE_CONTACT: Final = 0.3
"""How often two rows of one organisation name the same person where it is the organisation's contact"""
_MOSTLY: Final = 0.5
"""Share of the rows that name an organisation from which on a lone column of people are its contacts"""


def arranged(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> dict[str, ColumnRole]:
    """The roles, with names of people as contacts where the rows are about organisations."""
    found = dict(columns)
    organisation = _first(found, Role.ORGANISATION)
    personal = [name for name, role in found.items() if role.role in _PERSONAL]
    person, contact = _first(found, Role.FULL_NAME), _first(found, Role.CONTACT)
    if organisation is None or personal:
        if contact is not None and person is None and not _names_people(found):
            found[contact] = _as(found[contact], Role.FULL_NAME, "no other column names who the row is about")
        return found
    if person is not None and held[organisation].fill >= max(_MOSTLY, held[person].fill * 0.8):
        if contact is None and _colleagues(held[organisation], held[person]):
            reason = f"rows of one organisation in '{organisation}' name different people"
            found[person] = replace(found[person], reason=f"{found[person].reason}; {reason}")
        elif contact is None:
            reason = f"a person's name beside the organisation in '{organisation}'"
            found[person] = _as(found[person], Role.CONTACT, reason)
        else:
            reason = f"another person's name beside the contact in '{contact}'"
            found[person] = _as(found[person], Role.NOISE, reason)
    return found


def _colleagues(organisation: Profile, person: Profile) -> bool:
    """Whether rows of one organisation mostly name different people; an organisation keeps its contact."""
    both = np.flatnonzero((organisation.codes >= 0) & (person.codes >= 0))
    repeated = len(np.unique(organisation.codes[both])) < len(both)
    return repeated and decides(organisation, person) < _ONE_CONTACT


def _names_people(columns: Mapping[str, ColumnRole]) -> bool:
    return any(role.role in (Role.GIVEN_NAME, Role.FAMILY_NAME, Role.PARTY_NAME) for role in columns.values())


def _first(columns: Mapping[str, ColumnRole], role: Role) -> str | None:
    return next((name for name, column in columns.items() if column.role == role), None)


def _as(column: ColumnRole, role: Role, reason: str) -> ColumnRole:
    return replace(column, role=role, reason=f"{column.reason}; {reason}")
