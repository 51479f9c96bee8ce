"""Reading a plan file back: exactly what was written, or a refusal that says what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from crm_unify.errors import GuardStopped, UsageError
from crm_unify.schema.tables import TABLES, arrow_schema, key_of
from pipelines.changes.interface import (
    BLOCKED,
    MASK,
    MOVES,
    STOOD,
    ChangeSet,
    Facts,
    TableChanges,
    deletes_schema,
    updates_schema,
    value_fields,
)
from pipelines.changes.plan import OPS, VERSION
from pipelines.database.columns import gathered

BLOCK: Final = 8 << 20
"""Bytes read at once."""
TRAILER_BYTES: Final = 128
"""More than the last line has: a SHA-256 in a JSON object."""


def read_plan(path: Path, *, spool: Path | None = None) -> ChangeSet:
    """The change set of a plan file.

    With a `spool` folder its rows are kept in files there, which must outlive the change set. Raises
    UsageError when there is no such file, GuardStopped when it is not a whole, unchanged plan of this
    version.
    """
    lines = _checked(path)
    with path.open("rb") as file:
        head = _header(path, file.readline())
    segments = _segments(path, head, lines)
    tables = {
        name: TableChanges(name, *(_rows(path, name, op, segments[name, op], spool) for op in OPS))
        for name in TABLES
        if name in head["tables"]
    }
    facts = {f.name: head[f.name] for f in fields(Facts) if f.name in head}  # an older plan lacks `full`
    facts |= {"as_of": date.fromisoformat(head["as_of"])}
    return ChangeSet(
        tables=tables,
        blocked=_blocked(path, segments["", "blocked"]),
        facts=Facts(**facts),
        model_id=head["model_id"],
        base=head["base"],
        target=head["target"],
        moves=_moves(path, segments["", "moves"]),
    )


def plan_hash(path: Path) -> str:
    """The SHA-256 in the last line of a plan that :func:`read_plan` has found whole."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TRAILER_BYTES))
        digest: str = json.loads(file.read().splitlines()[-1])["sha256"]
    return digest


@dataclass(frozen=True, slots=True)
class _Segment:
    """A run of lines of one kind."""

    start: int
    """Offset in the file, bytes."""
    end: int
    rows: int
    longest: int
    """Bytes of its longest line."""


def _changed(path: Path, why: str) -> GuardStopped:
    return GuardStopped("the plan file cannot be trusted", str(path), why=why, remedy="make a new plan")


