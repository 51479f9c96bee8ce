"""Instants of a write transaction at which a process, or the server it writes to, dies by SIGKILL.

In the process that shall die, :func:`watch` counts the statements since the first write (the row in
``mig_run``) until the commit has ended, and keeps the count in a file that outlives the process. The first
statement is the first write itself.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from tests.servers import kill_server

FIRST_WRITE: Final = "INSERT INTO mig_run"
COMMIT: Final = -1
"""Number that stands for the commit."""
NEVER: Final = 0


@dataclass(frozen=True, slots=True)
class Instant:
    """When somebody dies, and who."""

    marks: Path
    """File with what was reached."""
    statement: int = NEVER
    """Number of the statement since the first write, or COMMIT."""
    delay: float | None = None
    """Seconds after it began; None: just before it begins."""
    server: int | None = None
    """Process id of a server that dies in place of the process."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "marks": str(self.marks),
            "statement": self.statement,
            "delay": self.delay,
            "server": self.server,
        }

    def reached(self) -> tuple[int, bool]:
        """How many statements had begun since the first write, and whether the commit had ended."""
        text = self.marks.read_text() if self.marks.exists() else ""
        return text.count("s"), "e" in text


class _Watch:
    """Counts, and kills when it is time."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.statement, self.delay, self.server = (request[n] for n in ("statement", "delay", "server"))
        self.marks = os.open(request["marks"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.count = 0

    def before_statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if self.count or statement.startswith(FIRST_WRITE):
            self.count += 1
            os.write(self.marks, b"s")
            if self.count == self.statement:
                self.strike()

    def before_commit(self, _connection: Any) -> None:
        if self.count and self.statement == COMMIT:
            self.strike()

    def after_commit(self) -> None:
        if self.count:
            os.write(self.marks, b"e")

    def strike(self) -> None:
        """Kill now, or let another process do it a little later."""
        me = os.getpid()
        if self.delay is None or os.fork() == 0:
            if self.delay is not None:
                time.sleep(self.delay)
            if self.server is None:
                os.kill(me, signal.SIGKILL)
            else:
                kill_server(self.server)
            if self.delay is not None:
                os._exit(0)


def watch(request: Mapping[str, Any]) -> None:
    """Let this process, or a server, die at an instant."""
    from sqlalchemy.engine.default import DefaultDialect

    watching, commit = _Watch(request), DefaultDialect.do_commit

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        commit(dialect, connection)
        watching.after_commit()

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]  # in a process that serves nothing else
    sa.event.listen(sa.Engine, "before_cursor_execute", watching.before_statement)
    sa.event.listen(sa.Engine, "commit", watching.before_commit)


__all__ = ["COMMIT", "NEVER", "Instant", "watch"]
