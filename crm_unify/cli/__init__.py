"""The command line: one file a command, imported only when it is called.

`crm-unify --help` must come at once, so this package imports nothing heavy: the one-line helps stand in the
table below, and every command file keeps its own heavy imports inside its function. Files of the frame begin
with an underscore; every other file is a command and holds a click command named `command`.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify import __version__
from crm_unify.cli._options import output_options
from crm_unify.cli._output import Output
from crm_unify.errors import EXIT_DONE, UsageError, nearest_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMANDS: Final = {
    "init": "A project out of nothing but sources: proposed rule files and the questions to ask.",
    "profile": "What is in files and databases nobody has looked at, and what is wrong with it.",
    "dedupe": "Which rows of bare files are the same customer? No project, no settings.",
    "run": "Plan and apply in one go: sources in, one validated CRM out.",
    "sync": "Bring the CRM up to date by itself, once or for ever; free where nothing is new.",
    "check": "Are the rules valid, the columns claimed, the examples true?",
    "docs": "The rule book for the people who own the rules, and their answers back.",
    "lineage": "Where does a field come from, and where does a column go?",
    "plan": "Write down what a run would change, and change nothing.",
    "apply": "Apply exactly what a plan says, or refuse if anything moved.",
    "undo": "Take a run back; what people did since stays.",
    "resume": "Lift the hold that an undo left, so that runs may write again.",
    "runs": "The runs so far: when, what each wrote, and which took another back.",
    "changes": "What changed in the CRM since a run, for the systems that run alongside.",
    "report": "Reports people act on: of the run, for stewards, on the quality of sources, for the sponsor.",
    "approve": "Approve business rules as their files are now, or see which are.",
    "rehearse": "Rehearse the whole load into a scratch database: go or no-go, and the score card so far.",
    "signoff": "Sign off the last rehearsal: write the evidence pack, or verify one.",
    "quarantine": "Rows that wait for a repair: list, fix in a workbook, replay, waive.",
    "trace": "Where did this cell go, and which value won?",
    "customer": "One customer with all the evidence.",
    "explain": "Why two records are one customer, or are not.",
    "forget": "Erase a customer everywhere, and keep it from coming back.",
    "decide": "Say of two records or customers that they are the same, different, or unsure.",
    "merge": "Say of two or more customers that they are one.",
    "split": "Say of records of a customer that they are another one.",
    "confirm": "Say of a customer that it is right as it stands.",
    "pin": "Pin a field of a customer to a value, or to what one record says.",
    "revoke": "Take a decision back.",
    "review": "What people are asked: the queue, workbooks to answer it in, samples that measure.",
    "decisions": "What people decided, what of it is open, and what contradicts itself.",
    "serve": "The review application, for people who settle what is doubtful in a browser.",
    "user": "Who may sign in to the review application.",
    "train": "Learn a new matching model from all known records.",
    "evaluate": "How good is the matching, against known truth?",
    "export": "The CRM tables as sorted CSV files.",
}
"""Every command with its line of help, in the order a person meets them."""

EXIT_INTERRUPTED: Final = 130
"""Stopped from the keyboard: 128 and the number of SIGINT, as shells expect."""


class Program(click.Group):
    """The group of all commands; it knows their names and helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands this installation has, in the order of the table."""
        return [name for name in COMMANDS if (Path(__file__).parent / f"{name}.py").is_file()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"crm_unify.cli.{cmd_name}").command
        assert isinstance(command, click.Command), f"crm_unify.cli.{cmd_name}.command is no click command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command the first word names, or say which one was probably meant."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            nearest = nearest_name(args[0], known)
            remedy = f"did you mean '{nearest}'?" if nearest else "see `crm-unify --help`"
            raise UsageError(f"unknown command '{args[0]}'", why=f"known: {', '.join(known)}", remedy=remedy)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands out of the table, importing none of them."""
        rows = [(name, COMMANDS[name]) for name in self.list_commands(ctx)]
        if rows:  # a package without command files is a broken install, and still answers --help
            with formatter.section("Commands"):
                formatter.write_dl(rows)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crm-unify", message="%(prog)s %(version)s")
@output_options
def program(output: Output) -> None:
    """Customer data from spreadsheets and legacy databases into one validated CRM.

    Exit codes: 0 done; 1 done, but something needs a person (--strict); 2 bad usage or configuration; 3 a
    guard or rule stopped the run, nothing written; 4 a source or target could not be reached; 5 another run
    holds the lock; 70 a defect in the program.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: the one place where errors become messages.

    With `--json` whatever a library prints goes to standard error, so that standard output holds one object.
    """
    if arguments is None:  # a process of its own
        gc.set_threshold(*SELDOM)
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name the terminal cannot show is spelt, not a crash
            stream.reconfigure(errors="backslashreplace")
    output = Output(stdout=sys.stdout, stderr=sys.stderr, json="--json" in words)
    try:
        with redirect_stdout(sys.stderr if output.json else sys.stdout), _private():
            code = _invoke(words, output)
    except (KeyboardInterrupt, click.Abort) as stop:
        if isinstance(stop.__cause__, EOFError):  # the parser takes the end of a file for a closed keyboard
            code = output.failed(stop.__cause__)
        else:
            output.note("stopped from the keyboard; nothing half done stays behind")
            code = EXIT_INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # a driver's Rust panic is no Exception, and must not end as exit code 1
        code = output.failed(error)
    output.close()
    return code


SELDOM: Final = (20_000, 10, 50)
"""Objects made and rounds gone by before Python looks for cycles: importing makes half a million objects that
stay, and looking through them over and over was an eighth of the time of a short command."""


@contextmanager
def _private() -> Iterator[None]:
    """Files and folders that the command makes hold customer data: they are for their owner alone.

    Files that are there already keep the rights they have.
    """
    before = os.umask(FOR_OWNER)
    try:
        yield
    finally:
        os.umask(before)


FOR_OWNER: Final = 0o077
"""File mode creation mask: 0600 for files, 0700 for folders."""


def _invoke(words: list[str], output: Output) -> int:
    """Parse the words and run the command they name; its answer, None meaning done, is the exit code."""
    try:
        code = program.main(words, prog_name="crm-unify", standalone_mode=False, obj=output)
    except click.exceptions.NoArgsIsHelpError as error:
        output.say(error.format_message())
        return UsageError.exit_code
    except click.ClickException as error:
        raise _as_usage_error(error) from error
    return code if isinstance(code, int) else EXIT_DONE


def _as_usage_error(error: click.ClickException) -> UsageError:
    """A complaint of the parser in this program's own form."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = "crm-unify" if context is None else context.command_path
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        nearest = nearest_name(error.option_name, error.possibilities)
        return UsageError(f"unknown option '{error.option_name}'", path, remedy=f"did you mean '{nearest}'?")
    what = error.format_message().rstrip(".")
    return UsageError(what[:1].lower() + what[1:], path, remedy=f"see `{path} --help`")
