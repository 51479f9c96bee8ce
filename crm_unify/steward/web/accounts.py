"""People who may sign in: names, roles and the argon2 hashes of their passwords.

Parameters of argon2 are those its library recommends (RFC 9106, low memory); a hash made with older ones is
renewed when its owner signs in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from threading import BoundedSemaphore
from typing import Any, Final

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm_unify.errors import UsageError, nearest_name
from crm_unify.schema.stewards import ROLES, mig_session, mig_user
from crm_unify.steward.web.audit import audited, moment

SHORTEST: Final = 12
"""Characters of a password: length counts more than signs (NIST SP 800-63B)."""
LONGEST: Final = 256
LONGEST_NAME: Final = 64
VERIFYING: Final = BoundedSemaphore(3)
"""Passwords that are checked at once: each takes 64 MiB and a processor for its time."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    name: str
    role: str
    active: bool

    @property
    def id(self) -> str:
        """The name as it is looked up."""
        return self.name.casefold()

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def users(connection: sa.Connection) -> tuple[User, ...]:
    """Everybody who may or might sign in, by name."""
    u = mig_user.c
    rows = connection.execute(sa.select(u.name, u.role, u.active).order_by(u.id))
    return tuple(User(row.name, row.role, bool(row.active)) for row in rows)


def known(connection: sa.Connection, name: str) -> User:
    """The user of this name. Raises UsageError where there is none."""
    everybody = {user.id: user for user in users(connection)}
    found = everybody.get(name.strip().casefold())
    if found is None:
        near = nearest_name(name, [user.name for user in everybody.values()])
        remedy = f"did you mean {near}?" if near else "`crm-unify user list` shows who there is"
        raise UsageError("there is no such user", name, remedy=remedy)
    return found


def add_user(connection: sa.Connection, name: str, role: str, password: str, *, by: str) -> User:
    """Let somebody sign in. Raises UsageError for a name that is taken or cannot be one, a weak password."""
    user = User(_name(name), role, active=True)
    assert role in ROLES, "the roles are listed"
    if any(user.id == other.id for other in users(connection)):
        remedy = "choose another name, or set a password with `crm-unify user password`"
        raise UsageError("there is a user of this name", user.name, remedy=remedy)
    row = {"id": user.id, "name": user.name, "role": role, "password": _hashed(user, password)}
    stamp = {"active": True, "made_by": by, "made_at": moment()}
    connection.execute(mig_user.insert().values(**row, **stamp))
    audited(connection, by=by, action="user-added", subject=user.name, detail={"role": role})
    return user


def set_password(connection: sa.Connection, name: str, password: str, *, by: str) -> User:
    """Give a user another password; every session of theirs ends."""
    user = known(connection, name)
    hashed = _hashed(user, password)
    connection.execute(mig_user.update().where(mig_user.c.id == user.id).values(password=hashed))
    connection.execute(mig_session.delete().where(mig_session.c.user_id == user.id))
    audited(connection, by=by, action="user-password", subject=user.name)
    return user


def change(
    connection: sa.Connection, name: str, *, by: str, role: str | None = None, active: bool | None = None
) -> User:
    """Give a user another role, let them in no more, or again; sessions end. The last admin stays one."""
    user = known(connection, name)
    after = User(user.name, role or user.role, user.active if active is None else active)
    others = [one for one in users(connection) if one.id != user.id and one.active and one.role == "admin"]
    if user.role == "admin" and user.active and not others and (after.role, after.active) != ("admin", True):
        remedy = "make somebody else an admin first"
        raise UsageError("nobody would be left to look after users", user.name, remedy=remedy)
    values = {"role": after.role, "active": after.active}
    connection.execute(mig_user.update().where(mig_user.c.id == user.id).values(**values))
    connection.execute(mig_session.delete().where(mig_session.c.user_id == user.id))
    audited(connection, by=by, action="user-changed", subject=user.name, detail=values)
    return after


def checked(connection: sa.Connection, name: str, password: str) -> User | None:
    """The user this password opens; None for a wrong one, and for a user who is not there or not let in.

    All of these take as long, so that nobody learns which names exist.
    """
    u = mig_user.c
    row = connection.execute(sa.select(mig_user).where(u.id == name.strip().casefold())).first()
    hashed = row.password if row is not None else _nobodys()
    try:
        with VERIFYING:
            _hasher().verify(hashed, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return None
    if row is None or not row.active:
        return None
    return User(row.name, row.role, active=True)


def renewal(connection: sa.Connection, user: User, password: str) -> str | None:
    """A new hash of the right password, where the one that is kept was made with older parameters."""
    hashed = connection.scalar(sa.select(mig_user.c.password).where(mig_user.c.id == user.id))
    if hashed is None or not _hasher().check_needs_rehash(hashed):
        return None
    with VERIFYING:
        return _hasher().hash(password)


def renew(connection: sa.Connection, user: User, hashed: str) -> None:
    """Keep another hash of the same password; sessions go on."""
    connection.execute(mig_user.update().where(mig_user.c.id == user.id).values(password=hashed))


def _name(name: str) -> str:
    text = name.strip()
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        why = f"it has 1 to {LONGEST_NAME} characters that can be printed"
        raise UsageError("this is no name of a user", repr(name), why=why, remedy="choose another name")
    return text


def _hashed(user: User, password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST or password.casefold() == user.id:
        why = f"it has {SHORTEST} to {LONGEST} characters, and is not the name"
        raise UsageError("this password is not taken", user.name, why=why, remedy="choose a longer one")
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    """A hash that no password opens, checked in the place of one that is not there."""
    return _hasher().hash("nobody has this password")
