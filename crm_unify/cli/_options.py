"""Options that many commands share, as decorators: how to answer, which project, whether to ask."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final

import click

from crm_unify.cli._output import Output
from crm_unify.errors import UsageError

PROJECT_FILE: Final = "crm_unify.yml"
"""The project file that is looked for in a folder."""


def output_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `-v/--verbose` and `--json`, and hand the command its `output` as first argument."""

    @click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an error.")
    @click.option("--json", is_flag=True, help="Answer with one JSON object, all else on stderr.")
    @click.pass_context
    @functools.wraps(function)
    def wrapper(context: click.Context, /, verbose: bool, json: bool, **values: object) -> int | None:
        output = context.find_object(Output)
        assert output is not None, "commands run below crm_unify.cli.main"
        output.verbose |= verbose
        output.json |= json
        return function(output, **values)

    return wrapper


def project_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `-p/--project PATH`; the command gets the path of the project file as `project`."""

    @click.option("-p", "--project", type=click.Path(path_type=Path), help=PROJECT_HELP)
    @functools.wraps(function)
    def wrapper(*arguments: object, project: Path | None, **values: object) -> int | None:
        return function(*arguments, project=project_file(project), **values)

    return wrapper


def project_argument(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `[PROJECT]` and `-p/--project PATH`, two ways to say the same; the command gets `project`."""

    @click.argument("place", metavar="[PROJECT]", required=False, type=click.Path(path_type=Path))
    @click.option("-p", "--project", type=click.Path(path_type=Path), help=PROJECT_HELP)
    @functools.wraps(function)
    def wrapper(*arguments: object, place: Path | None, project: Path | None, **values: object) -> int | None:
        if place is not None and project is not None and place != project:
            why = f"the project is given twice, as {place} and as {project}"
            raise UsageError("two projects", "-p/--project", why=why, remedy="give it once")
        return function(*arguments, project=project_file(project if place is None else place), **values)

    return wrapper


def yes_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `--yes`, handed on as `yes`: act without asking."""
    return click.option("-y", "--yes", is_flag=True, help="Act without asking.")(function)


def environment_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `-e/--env NAME`, handed on as `environment`."""
    said = "Environment of the project file."
    return click.option("-e", "--env", "--environment", "environment", metavar="NAME", help=said)(function)


def given_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add what a run is told beside its project; the command gets `given` (`crm_unify.run.found.Given`)."""

    @click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date of the run; today by default.")
    @click.option(
        "--accept-rekey", metavar="MAP", multiple=True, help="The keys of this rule file may have changed."
    )
    @click.option("--unapproved", is_flag=True, help="Let it pass although rules are not approved; kept.")
    @click.option("--full", is_flag=True, help="Read tables with a cursor whole: deletes are seen.")
    @functools.wraps(function)
    def wrapper(
        *arguments: object,
        as_of: datetime | None,
        accept_rekey: tuple[str, ...],
        unapproved: bool,
        full: bool,
        **values: object,
    ) -> int | None:
        from crm_unify.cli._who import who
        from crm_unify.run.found import Given

        day = date.today() if as_of is None else as_of.date()
        allows = who(None) if unapproved else ""
        return function(*arguments, given=Given(day, accept_rekey, allows, full), **values)

    return wrapper


def project_file(place: Path | None) -> Path:
    """The project file at `place`, which is the file or its folder; None is the current folder.

    Raises `UsageError` when there is none.
    """
    path = Path() if place is None else place
    path = path / PROJECT_FILE if path.is_dir() else path
    if not path.is_file():
        why = f"no file {path}"
        remedy = f"name the project file, or the folder that holds {PROJECT_FILE}"
        raise UsageError("there is no project here", str(path.parent), why=why, remedy=remedy)
    return path


PROJECT_HELP: Final = "Project file, or the folder that holds it; the current folder by default."
