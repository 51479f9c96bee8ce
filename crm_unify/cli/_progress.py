"""How far long work is: bars on a terminal, plain lines in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Display

from crm_unify.run.telling import Lines

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import TaskID

    from crm_unify.progress import Stage


class Bars:
    """One bar a stage with counts and time left; finished bars stay on the screen."""

    def __init__(self, stream: TextIO) -> None:
        """Draw on `stream`, which is a terminal."""
        self._display = Display(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=stream),
        )
        self._open = 0

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Announce a stretch of work; its bar appears when the stretch begins."""
        return _Bar(self, name, total)

    def begin(self, name: str, total: int | None) -> TaskID:
        """Show a bar, and the display itself if nothing is shown yet."""
        if self._open == 0:
            self._display.start()
        self._open += 1
        return self._display.add_task(name, total=total)

    def advance(self, task: TaskID, n: int) -> None:
        """Move a bar on."""
        self._display.advance(task, n)

    def end(self, task: TaskID, done: int, *, failed: bool) -> None:
        """Close a bar; a stretch of unknown length is full when it ends without an error."""
        if not failed:
            self._display.update(task, total=done, completed=done)
        self._display.stop_task(task)
        self._open -= 1
        if self._open == 0:
            self._display.stop()
            for shown in self._display.task_ids:  # else the next start would draw them a second time
                self._display.remove_task(shown)


class _Bar:
    """A stretch of work shown as a bar."""

    def __init__(self, bars: Bars, name: str, total: int | None) -> None:
        """Keep what the bar will show."""
        self._bars = bars
        self._name = name
        self._total = total
        self._done = 0

    def advance(self, n: int = 1) -> None:
        """Count `n` more units as done."""
        self._done += n
        self._bars.advance(self._task, n)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._task = self._bars.begin(self._name, self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it stands."""
        self._bars.end(self._task, self._done, failed=error is not None)


def lines(stream: TextIO) -> Lines:
    """Plain lines on a log or a pipe, each at once, so that it can be followed."""
    return Lines(lambda text: print(text, file=stream, flush=True))
