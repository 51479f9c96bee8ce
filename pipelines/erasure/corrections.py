"""The corrections of a person's source rows: in force or superseded, short ones too.

What was corrected in a row that makes another record as well (a company and its contact) stays where that
record holds the corrected text as its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa

from crm_unify.schema.agreements import mig_correction
from crm_unify.schema.bookkeeping import mig_source_record
from pipelines.erasure.person import Person, row_of
from pipelines.erasure.words import leaves

AT_ONCE: Final = 500
"""Ids in one statement."""
SAID: Final = ("why", "decided_by", "new_value", "old_value", "key")
"""Columns that may tell of a person; of what another record holds as its own the first two may."""


def erase_corrections(connection: sa.Connection, who: Person, *, rows: Sequence[str]) -> int:
    """Remove them and their revocations; how many. `rows` are ``map:hash`` of rows that made no record."""
    every = connection.execute(sa.select(mig_correction).order_by(mig_correction.c.id)).mappings().all()
    mine = {row_of(record) for record in (*who.every_record, *who.other_ids)}
    contents = {*rows, *_contents(connection, who)}
    others = _said_by_others(connection, who)
    gone = set[int]()
    for one in every:  # a revocation comes after what it takes back
        row = f"{one['system']}.{one['entity']}:{one['key']}"
        hers = row in mine or f"{one['entity']}:{one['row_hash']}" in contents
        kept = (one["new_value"] or "").strip() in others.get(row, ())
        told = SAID[:2] if kept else SAID
        if (hers and not kept) or one["revokes"] in gone or any(who.is_in(one[name]) for name in told):
            gone.add(one["id"])
    numbers = [{"number": number} for number in sorted(gone, reverse=True)]
    if numbers:
        number = mig_correction.c.id == sa.bindparam("number")
        connection.execute(mig_correction.delete().where(number), numbers)
    return len(numbers)


def _contents(connection: sa.Connection, who: Person) -> Iterator[str]:
    """``map:hash`` of its source rows."""
    c = mig_source_record.c
    names = (*who.every_record, *who.other_ids)
    for start in range(0, len(names), AT_ONCE):
        query = sa.select(c.map, c.row_hash).where(c.record_id.in_(names[start : start + AT_ONCE]))
        yield from (f"{row.map}:{row.row_hash}" for row in connection.execute(query) if row.row_hash)


def _said_by_others(connection: sa.Connection, who: Person) -> dict[str, set[str]]:
    """What records that stay claim, by the row they share with the person."""
    c, found = mig_source_record.c, dict[str, set[str]]()
    for start in range(0, len(who.siblings), AT_ONCE):
        some = who.siblings[start : start + AT_ONCE]
        for row in connection.execute(sa.select(c.record_id, c.claims).where(c.record_id.in_(some))):
            found.setdefault(row_of(row.record_id), set()).update(leaves(json.loads(row.claims or "{}")))
    return found
