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
    cpu_seconds: float
    """Processor time of all threads, counted in the same way; children of the process are left out."""
    peak_mb: int
    """Highest resident memory of the process up to the end of the stage, MB."""

    def as_json(self) -> dict[str, object]:
        """The figures by name."""
        seconds, cpu = round(self.seconds, 3), round(self.cpu_seconds, 3)
        return {"stage": self.stage, "seconds": seconds, "cpu_seconds": cpu, "peak_mb": self.peak_mb}


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds on two clocks."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> _Spent:
        """What the clocks show."""
        return cls(time.monotonic(), time.process_time())

    def __add__(self, other: _Spent) -> _Spent:
        return _Spent(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: _Spent) -> _Spent:
        return _Spent(self.wall - other.wall, self.cpu - other.cpu)


class Timed:
    """Progress that passes everything on and keeps the time of each stage."""

    def __init__(self, inner: Progress) -> None:
        """Pass everything on to ``inner``."""
        self._inner = inner
        self.times: list[StageTime] = []
        """Stages in the order in which they ended."""
        self._inside: list[_Spent] = []
        """For each stage under way, the time of the stages that ended inside it; the innermost last."""

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Announce a stretch of work and start its clock."""
        return _TimedStage(name, self._inner.stage(name, total), times=self.times, inside=self._inside)


class _TimedStage:
    """A stretch of work with a clock."""

    def __init__(self, name: str, inner: Stage, *, times: list[StageTime], inside: list[_Spent]) -> None:
        self._name, self._inner, self._times, self._inside = name, inner, times, inside
        self._began = _Spent.now()

    def advance(self, n: int = 1) -> None:
        """Count ``n`` more units as done."""
        self._inner.advance(n)

    def __enter__(self) -> Self:
        """Begin."""
        self._inner.__enter__()
        self._inside.append(_Spent(0.0, 0.0))
        self._began = _Spent.now()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and keep the time."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MB
        spent = _Spent.now() - self._began
        own = spent - self._inside.pop()
        self._times.append(StageTime(self._name, own.wall, own.cpu, peak))
        if self._inside:
            self._inside[-1] += spent
        self._inner.__exit__(kind, error, trace)
