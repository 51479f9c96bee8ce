"""Records that an earlier run loaded and this snapshot does not make any more: nothing is forgotten.

A record whose row has turned bad, or waits for its parent now, is *stale*: its last good claims stay in
force. One whose row has vanished follows its map's ``on_delete``: it stays in force (``ignore``), becomes
*inactive* (``mark_inactive``) and remains as evidence, or is *deleted* (``delete``): what it claims is taken
out of the CRM, and it remains as evidence of who is who alone. A row that is there and that a rule discards
has not vanished: its records become inactive whatever ``on_delete`` says. Only a row that is mapped again
brings an inactive or deleted record back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.arrow_sql import engine
from crm_unify.records import CHILDREN, KINDS, PARTIES, Fate, FieldType, arrow_schema, field_types

ACTIVE = "active"
STALE = "stale"
INACTIVE = "inactive"
DELETED = "deleted"
PAST: Final = (INACTIVE, DELETED)
"""States of records that are in force no longer."""
PARENTS: Final = ("customer_record_id", "order_record_id")
"""Columns of claims that name the record a child hangs on."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Known records that this snapshot does not make."""

    states: pa.Table
    """``record_id, map, state``, sorted by record id."""
    vanished: Mapping[str, int]
    """By map, how many records were in force and are no longer, the deleted ones among them."""


def carry_over(known: pa.Table, made: pa.Array, fates: pa.Table, *, on_delete: Mapping[str, str]) -> Carried:
    """The state of every known record that is not among those made now.

    ``known`` is ``record_id, map, key, state``; ``made`` the record ids of this snapshot; ``fates``
    ROW_FATES; ``on_delete`` the policy of each map (a map that the project no longer has marks its records
    inactive).
    """
    rest = known.filter(pc.invert(pc.is_in(known["record_id"], made)))
    place, was_in_force = _place(rest), in_force(rest["state"])
    bad = pc.is_in(place, _with_fate(fates, Fate.QUARANTINED, Fate.HELD))
    gone = pc.is_in(place, _with_fate(fates, Fate.DISCARDED))
    dropped = pc.and_not(gone, pc.is_in(place, _with_fate(fates, Fate.MAPPED)))
    follows = {
        policy: pc.and_not(pc.is_in(rest["map"], _maps(on_delete, policy)), dropped)
        for policy in ("ignore", "delete")
    }
    lost_state = pc.if_else(follows["delete"], DELETED, INACTIVE)
    absent = pc.if_else(follows["ignore"], ACTIVE, lost_state)
    state = pc.if_else(was_in_force, pc.if_else(bad, STALE, absent), rest["state"])
    states = pa.table({"record_id": rest["record_id"], "map": rest["map"], "state": state})
    lost = pc.and_(pc.invert(in_force(state)), was_in_force)
    counts = pc.value_counts(rest["map"].filter(lost)).to_pylist()
    return Carried(states.sort_by("record_id"), {entry["values"]: entry["counts"] for entry in counts})


def in_force(states: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which of these states are those of records that count: made by a row, or stale."""
    return pc.invert(pc.is_in(states, pa.array(PAST, pa.string())))


def _maps(on_delete: Mapping[str, str], policy: str) -> pa.Array:
    return pa.array([name for name, said in on_delete.items() if said == policy], pa.string())


def rows_gone(known: pa.Table, made: pa.Array, fates: pa.Table) -> pa.Table:
    """The known records in force that no row makes now, and of whose key nothing bad is known.

    Columns as in :func:`carry_over`. A record whose row is in quarantine, waits, or is discarded by a rule is
    where it was; one whose row is mapped and makes other records is gone.
    """
    rest = known.filter(pc.invert(pc.is_in(known["record_id"], made)))
    rest = rest.filter(in_force(rest["state"]))
    place = _place(rest)
    bad = pc.is_in(place, _with_fate(fates, Fate.QUARANTINED, Fate.HELD, Fate.DISCARDED))
    return rest.filter(pc.invert(pc.and_not(bad, pc.is_in(place, _with_fate(fates, Fate.MAPPED)))))


def _with_fate(fates: pa.Table, *wanted: Fate) -> pa.Array:
    """Where rows with one of these fates stand."""
    return _place(fates.filter(pc.is_in(fates["fate"], pa.array(wanted, pa.string()))))


def _place(table: pa.Table) -> pa.Array:
    return pc.binary_join_element_wise(table["map"], pc.fill_null(table["key"], ""), "\x1f").combine_chunks()


def claims_of(kept: pa.Table) -> dict[str, pa.Table]:
    """Claims by kind out of the JSON that was kept of each record.

    ``kept`` is ``record_id, kind, claims``. What a record claims about itself stands under its kind as an
    object, what a party claims beside it as a list of objects under theirs. The claims of a record keep the
    order of its rules, as they have it when they are interpreted.
    """
    if len(kept) == 0:  # most often nobody has left
        return {kind: arrow_schema(kind).empty_table() for kind in KINDS}
    return {kind: _claims_of_kind(kept, kind) for kind in KINDS}


def _claims_of_kind(kept: pa.Table, kind: str) -> pa.Table:
    own = kind in PARTIES or kind in CHILDREN
    types = {name: ftype for name, ftype in field_types(kind).items() if name != "record_id"}
    shape = ", ".join(f'"{name}": "{_SQL_TYPES.get(ftype, "VARCHAR")}"' for name, ftype in types.items())
    one, path = f"{{{shape}}}", f"(claims->'$.{kind}')"
    rows = f"[from_json({path}, '{one}')]" if own else f"from_json({path}, '[{one}]')"
    columns = ", ".join(f'c."{name}"' for name in types)
    with engine(kept=kept) as con:
        query = f"""
            SELECT record_id, {columns}
            FROM (SELECT record_id, unnest(l) AS c, generate_subscripts(l, 1) AS place
                  FROM (SELECT record_id, {rows} AS l FROM kept WHERE {path} IS NOT NULL))
            ORDER BY record_id, place"""
        return con.sql(query).to_arrow_table()


_SQL_TYPES = {FieldType.MONEY: "BIGINT", FieldType.INTEGER: "BIGINT", FieldType.FLAG: "BOOLEAN"}
