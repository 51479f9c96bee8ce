"""The files that `dedupe` writes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from crm_unify.cells import harmless
from crm_unify.errors import Unreachable
from crm_unify.run.dedupe import DedupeResult
from crm_unify.run.golden_rows import golden_rows
from matching.scoring import MILLI


def write(result: DedupeResult, folder: Path, outputs: Collection[str]) -> list[Path]:
    """Write some of membership, customers, pairs and model; raises Unreachable where that fails."""
    writers = {"membership": _membership, "customers": _customers, "pairs": _pairs, "model": _model}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [writer(result, folder) for name, writer in writers.items() if name in outputs]
    except OSError as error:
        raise _unwritable(folder, error) from None


def check_writable(folder: Path) -> None:
    """Raise Unreachable where nothing can be written below a folder, before any work; makes no folder."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        TemporaryFile(dir=there).close()
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> Unreachable:
    remedy = "name a folder that can be written to with --out"
    return Unreachable("the results cannot be written", str(folder), why=str(error), remedy=remedy)


def _membership(result: DedupeResult, folder: Path) -> Path:
    return write_csv(result.membership, folder / "membership.csv")


def _customers(result: DedupeResult, folder: Path) -> Path:
    rows = golden_rows(result.parties.records, result.parties.claims, result.membership)
    shown = [name for name in rows.column_names if name != "customer_id"]
    for name in shown:
        rows = rows.set_column(rows.column_names.index(name), name, harmless(rows[name]))
    return write_csv(rows, folder / "customers.csv")


def _pairs(result: DedupeResult, folder: Path) -> Path:
    """Pairs that were merged or wait for a look, with bits in place of millibits."""
    pairs = result.matched.pairs
    kept = pairs.filter(pc.not_equal(pairs["band"], "apart"))
    at = kept.column_names.index("millibits")
    bits = pc.divide(kept["millibits"].cast(pa.float64()), float(MILLI))
    path = folder / "pairs.parquet"
    pq.write_table(kept.set_column(at, "bits", bits), path, compression="zstd")
    return path


def _model(result: DedupeResult, folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text(result.matched.model.to_json() + "\n", encoding="utf-8")
    return path


def write_csv(table: pa.Table, path: Path) -> Path:
    """A table as CSV: UTF-8, LF, null empty; texts are quoted when one of them has to be."""
    texts = [column for column in table.columns if pa.types.is_string(column.type)]
    special = any(pc.any(pc.match_substring_regex(column, '[",\r\n]')).as_py() for column in texts)
    style = "needed" if special else "none"
    options = pa.csv.WriteOptions(quoting_style=style, quoting_header="none")
    pa.csv.write_csv(table, path, options)
    return path
