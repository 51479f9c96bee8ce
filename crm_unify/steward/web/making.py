"""What takes long to make: made once by a thread of its own, while whoever asks is told to ask again.

A request never waits for it: it would hold one of the few threads that serve pages, and all behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

import sqlalchemy as sa

from crm_unify.errors import EXIT_DEFECT, CrmUnifyError, Unreachable
from crm_unify.schema.target import reachable
from crm_unify.steward.web.stamps import stamp

LOG: Final = logging.getLogger(__name__)
Wish = TypeVar("Wish", bound=Hashable)
Made = TypeVar("Made")
Stamp = tuple[int, ...]


class NotReady(Unreachable):
    """Something is being made; the same request succeeds when it is there."""


class NotMade(CrmUnifyError):
    """Something could not be made for a reason nobody foresaw; the log of the server has it."""

    code = "DEFECT"
    exit_code = EXIT_DEFECT


@dataclass(slots=True)
class Making(Generic[Wish, Made]):
    """Makes things of the records as they are, one at a time; they are kept until a run or an erasure."""

    engine: sa.Engine
    what: str
    """What is made, as a sentence begins with it: ``the explanation``."""
    make: Callable[[sa.Connection, Wish], Made]
    most: int = 1
    """How many are kept; as many at most are under way at once."""
    _stamp: Stamp = ()
    """The newest run and erasure that anybody has asked after."""
    _made: dict[Wish, Made] = field(default_factory=dict)
    """The one that was asked for last comes last."""
    _failed: dict[Wish, CrmUnifyError] = field(default_factory=dict)
    _under_way: dict[tuple[Stamp, Wish], Thread] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _turn: Lock = field(default_factory=Lock)

    def get(self, connection: sa.Connection, wish: Wish) -> Made:
        """What was made of the records as they are now.

        Raises NotReady while it is made, and what stood against it when it could not be: once, for then it is
        tried again at the next call.
        """
        now = stamp(connection)
        with self._lock:
            self._forget_before(now)
            if wish in self._made:
                self._made[wish] = self._made.pop(wish)
                return self._made[wish]
            if wish in self._failed:
                raise self._failed.pop(wish)
            self._begin(wish)
        remedy = "wait a moment: it is asked for again by itself"
        raise NotReady(f"{self.what} is being prepared", why="all records are read once", remedy=remedy)

    def wait(self) -> None:
        """Return when nothing is under way."""
        while True:
            with self._lock:
                threads = list(self._under_way.values())
            if not threads:
                return
            for thread in threads:
                thread.join()

    # --- inside, under the lock ---
    def _forget_before(self, now: Stamp) -> None:
        """Nothing that was read before a run or an erasure is given after it; an old look forgets nothing."""
        if now > self._stamp:
            self._stamp, self._made, self._failed = now, {}, {}

    def _begin(self, wish: Wish) -> None:
        key = (self._stamp, wish)
        if key in self._under_way:
            return
        if len(self._under_way) >= self.most:
            number = len(self._under_way)
            why = f"{number} {'is' if number == 1 else 'are'} under way"
            raise NotReady(f"{self.what} waits for others", why=why, remedy="ask for it again")
        self._under_way[key] = Thread(target=self._work, args=key, daemon=True)
        self._under_way[key].start()

    # --- inside, in the thread ---
    def _work(self, asked: Stamp, wish: Wish) -> None:
        made: Made | None = None
        failed: CrmUnifyError | None = None
        seen = asked
        try:
            with self._turn, reachable(self.engine), self.engine.connect() as connection:
                seen = stamp(connection)
                made = self.make(connection, wish)
        except CrmUnifyError as error:
            failed = error
        except Exception as error:
            LOG.exception("%s could not be prepared", self.what)
            remedy = "ask for it again; the log of the server says more"
            failed = NotMade(f"{self.what} could not be prepared", why=type(error).__name__, remedy=remedy)
        with self._lock:
            del self._under_way[asked, wish]
            self._forget_before(seen)
            if seen < self._stamp:
                return  # of records as they were: whoever asks again has it made anew
            if failed is not None:
                self._failed[wish] = failed
            elif made is not None:
                self._made[wish] = made
                while len(self._made) > self.most:
                    del self._made[next(iter(self._made))]
