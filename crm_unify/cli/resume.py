"""Lift the hold that an undo left, so that runs may write again."""

from __future__ import annotations

from pathlib import Path

import click

from crm_unify.cli._options import environment_option, output_options, project_argument, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who


@click.command("resume")
@environment_option
@by_option
@yes_option
@project_argument
@output_options
def command(output: Output, project: Path, environment: str | None, by: str | None, *, yes: bool) -> None:
    """Say that the cause of an undo is gone: `run` and `apply` write again.

    The next run does what its sources and rules say; look at it with `crm-unify plan` first. Merges that were
    undone stay undone, by the decisions the undo recorded.
    """
    from crm_unify.errors import UsageError
    from crm_unify.rules.load import load_project
    from crm_unify.run.hold import resume, standing_holds
    from crm_unify.schema.target import open_target
    from crm_unify.schema.upgrade import require

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    holds = standing_holds(engine)
    told = "; ".join(f"run {one.undone} was undone by {one.by} (run {one.run})" for one in holds)
    if not yes:
        output.say(f"on hold: {told}")
    if not output.agreed("Let runs write again?", yes=yes):
        raise UsageError("the project stays on hold", remedy="repeat it and agree")
    resume(engine, holds, by=who(by))
    data = {"lifted": [one.as_json() for one in holds]}
    output.answer(data, f"the project is no longer on hold ({told}); the next run writes again")
