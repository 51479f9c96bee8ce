"""Sign-ins that failed: who has to wait, and for how long; every failure doubles it.

A try counts as a failure before the password is looked at, and is given back when it was right: of many at
the same moment no more get through than one after the other. A name is counted with the address it is tried
from, so that nobody can keep somebody else out.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

USER: Final = "user"
ADDRESS: Final = "address"
FREE: Final = {USER: 5, ADDRESS: 20}
"""Failures without a wait; many people may sit behind one address."""
FIRST: Final = timedelta(seconds=30)
"""The first wait."""
LONGEST: Final = timedelta(hours=1)
FORGOTTEN: Final = timedelta(hours=24)
"""After the last failure."""
REMEMBERED: Final = 10_000
"""Names and addresses at once; of more the oldest is forgotten, so that nobody can fill the memory."""


Key = tuple[str, str, str]
"""USER or ADDRESS, the address, and the name or nothing."""


@dataclass(slots=True)
class Attempts:
    """Failures by user and by address, in the memory of the server."""

    _failed: OrderedDict[Key, tuple[int, datetime]] = field(default_factory=OrderedDict)
    _told: set[Key] = field(default_factory=set)
    """Of whom it is kept already that they were refused."""
    _lock: Lock = field(default_factory=Lock)

    def tried(self, user: str, address: str, now: datetime) -> timedelta:
        """Count a try as failed; how long to wait instead, and then it does not count."""
        keys = _keys(user, address)
        with self._lock:
            wait = max(self._wait(key, now) for key in keys)
            if wait:
                return wait
            for key in keys:
                count, at = self._failed.pop(key, (0, now))
                self._failed[key] = (1 if now - at > FORGOTTEN else count + 1, now)
                self._told.discard(key)
            while len(self._failed) > REMEMBERED:
                self._told.discard(self._failed.popitem(last=False)[0])
            return wait

    def succeeded(self, user: str, address: str) -> None:
        """The user signed in; what else the address is to blame for stays."""
        with self._lock:
            self._failed.pop((USER, address, user), None)
            key: Key = (ADDRESS, address, "")
            count, at = self._failed.get(key, (0, None))
            if at is not None:
                self._failed[key] = (max(count - 1, 0), at)

    def refused_first(self, user: str, address: str) -> bool:
        """Whether this refusal is the first since the last try that counted: one is kept, no thousands."""
        with self._lock:
            key: Key = (USER, address, user)
            first = key not in self._told and len(self._told) < REMEMBERED
            self._told |= {key} if first else set()
            return first

    def _wait(self, key: Key, now: datetime) -> timedelta:
        count, at = self._failed.get(key, (0, now))
        beyond = count - FREE[key[0]]
        if beyond < 0 or now - at > FORGOTTEN:
            return timedelta()
        growing: timedelta = min(FIRST * 2 ** min(beyond, 20), LONGEST)
        return max(at + growing - now, timedelta())


def _keys(user: str, address: str) -> tuple[Key, Key]:
    return (USER, address, user), (ADDRESS, address, "")
