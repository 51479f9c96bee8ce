"""What landing leaves behind: one Parquet file a map, and a manifest that says what is in it.

Free of dlt and DuckDB, so that whoever only reads landed rows pays for neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from pipelines.sources.interface import Column

MANIFEST: Final = "landed.json"
"""Name of the manifest in a folder of landed rows."""


@dataclass(frozen=True, slots=True)
class Landed:
    """The rows of one source table, sheet or file as they were found, ready to be interpreted."""

    map: str
    """Name of the rule file that reads them."""
    path: Path
    """Parquet file: origin columns, c001, c002, ..., _row_hash, _row_id; sorted by hash and ordinal."""
    columns: tuple[Column, ...]
    """The source's columns in the order of its header."""
    rows: int
    """All rows, those that could not be read included."""
    content_hash: str
    """SHA-256 over the sorted row ids: equal for equal content in any order."""
    file_hashes: Mapping[str, str]
    """SHA-256 of each file that was read, by name; empty for a database server."""
    reading: str
    """SHA-256 of how the source was read: another sheet, delimiter or query is another reading."""
    notes: tuple[str, ...] = ()
    """What a person should know about the reading."""


def write_manifest(landed: Iterable[Landed], folder: Path) -> None:
    """Write down what was landed in a folder, so that `read_landed` finds it there or wherever it moves."""
    entries = [{**asdict(entry), "path": entry.path.name} for entry in landed]
    text = json.dumps({"landed": entries}, ensure_ascii=False, indent=1, default=dict)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_landed(folder: Path) -> tuple[Landed, ...]:
    """What was landed in a folder; raises FileNotFoundError when it holds no manifest."""
    entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["landed"]
    return tuple(_from_json(entry, folder) for entry in entries)


def moved(landed: Iterable[Landed], folder: Path) -> tuple[Landed, ...]:
    """The same landed rows after their folder was renamed."""
    return tuple(replace(entry, path=folder / entry.path.name) for entry in landed)


def _from_json(entry: dict[str, Any], folder: Path) -> Landed:
    """One entry of the manifest as a value."""
    return Landed(**{
        **entry,
        "path": folder / entry["path"],
        "columns": tuple(Column(**column) for column in entry["columns"]),
        "notes": tuple(entry["notes"]),
    })
