"""What each claim comes down to by itself, worked out once and kept beside it: parts of names and addresses.

Taking names and addresses apart is most of what features cost, and it looks at one claim at a time. Prepared
claims give the same features; whoever matches the same records every night prepares the new ones alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import CHILDREN, PLACEHOLDER
from matching.claimed import PREPARED, ClaimTable
from matching.person_names import name_parts
from matching.places import parsed


def prepared(claims: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The claims with what matching takes persons and addresses for, in columns of their own.

    What placeholders say of themselves is no evidence, and is left out.
    """
    claims = without(claims, placeholders(claims))
    found = dict(claims)
    if "person" in claims:
        people = claims["person"]
        parts, _ = name_parts(ClaimTable(people.select(["record_id"]), {"person": people}))
        found["person"] = _with(people, parts)
    if "address" in claims:
        found["address"] = _with(claims["address"], parsed(claims["address"]))
    return found


def placeholders(claims: Mapping[str, pa.Table]) -> pa.Array:
    """Records that stand for customers which no source has."""
    marks = claims.get("party_identifier")
    if marks is None:
        return pa.array([], pa.string())
    return pc.unique(marks.filter(pc.equal(marks["scheme"], PLACEHOLDER))["record_id"])


def without(claims: Mapping[str, pa.Table], records: pa.Array) -> Mapping[str, pa.Table]:
    """The claims without those of some parties."""
    if len(records) == 0:
        return claims
    return {
        kind: table if kind in CHILDREN else table.filter(pc.invert(pc.is_in(table["record_id"], records)))
        for kind, table in claims.items()
    }


def _with(claims: pa.Table, parts: Mapping[str, pa.Array]) -> pa.Table:
    for name, column in parts.items():
        if f"{PREPARED}{name}" not in claims.column_names:
            claims = claims.append_column(f"{PREPARED}{name}", column.cast(pa.string()))
    return claims
