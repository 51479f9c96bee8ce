"""Recording what a person decides: append-only, with who, when and why; in force from the next run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crm_unify.errors import UsageError
from crm_unify.run.appending import TRIES
from crm_unify.run.decisions import CONFIRM, REVOKE, VERDICT, Decision, Member, read_decisions
from crm_unify.run.subjects import Subject, members, subject
from crm_unify.schema.bookkeeping import mig_decision, mig_decision_member, mig_source_record, mig_xref
from matching.decisions import DIFFERENT, SAME

UNSAID: Final = "no reason given"
"""Why, where nothing was said."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision that is not recorded yet."""

    kind: str
    command: str
    sides: tuple[tuple[str, ...], ...]
    """Record ids; a verdict holds for every two of different sides."""
    verdict: str | None = None
    field: str | None = None
    value: str | None = None
    record_id: str | None = None
    revokes: int | None = None


def verdict(connection: sa.Connection, one: str, other: str, said: str) -> Draft:
    """A verdict on two records, or on two customers with all their records.

    A record beside its own customer means the customer's other records. Raises UsageError for names nobody
    has, for a person beside an organisation, and where nothing is left to tell apart.
    """
    sides = _sides([subject(connection, name) for name in (one, other)])
    return Draft(VERDICT, "decide", sides, verdict=said)


def merging(connection: sa.Connection, names: Sequence[str]) -> Draft:
    """That two or more customers (or records) are one."""
    return Draft(VERDICT, "merge", _sides([subject(connection, name) for name in names]), verdict=SAME)


def splitting(connection: sa.Connection, customer: str, records: Sequence[str]) -> Draft:
    """That records of a customer are another one. Raises UsageError for a record that is none of its own."""
    whole = customer_of(connection, customer)
    named = tuple(sorted({_of(whole, record) for record in records}))
    rest = tuple(record for record in whole.records if record not in named)
    if not rest:
        why = f"these are all {len(named):,} records of {whole.customer}"
        raise UsageError(
            "nothing would be left", customer, why=why, remedy="name the records that are another"
        )
    return Draft(VERDICT, "split", (named, rest), verdict=DIFFERENT)


def confirming(connection: sa.Connection, customer: str) -> Draft:
    """That the records of a customer are one; evidence alone merges it with no other confirmed one."""
    return Draft(CONFIRM, "confirm", (customer_of(connection, customer).records,))


def revoking(connection: sa.Connection, number: int) -> Draft:
    """That an earlier decision holds no longer. Raises UsageError unless it is live."""
    every = {
        decision.id: decision for decision in read_decisions(connection, about=about(connection, number))
    }
    found = every.get(number)
    if found is None:
        why = f"the decisions are numbered 1 to {max(every)}" if every else "nothing has been decided yet"
        raise UsageError("there is no such decision", str(number), why=why, remedy=_LIST)
    if found.revoked_by is not None:
        why = f"decision {found.revoked_by} took it back"
        raise UsageError("this decision holds no longer", str(number), why=why, remedy=_LIST)
    return Draft(REVOKE, "revoke", tuple(tuple(side) for side in found.sides.values()), revokes=number)


def about(connection: sa.Connection, number: int) -> Sequence[str] | None:
    """The records a decision is about; None where it is about none, or is not there."""
    m = mig_decision_member.c
    return connection.scalars(sa.select(m.record_id).where(m.decision == number)).all() or None


_LIST: Final = "`crm-unify decisions` lists them"


def _sides(named: Sequence[Subject]) -> tuple[tuple[str, ...], ...]:
    """The records of each subject, none twice, all of one kind."""
    kinds = {one.kind: one.said for one in named}
    if len(kinds) > 1:
        why = ", ".join(f"{said} is a {kind}" for kind, said in sorted(kinds.items()))
        raise UsageError("these are never one customer", why=why, remedy="name persons, or organisations")
    seen: set[str] = set()
    sides = []
    for one in sorted(named, key=lambda subject: subject.whole):  # a record before the customer it belongs to
        sides.append(tuple(record for record in one.records if record not in seen))
        seen.update(one.records)
    if len(sides) < 2 or not all(sides):
        why = "the same records are named twice, or only one"
        where = " ".join(one.said for one in named)
        raise UsageError("there are no two sides", where, why=why, remedy="name two records or two customers")
    return tuple(sides)


