"""The rows of the newest run that wait for a repair: as they came, with everything that is wrong with them.

Rows in quarantine and rows with withheld values come out of the CRM database; where they stand in their
files, and rows that are held, only the workspace knows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from crm_unify.records import Fate, encode_key_part
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.model import ContentKey
from crm_unify.run.correcting import SourceRow, meant
from crm_unify.schema.bookkeeping import mig_quarantine, mig_source_record
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest
from pipelines.corrections import Correction, rest_hash
from pipelines.interpret.problems import ALL_PROBLEMS, DUPLICATE_KEY
from pipelines.results import read_fates

QUARANTINED: Final = "quarantined"
HELD: Final = "held"
WITHHELD: Final = "withheld"
QUEUES: Final = (QUARANTINED, HELD, WITHHELD)
SEVERITIES: Final = {QUARANTINED: "quarantine", WITHHELD: "withhold"}
"""Queue -> what its entries are called in ``mig_quarantine``."""
Fated = Mapping[str, Any] | None
"""A row of ROW_FATES as plain values; None where the workspace does not know it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands today."""

    file: str
    sheet: str | None
    row: int | None

    def __str__(self) -> str:
        """As a person looks it up."""
        parts = (self.file, self.sheet, None if self.row is None else f"row {self.row}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that waits for a repair."""

    map: str
    row_id: str
    queue: str
    """One of QUEUES."""
    place: Place | None
    """None where the workspace does not know it."""
    source: SourceRow
    codes: tuple[str, ...]
    sentences: tuple[str, ...]
    suggestions: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns the trouble is about."""
    cells: Mapping[str, str]
    """The row as it came, by header, empty cells left out; nothing for a row that could not be read."""
    text: str | None
    """A row that could not be read, as it stands in its file."""

    @property
    def key(self) -> str | None:
        """As in record ids."""
        return self.source.key

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "map": self.map,
            "row": self.row_id,
            "queue": self.queue,
            "place": None if self.place is None else str(self.place),
            "key": self.key,
            "codes": list(self.codes),
            "reason": " ".join(self.sentences),
            "suggestion": " ".join(self.suggestions),
            "columns": list(self.columns),
            "cells": dict(self.cells),
            "text": self.text,
        }


Named = tuple[str, str]
"""A row by its map and its id."""


def bad_rows(
    project: LoadedProject,
    newest: Newest,
    *,
    queues: Collection[str] = (QUARANTINED,),
    only: Collection[Named] | None = None,
) -> tuple[BadRow, ...]:
    """The rows of these queues, or `only` some; by map, code and row id.

    Maps that the project no longer has are left out.
    """
    entries = _entries(newest.engine, [SEVERITIES[q] for q in queues if q in SEVERITIES], only)
    held = [*_held(newest, only)] if HELD in queues and newest.folder is not None else []
    fates = _fates(newest, {(e["map"], e["row_id"]) for e in [*entries, *held]})
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in [*entries, *held]:
        grouped.setdefault((entry["map"], entry["row_id"]), []).append(entry)
    rows = (_row(project, found, fates.get(place)) for place, found in grouped.items())
    return tuple(sorted((r for r in rows if r is not None), key=lambda r: (r.map, r.codes, r.row_id)))


def _entries(
    engine: sa.Engine, severities: Collection[str], only: Collection[Named] | None
) -> list[Mapping[str, Any]]:
    """Entries of ``mig_quarantine``, those of withheld values with the raw row of their record."""
    q, record = mig_quarantine.c, mig_source_record.c
    columns = (q.map, q.row_id, q.severity, q.source_column, q.code, q.sentence, q.suggestion)
    raw = sa.case((q.severity == SEVERITIES[QUARANTINED], q.raw), else_=record.raw).label("raw")
    query = sa.select(*columns, raw).outerjoin(mig_source_record, record.record_id == q.record_id)
    query = query.where(q.severity.in_(severities)).order_by(q.map, q.row_id, q.code, q.id)
    if only is not None:
        query = query.where(q.row_id.in_([row_id for _, row_id in only]))
    with reachable(engine), engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings() if row["raw"] is not None]
    return [row for row in rows if only is None or (row["map"], row["row_id"]) in only]


def _held(newest: Newest, only: Collection[Named] | None) -> Iterator[Mapping[str, Any]]:
    """Rows that wait for their parent, out of the workspace."""
    assert newest.folder is not None, "asked only where there is a workspace"
    wanted = pc.field("fate") == Fate.HELD
    if only is not None:
        wanted &= pc.field("row_id").isin([row_id for _, row_id in only])
    held = read_fates(newest.folder, wanted)
    for landed in newest.landed if len(held) else ():
        mine = held.filter(pc.equal(held["map"], landed.map))
        rules = dict(zip(mine["row_id"].to_pylist(), mine["rule"].to_pylist(), strict=True))
        if only is not None:
            rules = {row_id: rule for row_id, rule in rules.items() if (landed.map, row_id) in only}
        if not rules:
            continue
        table = pq.read_table(landed.path, filters=pc.field("_row_id").isin(list(rules)))
        for row in table.to_pylist():
            cells = {c.header: row[c.field] for c in landed.columns if row[c.field]}
            problem = ALL_PROBLEMS[rules[row["_row_id"]]]
            yield {
                "map": landed.map,
                "row_id": row["_row_id"],
                "severity": HELD,
                "source_column": None,
                "code": problem.code,
                "sentence": f"{problem.title}: the row waits for the record it refers to.",
                "suggestion": problem.suggestion,
                "raw": json.dumps(cells, ensure_ascii=False),
            }


def _fates(newest: Newest, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Place and key of these rows, as far as the workspace knows them."""
    if newest.folder is None or not wanted:
        return {}
    ids = sorted({row_id for _, row_id in wanted})
    rows = read_fates(newest.folder, pc.field("row_id").isin(ids)).to_pylist()
    return {(row["map"], row["row_id"]): row for row in rows}


