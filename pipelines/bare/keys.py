"""Record ids of the rows of bare files: a column that holds them, or the content of the row.

A row without key column is named by a hash of what it says and, from the second on, its number among rows
that say the same. So neither the order of the rows nor that of the columns changes an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import UsageError
from crm_unify.ids import crm_ids
from crm_unify.normalise.columns import glue
from pipelines.bare.interface import BareTable

_SHOWN: Final = 20
"""Ids that a message lists"""
_PREFIX: Final = "R"
_LEAVE_OUT: Final = "leave out --id: rows are then named by their content"


def column_ids(tables: Sequence[BareTable], column: str) -> list[pa.Array]:
    """The ids that a column holds, table by table; where tables share ids, each is `TABLE:ID`.

    Raises UsageError with a list where an id is missing or stands twice in one table.
    """
    found = [_column(table, column) for table in tables]
    for table, ids in zip(tables, found, strict=True):
        coded = table.column(column)
        if len(coded.dictionary) < table.rows or coded.dictionary.null_count:
            _check(ids, table.label, column)
    if len(found) < 2 or len(pc.unique(pa.concat_arrays(found))) == sum(map(len, found)):
        return found
    return [
        pc.binary_join_element_wise(table.label, ids, ":") for table, ids in zip(tables, found, strict=True)
    ]


def content_ids(tables: Sequence[BareTable]) -> list[pa.Array]:
    """Ids by content, table by table; equal rows of several tables are numbered through."""
    texts = [_content(table) for table in tables]
    hashes = crm_ids(_PREFIX, pa.concat_arrays(texts)) if texts else pa.array([], pa.string())
    ids = _numbered(hashes)
    starts = np.cumsum([0, *(table.rows for table in tables)])
    return [ids.slice(int(start), table.rows) for start, table in zip(starts, tables, strict=False)]


def _column(table: BareTable, column: str) -> Any:
    coded = table.column(column)
    return coded.dictionary.take(coded.indices)


def _check(ids: pa.Array, label: str, column: str) -> None:
    where = f"{label}, column {column}"
    if ids.null_count:
        rows = (np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False)) + 1).tolist()
        what = f"{len(rows)} of {len(ids)} rows have no id"
        raise UsageError(
            what, where, why=f"data rows {_listed(rows)}", remedy=f"fill the ids, or {_LEAVE_OUT}"
        )
    counts = pc.value_counts(ids)
    again = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(again):
        values, times = again.field("values").to_pylist(), again.field("counts").to_pylist()
        named = sorted(zip(values, times, strict=True))
        told = _listed([f"{value} ({count} times)" for value, count in named])
        remedy = f"name a column whose values are unique, or {_LEAVE_OUT}"
        what = "1 id stands" if len(named) == 1 else f"{len(named):,} ids stand"
        raise UsageError(f"{what} more than once", where, why=told, remedy=remedy)


def _listed(values: Sequence[object]) -> str:
    shown = ", ".join(map(str, values[:_SHOWN]))
    return shown if len(values) <= _SHOWN else f"{shown} and {len(values) - _SHOWN} more"


def _content(table: BareTable) -> pa.Array:
    """All that a row says, header by header in their order by name."""
    named = sorted(zip(table.names, table.columns, strict=True), key=lambda one: one[0])
    parts = [_part(name, coded) for name, coded in named]
    if not parts:
        return pa.array([""] * table.rows, pa.string())
    return pc.fill_null(glue(*parts, separator="\x1f"), "")


def _part(name: str, coded: pa.DictionaryArray) -> Any:
    return pc.binary_join_element_wise(name, coded.dictionary, "\x1e").take(coded.indices)


def _numbered(hashes: Any) -> pa.Array:
    """Hashes made unique: the second of equal ones in the order of the rows gets `-2`."""
    coded = hashes.dictionary_encode().indices.to_numpy()
    if len(coded) == 0 or int(coded.max()) + 1 == len(coded):
        return hashes
    order = np.argsort(coded, kind="stable")
    places = np.arange(len(order))
    starts = np.r_[True, np.diff(coded[order]) != 0]
    ordinal = np.empty(len(order), np.int64)
    ordinal[order] = places - np.maximum.accumulate(np.where(starts, places, 0)) + 1
    numbered = pc.binary_join_element_wise(hashes, pa.array(ordinal).cast(pa.string()), "-")
    return pc.if_else(pa.array(ordinal > 1), numbered, hashes)
