"""crm-unify on one file, as a person would start it: `crm-unify dedupe`, no project and no settings."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from benchmarks.labelled import Labelled, write_rows
from benchmarks.measure import Cost, measure
from crm_unify import __version__

TOOL = f"crm-unify {__version__}"
"""Its name in the tables."""


def command(rows: Path, out: Path, outputs: str = "membership") -> list[str | Path]:
    """The command line."""
    given = ["--id", "record_id", "--source", "source_system", "--outputs", outputs]
    return [sys.executable, "-m", "crm_unify", "dedupe", rows, *given, "--out", out]


def run(
    data: Labelled, *, outputs: str = "membership", more: Sequence[str] = (), timeout: float = 3600.0
) -> tuple[Cost, pa.Table | None]:
    """Deduplicate the rows of a set: what it cost, and the membership (None where it failed)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(data, folder / "rows.csv")
        line = [*command(folder / "rows.csv", folder / "out", outputs), *more]
        cost = measure(line, folder=folder, timeout=timeout)
        path = folder / "out" / "membership.csv"
        return cost, membership(path) if cost.exit_code == 0 else None


def membership(path: Path) -> pa.Table:
    """A membership file as evaluation takes it: record_id and cluster, as text."""
    types = dict.fromkeys(("record_id", "customer_id"), pa.string())
    table = pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(column_types=types))
    return pa.table({"record_id": table["record_id"], "cluster": table["customer_id"]})
