"""Take a run back; what people did since stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crm_unify.run.undo import Step, Way

SHOWN: Final = 20
"""Rows that stay, shown to people; ``--json`` has all of them."""


@click.command("undo")
@click.argument("run", metavar="RUN")
@click.option("--plan", is_flag=True, help="Show what would be restored and what stays; write nothing.")
@click.option("--cascade", is_flag=True, help="Take back all later runs first, newest first.")
@environment_option
@by_option
@yes_option
@project_option
@output_options
def command(
    output: Output,
    run: str,
    project: Path,
    environment: str | None,
    by: str | None,
    *,
    plan: bool,
    cascade: bool,
    yes: bool,
) -> None:
    """Restore what stood in the CRM before a run: its number, or `last` for the newest with a change set.

    Fields that a person has edited since stay, rows a person deleted stay deleted; both are listed. Customers
    that the run merged are parted and kept apart. Afterwards the project is on hold until `crm-unify resume`.
    An undo can itself be undone.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.undo import plan_undo, undo

    loaded = load_project(project, environment=environment)
    if plan:
        way = plan_undo(loaded, run, cascade=cascade)
        data = {"steps": [way.first.as_json()], "then": [one.id for one in way.then], "plan": True}
        output.answer(data, "\n".join(way_lines(way)))
        return

    def agreed(way: Way) -> bool:
        if not yes:
            output.say("\n".join(way_lines(way)))
        return output.agreed("Take this back?", yes=yes)

    who_does = who(by)
    done = undo(loaded, run, by=who_does, cascade=cascade, progress=output.progress(), agreed=agreed)
    data = {"steps": [step.as_json() for step in done], "then": [], "plan": False}
    output.answer(data, "\n".join(line for step in done for line in lines(step)))


def way_lines(way: Way) -> Iterator[str]:
    """What an undo would do, for people."""
    yield from lines(way.first)
    for run in way.then:
        yield f"then run {run.id} would be taken back: {run.written_rows:,} rows"


def lines(step: Step) -> Iterator[str]:
    """One run that is taken back, or would be."""
    done = step.run is not None
    rows = f"{step.way.changes.written_rows:,}"
    yield (
        f"run {step.undone.id} is taken back by run {step.run}: written_rows {rows}"
        if done
        else f"run {step.undone.id} would be taken back: {rows} rows"
    )
    for table, changes in step.way.reversed.items():
        parts = (("put back", changes.creates), ("restored", changes.updates), ("removed", changes.deletes))
        yield f"  {table}: " + ", ".join(f"{len(rows):,} {name}" for name, rows in parts if len(rows))
    yield from _left("kept", step.way.kept.to_pylist())
    yield from _left("not restored", step.way.failed.to_pylist())
    for number, sides in enumerate(step.way.merges):
        name = f"decision {step.decisions[number]}" if done else "a decision"
        yield f"  {name}: {' and '.join(side[0] for side in sides)} are different customers"
    if step.holds:
        yield (
            "the project is on hold: see to the cause, then `crm-unify resume`"
            if done
            else "the project would be on hold until `crm-unify resume`"
        )


def _left(word: str, rows: list[Mapping[str, str | None]]) -> Iterator[str]:
    """What is not taken back."""
    for row in rows[:SHOWN]:
        field = "" if row["field"] is None else f" {row['field']}"
        yield f"  {word}: {row['table_name']} {row['row_id']}{field}: {row['reason']}"
    if len(rows) > SHOWN:
        yield f"  {word}: {len(rows) - SHOWN:,} more (--json shows all)"
