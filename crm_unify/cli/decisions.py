"""What people decided, what of it is open, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.steward.decisions import Listed, Listing


@click.command("decisions")
@click.option("--all", "every", is_flag=True, help="Revoked decisions and revocations, too.")
@click.option("--about", metavar="ID", help="Only those about this record or customer.")
@environment_option
@project_argument
@output_options
def command(
    output: Output, project: Path, environment: str | None, about: str | None, *, every: bool
) -> None:
    """List the decisions that hold, oldest first, with who, when and why.

    Decisions that contradict each other are listed below: DIFFERENT wins until one of them is revoked.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import open_target, reachable
    from crm_unify.schema.upgrade import require
    from crm_unify.steward.decisions import listing

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    with reachable(engine), engine.connect() as connection:
        found = listing(connection, about=about, every=every)
    output.answer(found.as_json(), "\n".join(lines(found)))


def lines(found: Listing) -> Iterator[str]:
    """The decisions for people."""
    if not found.decisions:
        yield "nothing has been decided"
    for one in found.decisions:
        yield from _decision(one)
    if found.conflicts:
        yield ""
        yield "contradictions, open until one of the decisions is revoked (DIFFERENT wins meanwhile):"
    for conflict in found.conflicts:
        yield f"  decisions {', '.join(map(str, conflict.decisions))}: {conflict.sentence}"


def _decision(one: Listed) -> Iterator[str]:
    from crm_unify.run.consequences import described

    decision = one.decision
    state = f"  [{one.state}]" if one.state else ""
    yield f"{decision.id:>5}  {decision.command:<8} {described(decision)}{state}"
    if decision.value is not None:
        yield f"{'':>16}{decision.value}"
    sides = [", ".join(side[:3]) + (" ..." if len(side) > 3 else "") for side in decision.sides.values()]
    yield from (f"{'':>16}{side}" for side in sides)
