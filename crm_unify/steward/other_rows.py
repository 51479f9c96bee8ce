"""What rows have to do with other rows: lines of one row, and texts that others look up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import SYS_JOINED_ROW, Fate
from crm_unify.rules.loaded import LoadedRules


def first_line(fates: pa.Table, fate: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where the first line of a mapped line's row went; None for a row of its own. Both are ROW_FATES."""
    if fate["rule"] != SYS_JOINED_ROW:
        return None
    mine = (pc.field("map") == fate["map"]) & (pc.field("key") == fate["key"])
    rows = fates.filter(mine & (pc.field("fate") == Fate.MAPPED)).to_pylist()
    return next((row for row in rows if row["rule"] != SYS_JOINED_ROW), None)


def as_line(first: Mapping[str, Any] | None) -> list[str]:
    """What is said of a line: the place of the row that it is a part of."""
    if first is None:
        return []
    place = ", ".join(str(part) for part in (first["file"], first["sheet"], first["row"]) if part is not None)
    return [f"it is a line of the row that begins at {place}"]


def of_others(first: Mapping[str, Any] | None, rules: LoadedRules | None, header: str) -> list[str]:
    """What a cell has to do with other rows: its row is a line of `first`, or others look it up."""
    return [*as_line(first), *lent_to(rules, header)]


def lent_to(rules: LoadedRules | None, header: str) -> list[str]:
    """What is said of a column that other rows take texts from: the maps, and how the texts are found."""
    lends = () if rules is None else rules.lends
    takers = sorted({one.asked_by.rules.map for one in lends if one.column == header})
    return [f"rows of {', '.join(takers)} look it up"] if takers else []
