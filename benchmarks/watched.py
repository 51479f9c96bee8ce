"""Processor time and memory of the stretches of a piece of work, told apart by the functions that do them."""

from __future__ import annotations

import functools
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pyarrow as pa

PAGE: Final = resource.getpagesize()
PAUSE: Final = 0.02
"""Seconds between two looks at the memory."""


@dataclass(slots=True)
class Stretch:
    """One stretch, all its times together."""

    seconds: float = 0
    """Of processor time, those of stretches inside it left out."""
    peak: float = 0
    """Greatest resident memory while it was under way, MB."""
    arrow: float = 0
    """Memory that Arrow holds at its end, MB."""


@dataclass(slots=True)
class Watch:
    """What is under way, and what was."""

    stretches: dict[str, Stretch] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _since: float = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def function(self, module: ModuleType, name: str, said: str) -> None:
        """Let a function of a module count as a stretch."""
        does: Callable[..., Any] = getattr(module, name)

        @functools.wraps(does)
        def watched(*arguments: Any, **named: Any) -> Any:
            with self.stretch(said):
                return does(*arguments, **named)

        setattr(module, name, watched)

    @contextmanager
    def stretch(self, said: str) -> Iterator[None]:
        """Count what is done inside."""
        self._turn()
        self._open.append(said)
        self.stretches.setdefault(said, Stretch())
        try:
            yield
        finally:
            self._turn()
            self.stretches[said].arrow = pa.total_allocated_bytes() / 2**20
            self._open.pop()

    def _turn(self) -> None:
        now = time.process_time()
        if self._open:
            self.stretches[self._open[-1]].seconds += now - self._since
        self._since = now

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look at the memory every now and then."""
        looker = threading.Thread(target=self._look, daemon=True)
        looker.start()
        try:
            yield
        finally:
            self._ended.set()
            looker.join()

    def _look(self) -> None:
        while not self._ended.wait(PAUSE):
            if self._open:
                one = self.stretches[self._open[-1]]
                one.peak = max(one.peak, resident())


def resident() -> float:
    """Resident memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
