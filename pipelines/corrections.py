"""The repairs of source rows that a CRM database remembers, and which of them are in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.schema.agreements import mig_correction
from pipelines.interpret.interface import CORRECTIONS
from pipelines.interpret.repairs import HASH_DIGITS

CORRECT: Final = "correct"
WAIVE: Final = "waive"
REVOKE: Final = "revoke"


@dataclass(frozen=True, slots=True)
class Correction:
    """One word of a person on a source row."""

    id: int
    kind: str
    """CORRECT, WAIVE or REVOKE."""
    system: str | None
    entity: str | None
    key: str | None
    """Of the row as found, as in record ids; None where it has none."""
    row_hash: str | None
    """Of the row when the person looked at it."""
    by_row: bool
    """The row has to be the same in all its cells: it is waived, has no key, or shares it with another."""
    rest_hash: str | None
    """Over the cells besides the key."""
    field: str | None
    """Column of the source."""
    old_value: str | None
    """What it said; the correction holds while it does."""
    new_value: str | None
    revokes: int | None
    why: str
    by: str
    at: datetime
    """Naive UTC."""
    ended_by: int | None = None
    """The word that takes this one back, or a later one on the same cell."""

    @property
    def row(self) -> str:
        """The row, as people name it."""
        return f"{self.system}.{self.entity}:" + (self.key or f"(row {(self.row_hash or '')[:8]})")

    @property
    def sentence(self) -> str:
        """What the cell should say, who says so and why."""
        return f"{self.new_value!r}, says {self.by} on {self.at:%Y-%m-%d} ({self.why}), correction {self.id}"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"at": self.at.isoformat(timespec="seconds") + "Z", "row": self.row}


def read_corrections(connection: sa.Connection) -> tuple[Correction, ...]:
    """Every correction ever made, oldest first."""
    c = mig_correction.c
    columns = (c.id, c.kind, c.system, c.entity, c.key, c.row_hash, c.by_row, c.rest_hash, c.field)
    said = (c.old_value, c.new_value, c.revokes, c.why, c.decided_by, c.decided_at)
    found: list[Sequence[Any]] = list(connection.execute(sa.select(*columns, *said).order_by(c.id)))
    every = [Correction(*row) for row in found]
    ended = _ended(every)
    return tuple(replace(one, ended_by=ended.get(one.id)) for one in every)


def _ended(every: Sequence[Correction]) -> dict[int, int]:
    """By correction the later one that ends it; a revocation that was revoked ends nothing."""
    ended: dict[int, int] = {}
    newest: dict[tuple[object, ...], int] = {}
    for one in reversed(every):
        if one.id in ended:
            continue
        if one.revokes is not None:
            ended.setdefault(one.revokes, one.id)
            continue
        cell = (one.kind, one.system, one.entity, one.key, one.row_hash if one.by_row else None, one.field)
        if cell in newest:
            ended[one.id] = newest[cell]
        newest.setdefault(cell, one.id)
    return ended


def live(every: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those that nobody has taken back or replaced, revocations themselves left out."""
    return tuple(one for one in every if one.ended_by is None and one.kind != REVOKE)


def in_force(every: Iterable[Correction]) -> pa.Table:
    """CORRECTIONS that a run applies."""
    rows = [{name: getattr(one, name) for name in CORRECTIONS.names} for one in live(every)]
    return pa.Table.from_pylist(rows, schema=CORRECTIONS)


def rest_hash(cells: Mapping[str, str], key: Sequence[str]) -> str:
    """Hash over the cells of a row besides its key, as :mod:`pipelines.interpret.repairs` works it out."""
    rest = {name: text for name, text in sorted(cells.items()) if text and name not in key}
    text = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
