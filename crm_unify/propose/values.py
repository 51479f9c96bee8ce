"""Values as their columns need them: case, spelling and blanks put right, days that are none left out."""

from __future__ import annotations

from typing import Any, Final

from crm_unify.propose.columns import Use
from crm_unify.propose.interface import Field
from crm_unify.propose.parse import day_of
from pipelines.profile.interface import ColumnProfile

_CAPITALS: Final = 0.3
"""Share of names in capitals or in small letters only from which on their case is put right"""


def plain(use: Use, name: str) -> Field:
    """A field that takes its column as it is."""
    return Field(name, {"from": use.name, **_sentinels(use.column)}, use.note)


def tidy(use: Use, *, case: str, first: bool = False) -> dict[str, Any]:
    """A text with what it needs to be tidy."""
    transforms = ["repair_encoding"] if has(use.column, "MOJIBAKE") else []
    transforms += ["surname_first"] if first else []
    if not transforms and has(use.column, "BLANKS"):
        transforms.append("squeeze")
    odd = sum(way.rows for way in use.column.ways if way.name in ("capitals", "small letters"))
    if odd >= _CAPITALS * use.column.filled > 0 or _all_capitals(use.column):
        transforms.append(case)
    if not transforms:
        return {"from": use.name}
    return {"from": use.name, "transform": transforms if len(transforms) > 1 else transforms[0]}


def _all_capitals(column: ColumnProfile) -> bool:
    """Whether nearly all texts are in capitals: then they are written in one way, which is told nowhere."""
    patterns = column.patterns.top
    shouted = sum(
        one.rows for one in patterns if "A" in one.text and "a" not in one.text and len(one.text) > 2
    )
    return bool(patterns) and not column.ways and shouted >= 0.8 * sum(one.rows for one in patterns)


def surname_first(use: Use) -> bool:
    """Whether names begin with the family name."""
    commas = sum(one.rows for one in use.column.patterns.top if "," in one.text)
    return use.column.role.order == "family_first" or commas >= 0.5 * max(use.column.filled, 1)


def _sentinels(column: ColumnProfile) -> dict[str, Any]:
    """Days that stand for no date; those in a form nobody knows are left out."""
    days = [
        day_of(example.value, column)
        for one in column.suspicions
        if one.code == "DATE-SENTINEL"
        for example in one.examples
    ]
    iso = sorted({day.isoformat() for day in days if day is not None})
    return {"sentinels": iso} if iso else {}


def has(column: ColumnProfile, code: str) -> bool:
    """Whether something is suspicious about a column."""
    return any(one.code == code for one in column.suspicions)
