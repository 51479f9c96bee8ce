"""The runs so far: when, what each wrote, and which took another back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_unify.run.history import PastRun

HEADS: Final = f"{'run':>6}  {'started (UTC)':<19}  {'as of':<10}  {'rows written':>13}  {'seconds':>8}"


@click.command("runs")
@environment_option
@project_argument
@output_options
def command(output: Output, project: Path, environment: str | None) -> None:
    """List the runs of the project's CRM, oldest first.

    The number is what `crm-unify undo` and `crm-unify changes --since` ask for.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.history import history
    from crm_unify.schema.target import open_target, reachable
    from crm_unify.schema.upgrade import require

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    with reachable(engine), engine.connect() as connection:
        found = history(connection)
    data = {"runs": [run.as_json() for run in found], "on_hold": any(run.holds for run in found)}
    output.answer(data, "\n".join(lines(found)))


def lines(found: Sequence[PastRun]) -> Iterator[str]:
    """The runs for people."""
    yield HEADS if found else "there was no run yet"
    for run in found:
        took = "" if run.seconds is None else f"{run.seconds:,.1f}"
        when = f"{run.started_at:%Y-%m-%d %H:%M:%S}  {run.as_of}"
        notes = "".join(f"  {note}" for note in _notes(run))
        yield f"{run.id:>6}  {when}  {run.written_rows:>13,}  {took:>8}{notes}"


def _notes(run: PastRun) -> Iterator[str]:
    if run.undoes is not None:
        yield f"takes back run {run.undoes}, by {run.undone_by}"
    if run.undo is not None:
        yield f"undone by run {run.undo}"
    if run.holds:
        yield "on hold until `crm-unify resume`"
