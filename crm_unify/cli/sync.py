"""Bring the CRM up to date by itself, once or for ever; free where nothing is new."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, given_options, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.errors import EXIT_DONE, EXIT_NEEDS_PERSON, CrmUnifyError, LockHeld

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_unify.run.found import Given
    from crm_unify.run.notify import Word
    from crm_unify.run.sync import Synced


@click.command("sync")
@given_options
@click.option("--every", metavar="TIME", help="Do it again each 90s, 15m, 6h or 1d until SIGTERM.")
@environment_option
@click.option("--strict", is_flag=True, help="Exit with 1 when something waits for a person.")
@project_argument
@output_options
def command(
    output: Output, project: Path, given: Given, environment: str | None, *, every: str | None, strict: bool
) -> int:
    """Read the sources, match, and load what is new; for cron, a timer, or as a service with --every.

    Like `crm-unify run`, but it asks nobody, tries again when a database hangs up, says one line, and tells
    the services under `notify` of failures, guards, new columns and growing queues. Where sources, rules,
    decisions and model are as the last run left them nothing is worked out. With --every, --as-of and
    --accept-rekey hold for the first time alone, and SIGTERM lets a run finish.
    """
    from datetime import date

    from crm_unify.run import schedule
    from crm_unify.run.found import Given
    from crm_unify.wording import counted

    if every is None:
        done = _Syncing(output, project, environment).once(given, pause=_sleep)
        output.answer(done.as_json(), line(done))
        return EXIT_NEEDS_PERSON if strict and any(done.queues.values()) else EXIT_DONE
    seconds, first = schedule.seconds_of(every), [given]
    with schedule.stopped_by_signals() as stop:
        syncing = _Syncing(output, project, environment)
        work = syncing.again(lambda: first.pop() if first else Given(date.today()), pause=stop.wait)
        rounds = schedule.every(seconds, work, stop=stop)
    output.answer({"rounds": rounds, "failed": syncing.failed}, f"stopped after {counted(rounds, 'round')}")
    return EXIT_DONE


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class _Syncing:
    """Syncs of one project, and who is told of them."""

    def __init__(self, output: Output, project: Path, environment: str | None) -> None:
        self._output, self._project, self._environment = output, project, environment
        self._told: Word | None = None
        self._ready = False
        self.failed = 0
        """Rounds that ended with an error."""

    def once(self, given: Given, *, pause: Callable[[float], bool]) -> Synced:
        """One sync of the project as it says now; whoever should know is told."""
        from crm_unify.rules.load import load_project
        from crm_unify.run.notify import Notifier, of_error, of_sync
        from crm_unify.run.sync import patiently, sync

        loaded = load_project(self._project, environment=self._environment)
        name, services = loaded.project.project, Notifier(loaded.project.notify, file=loaded.tree.file)
        self._ready = True
        try:
            done = patiently(
                lambda: sync(loaded, given=given, progress=self._output.progress()),
                pause=pause,
                tell=self._output.note,
            )
        except LockHeld:
            raise  # another sync is at it: it tells
        except Exception as error:
            self._tell(services.send, of_error(name, error))
            raise
        self._tell(services.send, of_sync(name, done))
        return done

    def again(self, given: Callable[[], Given], *, pause: Callable[[float], bool]) -> Callable[[], None]:
        """A round of many: an error is told, and once the project was found right the next tries again."""

        def work() -> None:
            try:
                self._output.say(line(self.once(given(), pause=pause)))
            except CrmUnifyError as error:
                if not self._ready:
                    raise
                self.failed += 1
                self._output.failed(error)

        return work

    def _tell(self, send: Callable[[Word], bool], word: Word | None) -> None:
        """Send a word, but not the same one twice running."""
        if word is not None and word != self._told and not send(word):
            self._output.note("not every service under notify took the message")
        self._told = word


def line(done: Synced) -> str:
    """One line for a log."""
    from crm_unify.wording import counted

    said = ["nothing new" if done.quiet else f"{done.written_rows:,} rows written"]
    said += [f"{number:,} {name.replace('_', ' ')}" for name, number in done.queues.items() if number]
    if done.planned is not None and done.planned.rekeyed:
        said.append(f"{done.planned.rekeyed:,} under another key")
    if done.anew is not None:
        said.append(f"all of it worked out anew ({done.anew})")
    if done.matched_anew is not None:
        said.append(f"all records matched anew ({done.matched_anew})")
    head = f"run {done.run}: {counted(done.customers, 'customer')}"
    return f"{head}, {', '.join(said)}, {done.seconds:.1f} s"
