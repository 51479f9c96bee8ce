"""Recording what people repair in source rows: append-only, with who, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.run.appending import append, appended
from crm_unify.run.deciding import UNSAID
from crm_unify.schema.agreements import mig_correction
from pipelines.corrections import CORRECT, REVOKE, WAIVE, Correction, read_corrections

LIST = "`crm-unify quarantine corrections` lists them"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a source, as a correction finds it again."""

    system: str
    entity: str
    """Name of its map."""
    key: str | None
    row_hash: str
    by_row: bool
    """It is known by all its cells: it has no key, or shares it."""
    rest_hash: str | None


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """A word on a source row that is not recorded yet."""

    kind: str
    row: SourceRow | None
    """None for a revocation."""
    field: str | None = None
    old_value: str | None = None
    new_value: str | None = None
    revokes: int | None = None
    why: str = ""


def correcting(row: SourceRow, field: str, *, old: str | None, new: str | None, why: str) -> NewCorrection:
    """That a cell of a row should have said something else."""
    return NewCorrection(CORRECT, row, field, old, new, why=why)


def waiving(row: SourceRow, *, why: str) -> NewCorrection:
    """That a row, as it is now, shall not be loaded."""
    return NewCorrection(WAIVE, row, why=why)


def taking_back(connection: sa.Connection, numbers: Sequence[int], *, why: str) -> list[NewCorrection]:
    """That earlier words hold no longer. Raises UsageError for one that is not there or holds no longer."""
    every = {one.id: one for one in read_corrections(connection)}
    for number in numbers:
        found = every.get(number)
        if found is None:
            why_not = f"they are numbered 1 to {max(every)}" if every else "nothing has been corrected yet"
            raise UsageError("there is no such correction", str(number), why=why_not, remedy=LIST)
        if found.ended_by is not None:
            why_not = f"correction {found.ended_by} took its place or took it back"
            raise UsageError("this correction holds no longer", str(number), why=why_not, remedy=LIST)
    return [NewCorrection(REVOKE, None, revokes=number, why=why) for number in dict.fromkeys(numbers)]


def record(engine: sa.Engine, words: Sequence[NewCorrection], *, by: str) -> tuple[int, ...]:
    """Write all of these or none; their numbers."""
    return appended(engine, mig_correction, [_row(word, by) for word in words])


def add(connection: sa.Connection, words: Sequence[NewCorrection], *, by: str) -> tuple[int, ...]:
    """Write them in the transaction of the connection; their numbers."""
    return append(connection, mig_correction, [_row(word, by) for word in words])


def _row(word: NewCorrection, by: str) -> dict[str, Any]:
    row = word.row
    return {
        "kind": word.kind,
        "system": None if row is None else row.system,
        "entity": None if row is None else row.entity,
        "key": None if row is None else row.key,
        "row_hash": None if row is None else row.row_hash,
        "by_row": row is not None and (row.by_row or word.kind == WAIVE),
        "rest_hash": None if row is None else row.rest_hash,
        "field": word.field,
        "old_value": word.old_value,
        "new_value": word.new_value,
        "revokes": word.revokes,
        "why": word.why.strip() or UNSAID,
        "decided_by": by,
        "decided_at": datetime.now(UTC).replace(tzinfo=None),
    }


def live_correction(every: Sequence[Correction], row: SourceRow, field: str | None) -> Correction | None:
    """The correction that is in force on a cell of a row (field None: the waiver of the row)."""
    kind = WAIVE if field is None else CORRECT
    for one in every:
        if one.kind == kind and one.ended_by is None and one.field == field and meant(one, row):
            return one
    return None


def meant(one: Correction, row: SourceRow) -> bool:
    """Whether a correction is about this row."""
    if one.by_row:
        return one.row_hash == row.row_hash and (one.system, one.entity) == (row.system, row.entity)
    return (one.system, one.entity, one.key) == (row.system, row.entity, row.key)
