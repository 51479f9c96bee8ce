"""Numbers that count the rows of each source: they meet by chance between sources, and are no evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, matches
from crm_unify.roles.interface import ColumnRole, Role
from crm_unify.roles.profile import Profile
from crm_unify.roles.readings import ISSUED, ROW_KEY_UNIQUE

DENSE: Final = 0.2
"""Different numbers by the span they lie in from which on they were counted, not issued"""


def without_row_counts(
    columns: Mapping[str, ColumnRole],
    held: Mapping[str, Profile],
    source: npt.NDArray[np.int64] | None,
) -> dict[str, ColumnRole]:
    """The roles, with numbers that stand once in each source and are dense as row keys.

    `source` is a code of the source of each row, None where all rows are of one.
    """
    if source is None:
        return dict(columns)
    reason = "it counts the rows of each source, in which no number stands twice"
    return {
        name: replace(column, role=Role.ROW_KEY, scheme=None, reason=reason)
        if _counts(column, held[name], source)
        else column
        for name, column in columns.items()
    }


def _counts(column: ColumnRole, held: Profile, source: npt.NDArray[np.int64]) -> bool:
    if column.role != Role.IDENTIFIER or column.scheme in ISSUED or not is_dense(held.texts, held.distinct):
        return False
    there = held.codes >= 0
    pairs = held.codes[there].astype(np.int64) * (int(source.max(initial=0)) + 1) + source[there]
    return len(np.unique(pairs)) >= ROW_KEY_UNIQUE * len(pairs)


def is_dense(sample: Strings, distinct: int) -> bool:
    """Whether values are whole numbers that fill much of the span they lie in."""
    whole = matches(sample, r"^\d{1,12}$")
    if not len(sample) or (pc.sum(whole).as_py() or 0) < 0.9 * len(sample):
        return False
    numbers = pc.cast(sample.filter(whole), pa.int64()).to_numpy()
    return bool(distinct >= DENSE * (int(numbers.max()) - int(numbers.min()) + 1))
