"""Doing something again and again until somebody says that it is enough."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Final

from crm_unify.errors import UsageError

UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
"""Seconds."""


def seconds_of(said: str) -> int:
    """The seconds of ``90s``, ``15m``, ``6h`` or ``1d``. Raises UsageError for anything else."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", said.strip())
    if found is None:
        raise UsageError("no such length of time", f"--every {said}", remedy="write 90s, 15m, 6h or 1d")
    return int(found[1]) * UNITS[found[2]]


def every(seconds: float, work: Callable[[], None], *, stop: Event) -> int:
    """Do the work, wait until `seconds` have passed since it began, and so on until `stop` is set.

    The clock that counts is one that nobody sets. Work that takes longer is followed at once by the next.
    Gives the number of times.
    """
    times = 0
    while not stop.is_set():
        began, times = time.monotonic(), times + 1
        work()
        stop.wait(max(0.0, began + seconds - time.monotonic()))
    return times


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set while the block runs: what is under way is finished first."""
    stop = Event()

    def enough(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, enough) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
