"""Keeping what a sample says of a run, so that the next one can be held against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.accuracy import PRECISION, RECALL, Place, remembered
from crm_unify.run.appending import in_turn
from crm_unify.run.notify import Notifier, Word
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import newest_run
from crm_unify.steward.review.pack import sealed
from crm_unify.steward.review.sample import Accuracy, Design
from matching.sampling import Share

FEWEST: Final = 20
"""Answers on which an estimate must rest to be kept: of fewer the interval says nothing."""


def recorded(project: LoadedProject, design: Design, found: Accuracy, *, by: str) -> tuple[str, ...]:
    """Keep the estimates of a sample; what has become worse since earlier samples, in words.

    Raises UsageError for a sample of another project or database, and for one of too few answers.
    """
    engine = newest_run(project).engine
    run = _run_of(engine, project.project.project, design)
    sample = f"{design.stamp}/{design.seed}"
    return in_turn(engine, lambda connection: kept(connection, found, run=run, sample=sample, by=by))


def kept(connection: sa.Connection, found: Accuracy, *, run: int, sample: str, by: str) -> tuple[str, ...]:
    """Keep the estimates of a sample of this run and name, in the transaction; what has become worse.

    Raises UsageError for one of too few answers.
    """
    shares = dict(_shares(found))
    if not shares:
        why = f"{found.answered:,} answers, no share rests on {FEWEST} of them"
        raise UsageError("there is nothing to record yet", why=why, remedy="answer more of the sample")
    return remembered(connection, shares, run=run, sample=sample, by=by)


def told(project: LoadedProject, fallen: Sequence[str]) -> None:
    """Tell whoever looks after the project what has fallen; nothing where nothing has."""
    if fallen:
        notifier = Notifier(project.project.notify, file=project.tree.file)
        notifier.send(Word(f"crm-unify {project.project.project}: accuracy has fallen", "\n".join(fallen)))


def _shares(found: Accuracy) -> list[tuple[Place, Share]]:
    every: list[tuple[str | None, tuple[Share | None, Share | None]]]
    every = [(None, (found.precision, found.recall)), *found.sources.items()]
    return [
        ((source, measure), share)
        for source, both in every
        for measure, share in zip((PRECISION, RECALL), both, strict=True)
        if share is not None and share.answers >= FEWEST
    ]


def _run_of(engine: sa.Engine, project: str, design: Design) -> int:
    run, _, rest = design.stamp.removeprefix("P").partition("-")
    with reachable(engine), engine.connect() as connection:
        seal = sealed(connection, project, run)
    if seal is None or seal != rest.partition("-")[2]:
        raise UsageError(
            "this sample is not of this project and database",
            "--record",
            why=f"it carries {design.stamp!r}, which no run here ever gave",
            remedy="name the project it was drawn from with --project",
        )
    return int(run)
