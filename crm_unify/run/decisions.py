"""What people decided, as the CRM database remembers it, and what of it a run must obey.

A decision holds until it is revoked. One exception: UNSURE holds for two records only as long as both say
what they said when the person looked at them. A record says something else when its source row has changed
and what the rules make of it, too: neither another rule nor a column that nobody takes reopens a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_decision, mig_decision_member
from crm_unify.schema.target import reachable
from matching.decisions import SAME, UNSURE
from matching.evidence import Standing
from matching.pins import PINS
from pipelines.database.columns import hashes

VERDICT: Final = "verdict"
CONFIRM: Final = "confirm"
PIN: Final = "pin"
REVOKE: Final = "revoke"


@dataclass(frozen=True, slots=True)
class Member:
    """One record a decision is about."""

    record_id: str
    side: int
    """Verdicts hold for every two records of different sides; from 1."""
    customer_id: str | None
    """Whose record it was when it was decided."""
    row_hash: str | None
    """Hash of its source row then."""
    claims_hash: str | None
    """Hash of what it claimed then."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a person."""

    id: int
    kind: str
    """VERDICT, CONFIRM, PIN or REVOKE."""
    verdict: str | None
    """SAME, DIFFERENT or UNSURE."""
    command: str
    """How it was said: decide, merge, split, confirm, pin, revoke."""
    field: str | None
    """Of a pin: ``kind.field``, or a table whose rows are kept."""
    value: str | None
    """Of a pin: what the person gave, as JSON; None where a record's claim was chosen."""
    record_id: str | None
    """Of a pin: the record to take the claim from, or the one the value was given for."""
    revokes: int | None
    why: str
    by: str
    at: datetime
    """Naive UTC."""
    members: tuple[Member, ...]
    revoked_by: int | None
    """The decision that takes this one back; None: it is live."""

    @property
    def sides(self) -> dict[int, list[str]]:
        """Record ids by side."""
        found: dict[int, list[str]] = {}
        for member in self.members:
            found.setdefault(member.side, []).append(member.record_id)
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "verdict": self.verdict,
            "command": self.command,
            "field": self.field,
            "value": self.value,
            "record_id": self.record_id,
            "revokes": self.revokes,
            "why": self.why,
            "by": self.by,
            "at": self.at.isoformat(timespec="seconds") + "Z",
            "sides": list(self.sides.values()),
            "customers": sorted({m.customer_id for m in self.members if m.customer_id is not None}),
            "revoked_by": self.revoked_by,
        }


def read_decisions(connection: sa.Connection, *, about: Sequence[str] | None = None) -> tuple[Decision, ...]:
    """Every decision ever made, oldest first; or those `about` any of these records, revocations included."""
    m, d = mig_decision_member.c, mig_decision.c
    in_members: sa.ColumnElement[bool] = sa.true()
    in_decisions: sa.ColumnElement[bool] = sa.true()
    if about is not None:
        some = sa.select(m.decision).where(m.record_id.in_(about)).scalar_subquery()
        in_members, in_decisions = m.decision.in_(some), d.id.in_(some)
    members: dict[int, list[Member]] = {}
    asked = sa.select(mig_decision_member).where(in_members).order_by(m.decision, m.side, m.record_id)
    for row in connection.execute(asked):
        found = Member(row.record_id, row.side, row.customer_id, row.row_hash, row.claims_hash)
        members.setdefault(row.decision, []).append(found)
    rows = connection.execute(sa.select(mig_decision).where(in_decisions).order_by(d.id)).all()
    taken_back = revoked({row.id: row.revokes for row in rows})
    return tuple(
        Decision(
            id=row.id,
            kind=row.kind,
            verdict=row.verdict,
            command=row.command,
            field=row.field,
            value=row.value,
            record_id=row.record_id,
            revokes=row.revokes,
            why=row.why,
            by=row.decided_by,
            at=row.decided_at,
            members=tuple(members.get(row.id, ())),
            revoked_by=taken_back.get(row.id),
        )
        for row in rows
    )


def read_chain(connection: sa.Connection, records: Iterable[str]) -> tuple[Decision, ...]:
    """Every decision about these records, about records that those are about, and so on; oldest first."""
    known: set[str] = set()
    reached, found = set(records), tuple[Decision, ...]()
    while reached - known:
        known |= reached
        found = read_decisions(connection, about=sorted(known))
        reached = {member.record_id for one in found for member in one.members}
    return found


def revoked(revokes: Mapping[int, int | None]) -> dict[int, int]:
    """By decision the one that takes it back, from what each revokes; a revoked one takes back nothing."""
    found: dict[int, int] = {}
    for number, target in sorted(revokes.items(), reverse=True):
        if target is not None and number not in found:
            found.setdefault(target, number)
    return found


