"""The explainer of the newest run, made once: it reads all records, of a large CRM for a minute or more."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

import sqlalchemy as sa

from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.explain import explainer
from crm_unify.run.model import settings
from crm_unify.steward.web.stamps import stamp
from matching.explain import Explainer


@dataclass(slots=True)
class Bench:
    """Keeps the explainer until the next run."""

    project: LoadedProject
    _made: Explainer | None = None
    _run: tuple[int, ...] | None = None
    _lock: Lock = field(default_factory=Lock)

    def explainer(self, connection: sa.Connection) -> Explainer:
        """Explains the records as they are now. Raises UsageError when no run has stored a model."""
        with self._lock:
            run = stamp(connection)
            if self._made is None or run != self._run:
                chosen = settings(self.project.project)
                self._made, self._run = explainer(connection, chosen, progress=Silent()), run
            return self._made
