"""The golden record of each customer of bare files: one row, by the survivorship that projects use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import glue
from crm_unify.records import arrow_schema
from matching.golden import addresses, contact_points, identifiers
from matching.survivorship import Parties, details

BETWEEN: Final = " | "
"""Between several e-mail addresses, numbers, identifiers or sources of one customer"""

_NAME_PARTS: Final = ("prefix", "given_name", "middle_name", "family_name", "suffix")
_FIRST: Final = ("customer_id", "kind", "name", "members", "sources")


def golden_rows(records: pa.Table, claims: Mapping[str, pa.Table], membership: pa.Table) -> pa.Table:
    """One row a customer, by id: kind, name, members, sources, and every field that any customer has.

    `records` has record_id, system and kind; `membership` record_id and customer_id.
    """
    parties = _parties(records, membership)
    every = {kind: _complete(claims, kind, parties) for kind in _CLAIMED}
    person = details(parties, "person", _named(every["person"]), chains={}).table
    organisation = details(parties, "organisation", every["organisation"], chains={}).table
    head = _members(parties)
    ids = head["customer_id"].combine_chunks()
    fields = {
        **_fields(ids, person, rename={"full_name": "name"}),
        **_points(ids, contact_points(parties, every["contact_point"]).table),
        **_primary(ids, addresses(parties, every["address"]).table),
        "identifiers": _identifiers(ids, identifiers(parties, every["party_identifier"]).table),
    }
    own = _fields(ids, organisation, rename={})
    fields["name"] = pc.coalesce(fields["name"], own["name"])
    fields["website"] = own["website"]
    used = {name: column for name, column in fields.items() if name == "name" or column.null_count < len(ids)}
    table = pa.table({**{name: head[name] for name in head.column_names}, **used})
    return table.select([*_FIRST, *(name for name in table.column_names if name not in _FIRST)])


_CLAIMED: Final = ("person", "organisation", "contact_point", "address", "party_identifier")


def _parties(records: pa.Table, membership: pa.Table) -> Parties:
    at = pc.index_in(records["record_id"], value_set=membership["record_id"].combine_chunks())
    table = records.append_column("customer_id", membership["customer_id"].take(at))
    nothing = pa.nulls(len(table), pa.string())
    same = pa.repeat(pa.scalar(""), len(table))
    for name, column in {"state": same, "created": nothing, "updated": nothing, "founding": same}.items():
        table = table.append_column(name, column)
    return Parties(table.sort_by("record_id"), trust=())


def _complete(claims: Mapping[str, pa.Table], kind: str, parties: Parties) -> pa.Table:
    """The claims of one kind that parties make, with every column of the kind."""
    schema = arrow_schema(kind)
    found = claims.get(kind)
    if found is None:
        return schema.empty_table()
    if kind == "contact_point":
        norm = pc.coalesce(found["value_norm"], found["value_raw"])
        found = found.set_column(found.column_names.index("value_norm"), "value_norm", norm)
    nothing = pa.nulls(len(found), pa.string())
    columns = [found[name] if name in found.column_names else nothing for name in schema.names]
    table = pa.table([column.cast(pa.string()) for column in columns], names=schema.names)
    return table.filter(pc.is_in(table["record_id"], parties.table["record_id"].combine_chunks()))


def _named(person: pa.Table) -> pa.Table:
    """People's claims with a full name made of the parts where none is claimed."""
    made = glue(*(person[name].combine_chunks() for name in _NAME_PARTS), separator=" ")
    full = pc.coalesce(person["full_name"], pa.chunked_array([made]))
    return person.set_column(person.column_names.index("full_name"), "full_name", full)


def _members(parties: Parties) -> pa.Table:
    """Kind, number of records and sources of each customer."""
    table = parties.table
    counts = table.group_by("customer_id").aggregate([("kind", "min"), ("record_id", "count")])
    counts = counts.sort_by("customer_id")
    ids = counts["customer_id"].combine_chunks()
    pairs = table.select(["customer_id", "system"]).group_by(["customer_id", "system"]).aggregate([])
    pairs = pairs.sort_by([("customer_id", "ascending"), ("system", "ascending")])
    return pa.table(
        {
            "customer_id": ids,
            "kind": counts["kind_min"],
            "members": counts["record_id_count"],
            "sources": _joined(ids, pairs["customer_id"], pairs["system"]),
        }
    )


def _fields(ids: pa.Array, table: pa.Table, *, rename: Mapping[str, str]) -> dict[str, Any]:
    at = pc.index_in(ids, value_set=table["customer_id"].combine_chunks())
    return {rename.get(n, n): table[n].take(at) for n in table.column_names if n != "customer_id"}


def _points(ids: pa.Array, points: pa.Table) -> dict[str, Any]:
    """E-mail addresses and numbers, the primary one first."""
    order = [("customer_id", "ascending"), ("is_primary", "descending"), ("value_norm", "ascending")]
    found = {}
    for kind, name in (("email", "emails"), ("phone", "phones")):
        mine = points.filter(pc.equal(points["kind"], kind)).sort_by(order)
        found[name] = _joined(ids, mine["customer_id"], mine["value_norm"])
    return found


def _primary(ids: pa.Array, places: pa.Table) -> dict[str, Any]:
    mine = places.filter(places["is_primary"]).drop_columns(["id", "is_primary", "label"])
    return _fields(ids, mine, rename={})


def _identifiers(ids: pa.Array, numbers: pa.Table) -> Any:
    mine = numbers.sort_by([("customer_id", "ascending"), ("scheme", "ascending"), ("value", "ascending")])
    texts = pc.binary_join_element_wise(mine["scheme"], mine["value"], ": ")
    return _joined(ids, mine["customer_id"], texts)


def _joined(ids: pa.Array, owner: pa.ChunkedArray, texts: pa.ChunkedArray) -> Any:
    """The texts of each id joined; the rows are sorted by owner. Null where an id has none."""
    places = np.asarray(pc.index_in(owner, value_set=ids).to_numpy(zero_copy_only=False), np.int64)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(places, minlength=len(ids)))]).astype(np.int32)
    flat = texts.combine_chunks()
    flat = flat if isinstance(flat, pa.Array) else pa.concat_arrays(flat.chunks)
    text = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), BETWEEN)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
