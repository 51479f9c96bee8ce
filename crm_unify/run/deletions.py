"""Records that are taken out of the CRM because their source rows have vanished: `on_delete: delete`.

With a record go its claims and what hangs on it: orders, cases and the like, whatever becomes of their own
rows. A customer goes when all its records are deleted; one that another record backs, in force or inactive,
loses these claims alone. What a person made or edited in the CRM protects the row it hangs on, and of a
customer all that its records claim: these are inactive then, as `on_delete: mark_inactive` would have them,
and the row is listed. So they are while a
person is asked whether a new row is the vanished one under another key.

Matching goes on looking at deleted records: so no id moves, and a row that returns finds its customer. An
objection that one of them made holds on as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import child_ids
from crm_unify.records import CHILDREN, OBJECTIONS, PARTIES
from crm_unify.run.known import Known
from crm_unify.schema.target import reachable
from matching.consent import OPTED_OUT
from pipelines.carry import DELETED, INACTIVE, PARENTS, in_force
from pipelines.changes.hands import worked_on
from pipelines.changes.interface import BLOCKED
from pipelines.ledger import Ledger

SPARED: Final = (
    "a source row of it has vanished, but a person made or edited rows of it in the CRM: "
    "nothing of it is deleted"
)


@dataclass(frozen=True, slots=True)
class Deletions:
    """What becomes of the records whose rows have vanished."""

    every: Known
    """All records, in the states they have now."""
    blocked: pa.Table
    """BLOCKED: what stays because of people."""
    records: int = 0
    """Records that are deleted by this run."""
    vanished: int = 0
    """Those of them whose own row is gone; the others hang on these."""
    taken_along: Mapping[str, int] = field(default_factory=dict)
    """Records in force that are deleted, of maps some of whose records go with what they hang on."""


def deletions(every: Known, ledger: Ledger, engine: sa.Engine, *, asked: Iterable[str] = ()) -> Deletions:
    """Records that are deleted now, those that hang on them, and those that stay because of people.

    `asked` are the records that may live on under another key.
    """
    fresh = _fresh(every.records, ledger)
    if len(fresh) == 0:
        return Deletions(every, BLOCKED.empty_table())
    kept = pc.is_in(fresh["record_id"], pa.array(sorted(asked), pa.string()))
    own = fresh.filter(pc.invert(kept))
    parties = _ids(own.filter(pc.is_in(own["kind"], pa.array(PARTIES))))
    children = _ids(own.filter(pc.invert(pc.is_in(own["kind"], pa.array(PARTIES)))))
    losing = ledger.xref.filter(pc.is_in(ledger.xref["record_id"], parties))
    with reachable(engine), engine.connect() as connection:
        hands = worked_on(
            pc.unique(losing["customer_id"]),
            pa.concat_arrays([children, _hanging(every, pa.concat_arrays([parties, children]))]),
            ledger,
            connection,
        )
    spared = losing.filter(pc.is_in(losing["customer_id"], hands.customers))
    parties = _less(parties, _ids(spared))
    with_them = _hanging(every, pa.concat_arrays([parties, _less(children, hands.children)]))
    deleted = pc.unique(pa.concat_arrays([parties, children, with_them]))
    deleted = _less(deleted, hands.children)
    ids = pa.concat_arrays([_ids(fresh), deleted])
    blocked = [_blocked("customer", pc.unique(spared["customer_id"])), *_children(ledger, hands.children)]
    return Deletions(
        _with_states(every, inactive=_less(ids, deleted), deleted=deleted),
        pa.concat_tables(blocked),
        len(deleted),
        int(pc.sum(pc.is_in(_ids(fresh), deleted)).as_py() or 0),
        _taken_along(deleted, _less(deleted, _ids(fresh)), ledger),
    )


def _taken_along(deleted: pa.Array, hanging: pa.Array, ledger: Ledger) -> dict[str, int]:
    counted = ledger.records.filter(in_force(ledger.records["state"]))
    maps = pc.unique(counted.filter(pc.is_in(counted["record_id"], hanging))["map"])
    mine = counted.filter(pc.is_in(counted["record_id"], deleted))["map"]
    found = pc.value_counts(mine.filter(pc.is_in(mine, maps)))
    return {entry["values"]: entry["counts"] for entry in found.to_pylist()}


def _ids(records: pa.Table) -> pa.Array:
    return records["record_id"].combine_chunks()


def _less(ids: pa.Array, others: pa.Array) -> pa.Array:
    return ids.filter(pc.invert(pc.is_in(ids, others)))


def _fresh(records: pa.Table, ledger: Ledger) -> pa.Table:
    """Records that are to be deleted and were not yet."""
    mine = records.filter(pc.equal(records["state"], DELETED)).select(["record_id", "kind"])
    before = ledger.records.filter(pc.equal(ledger.records["state"], DELETED))
    return mine.filter(pc.invert(pc.is_in(mine["record_id"], _ids(before))))


def backed(every: Known, xref: pa.Table) -> pa.Array:
    """The customers of whom at least one record is not deleted."""
    gone = every.records.filter(pc.equal(every.records["state"], DELETED))
    return pc.unique(xref.filter(pc.invert(pc.is_in(xref["record_id"], _ids(gone))))["customer_id"])


def _hanging(every: Known, parents: pa.Array) -> pa.Array:
    """The records that hang on these, and those that hang on them."""
    found = [pa.array([], pa.string())]
    for kind, claims in every.claims.items():
        for column in (name for name in PARENTS if kind in CHILDREN and name in claims.column_names):
            found.append(_ids(claims.filter(pc.is_in(claims[column], parents))))
    mine = pc.unique(pa.concat_arrays(found))
    return mine if len(mine) == 0 else pa.concat_arrays([mine, _hanging(every, mine)])


def _with_states(every: Known, *, inactive: pa.Array, deleted: pa.Array) -> Known:
    ids, states = every.records["record_id"], every.records["state"]
    states = pc.if_else(pc.is_in(ids, inactive), INACTIVE, states)
    states = pc.if_else(pc.is_in(ids, deleted), DELETED, states)
    place = every.records.column_names.index("state")
    return replace(every, records=every.records.set_column(place, "state", states))


def _children(ledger: Ledger, records: pa.Array) -> list[pa.Table]:
    known = ledger.records.filter(pc.is_in(ledger.records["record_id"], records))
    kinds = sorted(pc.unique(known["kind"]).to_pylist())
    mine = {kind: _ids(known.filter(pc.equal(known["kind"], kind))) for kind in kinds}
    return [_blocked(kind, child_ids(kind, ids)) for kind, ids in mine.items()]


def _blocked(table: str, keys: pa.Array) -> pa.Table:
    said = [pa.repeat(pa.scalar(text), len(keys)) for text in (table, "delete", SPARED)]
    return pa.table([said[0], keys, said[1], said[2]], schema=BLOCKED)


# --- what is left for the CRM ---
def shown(every: Known, xref: pa.Table, objections: pa.Table) -> tuple[Known, pa.Table]:
    """What the CRM shows: customers with a record that is not deleted, and what such records claim.

    With it OBJECTIONS, those of deleted records among them; `objections` are those of rows without a record.
    """
    gone = every.records.filter(pc.equal(every.records["state"], DELETED))
    if len(gone) == 0:
        return every, objections
    ids = _ids(gone)
    mine = xref.filter(pc.is_in(xref["customer_id"], backed(every, xref)))["record_id"]
    alive = pc.or_(pc.is_in(every.records["record_id"], pc.unique(mine)),
                   pc.invert(pc.is_in(every.records["kind"], pa.array(PARTIES))))  # fmt: skip
    claims = {kind: _claimed(table, ids) for kind, table in every.claims.items()}
    said = pa.concat_tables([objections, _objections(every, gone)])
    return Known(every.records.filter(alive), claims), said


def _claimed(claims: pa.Table, gone: pa.Array) -> pa.Table:
    for column in ("record_id", "person_record_id"):
        if column in claims.column_names:
            claims = claims.filter(pc.invert(pc.is_in(claims[column], gone)))
    return claims


def _objections(every: Known, gone: pa.Table) -> pa.Table:
    """OBJECTIONS that deleted records made: of each as a whole, and of its addresses and numbers."""
    said, points = every.claims["consent"], every.claims["contact_point"]
    said = said.filter(pc.and_(pc.equal(said["status"], OPTED_OUT), pc.is_in(said["record_id"], _ids(gone))))
    said = said.select(["record_id", "channel", "raw_flag"])
    said = said.join(gone.select(["record_id", "map", "system"]), "record_id", join_type="inner")
    nothing = pa.nulls(len(said), pa.string())
    whole = said.append_column("kind", nothing).append_column("value_norm", nothing)
    points = points.select(["record_id", "kind", "value_norm"])
    of_points = said.join(points.filter(points["value_norm"].is_valid()), "record_id", join_type="inner")
    found = [table.select(OBJECTIONS.names).cast(OBJECTIONS) for table in (whole, of_points)]
    return pa.concat_tables(found).sort_by([(name, "ascending") for name in OBJECTIONS.names])
