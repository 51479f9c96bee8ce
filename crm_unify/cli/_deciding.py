"""What all commands share that record a decision: why, by whom, shown first, asked once, recorded once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who
from crm_unify.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from crm_unify.run.deciding import Draft
    from crm_unify.run.decisions import Decision


@dataclass(frozen=True, slots=True)
class Wish:
    """How a decision is to be recorded."""

    project: Path
    environment: str | None
    why: str
    by: str
    """Who decides."""
    dry_run: bool
    """Show what would be recorded, and record nothing."""
    yes: bool
    """Act without asking."""


def deciding(*, why: bool) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Add the options of a decision; the command gets its `output` and a `wish`. `why`: it must be given."""
    required = why
    needed: Mapping[str, Any] = {"required": True} if required else {"default": ""}

    def decorate(function: Callable[..., int | None]) -> Callable[..., int | None]:
        @click.option("--why", **needed, help="The reason, kept with it.")
        @by_option
        @click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
        @environment_option
        @yes_option
        @project_option
        @output_options
        @functools.wraps(function)
        def wrapper(
            output: Output,
            /,
            project: Path,
            environment: str | None,
            why: str,
            by: str | None,
            **values: object,
        ) -> int | None:
            if required and not why.strip():
                raise UsageError("the reason is empty", "--why", remedy="say why, for those who come later")
            dry_run, yes = bool(values.pop("dry_run")), bool(values.pop("yes"))
            wish = Wish(project, environment, why, who(by), dry_run, yes)
            return function(output, wish, **values)

        return wrapper

    return decorate


def decide(output: Output, wish: Wish, draft: Callable[[sa.Connection], Draft]) -> None:
    """Show what is decided and what follows from it, ask where there is a terminal, and record it."""
    from crm_unify.rules.load import load_project
    from crm_unify.run.consequences import consequences
    from crm_unify.run.deciding import drafted, record
    from crm_unify.run.decisions import read_decisions
    from crm_unify.schema.target import open_target, reachable
    from crm_unify.schema.upgrade import require

    loaded = load_project(wish.project, environment=wish.environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    with reachable(engine):
        with engine.connect() as connection:
            decision = drafted(draft(connection), connection, why=wish.why, by=wish.by)
            follows = consequences(connection, decision, read_decisions(connection))
        if not wish.dry_run:
            output.asked("\n".join(lines(decision, follows)), "Record this?", yes=wish.yes)
            decision = record(engine, decision)
    data = decision.as_json() | {"recorded": not wish.dry_run, "follows": list(follows)}
    head = "would be recorded as" if wish.dry_run else "recorded as"
    tail = [] if wish.dry_run else [IN_FORCE.format(id=decision.id)]
    output.answer(data, "\n".join([f"{head} decision {decision.id}", *lines(decision, follows), *tail]))


IN_FORCE: Final = (
    "in force from the next run; `crm-unify plan` shows everything it changes, "
    "`crm-unify revoke {id}` takes it back"
)


SHOWN: Final = 6
"""Records shown of each side."""


def lines(decision: Decision, follows: tuple[str, ...]) -> Iterator[str]:
    """A decision for people: who is meant, why, and what follows."""
    sides = list(decision.sides.values())
    for number, side in enumerate(sides, 1):
        if len(sides) > 1:
            yield f"  side {number}:"
        yield from (f"    {record}" for record in side[:SHOWN])
        if len(side) > SHOWN:
            yield f"    and {len(side) - SHOWN:,} records more"
    yield f"  why: {decision.why} ({decision.by})"
    yield from (f"  {sentence}" for sentence in follows)
