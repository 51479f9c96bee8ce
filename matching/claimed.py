"""The claims of the records of one kind, read by table and column."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from matching.columns import Ints, rows_of

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


class ClaimTable:
    """The claims of one kind's records, read by table and column."""

    def __init__(self, records: pa.Table, claims: Claims) -> None:
        self.records = records
        self.claims = claims
        self.ids = records["record_id"].cast(pa.string()).combine_chunks()
        if isinstance(self.ids, pa.ChunkedArray):
            self.ids = pa.concat_arrays(self.ids.chunks)

    def __len__(self) -> int:
        return len(self.ids)

    def claimed(self, table: str) -> tuple[pa.Table, Ints]:
        """The rows of a claim table that belong to these records, and their records."""
        claimed = self.claims.get(table)
        if claimed is None:
            claimed = pa.table({"record_id": pa.array([], pa.string())})
        owner = rows_of(claimed, self.ids)
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
