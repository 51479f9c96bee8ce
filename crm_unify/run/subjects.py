"""What a person names on the command line: a record, or a customer and with it all its records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.records import PARTIES
from crm_unify.schema.bookkeeping import mig_redirect, mig_rekey, mig_source_record, mig_xref

NEAREST: Final = 3
"""Names proposed in place of one that nobody has."""
LOOKED_AT: Final = 2_000
"""Ids with the same beginning among which the nearest are looked for."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A record or a customer that somebody named."""

    said: str
    """As it was named."""
    customer: str
    """The customer it is, or belongs to, now; a former id has led to its successor."""
    kind: str
    """``person`` or ``organisation``."""
    records: tuple[str, ...]
    """The record itself, or all records of the customer, ascending."""
    whole: bool
    """True where a customer was named, not one of its records."""


def subject(connection: sa.Connection, said: str) -> Subject:
    """The record or customer of this id, former customer ids and other keys of a record included.

    Raises UsageError where there is none, with the nearest names, and for a record that is no party.
    """
    found = _record(connection, said) or _rekeyed(connection, said) or _customer(connection, said)
    if found is not None:
        return found
    nearest = _nearest(connection, said)
    remedy = (
        f"did you mean {' or '.join(nearest)}?" if nearest else "`crm-unify trace` finds the id of a cell"
    )
    raise UsageError("no record and no customer has this id", said, remedy=remedy)


def named_by(connection: sa.Connection, said: str) -> str | None:
    """The present customer of exactly this id, of it or of one of its records; None where nobody has it."""
    named = sa.select(mig_redirect.c.new_id).where(mig_redirect.c.old_id == said)
    present = connection.scalar(named) or said
    x = mig_xref.c
    query = sa.select(x.customer_id).where(sa.or_(x.customer_id == present, x.record_id == said)).limit(1)
    found: str | None = connection.scalar(query)
    return found


def _record(connection: sa.Connection, said: str) -> Subject | None:
    c = mig_source_record.c
    query = sa.select(c.kind, mig_xref.c.customer_id).outerjoin(mig_xref, mig_xref.c.record_id == c.record_id)
    row = connection.execute(query.where(c.record_id == said)).first()
    if row is None:
        return None
    if row.kind not in PARTIES or row.customer_id is None:
        why = f"it is a {row.kind.replace('_', ' ')}, and those are not matched"
        raise UsageError("this record is no person and no organisation", said, why=why, remedy=_HANGS)
    return Subject(said, row.customer_id, row.kind, (said,), whole=False)


_HANGS: Final = "name the record of the customer it belongs to; `crm-unify trace` shows it"


def _rekeyed(connection: sa.Connection, said: str) -> Subject | None:
    """The record that one of its other keys names."""
    c = mig_rekey.c
    record = connection.scalar(sa.select(c.record_id).where(c.new_id == said, c.state != "open"))
    return None if record is None else _record(connection, record)


def _customer(connection: sa.Connection, said: str) -> Subject | None:
    redirect = mig_redirect.c
    present = connection.scalar(sa.select(redirect.new_id).where(redirect.old_id == said)) or said
    c, x = mig_source_record.c, mig_xref.c
    query = sa.select(x.record_id, c.kind).join(mig_source_record, c.record_id == x.record_id)
    rows = connection.execute(query.where(x.customer_id == present).order_by(x.record_id)).all()
    if not rows:
        return None
    return Subject(said, present, rows[0].kind, tuple(row.record_id for row in rows), whole=True)


def _nearest(connection: sa.Connection, said: str) -> list[str]:
    """Ids that read most like this one, out of those that begin alike."""
    columns = (mig_xref.c.record_id, mig_xref.c.customer_id, mig_redirect.c.old_id)
    for length in _lengths(said):
        begins = [_beginning(connection, column, said[:length]) for column in columns]
        found = get_close_matches(said, sorted(set().union(*begins)), n=NEAREST, cutoff=0.6)
        if found:
            return found
    return []


def _lengths(said: str) -> Iterable[int]:
    """How much of a name to hold fast, ever less of it."""
    marks = [said.find(mark) for mark in ("#", ":", ".")]
    return sorted({len(said) - 1, len(said) // 2, *(m for m in marks if m > 0), 2, 0}, reverse=True)


def _beginning(connection: sa.Connection, column: sa.Column[str], prefix: str) -> list[str]:
    like = column.istartswith(prefix, autoescape=True)
    query = sa.select(column).where(like).distinct().order_by(column).limit(LOOKED_AT)
    return list(connection.execute(query).scalars())


def members(connection: sa.Connection, customer: str) -> tuple[str, ...]:
    """The records of a customer, ascending."""
    x = mig_xref.c
    query = sa.select(x.record_id).where(x.customer_id == customer).order_by(x.record_id)
    return tuple(connection.execute(query).scalars())
