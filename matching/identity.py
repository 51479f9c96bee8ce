"""Which customer id a cluster gets: ids stay, and every id ever issued answers.

A customer is named after its *founding record*, the first of its records that was loaded. The order among
records (:func:`founding_order`) is frozen when a record is first loaded, so a corrected creation date or
another trust order moves no id. From that everything else follows: on a merge the customer with the older
founding record survives, because its record is the least of the union; on a split the part with the founding
record keeps the id, because it still holds the least, and the other part is named after its own least record,
which gives back an id that it may have had before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.ids import crm_ids

UNDATED: Final = "9999"
"""Sorts after every date: a record without creation date founds a customer last."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Who belongs to which customer, and where former ids lead."""

    xref: pa.Table
    """``record_id, customer_id``: every party record exactly once, sorted by record id."""
    redirects: pa.Table
    """``old_id, new_id``: every id ever issued that names no customer now, sorted by old id."""


def founding_order(records: pa.Table, *, run: int, trust: Sequence[str]) -> pa.Array:
    """Sort key text of records loaded for the first time in this run.

    ``records`` has ``system`` and ``created`` (ISO text or null). The key is run, creation date and trust
    rank; ties are broken by record id where the key is used.
    """
    systems = pc.unique(records["system"]).to_pylist()
    rank = {name: i for i, name in enumerate([*trust, *sorted(set(systems) - set(trust))])}
    ranks = pa.array([f"{rank[s]:04d}" for s in systems], pa.string()).take(
        pc.index_in(records["system"], pa.array(systems, pa.string()))
    )
    created = pc.fill_null(records["created"], UNDATED)
    key = pc.binary_join_element_wise(pa.scalar(f"{run:08d}"), created, ranks, "|")
    return key.combine_chunks() if isinstance(key, pa.ChunkedArray) else key


def assign(membership: pa.Table, founding: pa.Table, *, issued: pa.Array) -> Customers:
    """Customer ids for clusters.

    ``membership`` is ``record_id, cluster``; ``founding`` is ``record_id, founding`` for the same records;
    ``issued`` are all customer ids that were ever given out (live or redirected).
    """
    order = [("founding", "ascending"), ("record_id", "ascending")]
    table = membership.join(founding, "record_id").sort_by(order)
    record_ids, clusters = _combined(table["record_id"]), _combined(table["cluster"])
    codes = clusters.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first = np.unique(codes, return_index=True)
    own_ids = _without_clashes(crm_ids("C", record_ids))
    customer = own_ids.take(pa.array(first)).take(pa.array(codes))
    xref = pa.table({"record_id": record_ids, "customer_id": customer}).sort_by("record_id")
    return Customers(xref=xref, redirects=_redirects(own_ids, customer, issued))


def _combined(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _without_clashes(ids: pa.Array) -> pa.Array:
    """Ids in founding order; a later record whose id is taken gets an ordinal appended."""
    counts = pc.value_counts(ids)
    clashing = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    if len(clashing) == 0:
        return ids
    values = ids.to_pylist()
    seen: dict[str, int] = {}
    for place in np.flatnonzero(pc.is_in(ids, clashing).to_numpy(zero_copy_only=False)):
        seen[values[place]] = ordinal = seen.get(values[place], 0) + 1
        if ordinal > 1:
            values[place] = f"{values[place]}-{ordinal}"
    return pa.array(values, pa.string())


def _redirects(own_ids: pa.Array, customer: pa.Array, issued: pa.Array) -> pa.Table:
    """Issued ids that name no customer now lead to the customer of the record they were named after."""
    gone = issued.filter(pc.invert(pc.is_in(issued, pc.unique(customer))))
    place = pc.index_in(gone, own_ids)
    known = pc.is_valid(place)
    table = pa.table({"old_id": gone.filter(known), "new_id": customer.take(place.filter(known))})
    return table.sort_by("old_id")
