"""The plan file: a change set as JSON lines that a person can read and that is applied exactly.

=========  ==========================================================================================
line       holds
=========  ==========================================================================================
first      what the plan is about: project, hashes of sources, rules, model, ledger state and target, and
           how many creates, updates and deletes follow for each table
create     ``{"id", "op": "create", "row": {column: value}, "table"}``, NULL columns left out
update     ``{"id", "op": "update", "set": {column: [last written, new]}, "stood", "table"}``
delete     ``{"id", "op": "delete", "stood", "table"}``
blocked    ``{"change", "id", "op": "blocked", "reason", "table"}``: not done, for a person to know
move       ``{"cause", "confirmed", "id", "name", "op": "merge" | "split" | "retire", "others"}``: a customer
           whose records go to another, to several, or that has none in force; for people, the lines of
           ``mig_xref``, ``mig_redirect`` and ``customer`` do it
last       ``{"sha256"}`` of every byte before
=========  ==========================================================================================

A line of a CRM table has a ``cause``: ``source``, ``decision``, ``rule``, ``model`` or ``date`` (the day of
the run), several joined by ``+``. ``stood`` is a hash of what the CRM held in the place of the change (left
out in bookkeeping). Lines are ordered by table (parents first), operation and key, so equal change sets give
equal bytes. Both ways the rows pass in batches; a plan is never in memory as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.schema.tables import CRM_TABLES, key_of
from pipelines.changes.interface import MASK, STOOD, ChangeSet, TableChanges, value_fields
from pipelines.database.columns import engine, object_sql, quoted
from pipelines.finished import put_in_place

VERSION: Final = 3
"""Of the format; a plan of another version is refused."""
OPS: Final = ("create", "update", "delete")
CAUSE: Final = "cause"
"""Column that tells why a row changes, where its line is written."""
BATCH_ROWS: Final = 50_000


def write_plan(change_set: ChangeSet, path: Path) -> str:
    """Write the plan and give the SHA-256 that stands in its last line."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        found = hashlib.sha256()
        for block in _blocks(change_set):
            file.write(block)
            found.update(block)
        file.write(_line({"sha256": found.hexdigest()}))
    put_in_place(unfinished, path)
    return found.hexdigest()


def digest(change_set: ChangeSet) -> str:
    """SHA-256 of every row that is written or blocked, whatever else was said meanwhile in the CRM."""
    found = hashlib.sha256()
    for block in _rows(change_set):
        found.update(block)
    return found.hexdigest()


def _blocks(change_set: ChangeSet) -> Iterator[bytes | memoryview]:
    yield _line(header(change_set))
    yield from _rows(change_set)


def _rows(change_set: ChangeSet) -> Iterator[bytes | memoryview]:
    for changes in change_set.tables.values():
        for op, rows in parts(changes):
            if changes.table in CRM_TABLES:
                rows = with_cause(changes.table, rows, change_set)
            yield from _texts(rows, _line_sql(changes.table, op))
    yield from _texts(change_set.blocked, _BLOCKED_SQL)
    yield from _texts(change_set.moves, _MOVE_SQL)


def header(change_set: ChangeSet) -> dict[str, Any]:
    """What the first line says."""
    counts = {name: [len(rows) for _, rows in parts(c)] for name, c in change_set.tables.items()}
    facts = asdict(change_set.facts) | {"as_of": change_set.facts.as_of.isoformat()}
    return {
        "plan": VERSION,
        **facts,
        "model_id": change_set.model_id,
        "base": change_set.base,
        "target": change_set.target,
        "tables": counts,
        "blocked": len(change_set.blocked),
        "moves": len(change_set.moves),
    }


def with_cause(table: str, rows: pa.Table, change_set: ChangeSet) -> pa.Table:
    """Changes of a CRM table with why each of them is made."""
    if len(change_set.causes) == 0:
        return rows.append_column(CAUSE, pa.repeat(pa.scalar(change_set.cause), len(rows)))
    mine = change_set.causes.filter(pc.equal(change_set.causes["table_name"], table))
    place = pc.index_in(rows[key_of(table)], mine["row_id"].combine_chunks())
    return rows.append_column(CAUSE, pc.fill_null(mine["cause"].take(place), change_set.cause))


def parts(changes: TableChanges) -> Iterator[tuple[str, pa.Table]]:
    """Creates, updates and deletes of one table."""
    yield from zip(OPS, (changes.creates, changes.updates, changes.deletes), strict=True)


def _line(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _texts(rows: pa.Table, line: str) -> Iterator[memoryview]:
    """Every row as a line, many lines at once: text columns of Arrow are one run of bytes already."""
    if len(rows) == 0:
        return
    with engine(rows=rows) as con:
        for batch in con.sql(f"SELECT {line} || chr(10) AS line FROM rows").to_arrow_reader(BATCH_ROWS):
            yield _bytes(batch.column(0))


def _bytes(texts: pa.Array) -> memoryview:
    starts = memoryview(texts.buffers()[1]).cast("i")
    data: memoryview = memoryview(texts.buffers()[2])
    return data[starts[texts.offset] : starts[texts.offset + len(texts)]]


def _line_sql(table: str, op: str) -> str:
    """DuckDB expression: one row of a part as a JSON object with sorted keys."""
    key = f"to_json({quoted(key_of(table))})::VARCHAR"
    head = f'\'{{"id":\' || {key} || \',"op":"{op}",\''
    if table in CRM_TABLES:
        head = f"'{{\"cause\":\"' || {CAUSE} || '\",' || " + head.replace("'{\"id\"", "'\"id\"", 1)
    match op:
        case "create":
            head += f" || '\"row\":' || {object_sql(value_fields(table))} || ','"
        case "update":
            head += f" || '\"set\":' || {set_sql(table)} || ',' || {_STOOD_SQL}"
        case _:
            head += f" || {_STOOD_SQL}"
    return f'{head} || \'"table":"{table}"}}\''


def set_sql(table: str) -> str:
    """DuckDB expression: the columns in the mask with the value last written and the new one, as JSON."""
    members = []
    for bit, field in sorted(enumerate(value_fields(table)), key=lambda pair: pair[1].name):
        pair = " || ',' || ".join(_value_sql(f"{side}.{field.name}", field) for side in ("old", "new"))
        member = f"'\"{field.name}\":[' || {pair} || ']'"
        members.append(f"CASE WHEN {MASK} & {1 << bit} <> 0 THEN {member} END")
    return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"


def _value_sql(name: str, field: pa.Field) -> str:
    text = f"to_json({quoted(name)})" if pa.types.is_string(field.type) else quoted(name)
    return f"coalesce({text}::VARCHAR, 'null')"


_STOOD_SQL: Final = f"coalesce('\"{STOOD}\":' || to_json({STOOD})::VARCHAR || ',', '')"
_BLOCKED_SQL: Final = (
    '\'{"change":\' || to_json(op)::VARCHAR || \',"id":\' || to_json(row_id)::VARCHAR || \',"op":"blocked"\''
    " || ',\"reason\":' || to_json(reason)::VARCHAR || ',\"table\":' || to_json(table_name)::VARCHAR || '}'"
)
_MOVE_SQL: Final = (
    '\'{"cause":\' || to_json(cause)::VARCHAR || \',"confirmed":\' || confirmed::VARCHAR || \',"id":\''
    " || to_json(customer_id)::VARCHAR || ',\"name\":' || coalesce(to_json(name)::VARCHAR, 'null')"
    " || ',\"op\":' || to_json(event)::VARCHAR || ',\"others\":' || to_json(others)::VARCHAR || '}'"
)
