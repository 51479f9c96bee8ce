"""Learn a new matching model from all known records."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli._options import environment_option, output_options, project_argument, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.run.train import Trained
    from matching.model_change import KindChange

MOVED_SHOWN: Final = 8
"""Weights shown to people, those that moved furthest; ``--json`` has all of them."""


@click.command("train")
@click.option("--dry-run", is_flag=True, help="Show what would be learnt, and store nothing.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date for the rules; today by default.")
@environment_option
@by_option
@yes_option
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    as_of: datetime | None,
    environment: str | None,
    by: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Fit the weights anew on all records a run would match.

    The new model waits: the next run scores with it and brings it into force; `crm-unify plan` shows what
    that changes. Former models are kept. Where the data give the same model again, nothing is written.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.train import train

    def agreed(found: Trained) -> bool:
        if not yes:
            output.say("\n".join(lines(found, dry=True)))
        return output.agreed("Store this model for the next run?", yes=yes)

    day = date.today() if as_of is None else as_of.date()
    loaded = load_project(project, environment=environment)
    ask = None if dry_run else agreed
    found = train(loaded, as_of=day, by=who(by), progress=output.progress(), agreed=ask)
    output.answer(found.as_json() | {"dry_run": dry_run}, "\n".join(lines(found, dry=dry_run)))


OUTCOMES: Final = {
    "unchanged": "the records give the same model again ({id}); nothing is written",
    "proposed": "model {id} {waits} for the next run; `crm-unify plan` shows what it changes",
    "withdrawn": "the records give the model in force again ({id}); the one that waited {goes}",
}


def lines(found: Trained, *, dry: bool) -> Iterator[str]:
    """What was learnt, and what is different from before."""
    for kind in found.kinds:
        yield from _kind(kind)
    for name, said in (("merge_bits", "merge from"), ("review_bits", "ask from")):
        before, now = found.lines[name]
        yield f"{said} {now:+.1f} bits" + _was(None if before == now or before is None else f"{before:+.1f}")
    if not found.comparable:
        yield "the former model was made by another version of the comparisons: no weight can be compared"
    waits, goes = ("would wait", "would be history") if dry else ("waits", "is history now")
    yield OUTCOMES[found.outcome].format(id=found.model.id, waits=waits, goes=goes)


def _kind(kind: KindChange) -> Iterator[str]:
    records, same = kind.records[1], kind.same[1]
    yield f"{kind.kind}: {records:,} records" + _was(_changed(kind.records))
    if kind.learnt:
        yield f"  {kind.reason}"
        yield f"  pairs of one customer to expect: {same:,.0f}" + _was(_changed(kind.same))
        yield f"  pairs of one household or site: {kind.neighbours[1]:,.0f}" + _was(_changed(kind.neighbours))
    else:
        yield f"  {kind.reason}"
    for change in kind.weights[:MOVED_SHOWN]:
        yield f"  {change.before:+6.1f} -> {change.after:+6.1f} bits  {change.comparison}: {change.sentence}"
    if len(kind.weights) > MOVED_SHOWN:
        yield f"  and {len(kind.weights) - MOVED_SHOWN} weights that moved less (--json shows all)"


def _changed(both: tuple[float | None, float]) -> str | None:
    before, now = both
    return None if before is None or round(before) == round(now) else f"{before:,.0f}"


def _was(before: str | None) -> str:
    return "" if before is None else f" (before: {before})"
