"""What a decision will do in the next run, in sentences, as far as its records tell by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.run.decisions import CONFIRM, REVOKE, Decision, Rulings, rulings
from crm_unify.schema.bookkeeping import mig_source_record, mig_xref
from crm_unify.schema.tables import TABLES
from matching.decisions import DIFFERENT, SAME, resolve

UNTIL: Final = "until the question is answered, or one of them changes"
"""How long UNSURE holds."""
SHOWN: Final = 3
"""Customers and decisions named one by one; of more the number is told."""


def consequences(
    connection: sa.Connection, decision: Decision, others: Sequence[Decision]
) -> tuple[str, ...]:
    """What follows from a decision beside the `others`, all that were ever made but itself."""
    match decision.kind:
        case "revoke":
            return tuple(_revoked(decision, others))
        case "confirm":
            return (_confirmed(decision), *_against(decision, others))
        case "pin":
            return (_pinned(connection, decision),)
        case _:
            return (*_sorted_out(connection, decision), *_against(decision, others))


def _confirmed(decision: Decision) -> str:
    count = len(decision.members)
    one = "its one record stands for it" if count == 1 else f"its {count:,} records stay together"
    return f"{one}; evidence alone merges it with no other confirmed customer"


def _revoked(decision: Decision, others: Sequence[Decision]) -> Iterator[str]:
    target = next(other for other in others if other.id == decision.revokes)
    if target.kind == REVOKE:
        yield f"decision {target.revokes} holds again"
    else:
        yield f"decision {target.id} ({described(target)}) holds no longer: the evidence decides again"


def _pinned(connection: sa.Connection, decision: Decision) -> str:
    assert decision.field is not None, "a pin has a field"
    if decision.value is None:
        return f"{decision.field} is taken from {decision.record_id}"
    kind, _, lead = decision.field.partition(".")
    table, customer = TABLES[kind], decision.members[0].customer_id
    now = connection.scalar(sa.select(table.c[lead]).where(table.c.customer_id == customer))
    before = "nothing" if now is None else repr(str(now))
    return f"{decision.field} becomes {json.loads(decision.value)[lead]!r} (now {before})"


def _sorted_out(connection: sa.Connection, decision: Decision) -> Iterator[str]:
    """Who is merged or parted by a verdict."""
    now = _now(connection, [record for side in decision.sides.values() for record in side])
    customers = [{now.get(record, record) for record in side} for side in decision.sides.values()]
    every = sorted(set().union(*customers))
    shared = sorted({both for one, other in combinations(customers, 2) for both in one & other})
    if decision.verdict == SAME:
        if len(every) == 1:
            yield f"they are one customer, {every[0]}, and stay so"
        else:
            kept = founder(connection, every)
            yield f"the next run merges {_listed([c for c in every if c != kept])} into {kept}"
    elif shared:
        until = "" if decision.verdict == DIFFERENT else f" {UNTIL}"
        yield f"the next run parts {_listed(shared)}{until}"
    elif decision.verdict == DIFFERENT:
        yield "they are different customers, and stay so"
    else:
        yield f"evidence alone does not merge them {UNTIL}"


def _now(connection: sa.Connection, records: Sequence[str]) -> dict[str, str]:
    """Records by id with the customer that each belongs to; those of none are left out."""
    x = mig_xref.c
    query = sa.select(x.record_id, x.customer_id).where(x.record_id.in_(records))
    return {row.record_id: row.customer_id for row in connection.execute(query)}


def founder(connection: sa.Connection, customers: Sequence[str]) -> str:
    """The customer whose founding record is the oldest: it survives a merge."""
    c, x = mig_source_record.c, mig_xref.c
    query = sa.select(c.founding, c.record_id, x.customer_id).join(mig_xref, x.record_id == c.record_id)
    rows = connection.execute(query.where(x.customer_id.in_(customers))).all()
    return str(min((row.founding or "", row.record_id, row.customer_id) for row in rows)[2])


# --- contradictions ---
def contradictions(found: Rulings) -> pa.Table:
    """The contradictions among these verdicts, see :func:`matching.decisions.resolve`."""
    sides = [found.verdicts[side].to_pylist() for side in ("left", "right")]
    return resolve(found.verdicts, pa.array(sorted({*sides[0], *sides[1]}), pa.string()))[1]


def _against(decision: Decision, others: Sequence[Decision]) -> Iterator[str]:
    """With which earlier decisions this one cannot hold together."""
    known = {_key(row) for row in contradictions(rulings(others, {})).to_pylist()}
    every = contradictions(rulings([*others, decision], {})).to_pylist()
    ids = {number for row in every if _key(row) not in known for number in spoken(row, [*others, decision])}
    against = sorted(ids - {decision.id})
    by_id = {other.id: other for other in others}
    for number in against[:SHOWN]:
        yield f"it contradicts decision {number} ({described(by_id[number])})"
    if len(against) > SHOWN:
        yield f"and {len(against) - SHOWN} decisions more"
    if against:
        yield "DIFFERENT wins until one of them is revoked; `crm-unify decisions` lists what is open"


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["left"], row["right"], *row["chain"])


def spoken(row: Mapping[str, Any], decisions: Sequence[Decision]) -> set[int]:
    """The live decisions a contradiction is made of: who said DIFFERENT, and who SAME along the chain."""
    apart = (row["left"], row["right"])
    found = _joining([*pairwise(row["chain"])], decisions)
    return found | {d.id for d in decisions if _live(d) and d.verdict == DIFFERENT and _names(d, apart)}


def suspended(row: Mapping[str, Any], decisions: Sequence[Decision]) -> set[int]:
    """The live decisions of a contradiction that do not hold until it is settled."""
    return _joining([(row["suspended_left"], row["suspended_right"])], decisions)


def _joining(steps: Sequence[tuple[str, str]], decisions: Sequence[Decision]) -> set[int]:
    """The live decisions that make one customer of a step's two records."""
    found = set()
    for decision in (one for one in decisions if _live(one)):
        said_same = decision.verdict == SAME and any(_names(decision, step) for step in steps)
        confirmed = decision.kind == CONFIRM and any(_holds(decision, step) for step in steps)
        if said_same or confirmed:
            found.add(decision.id)
    return found


def _live(decision: Decision) -> bool:
    return decision.revoked_by is None


def _names(decision: Decision, pair: tuple[str, str]) -> bool:
    """Whether a verdict is about these two records."""
    side = {member.record_id: member.side for member in decision.members}
    return _holds(decision, pair) and side[pair[0]] != side[pair[1]]


def _holds(decision: Decision, pair: tuple[str, str]) -> bool:
    """Whether a decision names both records."""
    return {*pair} <= {member.record_id for member in decision.members}


# --- in words ---
def described(decision: Decision) -> str:
    """A decision in one line."""
    said = f"by {decision.by} on {decision.at:%Y-%m-%d}: {decision.why}"
    match decision.kind:
        case "confirm":
            return f"confirmed {said}"
        case "pin":
            return f"{decision.field} pinned {said}"
        case "revoke":
            return f"revoked decision {decision.revokes} {said}"
        case _:
            return f"{(decision.verdict or '').upper()} {said}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
