"""Rows given as text, as the landing would have brought them: for the examples of rule files."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from crm_unify.rules.expressions import ROW_FLAGS
from crm_unify.rules.model import RuleFile
from pipelines.interpret.notes import taken_columns
from pipelines.sources.interface import ORIGIN, Column, name_columns


def example_table(
    rules: RuleFile, given: Sequence[Mapping[str, str | None]]
) -> tuple[pa.Table, tuple[Column, ...]]:
    """The rows as a landed table: identical ones numbered, sorted by content, in a file called 'example'."""
    given_headers = (header for row in given for header in row if header not in ROW_FLAGS)
    headers = dict.fromkeys([*taken_columns(rules), *given_headers])
    columns = name_columns(list(headers))
    hashes = [_row_hash(columns, row) for row in given]
    order = sorted(range(len(given)), key=hashes.__getitem__)
    seen: Counter[str] = Counter()
    ids = []
    for i in order:
        seen[hashes[i]] += 1
        ids.append(f"{hashes[i]}-{seen[hashes[i]]}")
    rows = [given[i] for i in order]
    table = _origin([i + 1 for i in order], rows)
    for column in columns:
        table = table.append_column(
            column.field, pa.array([row.get(column.header) for row in rows], pa.string())
        )
    table = table.append_column("_row_hash", pa.array([hashes[i] for i in order], pa.string()))
    return table.append_column("_row_id", pa.array(ids, pa.string())), columns


def _row_hash(columns: Sequence[Column], row: Mapping[str, str | None]) -> str:
    texts = [[column.header, row.get(column.header)] for column in columns]
    texts += [[flag, row[flag]] for flag in ROW_FLAGS if flag in row]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]


def _origin(places: Sequence[int], rows: Sequence[Mapping[str, str | None]]) -> pa.Table:
    """Where the rows stand; an example says `row_hidden: true` and `row_struck: true` of itself."""
    length = len(places)
    nothing = pa.nulls(length, pa.string())
    hidden, struck = (
        pa.array([row.get(flag) == "true" for row in rows], pa.bool_()) for flag in sorted(ROW_FLAGS)
    )
    file = pa.array(["example"] * length, pa.string())
    place = pa.array(places, pa.int64())
    return pa.table([file, nothing, place, hidden, struck, nothing, nothing], schema=ORIGIN)
