"""How long each stage took and how much memory the process had used by its end."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from crm_unify.progress import Progress, Stage

KIB_PER_MB: Final = 1024
"""``ru_maxrss`` is in KiB on Linux."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """One stage of a run."""

    stage: str
    seconds: float
    """Wall time without that of the stages inside it, so that all stages together make the run."""
    peak_mb: int
    """Highest resident memory of the process up to the end of the stage, MB."""

    def as_json(self) -> dict[str, object]:
        """The figures by name."""
        return {"stage": self.stage, "seconds": round(self.seconds, 3), "peak_mb": self.peak_mb}


class Timed:
    """Progress that passes everything on and keeps the time of each stage."""

    def __init__(self, inner: Progress) -> None:
        """Pass everything on to ``inner``."""
        self._inner = inner
        self.times: list[StageTime] = []
        """Stages in the order in which they ended."""
        self._inside: list[float] = []
        """For each stage under way, seconds of the stages that ended inside it; the innermost last."""

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Announce a stretch of work and start its clock."""
        return _TimedStage(name, self._inner.stage(name, total), times=self.times, inside=self._inside)


class _TimedStage:
    """A stretch of work with a clock."""

    def __init__(self, name: str, inner: Stage, *, times: list[StageTime], inside: list[float]) -> None:
        self._name, self._inner, self._times, self._inside = name, inner, times, inside
        self._began = time.monotonic()

    def advance(self, n: int = 1) -> None:
        """Count ``n`` more units as done."""
        self._inner.advance(n)

    def __enter__(self) -> Self:
        """Begin."""
        self._inner.__enter__()
        self._inside.append(0.0)
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and keep the time."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MB
        spent = time.monotonic() - self._began
        self._times.append(StageTime(self._name, spent - self._inside.pop(), peak))
        if self._inside:
            self._inside[-1] += spent
        self._inner.__exit__(kind, error, trace)
