"""What a command says: text for people, or one JSON object, and errors in one form."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, TextIO

import click

from crm_unify.errors import EXIT_DEFECT, CrmUnifyError, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_unify.progress import Progress


class Output:
    """One command's way to the outside: an answer on standard output, everything else on standard error."""

    def __init__(self, *, stdout: TextIO, stderr: TextIO, json: bool = False, verbose: bool = False) -> None:
        """Write answers to `stdout` and all else to `stderr`."""
        self.json = json
        self.verbose = verbose
        self._stdout = stdout
        self._stderr = stderr
        self._answer: Mapping[str, object] | None = None

    def say(self, text: str) -> None:
        """Tell a person something that belongs to the answer; with `--json` it goes to standard error."""
        self._tell(text, self._stderr if self.json else self._stdout)

    def note(self, text: str) -> None:
        """Tell a person something beside the answer, always on standard error."""
        click.echo(text, file=self._stderr)

    def answer(self, data: Mapping[str, object], text: str) -> None:
        """Give the command's answer: `data` with `--json` (printed when the command ends), else `text`."""
        self._answer = data
        if not self.json:
            self.say(text)

    def progress(self) -> Progress:
        """Bars on a terminal, plain lines elsewhere; on standard error, so that the answer stays clean."""
        from crm_unify.cli import _progress

        return _progress.Bars(self._stderr) if self._stderr.isatty() else _progress.lines(self._stderr)

    def agreed(self, question: str, *, yes: bool) -> bool:
        """Does the person agree? `yes` is the option of that name; without a terminal nobody can be asked."""
        if yes:
            return True
        if not sys.stdin.isatty():
            why = "there is no terminal to ask on"
            raise UsageError("this changes data and nobody agreed", why=why, remedy="repeat it with --yes")
        return click.confirm(question, err=True)

    def asked(self, told: str, question: str, *, yes: bool) -> None:
        """On a terminal show what would be recorded and ask. Raises UsageError where nobody agrees.

        In a script the words of the command are the agreement: for what can be taken back by another command.
        """
        if yes or not sys.stdin.isatty():
            return
        self.say(told)
        if not self.agreed(question, yes=False):
            raise UsageError("nothing was recorded", remedy="repeat it and agree")

    def failed(self, error: BaseException) -> int:
        """Say what went wrong and give the exit code; the traceback is shown only when verbose."""
        if self.verbose:
            self.note("".join(traceback.format_exception(error)).rstrip())
        if isinstance(error, OSError) and error.filename is not None:
            error = _refused(error)
        if not isinstance(error, CrmUnifyError):
            error = _Defect(error)
        self._answer = {"error": error.as_json()}
        self.note(as_text(error))
        return error.exit_code

    def close(self) -> None:
        """With `--json` print the one object: the answer, or the error that took its place."""
        if self.json:
            self._tell(json.dumps(self._answer or {}, indent=2, sort_keys=True), self._stdout)

    def _tell(self, text: str, stream: TextIO) -> None:
        """Write a line; whoever reads only its beginning (`| head`) ends neither the command nor its code."""
        try:
            click.echo(text, file=stream)
        except BrokenPipeError:  # nobody reads any more: the rest, and what is still buffered, goes nowhere
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _refused(error: OSError) -> Unreachable:
    """The system refused a file or folder, by its name, its rights or its disk: no fault of the program."""
    remedy = "see to its name, its rights and the room on its disk; then repeat the command"
    return Unreachable(
        "a file or folder cannot be used", str(error.filename), why=error.strerror or "", remedy=remedy
    )


class _Defect(CrmUnifyError):
    """An exception nobody foresaw: the program is wrong, not the person or the data."""

    code = "DEFECT"
    exit_code = EXIT_DEFECT

    def __init__(self, error: BaseException) -> None:
        """Name the exception without pretending to understand it."""
        super().__init__(
            f"defect in the program: {type(error).__name__}: {error}",
            why="this is not your mistake",
            remedy="run it again with -v and report the traceback",
        )


def as_text(error: CrmUnifyError) -> str:
    """The message as a person reads it: what, and below it where, why and what to do."""
    rows = (("where", error.where), ("why", error.why), ("do", error.remedy))
    details = (_detail(label, text) for label, text in rows if text)
    return "\n".join((f"error: {error.what} [{error.code}]", *details))


def _detail(label: str, text: str) -> str:
    """One part of a message beside its label; several lines stand below it."""
    lines = text.strip().splitlines()
    if len(lines) < 2:
        return f"  {label + ':':<7}{text.strip()}"
    return "\n".join((f"  {label}:", *(f"    {line.strip()}" for line in lines)))
