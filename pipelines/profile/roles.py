"""What the columns of a table are taken for: by their headers, and by the values of rows side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.roles.infer import infer
from crm_unify.roles.interface import Roles
from crm_unify.roles.profile import LONGEST, Profile, profile
from pipelines.bare.headers import header_words
from pipelines.profile.scratch import Landed, Scratch
from pipelines.profile.values import BLANKS, Values

ROWS: Final = 30_000
"""Rows that roles are told by, all of a smaller table; how many values there are is known of all rows"""


def roles_of(place: Scratch, landed: Landed, columns: Sequence[Values]) -> Roles:
    """What the columns of a table were taken for."""
    rows = _rows(place, landed)
    profiles = [_looked_at(values, rows.column(at)) for at, values in enumerate(columns)]
    return infer(profiles, header_words())


def _rows(place: Scratch, landed: Landed) -> pa.Table:
    """Rows of all columns, those with the smallest hashes, so that their order plays no part; blanks null."""
    cells = [f"nullif(trim(left({c.field}, {LONGEST}), '{BLANKS}'), '') AS {c.field}" for c in landed.columns]
    hashed = f"hash({', '.join(column.field for column in landed.columns)})"
    chosen = ""
    if landed.rows > ROWS:
        chosen = (
            f"WHERE {hashed} <= (SELECT max(h) FROM (SELECT {hashed} AS h FROM {landed.view} "
            f"ORDER BY h LIMIT {ROWS}))"
        )
    return place.con.sql(f"SELECT {', '.join(cells)} FROM {landed.view} {chosen}").to_arrow_table()


def _looked_at(values: Values, rows: pa.ChunkedArray) -> Profile:
    """The column as roles are told by."""
    coded = pa.chunked_array([pc.cast(chunk, pa.string()) for chunk in rows.chunks], pa.string())
    whole = coded.combine_chunks().dictionary_encode()
    codes = pc.fill_null(whole.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    found = profile(values.name, whole.dictionary, codes)
    return replace(found, rows=values.rows, filled=values.filled, distinct=values.distinct)
