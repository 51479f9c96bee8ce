"""Training: a new model of all known records, which the next run scores with and brings into force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.dry import untouched
from crm_unify.run.found import Given, land_sources
from crm_unify.run.gather import Base, gather
from crm_unify.run.model import named_model
from crm_unify.run.place import aside, workspace_of
from crm_unify.run.stages import worked_out
from crm_unify.schema.bookkeeping import mig_model
from crm_unify.schema.target import open_target, reachable
from crm_unify.schema.upgrade import upgrade
from matching.features import features
from matching.model import Model
from matching.model_change import KindChange, kind_changes
from matching.policy import KERNEL_VERSION
from matching.prepared import prepared
from matching.training import train as trained_on
from pipelines.changes import Radius
from pipelines.ledger import Ledger, ModelInForce, read_ledger
from pipelines.load import hold

UNCHANGED: Final = "unchanged"
"""The data give the model again that the next run scores with; nothing is written."""
PROPOSED: Final = "proposed"
"""The new model waits for the next run."""
WITHDRAWN: Final = "withdrawn"
"""The data give the model in force again: one that waited does so no longer."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What training came to."""

    model: ModelInForce
    before: ModelInForce | None
    """The model that the next run would have scored with otherwise."""
    outcome: str
    """UNCHANGED, PROPOSED or WITHDRAWN; what it would be, where nothing is to be written."""
    kinds: tuple[KindChange, ...]
    comparable: bool
    """False where the former model was made by another version of the comparisons."""
    lines: dict[str, tuple[float | None, float]]
    """``merge_bits`` and ``review_bits`` of the models before and now; a project's own come on top."""
    radius: Radius | None = None
    """What the next run would do with a PROPOSED model; None otherwise, and while the CRM is empty."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model.id,
            "before": None if self.before is None else self.before.id,
            "outcome": self.outcome,
            "comparable": self.comparable,
            "lines": {name: list(both) for name, both in self.lines.items()},
            "radius": None if self.radius is None else self.radius.as_json(),
            "kinds": [
                asdict(kind) | {"weights": [asdict(w) | {"moved": w.moved} for w in kind.weights]}
                for kind in self.kinds
            ],
        }


Agreed = Callable[[Trained], bool]
"""Asks a person whether to store the model."""


def train(
    project: LoadedProject, *, as_of: date, by: str, progress: Progress, agreed: Agreed | None
) -> Trained:
    """Fit a model on all records a run would match, and store it for the next run when the person agrees.

    Without anybody to ask (``agreed`` is None) nothing is written. Raises GuardStopped where a guard speaks
    against the sources as they are: a model should not be learnt from half of them.
    """
    engine = open_target(project.project.target, root=project.root)
    workspace, given = workspace_of(project), Given(as_of)
    with _base(engine, dry=agreed is None) as base, aside(workspace) as folder:
        ledger = read_ledger(base)
        landing = land_sources(project, base, folder, workspace=workspace, progress=progress, given=given)
        gathered = gather(project, ledger, base, landing, given=given, progress=progress)
        for stop in gathered.stops:
            raise stop
        with progress.stage("train"):
            model = trained_on(features(gathered.every.parties(), prepared(gathered.every.claims)))
        found = _compared(model, ledger)
        if found.outcome == PROPOSED and ledger.last_run is not None:
            proposed = Base(project, replace(ledger, proposed=found.model), base)
            planned = worked_out(proposed, gathered, landing, given=given, progress=progress)
            found = replace(found, radius=planned.radius)
        if agreed is None or found.outcome == UNCHANGED:
            return found
        if not agreed(found):
            raise UsageError("no model was stored", remedy="repeat it and agree, or look with --dry-run")
        _store(base, found, by)
        return found


@contextmanager
def _base(engine: sa.Engine, *, dry: bool) -> Iterator[sa.Engine]:
    """The database to read from, and to write to unless it is a rehearsal; locked against runs."""
    if dry:
        with untouched(engine) as base:
            yield base
        return
    with hold(engine):
        upgrade(engine)
        yield engine


def _compared(model: Model, ledger: Ledger) -> Trained:
    """The new model beside the one the next run would score with."""
    new, before = named_model(model), ledger.next_model
    outcome = PROPOSED
    if before is not None and new.id == before.id:
        outcome = UNCHANGED
    elif ledger.model is not None and new.id == ledger.model.id:
        outcome = WITHDRAWN
    old = None
    if before is not None and before.kernel_version == str(KERNEL_VERSION):
        old = Model.from_json(before.json)
    return Trained(
        model=new,
        before=before,
        outcome=outcome,
        kinds=kind_changes(old, model),
        comparable=before is None or old is not None,
        lines={
            "merge_bits": (None if old is None else old.merge_bits, model.merge_bits),
            "review_bits": (None if old is None else old.review_bits, model.review_bits),
        },
    )


def _store(engine: sa.Engine, found: Trained, by: str) -> None:
    """The new model waits for the next run; one that waited before becomes history."""
    c, row = mig_model.c, found.model
    stamp = {"trained_at": datetime.now(UTC).replace(tzinfo=None), "trained_by": by}
    with reachable(engine), engine.begin() as connection:
        connection.execute(mig_model.update().where(c.proposed).values(proposed=False))
        if found.outcome == WITHDRAWN:
            return
        again = connection.execute(mig_model.update().where(c.id == row.id).values(proposed=True, **stamp))
        if again.rowcount == 0:
            values = {"id": row.id, "kernel_version": row.kernel_version, "model": row.json}
            connection.execute(mig_model.insert().values(**values, in_force=False, proposed=True, **stamp))
