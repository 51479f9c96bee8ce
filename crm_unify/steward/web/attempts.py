"""Sign-ins that failed: who has to wait, and for how long; every failure doubles it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

FREE: Final = {"user": 5, "address": 20}
"""Failures without a wait; many people may sit behind one address."""
FIRST: Final = timedelta(seconds=30)
"""The first wait."""
LONGEST: Final = timedelta(hours=1)
FORGOTTEN: Final = timedelta(hours=24)
"""After the last failure."""
REMEMBERED: Final = 10_000
"""Names and addresses at once; of more the oldest is forgotten, so that nobody can fill the memory."""


@dataclass(slots=True)
class Attempts:
    """Failures by user and by address, in the memory of the server."""

    _failed: OrderedDict[tuple[str, str], tuple[int, datetime]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, user: str, address: str, now: datetime) -> timedelta:
        """How long to wait before the next try; nothing where none is asked for."""
        with self._lock:
            return max(self._wait(which, now) for which in (("user", user), ("address", address)))

    def failed(self, user: str, address: str, now: datetime) -> None:
        """One more failure."""
        with self._lock:
            for which in (("user", user), ("address", address)):
                count, at = self._failed.pop(which, (0, now))
                self._failed[which] = (1 if now - at > FORGOTTEN else count + 1, now)
            while len(self._failed) > REMEMBERED:
                self._failed.popitem(last=False)

    def succeeded(self, user: str) -> None:
        """The user signed in; what the address is to blame for stays."""
        with self._lock:
            self._failed.pop(("user", user), None)

    def _wait(self, which: tuple[str, str], now: datetime) -> timedelta:
        count, at = self._failed.get(which, (0, now))
        beyond = count - FREE[which[0]]
        if beyond < 0 or now - at > FORGOTTEN:
            return timedelta()
        growing: timedelta = min(FIRST * 2 ** min(beyond, 20), LONGEST)
        return max(at + growing - now, timedelta())
