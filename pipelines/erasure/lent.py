"""Texts of an erased person's rows that rows of other customers have looked up: `take` in a rule file.

The rows that took them are not the person's and stay. The next run finds nothing to take any more and empties
their fields, but what was there before stays among the before-images until these run out. So an erasure tells
of every record that holds such a text, and does not call the database clean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.lookups import values_of
from crm_unify.schema.bookkeeping import mig_source_record
from pipelines.erasure.person import AT_ONCE, Person
from pipelines.interpret.lending import asked


@dataclass(frozen=True, slots=True)
class Taking:
    """One field that takes texts out of the rows of another map, or of its own."""

    map: str
    column: str
    """Column of the own row that holds the key."""
    kind: str
    field: str
    lender: str
    by: str
    """Column of the lender that holds the key."""
    take: str


def takings(project: LoadedProject) -> tuple[Taking, ...]:
    """Every such field of a project."""
    return tuple(
        Taking(
            loaded.rules.map,
            one.column,
            loaded.rules.targets[one.branch].entries[one.entry].kind,
            one.field,
            *asked(loaded, one.rule),
        )
        for loaded in project.files
        for one in values_of(loaded.rules)
    )


def takers(connection: sa.Connection, who: Person, fields: Sequence[Taking]) -> tuple[str, ...]:
    """``record: kind.field`` of what other records hold of the person's rows, sorted."""
    c = mig_source_record.c
    mine, found = set(who.every_record), set[str]()
    own = connection.execute(sa.select(c.map, c.raw).where(c.record_id.in_(sorted(mine)))).all()
    rows = [(row.map, json.loads(row.raw)) for row in own if row.raw]
    for one in fields:
        keys = {said[one.by].strip() for name, said in rows if name == one.lender and _lends(said, one)}
        if keys:
            query = sa.select(c.record_id, c.raw, c.claims).where(c.map == one.map, c.raw.is_not(None))
            batches = connection.execute(query.execution_options(yield_per=AT_ONCE))
            others = (row for row in batches if row.record_id not in mine)
            took = (row.record_id for row in others if _took(row, one, keys))
            found.update(f"{record}: {one.kind}.{one.field}" for record in took)
    return tuple(sorted(found))


def _lends(row: Mapping[str, Any], one: Taking) -> bool:
    return bool(row.get(one.by)) and bool(row.get(one.take))


def _took(row: Any, one: Taking, keys: set[str]) -> bool:
    """Whether a record's row names one of the keys, and the record has a value in the field."""
    reference = json.loads(row.raw).get(one.column)
    if not isinstance(reference, str) or reference.strip() not in keys:
        return False
    said = _claims(json.loads(row.claims or "{}"), one.kind)
    return any(claim.get(one.field) is not None for claim in said)


def _claims(said: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    part = said.get(kind, [])
    yield from part if isinstance(part, list) else [part]
