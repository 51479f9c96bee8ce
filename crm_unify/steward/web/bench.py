"""The explainer of the newest run, made once: it reads all records, of a large CRM for a minute or more."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.explain import explainer
from crm_unify.run.model import settings
from crm_unify.steward.web.making import Making
from matching.explain import Explainer


@dataclass(frozen=True, slots=True)
class Bench:
    """Keeps the explainer until the next run."""

    making: Making[None, Explainer]

    def explainer(self, connection: sa.Connection) -> Explainer:
        """Explains the records as they are now.

        Raises NotReady while it is made by a thread of its own; UsageError when no run has stored a model.
        """
        return self.making.get(connection, None)


def bench_of(project: LoadedProject, engine: sa.Engine) -> Bench:
    """The bench of a project, with nothing on it yet."""

    def make(connection: sa.Connection, _: None) -> Explainer:
        return explainer(connection, settings(project.project), progress=Silent())

    return Bench(Making(engine, "the explanation", make))
