"""From a bare table and the roles of its columns to party records and claims, as matching takes them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from crm_unify.roles.interface import Roles
from pipelines.bare.cells import Cells
from pipelines.bare.interface import BareTable
from pipelines.bare.people import kinds, people
from pipelines.bare.places import addresses
from pipelines.bare.points import identifiers, points

_THREADS: Final = 1
"""Threads that make claims while this one makes those of names; Arrow lets go of the GIL."""


@dataclass(frozen=True, slots=True, eq=False)
class Parties:
    """Party records with what they claim."""

    records: pa.Table
    """record_id, system, kind: one for each row"""
    claims: dict[str, pa.Table]
    """Claims by kind, as `matching.features.features` takes them; record ids are codes of the table's rows"""


def parties(table: BareTable, roles: Roles, *, ids: pa.Array, source: pa.Array) -> Parties:
    """The parties of a table, one a row; `ids` are their record ids, `source` the systems they come from."""
    cells = Cells(table, roles)
    kind = kinds(cells)
    records = pa.table({"record_id": ids, "system": source, "kind": kind})
    rows = pa.DictionaryArray.from_arrays(pa.array(np.arange(len(ids), dtype=np.int32)), ids)
    with ThreadPoolExecutor(_THREADS) as pool:
        makers = {"contact_point": points, "address": addresses, "party_identifier": identifiers}
        made = {name: pool.submit(make, cells, rows) for name, make in makers.items()}
        named = people(cells, rows, kind=kind)
        claims = {name: made[name].result() for name in ("address", "contact_point", "party_identifier")}
    return Parties(records, {**claims, **named})


def joined(parts: Sequence[Parties]) -> Parties:
    """The parties of several tables in one."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.claims)
    tables = {name: [_named(part.claims[name]) for part in parts if name in part.claims] for name in names}
    return Parties(
        pa.concat_tables([part.records for part in parts]),
        {name: pa.concat_tables(found, promote_options="default") for name, found in tables.items()},
    )


def _named(claims: pa.Table) -> pa.Table:
    """Claims whose record ids are texts: codes of rows mean something beside their own table alone."""
    texts = [pa.field(f.name, pa.string()) if f.name.endswith("record_id") else f for f in claims.schema]
    return claims.cast(pa.schema(texts))