def customer_of(connection: sa.Connection, name: str) -> Subject:
    """The customer of this name, with all its records; a record stands for its customer."""
    found = subject(connection, name)
    return replace(found, records=members(connection, found.customer), whole=True)


def _of(whole: Subject, record: str) -> str:
    if record not in whole.records:
        from difflib import get_close_matches

        near = get_close_matches(record, whole.records, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"`crm-unify customer {whole.customer}` lists them"
        raise UsageError(f"this is no record of {whole.customer}", record, remedy=remedy)
    return record


# --- recording ---
def drafted(draft: Draft, connection: sa.Connection, *, why: str, by: str) -> Decision:
    """The decision as it would be recorded now; nothing is written."""
    newest = connection.scalar(sa.select(sa.func.max(mig_decision.c.id))) or 0
    return Decision(
        id=newest + 1,
        kind=draft.kind,
        verdict=draft.verdict,
        command=draft.command,
        field=draft.field,
        value=draft.value,
        record_id=draft.record_id,
        revokes=draft.revokes,
        why=why.strip() or UNSAID,
        by=by,
        at=datetime.now(UTC).replace(tzinfo=None),
        members=tuple(_members(connection, draft)),
        revoked_by=None,
    )


def _members(connection: sa.Connection, draft: Draft) -> Iterator[Member]:
    ids = [record for side in draft.sides for record in side]
    c = mig_source_record.c
    query = (
        sa.select(c.record_id, c.row_hash, c.claims_hash, mig_xref.c.customer_id)
        .outerjoin(mig_xref, mig_xref.c.record_id == c.record_id)
        .where(c.record_id.in_(ids))
    )
    known = {row.record_id: row for row in connection.execute(query)}
    for number, side in enumerate(draft.sides, 1):
        for record in side:
            row = known.get(record)
            if row is None:
                why = "it went with its source row, or the person was erased"
                raise UsageError("there is no such record any more", record, why=why, remedy="look again")
            yield Member(record, number, row.customer_id, row.row_hash, row.claims_hash)


def record(engine: sa.Engine, decision: Decision) -> Decision:
    """Write a decision; when somebody else has taken its number meanwhile it gets the next."""
    return record_all(engine, [decision])[0]


def record_all(engine: sa.Engine, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """Write decisions, all or none, with the numbers that follow the last one then."""
    for attempt in range(TRIES):
        try:
            with engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE") as connection:
                with connection.begin():
                    number = (connection.scalar(sa.select(sa.func.max(mig_decision.c.id))) or 0) + 1
                    numbered = tuple(replace(one, id=at) for at, one in enumerate(decisions, number))
                    for one in numbered:
                        insert(connection, one)
                return numbered
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")


def insert(connection: sa.Connection, decision: Decision) -> None:
    """Write a decision under the number it has, in the transaction of the connection."""
    row: dict[str, Any] = {
        "id": decision.id,
        "kind": decision.kind,
        "verdict": decision.verdict,
        "command": decision.command,
        "field": decision.field,
        "value": decision.value,
        "record_id": decision.record_id,
        "revokes": decision.revokes,
        "why": decision.why,
        "decided_by": decision.by,
        "decided_at": decision.at,
    }
    connection.execute(mig_decision.insert().values(**row))
    rows = [
        {
            "decision": decision.id,
            "record_id": member.record_id,
            "side": member.side,
            "customer_id": member.customer_id,
            "row_hash": member.row_hash,
            "claims_hash": member.claims_hash,
        }
        for member in decision.members
    ]
    if rows:
        connection.execute(mig_decision_member.insert(), rows)
