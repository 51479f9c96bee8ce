"""Parquet files as text columns, whole columns at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.errors import GuardStopped
from pipelines.bare.interface import Found
from pipelines.sources.interface import name_columns


def read_parquet(path: Path, label: str) -> Found:
    """The columns of a Parquet file; lists and structs are left out and noted.

    Raises GuardStopped for a file that is damaged.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        why = str(error).splitlines()[0]
        remedy = "fetch or write the file again"
        raise GuardStopped("the Parquet file is damaged or was cut off", str(path), why=why,
                           remedy=remedy) from None  # fmt: skip
    kinds = dict(zip(table.column_names, table.schema.types, strict=True))
    nested = [name for name, kind in kinds.items() if pa.types.is_nested(kind)]
    kept = [i for i, kind in enumerate(table.schema.types) if not pa.types.is_nested(kind)]
    names = tuple(column.header for column in name_columns([table.column_names[i] for i in kept]))
    notes = (f"columns of lists or structs are left out: {', '.join(nested)}",) if nested else ()
    return Found(label, names, [_text(table.column(i)) for i in kept], notes)


def _text(column: Any) -> pa.ChunkedArray:
    """Any plain column as text: whole numbers without decimals, dates in ISO form."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_floating(kind) and _whole(column):
        return column.cast(pa.int64()).cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _decoded(column)
    if pa.types.is_timestamp(kind):
        text = pc.strftime(column, format="%Y-%m-%d %H:%M:%S")
        return pc.replace_substring_regex(text, r" 00:00:00(?:\.0+)?$", "")
    return column.cast(pa.string())


def _whole(column: Any) -> bool:
    """Whether numbers with a decimal point are whole all the same: gaps turn integers into floats."""
    whole = pc.and_(pc.is_finite(column), pc.equal(column, pc.floor(column)))
    return bool(pc.all(pc.and_(whole, pc.less(pc.abs(column), 2.0**53))).as_py())


def _decoded(column: Any) -> pa.ChunkedArray:
    texts = [None if v is None else v.decode("utf-8", "backslashreplace") for v in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])
