"""The quality of every source after each run, worked out from what the runs kept of themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.run.quality import QUALITY
from crm_unify.schema.bookkeeping import mig_run
from crm_unify.steward.book.samples import targets_of

RUNS: Final = 24
"""Runs that are looked back on."""
MEASURES: Final = ("completeness", "validity", "uniqueness", "consistency")
"""0 to 1, 1 is best."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a column held after a run."""

    rows: int
    filled: int
    withheld: int
    """Rows whose value could not be taken."""

    @property
    def completeness(self) -> float | None:
        """Share of rows with a value."""
        return self.filled / self.rows if self.rows else None

    @property
    def validity(self) -> float | None:
        """Share of values that could be taken."""
        return max(1 - self.withheld / self.filled, 0.0) if self.filled else None


@dataclass(frozen=True, slots=True)
class Kept:
    """One source table after one run."""

    rows: int
    columns: Mapping[str, Held]
    """Those that rules take."""
    broken: int | None
    """Rows that break a rule or miss their parent; None where the run did not keep it."""
    repeated: int | None
    newest: str | None
    """Day of the newest change it tells of."""

    def measure(self, name: str) -> float | None:
        """One of MEASURES."""
        filled, withheld = (
            sum(getattr(one, of) for one in self.columns.values()) for of in ("filled", "withheld")
        )
        cells = sum(one.rows for one in self.columns.values())
        match name:
            case "completeness":
                return filled / cells if cells else None
            case "validity":
                return max(1 - withheld / filled, 0.0) if filled and self.broken is not None else None
            case "uniqueness":
                return _rest(self.repeated, self.rows)
            case _:
                return _rest(self.broken, self.rows)


def _rest(bad: int | None, rows: int) -> float | None:
    return None if bad is None or not rows else max(1 - bad / rows, 0.0)


@dataclass(frozen=True, slots=True)
class PastQuality:
    """All source tables after one run."""

    run: int
    as_of: date
    tables: Mapping[str, Kept]


def past_quality(project: LoadedProject, connection: sa.Connection) -> tuple[PastQuality, ...]:
    """The newest runs that stand, oldest first; maps that the project no longer has are left out."""
    r = mig_run.c
    query = sa.select(r.id, r.as_of, r.summary).where(r.state == "applied", r.summary.is_not(None))
    rows = connection.execute(query.order_by(r.id.desc()).limit(RUNS)).all()
    return tuple(_past(project, row) for row in reversed(rows))


def _past(project: LoadedProject, row: sa.Row[Any]) -> PastQuality:
    said = json.loads(row.summary)
    shapes, kept = said.get("shapes", {}), said.get(QUALITY, {})
    tables = {
        loaded.rules.map: _kept(loaded, shapes[loaded.rules.map], kept.get(loaded.rules.map))
        for loaded in project.files
        if loaded.rules.map in shapes
    }
    return PastQuality(row.id, row.as_of, tables)


def _kept(loaded: LoadedRules, shape: Mapping[str, Any], quality: Mapping[str, Any] | None) -> Kept:
    known = shape["columns"]
    withheld: dict[str, int] = {}
    for names, rows in ({} if quality is None else quality["withheld"]).items():
        for name in columns_named(names, known):
            withheld[name] = withheld.get(name, 0) + rows
    targets = targets_of(loaded)
    taken = [header for header in known if header in targets]
    columns = {name: Held(shape["rows"], known[name]["filled"], withheld.get(name, 0)) for name in taken}
    if quality is None:
        return Kept(shape["rows"], columns, None, None, None)
    return Kept(shape["rows"], columns, quality["broken"], quality["repeated"], quality["newest"])


def columns_named(names: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns a rejection names: one, or several joined with commas."""
    return (names,) if names in known else tuple(name for name in names.split(", ") if name in known)
