"""The tables of a CRM that may hold something of a person, and how each is emptied of it.

``STORES`` is the list: a table that comes to hold what people typed is added to it with one line. All of it
happens in one transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.schema.agreements import mig_rehearsal
from crm_unify.schema.bookkeeping import (
    ERASED,
    mig_change,
    mig_decision,
    mig_decision_member,
    mig_model,
    mig_profile,
    mig_redirect,
    mig_rekey,
    mig_run,
    mig_source_record,
    mig_xref,
)
from crm_unify.schema.crm import consent
from crm_unify.schema.stewards import mig_answer
from crm_unify.schema.tables import CRM_TABLES, TABLES, key_of
from pipelines.erasure.corrections import erase_corrections
from pipelines.erasure.person import Person
from pipelines.erasure.rows import MANY, erase_kept, erase_quarantined, rows_without_record
from pipelines.erasure.rows import delete as _delete
from pipelines.erasure.rows import parts as _parts
from pipelines.erasure.tokens import Tokens
from pipelines.erasure.words import replaced

GONE: Final = "[erased]"
"""What stands where a text of an erased person stood."""


@dataclass(frozen=True, slots=True)
class Store:
    """One place in the database."""

    name: str
    clean: Callable[[sa.Connection, Person, Tokens], int]
    """Empties it of a person; how many rows were removed or emptied."""


# --- rows that go ---
def _golden(table: str) -> Callable[[sa.Connection, Person, Tokens], int]:
    def clean(connection: sa.Connection, who: Person, _: Tokens) -> int:
        key = TABLES[table].columns[key_of(table)]
        return _delete(connection, key, who.rows.get(table, ()))

    return clean


def _consents(connection: sa.Connection, who: Person, tokens: Tokens) -> int:
    """Its own, and those that one of its records gave while it belonged to another customer."""
    own = _golden(consent.name)(connection, who, tokens)
    given = _delete(connection, consent.c.source_record_id, who.every_record)
    return own + given + _delete(connection, consent.c.carrier_record_id, who.every_record)


def _owned(column: sa.Column[Any]) -> Callable[[sa.Connection, Person, Tokens], int]:
    """Rows of the bookkeeping whose column names the customer or one of its records."""

    def clean(connection: sa.Connection, who: Person, _: Tokens) -> int:
        names = (who.customer, *who.former, *who.every_record, *who.other_ids)
        return _delete(connection, column, names)

    return clean


def _corrections(connection: sa.Connection, who: Person, _: Tokens) -> int:
    """What people repaired in its rows, and in rows without a record that are its own."""
    return erase_corrections(connection, who, rows=rows_without_record(connection, who))


def _telling(
    connection: sa.Connection, key: sa.Column[Any], columns: Iterable[sa.Column[Any]], who: Person
) -> Iterator[Any]:
    """Keys of the rows in whose columns something of the person stands."""
    for row in connection.execute(sa.select(key, *columns)).all():
        if any(who.is_in(text) for text in row[1:]):
            yield row[0]


# --- rows that stay, without the person ---
def _siblings(connection: sa.Connection, who: Person, _: Tokens) -> int:
    """Records of the same source rows: their raw row without what was of the person alone."""
    c, found = mig_source_record.c, 0
    for record in who.siblings:
        raw, claims = connection.execute(sa.select(c.raw, c.claims).where(c.record_id == record)).one()
        known = json.loads(raw or "{}")
        kept = {name: text for name, text in known.items() if not who.is_in(str(text))}
        said = json.loads(claims or "{}")
        own = {kind: _without(part, who) for kind, part in said.items()}
        own = {kind: part for kind, part in own.items() if part}
        values = {"raw": _json(kept), "claims": _json(own), "row_hash": ""}
        if kept != known or own != said:
            found += connection.execute(
                mig_source_record.update().where(c.record_id == record).values(**values)
            ).rowcount
    return found


def _without(part: Any, who: Person) -> Any:
    """A claim, or a list of claims, without those that name the person's records."""
    if isinstance(part, list):
        return [one for one in part if not who.is_in(_json(one))]
    return part


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _images(connection: sa.Connection, who: Person, tokens: Tokens) -> int:
    """Before-images of its rows, and of others in which it stands: the fact of a change stays, no content."""
    c = mig_change.c
    names = sorted(who.every_id)
    found = {
        tuple(row)
        for some in _parts(names)
        for row in connection.execute(sa.select(c.run, c.seq, c.row_id).where(c.row_id.in_(some)))
    }
    query = sa.select(c.run, c.seq, c.row_id, c.before).where(c.op != "create", c.before.is_not(None))
    for batch in connection.execute(query.execution_options(yield_per=MANY)).partitions(MANY):
        found |= {(row[0], row[1], row[2]) for row in batch if who.is_told_by(row[3])}
    statement = (
        mig_change.update()
        .where(c.run == sa.bindparam("in_run"), c.seq == sa.bindparam("in_seq"))
        .values(row_id=sa.bindparam("named"), before=None)
    )
    rows = [
        {"in_run": run, "in_seq": seq, "named": ERASED + tokens.of("image", row)} for run, seq, row in found
    ]
    if rows:
        connection.execute(statement, rows)
    return len(rows)


