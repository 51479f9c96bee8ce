"""Records that keep their id although their source row has another key now.

An id is made of the key of the row. Where the row of a known record came back under another key, the id that
its new key makes leads to the record: so its customer, its decisions and everything that hangs on it follow.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

NAMES: Final = pa.schema(
    [
        ("new_id", pa.string()),  # the record id that the key of the row makes; each once
        ("record_id", pa.string()),  # the record it stands for
    ]
)


def named(ids: pa.Array, names: pa.Table) -> pa.Array:
    """Record ids as their keys make them, each replaced by that of the record it stands for."""
    if len(names) == 0:
        return ids
    place = pc.index_in(ids, value_set=names["new_id"].combine_chunks())
    if place.null_count == len(place):
        return ids
    return pc.coalesce(names["record_id"].combine_chunks().take(place), ids)
