"""Who looks after a question."""

from __future__ import annotations

from pathlib import Path

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._review_options import asked, opened
from crm_unify.cli._who import by_option, who


@click.command("assign")
@click.argument("question")
@click.argument("name", required=False)
@click.option("--nobody", is_flag=True, help="Nobody looks after it any more.")
@by_option
@environment_option
@yes_option
@project_option
@output_options
def command(
    output: Output,
    project: Path,
    environment: str | None,
    question: str,
    name: str | None,
    by: str | None,
    *,
    nobody: bool,
    yes: bool,
) -> None:
    """Say that NAME looks after QUESTION (an id of `review list`). The last word counts."""
    from crm_unify.errors import UsageError
    from crm_unify.schema.target import reachable
    from crm_unify.steward.review.answers import assign

    if nobody == bool((name or "").strip()):
        remedy = "give a name, or --nobody"
        raise UsageError("who looks after it?", question, why="neither or both are said", remedy=remedy)
    _, engine, queue = opened(project, environment)
    found = asked(queue, question)
    assignee = None if name is None else name.strip()
    text = f"{found.id}: {assignee or 'nobody'} looks after it"
    output.asked(text, "Record this?", yes=yes)
    with reachable(engine):
        assign(engine, found, assignee, by=who(by))
    output.answer({"question": found.id, "assignee": assignee}, text)