def _decisions(connection: sa.Connection, who: Person, tokens: Tokens) -> int:
    """What was decided on it: that somebody decided stays, without texts, values and names of records."""
    d, m = mig_decision.c, mig_decision_member.c
    names = (*who.every_record, *who.other_ids)
    about, told = set[Any](), set(_telling(connection, d.id, (d.why,), who))
    valued = {i for i, text in connection.execute(sa.select(d.id, d.value)).all() if who.is_named_in(text)}
    for some in _parts(names):
        about |= set(connection.execute(sa.select(m.decision).where(m.record_id.in_(some))).scalars())
    for record in names:
        token = ERASED + tokens.of("record", record)
        blank = {"record_id": token, "customer_id": None, "row_hash": None, "claims_hash": None}
        connection.execute(mig_decision_member.update().where(m.record_id == record).values(**blank))
        connection.execute(mig_decision.update().where(d.record_id == record).values(record_id=token))
    value = sa.case((d.value.is_(None), sa.null()), else_=sa.literal("{}"))
    for some in _parts(sorted(about | told)):
        connection.execute(mig_decision.update().where(d.id.in_(some)).values(why=GONE))
    for some in _parts(sorted(about | valued)):
        connection.execute(mig_decision.update().where(d.id.in_(some)).values(value=value))
    return len(about | told | valued)


def _models(connection: sa.Connection, who: Person, _: Tokens) -> int:
    """Values that models remember because several records carry them."""
    c, found = mig_model.c, 0
    plain = {_plain(needle) for needle in who.needles}
    for number, text in connection.execute(sa.select(c.id, c.model)).all():
        model, gone = json.loads(text), 0
        for kind in model["kinds"].values():
            for counts in (*kind["degrees"].values(), *kind["carriers"].values()):
                for value in [value for value in counts if _is_of(value, plain)]:
                    del counts[value]
                    gone += 1
        if gone:
            kept = json.dumps(model, sort_keys=True)
            connection.execute(mig_model.update().where(c.id == number).values(model=kept))
        found += gone
    return found


def _plain(text: str) -> str:
    """A text as normalisers may have left it: letters and digits alone, in small letters."""
    return re.sub(r"[\W_]", "", text.casefold())


def _is_of(value: str, plain: set[str]) -> bool:
    parts = {_plain(part) for part in value.split("\x1f")}
    long = {part for part in parts if len(part) > MODEL_SHORTEST}
    return any(part in needle or needle in part for part in long for needle in plain)


MODEL_SHORTEST: Final = 5
"""Characters beyond which a part of a remembered value can tell of a person."""


