"""Rows that share a key, beside each other: which other rows, and in which columns they differ.

Rows are named by the hash of their content, never by their place in the file, so that a row inserted on top
changes no entry.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import glue
from pipelines.interpret.rows import Rows

_SHOWN_DIGITS: Final = 8
_NO_TEXT: Final = pa.scalar(None, pa.string())


def side_by_side(rows: Rows, codes: np.ndarray, *, key: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Sentence and suggestion for each row; equal codes share a key, and no row is alone with its key."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    group = np.empty(len(order), np.int64)
    group[order] = np.repeat(np.arange(len(starts)), sizes)
    differing = _differing(rows, group, order=order, starts=starts)
    names = pc.utf8_slice_codeunits(rows.origin("_row_hash"), 0, _SHOWN_DIGITS).take(pa.array(order))
    together = pa.ListArray.from_arrays(pa.array(np.r_[starts, len(order)], pa.int32()), names)
    listed = pc.binary_join(together, ", ")
    counts = pc.cast(pa.array(sizes), pa.string())
    of_row = pa.array(group)
    sentence = pc.binary_join_element_wise(
        "The key ",
        key,
        " stands on ",
        counts.take(of_row),
        " rows that differ in ",
        differing.take(of_row),
        ".",
        "",
    )
    advice = pc.binary_join_element_wise(
        "Keep one of the rows ",
        listed.take(of_row),
        ", or add the column that tells them apart to the key.",
        "",
    )
    return sentence, advice


def _differing(rows: Rows, group: np.ndarray, *, order: np.ndarray, starts: np.ndarray) -> pa.Array:
    """For each group the headers of the columns in which its rows differ."""
    pieces = []
    for column in rows.columns:
        text = pc.fill_null(rows.raw(column.header), "").dictionary_encode().indices.to_numpy()
        same = np.minimum.reduceat(text[order], starts) == np.maximum.reduceat(text[order], starts)
        pieces.append(pc.if_else(pa.array(same), _NO_TEXT, pa.scalar(column.header)))
    flags = "whether the row is hidden or struck out"
    if not pieces:
        return pa.repeat(pa.scalar(flags), len(starts))
    return pc.fill_null(glue(*pieces, separator=", "), flags)
