"""The scratch database of rehearsals: emptied, and given what people have decided for the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.agreements import mig_correction
from crm_unify.schema.bookkeeping import (
    mig_decision,
    mig_decision_member,
    mig_erasure,
    mig_model,
    mig_run,
    mig_suppression,
)
from crm_unify.schema.create import VERSION_TABLE
from crm_unify.schema.tables import metadata
from crm_unify.schema.target import open_target, reachable
from crm_unify.schema.upgrade import is_empty, upgrade
from pipelines.changes import fingerprint
from pipelines.load import hold

SEEDS: Final = (mig_erasure, mig_suppression, mig_decision, mig_decision_member, mig_correction)
"""Tables of people's words and of erased persons, parents first; a rehearsal begins with them."""
BATCH: Final = 5_000
"""Rows copied at once."""


def emptied(scratch: sa.Engine, project: LoadedProject) -> None:
    """Remove what an earlier rehearsal left. Raises GuardStopped for a database that holds anything else."""
    where = scratch.url.render_as_string(hide_password=True)
    real = open_target(project.project.target, root=project.root)
    if fingerprint(scratch) == fingerprint(real):
        raise GuardStopped(
            "a rehearsal would write into the CRM itself",
            where,
            why="`rehearsal: {target: ...}` names the target of the environment",
            remedy="let it name a database of its own",
        )
    if is_empty(scratch):
        return
    upgrade(scratch)  # refuses somebody else's database
    with reachable(scratch), scratch.connect() as connection:
        others = connection.execute(
            sa.select(mig_run.c.id).where(sa.func.coalesce(mig_run.c.environment, "") != "rehearsal").limit(1)
        ).first()
    if others is not None:
        raise GuardStopped(
            "the scratch database holds more than rehearsals",
            where,
            why="runs of another environment have written into it",
            remedy="let `rehearsal: {target: ...}` name a database that may be emptied",
        )
    with hold(scratch):
        _drop(scratch)


def _drop(scratch: sa.Engine) -> None:
    if scratch.dialect.name == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            Path(f"{scratch.url.database}{suffix}").unlink(missing_ok=True)
        return
    with reachable(scratch), scratch.begin() as connection:
        for view in sa.inspect(connection).get_view_names():
            connection.execute(sa.text(f"DROP VIEW {connection.dialect.identifier_preparer.quote(view)}"))
        metadata.drop_all(connection)
        connection.execute(sa.text(f"DROP TABLE {VERSION_TABLE}"))


def seeded(scratch: sa.Engine, engine: sa.Engine) -> None:
    """Tables in the scratch database, with the decisions, corrections, erasures and model that hold."""
    if scratch.dialect.name == "sqlite":
        Path(scratch.url.database or "").parent.mkdir(parents=True, exist_ok=True)
    upgrade(scratch)
    with reachable(engine), engine.connect() as source, reachable(scratch), scratch.begin() as target:
        for table in SEEDS:
            query = sa.select(table).order_by(*table.primary_key.columns)
            for batch in source.execute(query).mappings().partitions(BATCH):
                target.execute(table.insert(), [dict(row) for row in batch])
        model = (
            source.execute(
                sa.select(mig_model)
                .where(sa.or_(mig_model.c.proposed, mig_model.c.in_force))
                .order_by(mig_model.c.proposed.desc())
            )
            .mappings()
            .first()
        )
        if model is not None:
            target.execute(mig_model.insert().values({**model, "in_force": True, "proposed": False}))
