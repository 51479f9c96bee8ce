"""How far a run is, told in lines: to a log, and to a file of the workspace that others can follow.

Whoever holds the lock of the target writes the file, and holds a lock on it for as long as the run goes,
which ends with the process: so a reader knows a run that goes from one that was killed. Each run has a file
of its own, locked before it takes the place of the former one: no reader keeps it waiting, and whoever still
reads the former one sees that to its end. What cannot be written is not told; no run fails for that.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Self, TextIO

from crm_unify.errors import EXIT_DEFECT, CrmUnifyError
from crm_unify.progress import Progress, Stage

if TYPE_CHECKING:  # a second to import, and lines of progress are told by commands that need none of it
    import sqlalchemy as sa

BEGUN: Final = "begun"
"""Member of the first line: the command, its process, when it began."""
SAID: Final = "said"
"""Member of the lines between."""
OVER: Final = "over"
"""Member of the last line: exit code, and the run or the error."""


def file_of(workspace: Path, target: sa.URL) -> Path:
    """The file in a workspace; each target has its own, as its own lock: runs into two may go at once."""
    sqlite = target.get_backend_name() == "sqlite"
    name = str(Path(target.database or "").resolve()) if sqlite else target.database
    place = "|".join(str(part) for part in (target.get_backend_name(), target.host, target.port, name))
    return workspace / f"going-{hashlib.sha256(place.encode()).hexdigest()[:16]}.jsonl"


def is_live(file: Path) -> bool:
    """Whether the run that writes this file still goes."""
    found = live(file)
    if found is not None:
        found.close()
    return found is not None


def live(file: Path) -> TextIO | None:
    """What the run tells that writes this file, to be read and closed; None unless it still goes."""
    found: TextIO | None = None
    with suppress(OSError):  # there is none, or it is not ours to read
        found = file.open(encoding="utf-8", errors="replace")
        if is_held(found):
            return found
    if found is not None:
        found.close()
    return None


def is_held(handle: IO[Any]) -> bool:
    """Whether the run that writes an open file still goes, whatever has taken the place of the file since."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


class Lines:
    """One line when a stage begins, one at every tenth of a known total, one when it ends."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Hand each line to `tell`."""
        self._tell = tell

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Announce a stretch of work; its first line appears when the stretch begins."""
        return _Line(self._tell, name, total)


class _Line:
    """A stretch of work told in lines."""

    def __init__(self, tell: Callable[[str], None], name: str, total: int | None) -> None:
        """Keep what the lines will tell."""
        self._to, self._name, self._total, self._done = tell, name, total, 0

    def advance(self, n: int = 1) -> None:
        """Count `n` more units as done, and tell it at every tenth."""
        before, self._done = self._done, self._done + n
        if self._total and self._done < self._total and self._tenth(self._done) > self._tenth(before):
            self._tell(f"{self._done:,} of {self._total:,}")

    def __enter__(self) -> Self:
        """Tell that it begins."""
        self._tell("begun" if self._total is None else f"0 of {self._total:,}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell how it ended."""
        if error is None:
            counted = self._total is not None or self._done > 0
            self._tell(f"{self._done:,} done" if counted else "done")
        else:
            self._tell(f"failed after {self._done:,}")

    def _tenth(self, done: int) -> int:
        """How many tenths of the total are done."""
        return done * 10 // (self._total or 1)

    def _tell(self, text: str) -> None:
        self._to(f"{self._name}: {text}")


class Telling:
    """Progress that is passed on, and told in the file while a run goes."""

    def __init__(self, inner: Progress, workspace: Path, target: sa.URL) -> None:
        """Pass everything on to `inner`."""
        self._inner, self._path = inner, file_of(workspace, target)
        self._file: TextIO | None = None
        self._lines = Lines(lambda text: self._write({SAID: text}))
        self._run: int | None = None

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Announce a stretch of work."""
        inner = self._inner.stage(name, total)
        return inner if self._file is None else _Both(inner, self._lines.stage(name, total))

    def done(self, run: int) -> None:
        """The run has come through, under this number."""
        self._run = run

    @contextmanager
    def of(self, command: str) -> Iterator[None]:
        """Tell of a command while the block runs, and at last how it ended; the caller holds the lock."""
        self._open()
        began = datetime.now(UTC).isoformat(timespec="seconds")
        self._write({BEGUN: {"command": command, "process": os.getpid(), "began": began}})
        try:
            yield
        except BaseException as error:
            self._write({OVER: _failed(error)})
            raise
        else:
            self._write({OVER: {"code": 0, "run": self._run}})
        finally:
            self._close()

    def _open(self) -> None:
        """A new file, held before anybody can read it; the caller's lock keeps others from the same name."""
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = fresh.open("w", encoding="utf-8")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fresh.replace(self._path)
        except OSError:
            self._close()

    def _write(self, line: dict[str, Any]) -> None:
        try:
            if self._file is not None:
                print(json.dumps(line, ensure_ascii=False), file=self._file, flush=True)
        except OSError:
            self._close()  # the disk is full: the run itself will say so, or does not need it

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None


def _failed(error: BaseException) -> dict[str, Any]:
    if isinstance(error, CrmUnifyError):
        return {"code": error.exit_code, "error": error.as_json()}
    return {"code": EXIT_DEFECT, "error": {"what": "it was stopped, or the program failed"}}


class _Both:
    """A stretch of work told to two."""

    def __init__(self, one: Stage, other: Stage) -> None:
        self._both = (one, other)

    def advance(self, n: int = 1) -> None:
        """Count `n` more units as done."""
        for stage in self._both:
            stage.advance(n)

    def __enter__(self) -> Self:
        """Begin it."""
        for stage in self._both:
            stage.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        for stage in self._both:
            stage.__exit__(kind, error, trace)
