"""How long work tells a person how far it is: a protocol the stages take, and a silent one.

Pure: nothing here prints. The command line hands in a bar on a terminal and plain lines elsewhere; tests and
library callers hand in `Silent()`. Stages depend on this protocol alone.
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Stage(Protocol):
    """One stretch of work under way; a context manager that closes the stretch when it is left."""

    def advance(self, n: int = 1) -> None:
        """Count `n` more units (rows, pairs, tables) as done."""
        ...

    def __enter__(self) -> Self:
        """Begin the stretch."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the stretch, whether it came through or failed."""
        ...


class Progress(Protocol):
    """Somebody who wants to know how far the work is."""

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Announce a stretch of work by name; `total` is its number of units, None when nobody knows."""
        ...


class _SilentStage:
    """A stretch nobody watches."""

    def advance(self, n: int = 1) -> None:
        """Count nothing."""

    def __enter__(self) -> Self:
        """Begin without a word."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End without a word; an error goes on to the caller."""


class Silent:
    """The progress nobody watches: for tests and for callers of the library."""

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Take the announcement and say nothing."""
        return _SilentStage()
