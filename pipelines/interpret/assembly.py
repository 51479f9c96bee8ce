"""The branches of all maps put together: every table sorted by its ids, each column held once.

Pieces are let go of as soon as their column is sorted: the records of a million rows with their raw text and
claims are a gigabyte, and there is not to be a second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import KINDS, RECORDS, arrow_schema
from pipelines.interpret.branch import BranchResult, ClaimBlock

Order = npt.NDArray[np.int64]

_LARGEST: Final = 1 << 30
"""Bytes of text up to which a column is put in one piece; Arrow's own limit is twice that."""
_ROWS_OF_A_PIECE: Final = 1 << 17


def records_and_claims(branches: Sequence[BranchResult]) -> tuple[pa.Table, dict[str, pa.Table]]:
    """The records of all branches sorted by id, and the claims by record id, then in rule order.

    Empties the branches.
    """
    tables = [table for branch in branches for table in branch.records]
    starts = np.cumsum([0, *(sum(t.num_rows for t in branch.records) for branch in branches)])
    pairs = zip(starts, branches, strict=False)
    blocks = [(int(start), block) for start, branch in pairs for block in branch.claims]
    for branch in branches:
        branch.records.clear()
        branch.claims.clear()
    columns = {name: [chunk for table in tables for chunk in table[name].chunks] for name in RECORDS.names}
    tables.clear()
    order = _order(pa.chunked_array(columns["record_id"], pa.string()))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    records = pa.table([_sorted(columns.pop(f.name), f.type, order=order) for f in RECORDS], schema=RECORDS)
    found = {}
    for kind in KINDS:
        mine = [(rank[start + block.slots], block) for start, block in blocks if block.kind == kind]
        found[kind] = _claims(kind, mine, record_ids=records["record_id"])
    return records, found


def _claims(
    kind: str, blocks: Sequence[tuple[Order, ClaimBlock]], *, record_ids: pa.ChunkedArray
) -> pa.Table:
    """The claims of one kind; each block comes with the place of its records among the sorted ones."""
    schema = arrow_schema(kind)
    places = np.concatenate([place for place, _ in blocks]) if blocks else np.empty(0, np.int64)
    order = np.argsort(places, kind="stable")
    columns = [_sorted(record_ids.chunks, pa.string(), order=places[order])]
    for field in list(schema)[1:]:
        columns.append(
            _sorted([block.columns.pop(field.name) for _, block in blocks], field.type, order=order)
        )
    return pa.table(columns, schema=schema)


def _order(ids: pa.ChunkedArray) -> Order:
    """Where the values of a column stand when sorted; the rows of a branch come sorted by key already."""
    if len(ids) < 2 or pc.all(pc.less(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py():
        return np.arange(len(ids))
    return np.asarray(pc.sort_indices(ids), np.int64)


def _sorted(chunks: list[pa.Array], kind: pa.DataType, *, order: Order) -> pa.ChunkedArray:
    """The values of a column in this order; empties `chunks`."""
    whole = pa.chunked_array(chunks, type=kind)
    chunks.clear()
    if len(order) == len(whole) and bool((order == np.arange(len(order))).all()):
        return whole
    if whole.nbytes <= _LARGEST:
        return pa.chunked_array([whole.combine_chunks().take(pa.array(order))], type=kind)
    wide = whole.cast(pa.large_string()).combine_chunks()
    del whole
    pieces = [order[i : i + _ROWS_OF_A_PIECE] for i in range(0, len(order), _ROWS_OF_A_PIECE)]
    return pa.chunked_array([wide.take(pa.array(piece)).cast(kind) for piece in pieces], type=kind)
