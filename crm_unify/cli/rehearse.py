"""Rehearse the whole load into a scratch database: go or no-go, and the score card so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, given_options, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who
from crm_unify.errors import EXIT_DONE, EXIT_NEEDS_PERSON

if TYPE_CHECKING:
    from crm_unify.run.found import Given


@click.command("rehearse")
@given_options
@click.option("--strict", is_flag=True, help="Exit with 1 on a no-go.")
@by_option
@environment_option
@project_argument
@output_options
def command(
    output: Output, project: Path, given: Given, environment: str | None, by: str | None, *, strict: bool
) -> int:
    """Load everything into a scratch database and hold the result against `rehearsal` in the project file.

    Decisions, corrections, the model and approvals of the environment hold in the rehearsal, too; of the
    environment's own database nothing is touched but the score card, which it keeps.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.rehearse import rehearse
    from crm_unify.steward.scorecard import card_lines

    loaded = load_project(project, environment=environment)
    every = rehearse(loaded, given=given, by=who(by), progress=output.progress())
    last = every[-1]
    data = {**last.as_json(), "trials": [one.as_json() for one in every]}
    output.answer(data, "\n".join(card_lines(every)))
    return EXIT_NEEDS_PERSON if strict and not last.go else EXIT_DONE
