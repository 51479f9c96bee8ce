"""What the page of a profile shows of it, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from crm_unify.roles.interface import Role
from crm_unify.steward.profile_drawing import Bar, Spread, bars, by_years, spread
from crm_unify.steward.report.drawing import Segment, stacked
from pipelines.profile.findings import Finding, findings
from pipelines.profile.interface import ColumnProfile, Profiled, Reference, TableProfile

COLUMNS_DRAWN: Final = 400
"""Columns of a table that get a card; the table above the cards has all"""
PLACES_SHOWN: Final = 6
"""Columns named under one kind of finding"""
_TOP: Final = 6
_OFTEN: Final = 0.02
"""Share of the rows that the most frequent values must have to be drawn"""
_TONES: Final = ("mapped", "held", "quarantined", "discarded", "household")

_PERSONS: Final = frozenset({Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME, Role.CONTACT})
_PARTIES: Final = _PERSONS | {Role.ORGANISATION, Role.PARTY_NAME}
_WHAT: Final = (
    ("persons", _PERSONS),
    ("organisations", frozenset({Role.ORGANISATION})),
    ("customers of both kinds", frozenset({Role.PARTY_NAME})),
    ("addresses", frozenset({Role.STREET, Role.ADDRESS, Role.CITY, Role.POSTCODE})),
    ("phone numbers", frozenset({Role.PHONE})),
    ("e-mail addresses", frozenset({Role.EMAIL})),
    ("birth dates", frozenset({Role.BIRTH_DATE})),
)
"""What a table holds -> roles of columns that say so"""
_SURE: Final = 0.5
"""Certainty of a role from which on it says what a table holds"""


@dataclass(frozen=True, slots=True)
class KindView:
    """One kind of finding with the places it was met."""

    title: str
    weight: int
    rows: int
    places: tuple[Finding, ...]
    more: int
    """Places that are not shown"""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column with its charts."""

    column: ColumnProfile
    place: int
    """From 1"""
    role: str
    """In words; empty where it is not known"""
    fill: tuple[Segment, ...]
    top: tuple[Bar, ...]
    """Empty where hardly any value stands twice"""
    patterns: tuple[Bar, ...]
    ways: tuple[Segment, ...]
    spread: Spread | None
    weight: int
    """Of its worst finding, 0 without one"""
    told: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """One table with its columns."""

    table: TableProfile
    anchor: str
    holds: str
    """In words: persons, with addresses and phone numbers"""
    fill: float
    """Share of all cells that are filled"""
    keys: tuple[str, ...]
    """Columns that tell the rows apart; an empty tuple: none"""
    serious: int
    """Findings of weight 2 and 3"""
    about_rows: tuple[Finding, ...]
    columns: tuple[ColumnView, ...]


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """A reference with its bar."""

    reference: Reference
    bar: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The page."""

    profiled: Profiled
    rows: int
    columns: int
    tables: tuple[TableView, ...]
    kinds: tuple[KindView, ...]
    minor: tuple[KindView, ...]
    """Kinds of weight 1"""
    references: tuple[ReferenceView, ...]
    damaged: int
    """Findings of weight 3"""
    doubtful: int
    """Findings of weight 2"""
    parties: tuple[str, ...]
    """Tables that hold persons or organisations"""
    others: tuple[str, ...]
    """Tables whose rows belong to those of another one"""


def view(profiled: Profiled) -> ProfileView:
    """What the page shows."""
    told = findings(profiled)
    kinds = _kinds(told)
    return ProfileView(
        profiled,
        rows=sum(table.rows for table in profiled.tables),
        columns=sum(len(table.columns) for table in profiled.tables),
        tables=tuple(_table(one, f"t{place}", profiled, told) for place, one in enumerate(profiled.tables)),
        kinds=tuple(kind for kind in kinds if kind.weight > 1),
        minor=tuple(kind for kind in kinds if kind.weight == 1),
        references=tuple(map(_reference, profiled.references)),
        damaged=sum(one.weight == 3 for one in told),
        doubtful=sum(one.weight == 2 for one in told),
        parties=tuple(table.name for table in profiled.tables if _roles(table) & _PARTIES),
        others=tuple(dict.fromkeys(one.table for one in profiled.references)),
    )


def _kinds(told: Sequence[Finding]) -> list[KindView]:
    """Findings of the same kind together, those of most weight and then of most rows first."""
    made = []
    for _, group in groupby(sorted(told, key=lambda one: one.code), key=lambda one: one.code):
        found = sorted(group, key=lambda one: -one.rows)
        shown = tuple(found[:PLACES_SHOWN])
        rows = sum(one.rows for one in found)
        made.append(KindView(found[0].title, found[0].weight, rows, shown, len(found) - len(shown)))
    return sorted(made, key=lambda kind: (-kind.weight, -kind.rows, kind.title))


def _table(table: TableProfile, anchor: str, profiled: Profiled, told: Sequence[Finding]) -> TableView:
    own = [one for one in told if one.table == table.name]
    cells = table.rows * len(table.columns)
    filled = sum(column.filled for column in table.columns)
    columns = table.columns[:COLUMNS_DRAWN]
    return TableView(
        table, anchor, _holds(table, profiled), filled / cells if cells else 0.0,
        keys=tuple(" + ".join(key.columns) for key in table.keys if key.holds),
        serious=sum(one.weight > 1 for one in own),
        about_rows=tuple(one for one in own if one.column is None),
        columns=tuple(
            _column(column, place, [one for one in own if one.column == column.name])
            for place, column in enumerate(columns, 1)
        ),
    )  # fmt: skip


def _holds(table: TableProfile, profiled: Profiled) -> str:
    """What a table holds, by the roles of its columns, and what it belongs to."""
    roles = _roles(table)
    found = [what for what, needed in _WHAT if roles & needed]
    whole = ("persons", "organisations", "customers of both kinds")
    who = [what for what in found if what in whole]
    besides = [what for what in found if what not in whole]
    parents = list(dict.fromkeys(one.to_table for one in profiled.references if one.table == table.name))
    said = " and ".join(who)
    if besides:
        said += f"{', with ' if who else ''}{_listed(besides)}"
    if parents:
        said += f"{'; ' if said else ''}rows that belong to {_listed(parents)}"
    return said or "figures, codes and texts"


def _roles(table: TableProfile) -> frozenset[Role]:
    """What the columns of a table surely are."""
    return frozenset(one.role.role for one in table.columns if one.role.certainty >= _SURE and one.filled)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


def _column(column: ColumnProfile, place: int, told: Sequence[Finding]) -> ColumnView:
    filled = column.filled
    repeated = [one for one in column.top if one.rows > 1]
    often = sum(one.rows for one in repeated) >= _OFTEN * filled or column.distinct <= _TOP
    telling = repeated if often else []
    role = column.role
    named = role.role not in (Role.NOISE,) and role.certainty >= 0.3
    parts = [(_TONES[at % len(_TONES)], way.name, way.rows) for at, way in enumerate(column.ways)]
    return ColumnView(
        column, place, role.role.value.replace("-", " ") if named else "",
        fill=stacked([("mapped", "filled", filled)], total=column.rows),
        top=bars([(one.value, one.rows, "") for one in telling[:_TOP]], filled=filled),
        patterns=bars([(p.text, p.rows, p.example) for p in column.patterns.top[:_TOP]], filled=filled),
        ways=stacked(parts) if len(parts) > 1 else (),
        spread=_spread(column), weight=max((one.weight for one in told), default=0), told=tuple(told),
    )  # fmt: skip


def _spread(column: ColumnProfile) -> Spread | None:
    """The years of dates, the lengths of texts."""
    if column.years:
        return spread(by_years(column.years), "year")
    if column.type.name in ("text", "code", "email", "url", "phone") and column.lengths is not None:
        return spread(column.lengths.bars, "characters")
    return None


def _reference(one: Reference) -> ReferenceView:
    found = ("mapped", f"rows that find a row of {one.to_table}", one.rows - one.orphans)
    lost = ("quarantined", "rows that find none", one.orphans)
    return ReferenceView(one, stacked([found, lost]))
