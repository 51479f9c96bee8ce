"""What a run leaves in the workspace beside the landed rows: fates, rejections, scored pairs and figures.

A cache for tracing and reporting; the CRM database is the truth, and the next run writes all of it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.records import REJECTIONS, ROW_FATES

FIGURES: Final = "figures.json"


@dataclass(frozen=True, slots=True)
class Results:
    """The outcome of a run, row by row."""

    fates: pa.Table
    """ROW_FATES."""
    rejections: pa.Table
    """REJECTIONS."""
    pairs: pa.Table
    """Scored pairs: merged, waiting for review, or of one household."""
    figures: Mapping[str, Any]
    """Account, control sums, rule hits, notes and matching report as plain values."""

    def write(self, folder: Path) -> None:
        """Into a run folder of the workspace."""
        for name in ("fates", "rejections", "pairs"):
            pq.write_table(getattr(self, name), folder / f"{name}.parquet", compression="zstd")
        text = json.dumps(self.figures, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / FIGURES).write_text(text, encoding="utf-8")


def read_fates(folder: Path, wanted: pc.Expression) -> pa.Table:
    """ROW_FATES of the rows that are wanted, out of a run folder of the workspace."""
    return pq.read_table(folder / "fates.parquet", schema=ROW_FATES, filters=wanted)


def read_results(folder: Path) -> Results:
    """Out of a run folder of the workspace."""
    return Results(
        fates=pq.read_table(folder / "fates.parquet", schema=ROW_FATES),
        rejections=pq.read_table(folder / "rejections.parquet", schema=REJECTIONS),
        pairs=pq.read_table(folder / "pairs.parquet"),
        figures=json.loads((folder / FIGURES).read_text(encoding="utf-8")),
    )
