"""What a run left to report on: figures and rows in the workspace, everything else in the CRM database.

When the workspace was deleted the database still knows the account, the sums, the rejections and the
customers; tables that it does not know are None, and the sections that need them say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.records import REJECTIONS
from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.bookkeeping import mig_quarantine, mig_run
from crm_unify.steward.newest import Newest
from matching.model import Model
from matching.policy import KERNEL_VERSION
from pipelines.database.read import fetch
from pipelines.ledger import model_in_force

REJECTION_ORDER: Final = [
    (name, "ascending") for name in ("map", "row_id", "target", "column", "code", "raw")
]


@dataclass(frozen=True, slots=True)
class Leavings:
    """Everything the page is made from."""

    project: LoadedProject
    connection: sa.Connection
    run: Mapping[str, Any]
    """The row of ``mig_run``."""
    figures: Mapping[str, Any]
    """What the run said of itself; only account, sums and bands when the workspace is gone."""
    rejections: pa.Table
    """REJECTIONS, sorted."""
    fates: pa.Table | None
    """ROW_FATES."""
    pairs: pa.Table | None
    """Scored pairs."""
    model: Model | None
    """The model in force; None before a run made one, or when another version made it."""

    def places(self, rows: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """File, sheet and row in words, of rows given as map and row id; none without the workspace."""
        wanted = sorted(set(rows))
        if self.fates is None or not wanted:
            return {}
        ids = pa.array([row_id for _, row_id in wanted], pa.string())
        found = self.fates.filter(pc.is_in(self.fates["row_id"], ids)).to_pylist()
        known = {(fate["map"], fate["row_id"]): place(fate) for fate in found}
        return {row: known[row] for row in wanted if row in known}


def place(fate: Mapping[str, Any]) -> str:
    """Where a row stands, as a person would say it."""
    where = [fate["file"]] if fate["sheet"] is None else [fate["file"], fate["sheet"]]
    where.append(f"key {fate['key']}" if fate["row"] is None else f"row {fate['row']:,}")
    return ", ".join(where)


def leavings(project: LoadedProject, newest: Newest, connection: sa.Connection) -> Leavings:
    """What the newest run left, over one connection to the CRM database."""
    row = connection.execute(sa.select(mig_run).where(mig_run.c.id == newest.run.id)).mappings().one()
    run = dict(row)
    results = None if newest.folder is None else newest.results
    said = {"account": json.loads(run["account"] or "{}"), **json.loads(run["summary"] or "{}")}
    rejections = _rejections(connection) if results is None else results.rejections
    return Leavings(
        project=project,
        connection=connection,
        run=run,
        figures=said if results is None else results.figures,
        rejections=rejections.sort_by(REJECTION_ORDER),
        fates=None if results is None else results.fates,
        pairs=None if results is None else results.pairs,
        model=_model(connection),
    )


def _rejections(connection: sa.Connection) -> pa.Table:
    """The rejections as the database remembers them."""
    of = {"column": "source_column"}
    names = REJECTIONS.names
    table = fetch(connection, sa.select(*(mig_quarantine.c[of.get(name, name)] for name in names)))
    return table.rename_columns(names).cast(REJECTIONS)


def _model(connection: sa.Connection) -> Model | None:
    stored = model_in_force(connection)
    if stored is None or stored.kernel_version != str(KERNEL_VERSION):
        return None
    return Model.from_json(stored.json)
