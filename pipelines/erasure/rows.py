"""Source rows of a person that made no record, or that are kept although nobody delivers them again.

Such a row is the person's when it has the key or the content of one of its records, or holds what points to
the person alone (address, number, identifier, full name). Any other word is no reason: another person's row
may hold it as well, and would be blocked for ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, takewhile
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from crm_unify.records import encode_key_part
from crm_unify.schema.bookkeeping import mig_quarantine, mig_snapshot, mig_source_record
from pipelines.changes.snapshots import snapshot_id
from pipelines.erasure.person import Person, row_of
from pipelines.erasure.tokens import Tokens

MANY: Final = 500
"""Ids in one statement."""
T = TypeVar("T")


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Few enough values for one statement at a time."""
    for start in range(0, len(values), MANY):
        yield values[start : start + MANY]


def delete(connection: sa.Connection, column: sa.Column[Any], values: Sequence[str]) -> int:
    """Remove the rows with one of these values; how many there were."""
    found = 0
    for some in parts(values):
        found += connection.execute(column.table.delete().where(column.in_(some))).rowcount
    return found


# --- rows without a record ---
def erase_quarantined(connection: sa.Connection, who: Person, _: Tokens) -> int:
    """What was withheld from its records, and rows without a record that are its own."""
    q = mig_quarantine.c
    found = delete(connection, q.record_id, (*who.every_record, *who.other_ids))
    return found + delete(connection, q.id, [row.id for row in _recordless(connection, who)])


def rows_without_record(connection: sa.Connection, who: Person) -> list[str]:
    """``map:hash`` of the rows in quarantine that are the person's and made no record."""
    rows = _recordless(connection, who)
    return sorted({f"{row.map}:{_hash_of(row.row_id)}" for row in rows if row.row_id is not None})


def own_rows(connection: sa.Connection, who: Person, *, shared: bool = False) -> list[Any]:
    """``map, system, entity, key, row_hash`` of the source rows it has alone, or `shared` with others."""
    r, others = mig_source_record.c, {row_of(record) for record in who.siblings}
    names = [record for record in who.every_record if (row_of(record) in others) is shared]
    query = sa.select(r.map, r.system, r.entity, r.key, r.row_hash)
    return [
        row for some in parts(names) for row in connection.execute(query.where(r.record_id.in_(some))).all()
    ]


def _recordless(connection: sa.Connection, who: Person) -> list[Any]:
    """Entries in quarantine without a record that are the person's."""
    q = mig_quarantine.c
    query = sa.select(q.id, q.map, q.row_id, q.raw, q.sentence).where(q.record_id.is_(None))
    own = {(row.map, row.row_hash) for row in own_rows(connection, who)}
    return [
        row
        for row in connection.execute(query).all()
        if who.is_named_in(row.raw)
        or who.is_named_in(row.sentence)
        or (row.map, _hash_of(row.row_id or "")) in own
    ]


def _hash_of(row_id: str) -> str:
    """The hash of what a row says; a row id has an ordinal behind it."""
    return row_id.rpartition("-")[0]


# --- kept rows ---
def erase_kept(connection: sa.Connection, who: Person, _: Tokens) -> int:
    """Rows that are kept for sources nobody reads again: out they go, or stay without what was of the person.

    They are known by their key, whatever else they say by now, and by their content. They stay where another
    record is made of the same row.
    """
    c, found = mig_snapshot.c, 0
    whole = [(row.map, row.row_hash) for row in own_rows(connection, who)]
    for row in rows_without_record(connection, who):
        name, digest = row.split(":", 1)
        whole.append((name, digest))
    common = [(row.map, row.row_hash) for row in own_rows(connection, who, shared=True)]
    others = {row_of(record) for record in who.siblings}
    rows = {row_of(record) for record in (*who.every_record, *who.other_ids)}
    for name, (start, *columns) in who.keys.items():
        query = sa.select(c.id, c.row).where(c.map == name).order_by(c.id)
        kept = {str(row.id): str(row[1]) for row in connection.execute(query)}
        gone, stays = _ids(name, whole, kept), _ids(name, common, kept)
        for number, text in kept.items():
            told = json.loads(text)
            row = start + (key_in(told["cells"], columns) or "")
            if number in gone or (row in rows and row not in others):
                found += connection.execute(mig_snapshot.delete().where(c.id == number)).rowcount
            elif number in stays or row in rows:
                told["cells"] = {n: cell for n, cell in told["cells"].items() if not who.is_in(cell)}
                emptied = json.dumps(told, sort_keys=True, ensure_ascii=False)
                statement = mig_snapshot.update().where(c.id == number).values(row=emptied)
                found += connection.execute(statement).rowcount
    return found


def key_in(cells: Mapping[str, str | None], columns: Sequence[str]) -> str | None:
    """The key of a row as it stands in record ids; None where a part is missing."""
    texts = [text for column in columns if (text := cells.get(column))]
    return "|".join(map(encode_key_part, texts)) if texts and len(texts) == len(columns) else None


def _ids(name: str, rows: Sequence[tuple[str, str]], kept: Mapping[str, str]) -> set[str]:
    """The ids under which these rows (map and hash) of a map are kept, their equals included."""
    found = set[str]()
    for digest in {digest for own, digest in rows if own == name and digest}:
        ids = (snapshot_id(name, f"{digest}-{ordinal}") for ordinal in count(1))
        found.update(takewhile(kept.__contains__, ids))
    return found
