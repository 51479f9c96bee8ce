"""One table, all told: read once, its columns counted one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm_unify.progress import Progress
from pipelines.profile.columns import column_profile
from pipelines.profile.interface import TableProfile
from pipelines.profile.keys import candidate_keys
from pipelines.profile.references import Held, may_hold_keys
from pipelines.profile.repeats import repeats
from pipelines.profile.roles import roles_of
from pipelines.profile.scratch import Landed, Scratch, drop, hand_in, land
from pipelines.profile.values import Values, forget, values_of
from pipelines.sources.interface import FoundTable, Reader


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table that is to be profiled."""

    name: str
    """Unique among all"""
    source: str
    """The place it is in, passwords left out"""
    found: FoundTable
    reader: Reader


def table_profile(
    place: Scratch, wanted: Wanted, number: int, *, as_of: date, progress: Progress
) -> tuple[TableProfile, list[Held]]:
    """The table, and those of its columns that may be keys or refer to one."""
    with progress.stage(f"read {wanted.name}") as stage:
        landed = land(place, wanted.reader, f"t{number}", stage=stage)
    with progress.stage(f"count {wanted.name}", len(landed.columns)) as stage:
        counted = []
        for at in range(len(landed.columns)):
            counted.append(values_of(place, landed, at))
            stage.advance()
    profile = _whole(place, wanted, landed, counted, as_of=as_of)
    held = list(_held(place, profile, counted))
    drop(place, landed)
    return profile, held


def _whole(
    place: Scratch, wanted: Wanted, landed: Landed, counted: list[Values], *, as_of: date
) -> TableProfile:
    roles = roles_of(place, landed, counted)
    columns = tuple(
        column_profile(place, landed, values, role=role, as_of=as_of)
        for values, role in zip(counted, roles.columns, strict=True)
    )
    keys = candidate_keys(place, landed, columns)
    found = wanted.found
    return TableProfile(
        name=wanted.name, table=found.name, source=wanted.source, file=found.file, reader=found.reader,
        options=dict(found.options), rows=landed.rows, unreadable=landed.unreadable, hidden=landed.hidden,
        struck=landed.struck, columns=columns, keys=keys, repeats=repeats(place, landed, keys),
        test_rows=_test_rows(place, landed, counted), phone_country=roles.country,
        notes=tuple(dict.fromkeys((*found.notes, *landed.notes))),
    )  # fmt: skip


def _held(place: Scratch, profile: TableProfile, counted: list[Values]) -> list[Held]:
    """Keep the values of columns that may hold keys, forget those of the others."""
    kept = []
    for column, values in zip(profile.columns, counted, strict=True):
        if may_hold_keys(column):
            kept.append(Held(profile, column, values.table))
        else:
            forget(place, values)
    return kept


def _test_rows(place: Scratch, landed: Landed, counted: list[Values]) -> int:
    """Rows with test data in any column, by the values that are known by name."""
    marked = [(source.field, values.looks.tally("TEST").top)
              for source, values in zip(landed.columns, counted, strict=True)]  # fmt: skip
    conditions = []
    for field, top in marked:
        if top:
            hand_in(place, f"test_{field}", [text for text, _ in top])
            conditions.append(f"{field} IN (SELECT v FROM test_{field})")
    if not conditions:
        return 0
    query = f"SELECT count(*) FROM {landed.view} WHERE {' OR '.join(conditions)}"
    row = place.con.execute(query).fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])