def live(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Those that nobody has taken back, revocations themselves left out."""
    return tuple(d for d in decisions if d.revoked_by is None and d.kind != REVOKE)


@dataclass(frozen=True, slots=True)
class Rulings:
    """What a run must obey."""

    verdicts: pa.Table
    """VERDICTS, for :func:`matching.decisions.resolve`."""
    confirmed: pa.Table
    """CONFIRMED: the records of customers that a person confirmed."""
    pins: pa.Table
    """PINS."""
    confirmed_at: Mapping[str, str]
    """By record, when its customer was last confirmed (ISO time)."""
    spoken_of: pa.Array
    """Records that any verdict ever named, revoked ones too: where they move, a person wanted it."""
    released: pa.Array
    """Records of SAME verdicts that were taken back: evidence alone decides on them again."""
    lapsed: tuple[tuple[int, str, str], ...]
    """Decision and two records: UNSURE verdicts that hold no longer, because a record says something new."""


VERDICTS: Final = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("verdict", pa.string()),
        ("decided_at", pa.string()),  # sorts as the decisions were made
        ("decision", pa.int64()),
    ]
)


CONFIRMED: Final = pa.schema([("record_id", pa.string()), ("decision", pa.int64())])


Said = Mapping[str, tuple[str | None, str | None]]
"""By record the hashes of its source row and of its claims."""


def rulings(decisions: Iterable[Decision], said: Said) -> Rulings:
    """The decisions in force; `said` is what the records of UNSURE verdicts say now."""
    every = tuple(decisions)
    holds = live(every)
    spoken_of = {member.record_id for d in every if d.kind == VERDICT for member in d.members}
    taken_back = (d for d in every if d.verdict == SAME and d.revoked_by is not None)
    released = {member.record_id for d in taken_back for member in d.members}
    verdicts, lapsed = [], []
    for decision in holds:
        for left, right, verdict in _pairs(decision):
            if verdict == UNSURE and _moved(decision, (left, right), said):
                lapsed.append((decision.id, left, right))
            else:
                when = f"{decision.at.isoformat()}|{decision.id:012d}"
                verdicts.append((left, right, verdict, when, decision.id))
    confirmed_at = {
        member.record_id: decision.at.isoformat(timespec="seconds") + "Z"
        for decision in holds
        if decision.kind == CONFIRM
        for member in decision.members
    }
    confirmed = [(m.record_id, d.id) for d in holds if d.kind == CONFIRM for m in d.members]
    pins = [(d.record_id, d.field, d.id, d.value) for d in holds if d.kind == PIN]
    return Rulings(
        table_of(verdicts, VERDICTS),
        table_of(confirmed, CONFIRMED),
        table_of(pins, PINS),
        confirmed_at,
        pa.array(sorted(spoken_of), pa.string()),
        pa.array(sorted(released), pa.string()),
        tuple(lapsed),
    )


def table_of(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """Rows of plain values as an Arrow table."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def _pairs(decision: Decision) -> Iterator[tuple[str, str, str]]:
    """What a decision says of two records: all cross pairs of a verdict; a confirmed customer is one."""
    if decision.kind == CONFIRM:
        ids = sorted(member.record_id for member in decision.members)
        yield from ((left, right, SAME) for left, right in pairwise(ids))
    if decision.kind != VERDICT or decision.verdict is None:
        return
    sides = sorted(decision.sides.items())
    for i, (_, one) in enumerate(sides):
        for _, other in sides[i + 1 :]:
            yield from ((left, right, decision.verdict) for left, right in product(one, other))


def _moved(decision: Decision, pair: tuple[str, str], said: Said) -> bool:
    """Whether one of the two records says something else than it did when it was decided."""
    then = {member.record_id: (member.row_hash, member.claims_hash) for member in decision.members}
    both = ((said.get(record, then[record]), then[record]) for record in pair)
    return any(now[0] != before[0] and now[1] != before[1] for now, before in both)


def said_now(decisions: Iterable[Decision], records: pa.Table) -> dict[str, tuple[str, str]]:
    """What the records of UNSURE verdicts say now; ``records`` are RECORDS."""
    asked = {m.record_id for d in live(decisions) if d.verdict == UNSURE for m in d.members}
    if not asked:
        return {}
    rows = records.filter(pc.is_in(records["record_id"], pa.array(sorted(asked), pa.string())))
    both = zip(rows["row_hash"].to_pylist(), hashes(rows["claims"]).to_pylist(), strict=True)
    return dict(zip(rows["record_id"].to_pylist(), both, strict=True))


def read_rulings(engine: sa.Engine, records: pa.Table) -> Rulings:
    """What a run must obey of the decisions in the database; ``records`` are all that it knows."""
    with reachable(engine), engine.connect() as connection:
        decisions = read_decisions(connection)
    return rulings(decisions, said_now(decisions, records))


def left_to_evidence(xref: pa.Table, found: Rulings) -> pa.Table:
    """The records of a cross reference on which nobody gave a verdict: what the guard on moves is about."""
    return xref.filter(pc.invert(pc.is_in(xref["record_id"], found.spoken_of)))


def standing(xref: pa.Table, found: Rulings, *, split: bool) -> Standing:
    """The customers of a cross reference as matching finds them; `split` is what the project says."""
    former = xref.filter(pc.invert(pc.is_in(xref["record_id"], found.released)))
    return Standing(found.confirmed, former.select(["record_id", "customer_id"]), split)


def with_confirmed(tables: Mapping[str, pa.Table], xref: pa.Table, found: Rulings) -> Mapping[str, pa.Table]:
    """The golden tables with when a person last confirmed each customer."""
    if not found.confirmed_at:
        return tables
    customers = tables["customer"]
    confirmed = found.confirmed["record_id"].combine_chunks()
    rows = xref.filter(pc.is_in(xref["record_id"], confirmed)).to_pylist()
    newest: dict[str, str] = {}
    for row in rows:
        at = found.confirmed_at[row["record_id"]]
        newest[row["customer_id"]] = max(at, newest.get(row["customer_id"], at))
    values = pa.array([newest.get(key) for key in customers["id"].to_pylist()], pa.string())
    at = customers.column_names.index("confirmed_at")
    return {**tables, "customer": customers.set_column(at, "confirmed_at", values)}
