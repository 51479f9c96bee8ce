"""Who is signed in: a random token in the browser, its hash in the database, and when it ends."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from crm_unify.schema.stewards import mig_session, mig_user
from crm_unify.schema.target import is_connection_trouble, unwaiting
from crm_unify.steward.web.accounts import User

IDLE: Final = timedelta(hours=1)
"""Without a request a session ends."""
ABSOLUTE: Final = timedelta(hours=12)
"""It ends whatever happens."""
NOTED: Final = timedelta(minutes=1)
"""How often it is noted that somebody is there: a request that only reads need not write each time."""
TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    user: User
    token: str
    seen_at: datetime


def new_token() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def csrf_of(token: str) -> str:
    """What a form must say to come from a page of this session: another site cannot read it."""
    return hmac.new(token.encode(), b"crm-unify form", hashlib.sha256).hexdigest()


def _id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(connection: sa.Connection, user: User, now: datetime, *, former: str) -> str:
    """Sign somebody in under a new token; the `former` one of this browser ends. Those that ended go."""
    s = mig_session.c
    over = sa.or_(s.id == _id(former), s.seen_at < now - IDLE, s.begun_at < now - ABSOLUTE)
    connection.execute(mig_session.delete().where(over))
    token = new_token()
    row = {"id": _id(token), "user_id": user.id, "begun_at": now, "seen_at": now}
    connection.execute(mig_session.insert().values(**row))
    return token


def end(connection: sa.Connection, token: str) -> None:
    """Sign out."""
    connection.execute(mig_session.delete().where(mig_session.c.id == _id(token)))


def session_of(connection: sa.Connection, token: str, now: datetime) -> Session | None:
    """Who holds this token; None where nobody does any more."""
    s, u = mig_session.c, mig_user.c
    query = sa.select(u.name, u.role, s.begun_at, s.seen_at).join(mig_user, u.id == s.user_id)
    row = connection.execute(query.where(s.id == _id(token), u.active)).first()
    if row is None or now - row.seen_at > IDLE or now - row.begun_at > ABSOLUTE:
        return None
    return Session(User(row.name, row.role, active=True), token, row.seen_at)


def seen(engine: sa.Engine, session: Session, now: datetime) -> None:
    """Note that somebody is there, without waiting for anybody who writes: pages are shown beside a load.

    While one holds the database it is noted with a later request: nobody is signed out for that, for a load
    is shorter than IDLE.
    """
    if now - session.seen_at < NOTED:
        return
    statement = mig_session.update().where(mig_session.c.id == _id(session.token)).values(seen_at=now)
    try:
        with unwaiting(engine) as connection:
            connection.execute(statement)
    except OperationalError as error:
        if not is_connection_trouble(error):
            raise