def _blanked(column: sa.Column[Any]) -> Callable[[sa.Connection, Person, Tokens], int]:
    """Sentences that quote a value of the person, in rows that stay: of runs, and of rehearsals.

    What later runs compute with stays as it is.
    """

    def clean(connection: sa.Connection, who: Person, _: Tokens) -> int:
        found, number = 0, column.table.c.id
        for row, text in connection.execute(sa.select(number, column)).all():
            told = json.loads(text or "{}")
            said = {n: p if n in FIGURES else replaced(p, who.needles, GONE) for n, p in told.items()}
            if said != told:
                kept = json.dumps(said, sort_keys=True, ensure_ascii=False)
                connection.execute(column.table.update().where(number == row).values({column: kept}))
                found += 1
        return found

    return clean


FIGURES: Final = ("account", "headers", "former", "shapes", "bands", "asked", "customers", "under")
"""Members of what a run says of itself that hold names of columns and maps, counts and hashes, no values."""


def _typed(table: str, *columns: str) -> Callable[[sa.Connection, Person, Tokens], int]:
    """Rows of a table that people typed into: those that name the person by an id go.

    A text in one of the `columns` that tells of it is emptied. The table may not be there yet.
    """

    def clean(connection: sa.Connection, who: Person, _: Tokens) -> int:
        if not sa.inspect(connection).has_table(table):
            return 0
        found = sa.Table(table, sa.MetaData(), autoload_with=connection, resolve_fks=False)
        keys = list(found.primary_key.columns)
        names, gone = who.every_id, 0
        for row in connection.execute(sa.select(found)).all():
            mine = [key == row._mapping[key.name] for key in keys]
            if any(text in names for text in row if isinstance(text, str)):
                gone += connection.execute(found.delete().where(*mine)).rowcount
                continue
            texts = {name: GONE for name in columns if who.is_in(row._mapping[name])}
            if texts:
                gone += connection.execute(found.update().where(*mine).values(**texts)).rowcount
        return gone

    return clean


def _answers(connection: sa.Connection, who: Person, _: Tokens) -> int:
    """Answers of the review application about the customer: what was told of them names it."""
    if not sa.inspect(connection).has_table(mig_answer.name):
        return 0
    c = mig_answer.c
    rows = connection.execute(sa.select(c.id, c.answer)).all()
    gone = [row.id for row in rows if any(name in row.answer for name in who.every_id)]
    return _delete(connection, c.id, gone)


STORES: Final = (
    Store(consent.name, _consents),
    *(Store(name, _golden(name)) for name in reversed(CRM_TABLES) if name != consent.name),
    Store("mig_profile", _owned(mig_profile.c.customer_id)),
    Store("mig_redirect", _owned(mig_redirect.c.new_id)),
    Store("mig_xref", _owned(mig_xref.c.record_id)),
    Store("mig_rekey", _owned(mig_rekey.c.record_id)),
    Store("mig_correction", _corrections),
    Store("mig_quarantine", erase_quarantined),
    Store("mig_snapshot", erase_kept),
    Store("mig_source_record (of the same rows)", _siblings),
    Store("mig_source_record", _owned(mig_source_record.c.record_id)),
    Store("mig_change", _images),
    Store("mig_decision", _decisions),
    Store("mig_model", _models),
    Store("mig_run", _blanked(mig_run.c.summary)),
    Store("mig_rehearsal", _blanked(mig_rehearsal.c.card)),
    Store("mig_approval", _typed("mig_approval", "decided_where")),
    Store("mig_audit", _typed("mig_audit", "subject", "detail")),
    Store("mig_assignment", _typed("mig_assignment")),
    Store("mig_answer", _answers),
    Store("mig_proposal", _typed("mig_proposal", "why")),
    Store("mig_note", _typed("mig_note", "text")),
)
"""Every place in the database: children before their parents, and before what they are looked up in."""