def _checked(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Offsets at which lines begin (and the end of the file), once the checksum has been found right."""
    if not path.is_file():
        raise UsageError("there is no such plan", str(path), remedy="make one with `crm-unify plan`")
    size = path.stat().st_size
    with path.open("rb") as file:
        starts = np.concatenate(
            [
                [0],
                *(
                    at + np.flatnonzero(np.frombuffer(b, np.uint8) == ord("\n")) + 1
                    for at, b in _blocks(file, size)
                ),
            ]
        )
        if len(starts) < 3 or starts[-1] != size:
            raise _changed(path, "its last line is missing or cut short")
        file.seek(0)
        digest = hashlib.sha256()
        for _, block in _blocks(file, int(starts[-2])):
            digest.update(block)
        if file.read() != f'{{"sha256":"{digest.hexdigest()}"}}\n'.encode():
            raise _changed(
                path, "its checksum does not fit its lines: it was edited, or not written to the end"
            )
    return starts


def _blocks(file: Any, end: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < end and (block := file.read(min(BLOCK, end - at))):
        yield at, block
        at += len(block)


def _header(path: Path, line: bytes) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(line)
    if head.get("plan") != VERSION:
        raise _changed(path, f"it is of format {head.get('plan')}, this version reads format {VERSION}")
    return head


def _segments(path: Path, head: dict[str, Any], starts: Any) -> dict[tuple[str, str], _Segment]:
    """Where the lines of each table and operation stand."""
    wanted = [
        ((name, op), count)
        for name in TABLES
        if name in head["tables"]
        for op, count in zip(OPS, head["tables"][name], strict=True)
    ]
    wanted += [(("", name), head[name]) for name in ("blocked", "moves")]
    if sum(count for _, count in wanted) != len(starts) - 3:
        raise _changed(path, "its first line counts other lines than follow")
    line, segments = 1, {}
    for name, count in wanted:
        bounds = starts[line : line + count + 1]
        longest = int(np.diff(bounds).max(initial=0))
        segments[name] = _Segment(int(bounds[0]), int(bounds[-1]), count, longest)
        line += count
    return segments


def _parsed(path: Path, segment: _Segment, schema: pa.Schema) -> Iterator[pa.Table]:
    """The lines of a segment as Arrow tables, in order."""
    if segment.rows == 0:
        return
    with pa.memory_map(str(path)) as file:
        file.seek(segment.start)
        reader = pa.json.open_json(
            pa.BufferReader(file.read_buffer(segment.end - segment.start)),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=max(BLOCK, segment.longest)),
            parse_options=pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _rows(path: Path, table: str, op: str, segment: _Segment, spool: Path | None) -> pa.Table:
    key, stood = pa.field("id", pa.string()), pa.field(STOOD, pa.string())
    large = segment.rows > BLOCK // 100 and spool is not None
    file = spool / f"{table}.{op}.arrow" if large and spool is not None else None
    match op:
        case "create":
            inner = pa.struct(list(value_fields(table)))
            tables = (_created(table, t) for t in _parsed(path, segment, pa.schema([key, ("row", inner)])))
            return gathered(tables, arrow_schema(table), file)
        case "update":
            inner = pa.struct([pa.field(f.name, pa.list_(f.type)) for f in value_fields(table)])
            schema = pa.schema([key, ("set", inner), stood])
            tables = (_updated(table, t) for t in _parsed(path, segment, schema))
            return gathered(tables, updates_schema(table), file)
        case _:
            names, lines = [key_of(table), STOOD], _parsed(path, segment, pa.schema([key, stood]))
            tables = (t.select(["id", STOOD]).rename_columns(names) for t in lines)
            return gathered(tables, deletes_schema(table), file)


def _created(table: str, lines: pa.Table) -> pa.Table:
    row = lines["row"].combine_chunks()
    columns = {f.name: pc.struct_field(row, f.name) for f in value_fields(table)} | {
        key_of(table): lines["id"]
    }
    return pa.table({name: columns[name] for name in arrow_schema(table).names}, schema=arrow_schema(table))


def _updated(table: str, lines: pa.Table) -> pa.Table:
    changed = lines["set"].combine_chunks()
    columns: dict[str, Any] = {key_of(table): lines["id"], STOOD: lines[STOOD]}
    mask = np.zeros(len(lines), np.int64)
    for bit, field in enumerate(value_fields(table)):
        pair = pc.struct_field(changed, field.name)
        mask |= pc.is_valid(pair).to_numpy(zero_copy_only=False).astype(np.int64) << bit
        for place, side in enumerate(("old", "new")):
            columns[f"{side}.{field.name}"] = pc.list_element(pair, place)
    columns[MASK] = pa.array(mask)
    return pa.table(
        {name: columns[name] for name in updates_schema(table).names}, schema=updates_schema(table)
    )


def _blocked(path: Path, segment: _Segment) -> pa.Table:
    names = {"table_name": "table", "row_id": "id", "op": "change", "reason": "reason"}
    schema = pa.schema([(names[field.name], pa.string()) for field in BLOCKED])
    tables = (t.select(schema.names).rename_columns(BLOCKED.names) for t in _parsed(path, segment, schema))
    return gathered(tables, BLOCKED, None)


def _moves(path: Path, segment: _Segment) -> pa.Table:
    names = {"event": "op", "customer_id": "id"}
    schema = pa.schema([pa.field(names.get(field.name, field.name), field.type) for field in MOVES])
    tables = (t.select(schema.names).rename_columns(MOVES.names) for t in _parsed(path, segment, schema))
    return gathered(tables, MOVES, None)
