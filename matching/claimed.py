"""The claims of the records of one kind, read by table and column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from matching.columns import Ints
from matching.texts import positions

Claims = Mapping[str, pa.Table]
"""Claim tables by kind of claim."""

PREPARED = "prepared."
"""Columns that begin so hold what a claim was taken for before, see :mod:`matching.prepared`."""


def taken_for(claims: pa.Table, *names: str) -> dict[str, pa.Array] | None:
    """What claims were taken for when they were prepared, by name; None where they were not."""
    if f"{PREPARED}{names[0]}" not in claims.column_names:
        return None
    flat = claims.combine_chunks()
    none = [pa.array([], pa.string())]
    return {name: pa.concat_arrays(flat[f"{PREPARED}{name}"].chunks or none) for name in names}


def _place(ids: pa.DictionaryArray) -> tuple[int, ...]:
    """Where the texts of coded ids lie: claims of one table share them."""
    texts = ids.dictionary
    places = (0 if buffer is None else buffer.address for buffer in texts.buffers())
    return (*places, texts.offset, len(texts))


def _coded(chunks: list[pa.Array], record_ids: pa.Array) -> dict[tuple[int, ...], Ints]:
    """The records of coded ids, looked up once however many claims share them (0.5 s for a million)."""
    found: dict[tuple[int, ...], Ints] = {}
    for chunk in chunks:
        if pa.types.is_dictionary(chunk.type) and _place(chunk) not in found:
            same = chunk.dictionary.equals(record_ids)
            found[_place(chunk)] = (
                np.arange(len(record_ids)) if same else positions(chunk.dictionary, record_ids)
            )
    return found


class ClaimTable:
    """The claims of one kind's records, read by table and column."""

    def __init__(self, records: pa.Table, claims: Claims) -> None:
        self.records = records
        self.claims = claims
        self.ids = records["record_id"].cast(pa.string()).combine_chunks()
        if isinstance(self.ids, pa.ChunkedArray):
            self.ids = pa.concat_arrays(self.ids.chunks)
        named = [table["record_id"] for table in claims.values() if "record_id" in table.column_names]
        self._coded = _coded([chunk for column in named for chunk in column.chunks], self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def _records_of(self, ids: pa.ChunkedArray) -> Ints:
        """The position of each id among the records, -1 where it is not there."""
        if pa.types.is_dictionary(ids.type):
            where = [self._coded[_place(chunk)][chunk.indices.to_numpy()] for chunk in ids.chunks]
            return np.concatenate([np.empty(0, np.int64), *where])
        texts = ids.cast(pa.string()).combine_chunks()
        if len(texts) == len(self) and texts.equals(self.ids):
            return np.arange(len(texts))
        return positions(texts, self.ids)

    def claimed(self, table: str) -> tuple[pa.Table, Ints]:
        """The rows of a claim table that belong to these records, and their records."""
        claimed = self.claims.get(table)
        if claimed is None:
            claimed = pa.table({"record_id": pa.array([], pa.string())})
        owner = self._records_of(claimed["record_id"])
        listed = owner >= 0
        if bool(listed.all()):
            return claimed, owner
        return claimed.filter(pa.array(listed)), owner[listed]

    def texts(self, table: str, *names: str) -> tuple[list[pa.Array], Ints]:
        """Columns of a claim table as text, null where the table lacks one, and the rows' records."""
        rows, owner = self.claimed(table)
        missing = pa.nulls(rows.num_rows, pa.string())
        found = [rows[n].cast(pa.string()) if n in rows.column_names else missing for n in names]
        return [f.combine_chunks() if isinstance(f, pa.ChunkedArray) else f for f in found], owner
