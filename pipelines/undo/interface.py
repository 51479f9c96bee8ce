"""What the way back from a run consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from pipelines.changes.interface import ChangeSet, TableChanges

LEFT: Final = pa.schema(
    [
        ("table_name", pa.string()),
        ("row_id", pa.string()),
        ("op", pa.string()),  # what would have been done: create, update or delete
        ("field", pa.string()),  # of an update or an edited row: the column; NULL: the whole row
        ("reason", pa.string()),  # a sentence
    ]
)
"""Changes of a run that are not taken back."""

EDITED: Final = "a person edited it in the CRM since"
STANDS_AGAIN: Final = "a row with this key stands there again"
WAS_ERASED: Final = "it was of a customer who was erased since"


@dataclass(frozen=True, slots=True)
class Returned:
    """The way back in one CRM table."""

    changes: TableChanges
    kept: pa.Table
    """LEFT: what a person did since, and stays."""
    failed: pa.Table
    """LEFT: what cannot be restored."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """The way back from one run, computed before anything is written."""

    changes: ChangeSet
    kept: pa.Table
    """LEFT, by table in loading order."""
    failed: pa.Table
    """LEFT."""
    merges: tuple[tuple[tuple[str, ...], ...], ...]
    """Customers that the run merged: for each survivor the records of those that it is made of."""

    @property
    def reversed(self) -> Mapping[str, TableChanges]:
        """What is restored, by table."""
        return self.changes.tables
