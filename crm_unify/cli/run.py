"""Plan and apply in one go: sources in, one validated CRM out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import (
    environment_option,
    given_options,
    output_options,
    project_argument,
    yes_option,
)
from crm_unify.cli._output import Output
from crm_unify.errors import EXIT_DONE, EXIT_NEEDS_PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_unify.run.found import Given
    from crm_unify.run.planned import Planned


@click.command("run")
@given_options
@environment_option
@click.option("--strict", is_flag=True, help="Exit with 1 when something waits for a person.")
@yes_option
@project_argument
@output_options
def command(
    output: Output, project: Path, given: Given, environment: str | None, *, strict: bool, yes: bool
) -> int:
    """Read all sources, match, and load the result into the CRM in one transaction.

    On a terminal it shows what will be written and asks; with --yes, or in a script, it does not. See what a
    run would do with `crm-unify plan`. A second run on the same sources writes nothing.
    """
    from crm_unify.cli._summary import outcome_lines
    from crm_unify.rules.load import load_project
    from crm_unify.run.stages import run

    loaded = load_project(project, environment=environment)
    outcome = run(loaded, given=given, progress=output.progress(), agreed=asking(output, yes=yes))
    output.answer(outcome.as_json(), "\n".join(outcome_lines(outcome)))
    return EXIT_NEEDS_PERSON if strict and outcome.planned.waiting else EXIT_DONE


def asking(output: Output, *, yes: bool) -> Callable[[Planned], bool]:
    """Show what will be written and ask; not with `yes`, in a script, or where nothing is written."""

    def agreed(planned: Planned) -> bool:
        from crm_unify.cli._summary import planned_lines

        if yes or not sys.stdin.isatty() or planned.changes.written_rows == 0:
            return True
        output.say("\n".join(planned_lines(planned)))
        return output.agreed("Write this?", yes=False)

    return agreed