def _row(project: LoadedProject, entries: list[Mapping[str, Any]], fate: Fated) -> BadRow | None:
    """Everything that is said of one row, together."""
    first = entries[0]
    loaded = project.rules_of(first["map"])
    if loaded is None:
        return None
    cells = _cells(first["raw"])
    queue = next((q for q, severity in SEVERITIES.items() if severity == first["severity"]), HELD)
    codes = _each(entry["code"] for entry in entries)
    text = first["raw"] if cells is None else None
    return BadRow(
        map=first["map"],
        row_id=first["row_id"],
        queue=queue,
        place=None if fate is None else Place(fate["file"], fate["sheet"], fate["row"]),
        source=_source(loaded, first["row_id"], cells or {}, fate, shared=DUPLICATE_KEY in codes),
        codes=codes,
        sentences=_each(entry["sentence"] for entry in entries),
        suggestions=_each(entry["suggestion"] for entry in entries),
        columns=_each(name for e in entries for name in (e["source_column"] or "").split(", ") if name),
        cells=cells or {},
        text=text,
    )


def _each(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _cells(raw: str) -> dict[str, str] | None:
    """The row by header; None for the text of a row that could not be read."""
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _source(
    loaded: LoadedRules, row_id: str, cells: Mapping[str, str], fate: Fated, *, shared: bool
) -> SourceRow:
    """How a correction finds the row again."""
    rules, row_hash = loaded.rules, row_id.rpartition("-")[0]
    declared = None if isinstance(rules.source.key, ContentKey) else rules.source.key
    if declared is not None:
        key = _key(cells, declared, rules.source.parse.null_tokens)
        rest = rest_hash(cells, declared)
    else:
        key, rest = (None if fate is None else fate["key"]), None
    return SourceRow(rules.source.system, rules.map, key, row_hash, shared or key is None, rest)


def _key(cells: Mapping[str, str], columns: Iterable[str], null_tokens: Collection[str]) -> str | None:
    """The key of the row as found; None where a part of it is missing."""
    parts = [cells.get(column, "") for column in columns]
    if any(part.strip() in {"", *null_tokens} for part in parts):
        return None
    return "|".join(map(encode_key_part, parts))


def as_repaired(row: BadRow, corrections: Iterable[Correction]) -> dict[str, str | None]:
    """The cells that corrections in force give the row, by header."""
    mine = (one for one in corrections if meant(one, row.source))
    return {one.field: one.new_value for one in mine if one.field is not None}
