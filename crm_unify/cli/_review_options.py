"""What the commands of `review` share: the project and which questions are meant."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from crm_unify.errors import UsageError, nearest_name

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crm_unify.rules.loaded import LoadedProject
    from crm_unify.steward.review.queue import Queue
    from crm_unify.steward.review.values import Question, Wanted

REASONS: Final = (
    "conflict",
    "two-confirmed",
    "lost-evidence",
    "open-keys",
    "stale",
    "contradiction",
    "shared",
    "over-size",
    "weak-link",
    "band",
)
"""As :class:`crm_unify.steward.review.values.Reason`, which costs an import."""


def wanted_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the filters; the command gets them as `wanted`."""

    @click.option("--reason", type=click.Choice(REASONS), help="Only those asked for this reason.")
    @click.option("--kind", type=click.Choice(["person", "organisation"]), help="Only these customers.")
    @click.option("--source", metavar="SYSTEM", help="Only those about a record of this source system.")
    @click.option("--assignee", metavar="NAME", help="Only those of this person; '' means nobody's.")
    @click.option("--search", default="", metavar="TEXT", help="Words in names, ids or sources.")
    @functools.wraps(function)
    def wrapper(*arguments: object, search: str, **values: Any) -> int | None:
        from crm_unify.steward.review.values import Reason, Wanted

        taken = {name: values.pop(name) for name in ("reason", "kind", "source", "assignee")}
        reason = None if taken["reason"] is None else Reason(taken["reason"])
        wanted = Wanted(reason, taken["kind"], taken["source"], taken["assignee"], search)
        return function(*arguments, wanted=wanted, **values)

    return wrapper


def opened(project: Path, environment: str | None) -> tuple[LoadedProject, sa.Engine, Queue]:
    """The project, its CRM database and its queue."""
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import reachable
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.review.gather import queue_of

    loaded = load_project(project, environment=environment)
    newest = newest_run(loaded)
    with reachable(newest.engine), newest.engine.connect() as connection:
        return loaded, newest.engine, queue_of(newest, connection)


def asked(queue: Queue, name: str) -> Question:
    """The open question of this id. Raises UsageError where there is none."""
    found = queue.question(name)
    if found is not None:
        return found
    near = nearest_name(name, [question.id for question in queue.every()])
    remedy = f"did you mean {near}?" if near else "`crm-unify review list` shows what is open"
    raise UsageError("no open question has this id", name, why="it may be answered already", remedy=remedy)


def looked_for(wanted: Wanted) -> bool:
    """Whether only some questions are looked for."""
    from crm_unify.steward.review.values import Wanted

    return wanted != Wanted()
