"""The blast radius of a change set: what it does to customers that people know already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.schema.tables import CHILD_TABLES, CRM_TABLES, PROFILE_TABLES, key_of
from pipelines.changes.differences import touches
from pipelines.changes.interface import MASK, ChangeSet, TableChanges, value_fields
from pipelines.changes.moves import MERGE, RETIRE, SPLIT
from pipelines.database.columns import engine

SAMPLES: Final = 5
"""Examples shown of each kind."""


@dataclass(frozen=True, slots=True)
class Radius:
    """What a change set does to the customers of a CRM that is filled already."""

    merged: int
    """Customers whose records all go to another one."""
    split: int
    """Customers whose records belong to several afterwards."""
    confirmed: int
    """Customers among these that a person had confirmed."""
    retired: int
    """Customers without a record in force afterwards."""
    cells: int
    """Golden values that change, in rows that stay."""
    rows_new: int
    """Golden rows that come."""
    rows_gone: int
    """Golden rows that go."""
    repointed: int
    """Orders, cases and the like that belong to another customer afterwards."""
    causes: Mapping[str, int]
    """Changed rows of the CRM by cause."""
    samples: Mapping[str, tuple[str, ...]]
    """A few of each, in words."""

    @property
    def is_empty(self) -> bool:
        """Nobody is concerned."""
        return not self.causes and not any((self.merged, self.split, self.retired))

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        found = asdict(self)
        return found | {"samples": {name: list(some) for name, some in self.samples.items()}}


def radius(change_set: ChangeSet) -> Radius:
    """What a change set does, counted from its rows alone: `apply` does exactly that."""
    golden = [change_set.tables[name] for name in PROFILE_TABLES if name in change_set.tables]
    moved = change_set.moves
    events = Counter(moved["event"].to_pylist())
    known = moved.filter(pc.and_(moved["confirmed"], pc.not_equal(moved["event"], RETIRE)))
    return Radius(
        merged=events[MERGE],
        split=events[SPLIT],
        confirmed=len(pc.unique(known["customer_id"])),
        retired=events[RETIRE],
        cells=sum(_cells(changes) for changes in golden),
        rows_new=sum(len(changes.creates) for changes in golden),
        rows_gone=sum(len(changes.deletes) for changes in golden),
        repointed=sum(_repointed(change_set.tables[n]) for n in CHILD_TABLES if n in change_set.tables),
        causes=_causes(change_set),
        samples={
            **{event: tuple(_told(moved, event)) for event in (MERGE, SPLIT, RETIRE)},
            "cells": tuple(_cell_samples(change_set, golden)),
        },
    )


def _cells(changes: TableChanges) -> int:
    with engine(updates=changes.updates.select([MASK])) as con:
        found = con.sql(f"SELECT coalesce(sum(bit_count({MASK})), 0)::BIGINT FROM updates").fetchall()
    return int(found[0][0])


def _repointed(changes: TableChanges) -> int:
    if "customer_id" not in changes.creates.column_names:
        return 0
    return int(pc.sum(touches(changes.updates, changes.table, "customer_id")).as_py() or 0)


def _causes(change_set: ChangeSet) -> dict[str, int]:
    """Changed rows by cause; those that nothing else is said of change for the usual one."""
    rows = sum(change_set.tables[name].rows for name in CRM_TABLES if name in change_set.tables)
    counts = pc.value_counts(change_set.causes["cause"]).to_pylist()
    found = {entry["values"]: entry["counts"] for entry in counts}
    found[change_set.cause] = found.get(change_set.cause, 0) + rows - len(change_set.causes)
    return {cause: count for cause, count in sorted(found.items()) if count}


# --- in words ---
def _told(moved: pa.Table, event: str) -> Iterator[str]:
    for row in moved.filter(pc.equal(moved["event"], event)).slice(0, SAMPLES).to_pylist():
        who = f"{row['customer_id']} {row['name'] or ''}".rstrip()
        said = "confirmed by a person, " if row["confirmed"] else ""
        others = ", ".join(row["others"][:SAMPLES]) + (" ..." if len(row["others"]) > SAMPLES else "")
        yield f"{who} -> {others} ({said}{row['cause']})" if others else f"{who} ({said}{row['cause']})"


def _cell_samples(change_set: ChangeSet, golden: list[TableChanges]) -> Iterator[str]:
    """Fields of persons, organisations and what hangs on them, old and new value."""
    left = SAMPLES
    for changes in golden:
        if changes.table == "customer":  # its display name follows from the others
            continue
        for row in changes.updates.slice(0, left).to_pylist():
            fields = enumerate(value_fields(changes.table))
            field = next(f.name for bit, f in fields if row[MASK] >> bit & 1)
            key = row[key_of(changes.table)]
            old, new = (row[f"{side}.{field}"] for side in ("old", "new"))
            cause = cause_of(change_set, changes.table, key)
            yield f"{changes.table} {key} {field}: {old!r} -> {new!r} ({cause})"
            left -= 1


def cause_of(change_set: ChangeSet, table: str, key: str) -> str:
    """Why one row changes."""
    rows = change_set.causes
    mine = rows.filter(pc.and_(pc.equal(rows["table_name"], table), pc.equal(rows["row_id"], key)))
    return str(mine["cause"][0]) if len(mine) else change_set.cause
