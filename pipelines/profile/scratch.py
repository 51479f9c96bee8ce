"""A scratch place for the time of a profile: DuckDB in memory, all else in a temporary folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.progress import Stage
from pipelines.sources.interface import Column, Reader

MEMORY: Final = "400MB"
"""What DuckDB may hold before it spills; with readers and Arrow a profile stays under 1 GB."""
_ROW_GROUP: Final = 65_536


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where tables are counted."""

    con: duckdb.DuckDBPyConnection
    folder: Path


@dataclass(frozen=True, slots=True)
class Landed:
    """A table that was read to its end."""

    view: str
    """Its name in DuckDB: `_row` and the fields of the columns, all text"""
    columns: tuple[Column, ...]
    rows: int
    """Rows that could be read"""
    unreadable: Mapping[str, int]
    """Code of the problem -> rows"""
    hidden: int
    struck: int
    numbered: bool
    """Rows have numbers"""
    notes: tuple[str, ...]


@contextmanager
def scratch() -> Iterator[Scratch]:
    """An empty scratch place; nothing of it is left afterwards."""
    with TemporaryDirectory(prefix="crm-unify-profile-") as folder:
        config: dict[str, Any] = {
            "memory_limit": MEMORY, "threads": 2, "temp_directory": f"{folder}/spill",
            "preserve_insertion_order": False, "autoinstall_known_extensions": False,
        }  # fmt: skip
        with duckdb.connect(":memory:", config=config) as con:
            con.execute("SET enable_progress_bar = false")  # it would go to standard output
            con.execute("SET python_enable_replacements = false")
            yield Scratch(con, Path(folder))


def land(place: Scratch, reader: Reader, name: str, *, stage: Stage) -> Landed:
    """Read a table once, to a Parquet file that is scanned column by column afterwards."""
    columns = reader.header()
    schema = pa.schema([("_row", pa.int64()), *((column.field, pa.string()) for column in columns)])
    path = place.folder / f"{name}.parquet"
    counts: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    with pq.ParquetWriter(path, schema, compression="snappy", write_statistics=False) as writer:
        for batch in reader.batches():
            good = _readable(batch, unreadable)
            counts["rows"] += good.num_rows
            for flag in ("_hidden", "_struck"):
                counts[flag] += good.column(flag).true_count
            counts["numbered"] += good.num_rows - good.column("_row").null_count
            writer.write_batch(good.select(schema.names), row_group_size=_ROW_GROUP)
            stage.advance(batch.num_rows)
    place.con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{_quoted(path)}')")
    return Landed(
        name, columns, counts["rows"], dict(sorted(unreadable.items())), counts["_hidden"], counts["_struck"],
        numbered=counts["numbered"] > 0, notes=reader.notes(),
    )  # fmt: skip


def hand_in(place: Scratch, name: str, values: Sequence[str]) -> None:
    """Make texts a table `name` with a column v.

    A parameter of a query would do too, but DuckDB imports pandas to look at one.
    """
    place.con.register(name, pa.table({"v": pa.array(values, pa.string())}))


def drop(place: Scratch, landed: Landed) -> None:
    """Free the disk a table takes."""
    place.con.execute(f"DROP VIEW {landed.view}")
    (place.folder / f"{landed.view}.parquet").unlink()


def _readable(batch: pa.RecordBatch, unreadable: Counter[str]) -> pa.RecordBatch:
    """The rows without a problem; those with one are counted by its code."""
    problems = batch.column("_problem")
    if problems.null_count == len(problems):
        return batch
    for entry in pc.value_counts(problems.drop_null()).to_pylist():
        unreadable[entry["values"]] += entry["counts"]
    return batch.filter(problems.is_null())


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
