"""What a column is beside the others, where neither its header nor its values say it.

A postcode nearly decides the town and the region of its rows; names beside given names that are none are
family names; numbers beside streets without numbers are house numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow.compute as pc

from crm_unify.normalise.columns import matches
from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.roles.profile import Profile

Settled = tuple[str | None, Role, str]
"""The column, None for none; its role; why, in a sentence."""

_DECIDES: Final = 0.5
"""How often rows that agree in one column must agree in another, for the one to decide the other"""
_CERTAIN: Final = 0.5
_NAMELIKE: Final = 0.85
_VARIED: Final = 0.02
"""Different values by filled rows that a column of family names has at least"""
_TOWNS: Final = 10
"""Different values that a column of towns has at least; fewer are kinds of rows"""
_WEAK: Final = 0.46
"""Certainty that values alone give at most, where they say little"""


def related(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> dict[str, ColumnRole]:
    """The roles, with those of columns that only their relation to others tells."""
    found = dict(columns)
    for settle in (_postcode, _town, _house_number, _family):
        name, role, reason = settle(found, held)
        if name is not None:
            found[name] = replace(
                found[name], role=role, certainty=_CERTAIN, reason=reason, scheme=None, group=""
            )
    return found


def decides(one: Profile, other: Profile) -> float:
    """Of two rows with the same value of the one, how often they have the same of the other, 0 to 1.

    Rows are looked at whose value of the one is in its sample.
    """
    both = np.flatnonzero(one.in_sample & (other.codes >= 0))
    left, right = one.codes[both].astype(np.int64), other.codes[both].astype(np.int64)
    if not len(left):
        return 0.0
    width = int(right.max()) + 1
    pairs, counts = np.unique(left * width + right, return_counts=True)
    total = np.bincount(pairs // width, counts)
    chances = float((total * (total - 1)).sum())
    return float((counts * (counts - 1)).sum()) / chances if chances else 0.0


def _postcode(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> Settled:
    """The code that decides the region or town."""
    reason = "codes of a postcode's shape that go with one region or town each"
    if _has(columns, Role.POSTCODE):
        return None, Role.POSTCODE, reason
    areas = [name for name, role in columns.items() if role.role in (Role.REGION, Role.CITY)]
    scores = [
        (max(decides(held[name], held[area]) for area in areas), name)
        for name in _open(columns, held)
        if areas and _shape(held[name], r"^\d{4,6}$") > 0.85 and held[name].unique < 0.9
    ]
    best, name = max(scores, default=(0.0, ""))
    return (name if best >= _DECIDES else None), Role.POSTCODE, reason


def _town(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> Settled:
    """The words that the postcode decides."""
    reason = "words that go with one postcode each"
    codes = [name for name, role in columns.items() if role.role == Role.POSTCODE]
    if _has(columns, Role.CITY) or not codes:
        return None, Role.CITY, reason
    scores = [
        (decides(held[codes[0]], held[name]), name)
        for name in _open(columns, held)
        if _shape(held[name], r"[^\d\s.,/-]{3}") > _NAMELIKE and held[name].distinct >= _TOWNS
    ]
    best, name = max(scores, default=(0.0, ""))
    return (name if best >= _DECIDES else None), Role.CITY, reason


def _house_number(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> Settled:
    """The numbers beside streets that have none."""
    reason = "numbers beside a column of streets without numbers"
    if not _has(columns, Role.STREET) or _has(columns, Role.HOUSE_NUMBER):
        return None, Role.HOUSE_NUMBER, reason
    scores = [
        (held[name].distinct, name)
        for name in _open(columns, held)
        if _shape(held[name], r"^\d{1,5} ?[A-Za-z]?$") > _NAMELIKE and _shape(held[name], r"^\d{4}$") < 0.7
    ]
    best, name = max(scores, default=(0, ""))
    return (name if best > 20 else None), Role.HOUSE_NUMBER, reason


def _family(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> Settled:
    """The most varied words beside given names."""
    reason = "words beside a column of given names, the most varied ones"
    if not _has(columns, Role.GIVEN_NAME) or _has(columns, Role.FAMILY_NAME):
        return None, Role.FAMILY_NAME, reason
    scores = [
        (held[name].unique * held[name].fill * _shape(held[name], r"^[^ ]+$"), name)
        for name in _open(columns, held)
        if _shape(held[name], r"^[\pL\pM' .-]{2,40}$") > _NAMELIKE and held[name].unique > _VARIED
    ]
    _, name = max(scores, default=(0.0, ""))
    return name or None, Role.FAMILY_NAME, reason


def _has(columns: Mapping[str, ColumnRole], role: Role) -> bool:
    return any(column.role == role for column in columns.values())


def _open(columns: Mapping[str, ColumnRole], held: Mapping[str, Profile]) -> list[str]:
    """Columns of which little is known, by name."""
    weak = (Role.NOISE, Role.IDENTIFIER, Role.CATEGORY, Role.MIDDLE_NAME, Role.ROW_KEY)
    return sorted(
        name
        for name, column in columns.items()
        if column.role in weak and column.certainty <= _WEAK and held[name].filled
    )


def _shape(held: Profile, pattern: str) -> float:
    return held.share(pc.fill_null(matches(held.texts, pattern), False))
