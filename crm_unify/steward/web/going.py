"""A run while it goes: what it says, kept once for all who watch.

One that was begun on a page is the command `crm-unify run` in a process of its own: the server goes on
answering while it works, and a run that dies takes nothing with it. One at a time; the lock of the target
keeps runs begun elsewhere apart. Those, of a terminal or a timer, tell in a file of the workspace how far
they are, and are followed there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from time import sleep
from typing import Any, Final, TextIO
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from crm_unify.errors import EXIT_DEFECT, LockHeld
from crm_unify.run.telling import OVER, SAID, is_held, live

LOG: Final = logging.getLogger(__name__)
KEPT: Final = 400
"""Lines that are kept of a run."""
PAUSE: Final = 0.3
"""Seconds between two looks for news."""
BEAT: Final = 15.0
"""Seconds after which those who watch hear that the connection lives."""


@dataclass(slots=True)
class Going:
    """One run, while it goes and after."""

    by: str
    lines: list[str] = field(default_factory=list)
    dropped: int = 0
    """Lines at the beginning that are kept no more."""
    code: int | None = None
    """Exit code; None while it goes."""
    answer: dict[str, Any] = field(default_factory=dict)
    """What it answered at its end."""
    _lock: Lock = field(default_factory=Lock)

    def said(self, line: str) -> None:
        """One more line."""
        with self._lock:
            self.lines.append(line)
            if len(self.lines) > KEPT:
                self.lines.pop(0)
                self.dropped += 1

    def ended(self, code: int, answer: dict[str, Any]) -> None:
        """It has ended."""
        self.answer = answer
        self.code = code

    async def watch(self, seen: int = 0) -> AsyncIterator[tuple[int, str | None]]:
        """Number and text of each line from the one after `seen` on, as they come, until the end.

        None in place of a text: nothing was said for a while. However many watch, no thread waits.
        """
        at, silent = seen, 0.0
        while True:
            over = self.code is not None  # asked first: what is said before the end is not lost
            with self._lock:
                at = max(at, self.dropped)
                fresh = self.lines[at - self.dropped :]
            for line in fresh:
                at, silent = at + 1, 0.0
                yield at, line
            if over:
                return
            if silent >= BEAT:
                silent = 0.0
                yield at, None
            await asyncio.sleep(PAUSE)
            silent += PAUSE


_GOING: Final[WeakKeyDictionary[sa.Engine, Going]] = WeakKeyDictionary()
_ONE: Final = Lock()


def going(engine: sa.Engine) -> Going | None:
    """The run that was begun last on this server, or seen by it, going or over."""
    return _GOING.get(engine)


def under_way(engine: sa.Engine, file: Path) -> Going | None:
    """The run that goes, wherever it was begun: `file` is where those of this project tell; else the last."""
    with _ONE:
        last = _GOING.get(engine)
        told = live(file) if last is None or last.code is not None else None
        if told is not None:
            last = _GOING[engine] = Going(ELSEWHERE)
            _followed(last, partial(_follow_file, told))
    return last


ELSEWHERE: Final = "the command line or a timer"
"""Who has begun a run that was not begun on a page."""
DIED: Final = {"error": {"what": "it ended without a word", "remedy": "look at its log, and begin another"}}
"""What is told of a run that was killed, or whose machine was."""


def _follow_file(told: TextIO, run: Going) -> None:
    """Keep the lines of a run as it writes them, and what it answered at its end.

    Another run that begins meanwhile has a file of its own: this one is read to its end.
    """
    with told as lines:
        rest = ""
        while True:
            goes = is_held(lines)  # asked first: what is written before the end is not lost
            rest += lines.read()
            *whole, rest = rest.split("\n")
            for line in filter(None, map(_answer, whole)):
                if SAID in line:
                    run.said(str(line[SAID]))
                if OVER in line:
                    run.ended(int(line[OVER]["code"]), line[OVER])
                    return
            if not goes:
                return
            sleep(PAUSE)


def _followed(run: Going, follow: Callable[[Going], None]) -> None:
    """Follow a run to its end in a thread of its own, and know an end whatever happens.

    A run that seemed to go for ever would keep everybody from beginning another.
    """

    def work() -> None:
        try:
            follow(run)
        except Exception:
            LOG.exception("a run can be followed no more")
        finally:
            if run.code is None:
                run.ended(EXIT_DEFECT, DIED)

    Thread(target=work, daemon=True).start()


def refuse_second(engine: sa.Engine) -> None:
    """Raises LockHeld while a run that was begun here, or seen here, still goes."""
    last = _GOING.get(engine)
    if last is not None and last.code is None:
        remedy = "watch it; begin another when it is over"
        raise LockHeld("a run is under way", f"begun by {last.by}", remedy=remedy)


def keep(engine: sa.Engine, run: Going) -> Going:
    """Take the place of the run before. Raises LockHeld while that still goes."""
    with _ONE:
        refuse_second(engine)
        _GOING[engine] = run
    return run


def begin(engine: sa.Engine, project: Path, environment: str | None, *, by: str) -> Going:
    """Begin a run. Raises LockHeld while one that was begun here still goes."""
    made = keep(engine, Going(by))
    words = [sys.executable, "-m", "crm_unify", "run", str(project), "--yes", "--json"]
    words += ["--environment", environment] if environment else []
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=dict(os.environ),
    )
    _followed(made, partial(_follow, process))
    return made


def _follow(process: subprocess.Popen[str], run: Going) -> None:
    """Keep the lines of a run as they come, and its answer at the end."""
    out: list[str] = []
    with process:
        assert process.stderr is not None, "both are pipes"
        assert process.stdout is not None, "both are pipes"
        reader = Thread(target=lambda pipe: out.append(pipe.read()), args=(process.stdout,), daemon=True)
        reader.start()
        for line in process.stderr:
            if line.strip():
                run.said(line.rstrip())
        reader.join()
    run.ended(process.returncode, _answer("".join(out)))


def _answer(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
