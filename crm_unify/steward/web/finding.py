"""Finding customers by id, by name, or by an address or a number, however many customers there are.

Of few customers any part of a name, address or number is looked for. Of many, what begins with the text,
which indexes find: to look at every name takes longer than a person types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.run.subjects import named_by
from crm_unify.schema.crm import CONTACT_KINDS, contact_point, customer, person
from crm_unify.steward.web.veil import Veil

FEW: Final = 20_000
"""Customers up to which any part of a text is looked for."""
LAST: Final = "\U0010ffff"
"""Comes behind every text that a person types."""
PUNCTUATION: Final = re.compile(r"[\s()/.\-]")
PARTS: Final = "any part of a name, an e-mail address or a number; an id"
BEGINNINGS: Final = "the beginning of a name, a family name, an e-mail address or a number (+49 ...); an id"


def few(connection: sa.Connection) -> bool:
    """Whether there are few customers."""
    some = sa.select(customer.c.id).limit(FEW + 1).subquery()
    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) <= FEW


def how(connection: sa.Connection) -> str:
    """What a person may look for, in words."""
    return PARTS if few(connection) else BEGINNINGS


def found(
    connection: sa.Connection, text: str, veil: Veil, *, most: int, merged: bool = False
) -> Sequence[sa.Row[Any, Any, Any, Any]]:
    """``id, kind, display_name, status`` of at most so many customers; with `merged` former ones, too.

    By id first; by a name or a value only as far as the visitor may see what is compared: an answer that
    depends on a hidden value tells it, letter by letter.
    """
    c = customer.c
    query = sa.select(c.id, c.kind, c.display_name, c.status)
    called = connection.execute(query.where(c.id == (named_by(connection, text) or text))).all()
    if called:
        return called
    lasting = sa.true() if merged else c.status != "merged"
    by = _parts(text, veil) if few(connection) else _beginnings(connection, text, veil)
    ids: dict[str, None] = {}
    for one in by:
        ids |= dict.fromkeys(connection.scalars(one.where(lasting).limit(most)))
    ordered = query.where(c.id.in_(ids)).order_by(c.display_name, c.id).limit(most)
    return connection.execute(ordered).all() if ids else []


def _parts(text: str, veil: Veil) -> Iterator[sa.Select[Any]]:
    """Ids of customers that have the text anywhere."""
    c, p = customer.c, contact_point.c
    called = c.display_name.icontains(text, autoescape=True)
    yield sa.select(c.id).where(called, c.kind.not_in(veil.nameless)).order_by(c.display_name, c.id)
    holding = p.value_norm.icontains(_plain(text), autoescape=True)
    yield sa.select(c.id).where(c.id.in_(_with_contact(veil).where(holding))).order_by(c.display_name, c.id)


def _beginnings(connection: sa.Connection, text: str, veil: Veil) -> Iterator[sa.Select[Any]]:
    """Ids of customers of whom something begins with the text, in the usual ways of writing it."""
    c, dialect = customer.c, connection.dialect.name
    seen = c.kind.not_in(veil.nameless)
    for written in dict.fromkeys((text, text.title(), text.upper(), text.lower())):
        yield sa.select(c.id).where(_begins(c.display_name, written, dialect), seen)
        family = _begins(person.c.family_name, written, dialect)
        yield sa.select(c.id).join(person, person.c.customer_id == c.id).where(family, seen)
    for written in dict.fromkeys((_plain(text), _plain(text).lower())):
        holding = _begins(contact_point.c.value_norm, written, dialect)
        yield sa.select(c.id).where(c.id.in_(_with_contact(veil).where(holding)))


def _with_contact(veil: Veil) -> sa.Select[Any]:
    """Ids of customers by what the visitor sees of their addresses and numbers."""
    p = contact_point.c
    kinds = [kind for kind in CONTACT_KINDS if not veil.hides(f"contact_point.{kind}")]
    return sa.select(p.customer_id).where(p.kind.in_(kinds))


def _begins(column: sa.Column[Any], text: str, dialect: str) -> sa.ColumnElement[bool]:
    """In the form for which the database takes the index of the column."""
    if dialect == "postgresql":
        return column.bool_op("^@")(text)
    return sa.and_(column >= text, column < text + LAST)


def _plain(text: str) -> str:
    """A number without what people write between its digits; any other text as it is."""
    digits = PUNCTUATION.sub("", text)
    if not digits.removeprefix("+").isdecimal():
        return text
    return f"+{digits[2:]}" if digits.startswith("00") else digits
