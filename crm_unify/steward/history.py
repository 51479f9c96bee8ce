"""What happened to one customer, newest first: loads, merges, splits, decisions, pins, corrections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from crm_unify.run.decisions import CONFIRM, PIN, REVOKE, Decision, read_decisions
from crm_unify.schema.bookkeeping import (
    mig_change,
    mig_decision_member,
    mig_redirect,
    mig_run,
    mig_source_record,
)
from crm_unify.steward.customer import CustomerView
from crm_unify.wording import counted

AT_ONCE: Final = 500
"""Records in one query."""
OPS: Final = {"create": "created", "update": "changed", "delete": "removed"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    """Naive UTC."""
    what: str
    """``load``, ``merge``, ``decision``, ``pin``, ``confirm``, ``revoke`` or ``correction``."""
    said: str
    by: str | None
    """Who did it; None for a run."""
    why: str | None
    number: int
    """Of the run, decision or correction."""


def former_ids(connection: sa.Connection, customer_id: str) -> tuple[str, ...]:
    """Ids that lead to this customer."""
    r = mig_redirect.c
    return tuple(connection.scalars(sa.select(r.old_id).where(r.new_id == customer_id).order_by(r.old_id)))


def events(connection: sa.Connection, view: CustomerView) -> tuple[Event, ...]:
    """The history of a customer, newest first; what a run changed is known as long as its images are kept."""
    records = [record.record_id for record in view.records]
    found = [
        *_loads(connection, view, records),
        *_merges(connection, view.id),
        *_decided(connection, records),
    ]
    found += _corrected(view)
    return tuple(sorted(found, key=lambda one: (one.at, one.number), reverse=True))


def _loads(connection: sa.Connection, view: CustomerView, records: Sequence[str]) -> Iterator[Event]:
    """Runs that first loaded one of its records, or changed its row."""
    s, r, c = mig_source_record.c, mig_run.c, mig_change.c
    first: dict[int, int] = {}
    for start in range(0, len(records), AT_ONCE):
        mine = s.record_id.in_(records[start : start + AT_ONCE])
        query = sa.select(s.first_run, sa.func.count()).where(mine).group_by(s.first_run)
        for run, count in connection.execute(query):
            first[run] = first.get(run, 0) + count
    own = sa.select(c.run, c.op).where(c.table_name == "customer", c.row_id == view.id)
    changed = {row.run: OPS[row.op] for row in connection.execute(own)}
    numbers = sorted({*first, *changed})
    query = sa.select(r.id, r.started_at).where(r.id.in_(numbers))
    began = {row.id: row.started_at for row in connection.execute(query)}
    for run in numbers:
        said = [f"{counted(first[run], 'record')} loaded"] if run in first else []
        said += [f"the customer was {changed[run]}"] if run in changed else []
        if run in began:
            yield Event(began[run], "load", f"run {run}: {', '.join(said)}", None, None, run)


def _merges(connection: sa.Connection, customer_id: str) -> Iterator[Event]:
    d, r = mig_redirect.c, mig_run.c
    query = (
        sa.select(d.old_id, d.run, r.started_at).join(mig_run, r.id == d.run).where(d.new_id == customer_id)
    )
    for row in connection.execute(query):
        yield Event(
            row.started_at, "merge", f"run {row.run}: {row.old_id} was merged into it", None, None, row.run
        )


def _decided(connection: sa.Connection, records: Sequence[str]) -> Iterator[Event]:
    """Decisions that are about one of its records, and those that took one of these back."""
    m, numbers = mig_decision_member.c, set[int]()
    for start in range(0, len(records), AT_ONCE):
        some = m.record_id.in_(records[start : start + AT_ONCE])
        numbers |= set(connection.scalars(sa.select(m.decision).where(some)))
    if not numbers:
        return
    for one in read_decisions(connection):
        if one.id in numbers or one.revokes in numbers:
            yield Event(one.at, _kind(one), _words(one, set(records)), one.by, one.why, one.id)


def _kind(one: Decision) -> str:
    return one.kind if one.kind in (PIN, CONFIRM, REVOKE) else "decision"


def _words(one: Decision, records: set[str]) -> str:
    if one.kind == REVOKE:
        return f"decision {one.revokes} was taken back"
    ended = "" if one.revoked_by is None else f" (taken back by decision {one.revoked_by})"
    if one.kind == PIN:
        return f"{one.field} was pinned{ended}"
    if one.kind == CONFIRM:
        return f"the customer was confirmed{ended}"
    sides = [counted(len(side), "record") for side in one.sides.values()]
    return f"{(one.verdict or '').upper()} was said of {' and '.join(sides)}{ended}"


def _corrected(view: CustomerView) -> Iterator[Event]:
    mine = {one.id: one for record in view.records for one in view.corrected(record)}
    for one in mine.values():
        said = f"{one.row} was waived" if one.field is None else f"{one.row}: {one.field} was corrected"
        yield Event(one.at, "correction", said, one.by, one.why, one.id)
