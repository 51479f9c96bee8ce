"""The help pages: at hand at once, the same in the program and in docs/commands.md."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from crm_unify import cli

HEADER = """# Commands

What `crm-unify COMMAND --help` says, made from the program by `make golden`.
"""


def help_page(name: str, command: click.Command) -> str:
    """One help page as a section of docs/commands.md."""
    context = click.Context(command, info_name=name, terminal_width=100, help_option_names=["-h", "--help"])
    return f"\n## {name}\n\n```text\n{command.get_help(context)}\n```\n"


def commands() -> dict[str, click.Command]:
    """Every command of the program, by name."""
    context = click.Context(cli.program)
    found = {name: cli.program.get_command(context, name) for name in cli.program.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def with_own(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command, and those that it holds."""
    yield name, command
    for own, held in command.commands.items() if isinstance(command, click.Group) else ():
        yield from with_own(f"{name} {own}", held)


def every_command() -> dict[str, click.Command]:
    """Every command there is and those that these hold, by their words."""
    return dict(pair for name, command in commands().items() for pair in with_own(name, command))


def test_the_documented_help_is_the_programs(root: Path, golden: Callable[[Path, str], None]) -> None:
    """docs/commands.md holds the help page of the program and of every command."""
    pages = [help_page(f"crm-unify {name}", command) for name, command in every_command().items()]
    golden(root / "docs/commands.md", "".join([HEADER, help_page("crm-unify", cli.program), *pages]))


def test_every_command_file_is_in_the_table() -> None:
    """A file of the command line that is no part of the frame is a command with a line of help."""
    files = {path.stem for path in Path(cli.__file__).parent.glob("[!_]*.py")}
    assert files <= cli.COMMANDS.keys()


def test_the_line_of_help_is_what_the_file_says_it_is_for() -> None:
    """The table, which spares importing the command, says what the first line of its file says."""
    modules = {name: importlib.import_module(f"crm_unify.cli.{name}") for name in commands()}
    assert {name: (module.__doc__ or "").splitlines()[0] for name, module in modules.items()} == {
        name: cli.COMMANDS[name] for name in modules
    }


def test_every_command_answers_for_people_and_for_programs() -> None:
    """Each command takes --json and -v."""
    every = every_command().items()
    taken = {name: {opt for p in command.params for opt in p.opts} for name, command in every}
    assert [name for name, options in taken.items() if not {"--json", "--verbose"} <= options] == []


def test_an_environment_is_chosen_with_the_same_options_everywhere() -> None:
    """Each command that takes --environment takes --env and -e for it."""
    every = every_command().items()
    taken = {name: {opt for p in command.params for opt in p.opts} for name, command in every}
    chooses = {name: options for name, options in taken.items() if "--environment" in options}
    assert [name for name, options in chooses.items() if not {"--env", "-e"} <= options] == []
    assert {"docs", "forget", "lineage", "review import"} <= chooses.keys()
