"""What somebody who repairs rows has before them, and the sheets they get."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest
from crm_unify.steward.quarantine import QUARANTINED, QUEUES, BadRow, bad_rows
from crm_unify.steward.review.pack import sealed
from crm_unify.steward.sheets import Sheet
from crm_unify.steward.workbook import quarantine_sheets, write_quarantine
from pipelines.corrections import Correction, read_corrections


@dataclass(frozen=True, slots=True)
class Desk:
    """The rows of the newest run that wait, and what people said of rows so far."""

    project: LoadedProject
    newest: Newest
    rows: tuple[BadRow, ...]
    corrections: tuple[Correction, ...]

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the newest run said of itself."""
        found: dict[str, Any] = json.loads(self.newest.run.summary or "{}")
        return found

    @property
    def repairs(self) -> Mapping[str, Any]:
        """What became of the corrections in the newest run."""
        found: dict[str, Any] = self.summary.get("repairs", {})
        return found

    @property
    def headers(self) -> Mapping[str, Sequence[str]]:
        """The columns of each map's source, in order."""
        found: dict[str, list[str]] = self.summary.get("headers", {})
        return found

    def write(self, path: Path, rows: Sequence[BadRow]) -> None:
        """The workbook of these rows."""
        about = self.about(str(self.newest.run.id))
        write_quarantine(path, rows, about=about, columns=self.headers, corrections=self.corrections)

    def sheets(self, rows: Sequence[BadRow], *, taken: Iterable[str]) -> tuple[list[Sheet], dict[str, str]]:
        """The same as sheets beside those `taken`, and what is to be said about them."""
        sheets, facts = quarantine_sheets(
            rows, columns=self.headers, corrections=self.corrections, taken=taken
        )
        return sheets, self.about(str(self.newest.run.id)) | facts

    def about(self, run: str) -> dict[str, str]:
        """What a workbook of this run says of where it belongs."""
        name, engine = self.project.project.project, self.newest.engine
        with reachable(engine), engine.connect() as connection:
            database = sealed(connection, name, run)
        facts = {"project": name, "environment": self.project.environment or "", "run": run}
        return facts if database is None else facts | {"database": database}


def desk_of(project: LoadedProject, newest: Newest, *, every: bool) -> Desk:
    """The desk of a project after its newest run; `every`: rows of all queues."""
    with reachable(newest.engine), newest.engine.connect() as connection:
        corrections = read_corrections(connection)
    rows = bad_rows(project, newest, queues=QUEUES if every else (QUARANTINED,))
    return Desk(project, newest, rows, corrections)
