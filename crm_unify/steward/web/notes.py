"""What people noted beside records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_xref
from crm_unify.schema.stewards import mig_note, mig_proposal


@dataclass(frozen=True, slots=True)
class Note:
    """A note, or what somebody proposes."""

    text: str
    by: str
    at: datetime


def notes_of(connection: sa.Connection, records: Sequence[str]) -> tuple[Note, ...]:
    """Notes on any of these records that stand, and open proposals about them; the newest first."""
    n, p = mig_note.c, mig_proposal.c
    stands = sa.and_(n.record_id.in_(records), n.withdrawn_at.is_(None))
    found = [
        Note(row.text, row.written_by, row.written_at)
        for row in connection.execute(sa.select(n.text, n.written_by, n.written_at).where(stands))
    ]
    x = mig_xref.c
    here = sa.select(x.customer_id).where(x.record_id.in_(records))
    theirs = sa.select(x.record_id).where(x.customer_id.in_(here))  # whatever record the proposal names
    asked = sa.and_(p.left_record.in_(theirs), p.right_record.in_(theirs), p.state == "open")
    for row in connection.execute(sa.select(p.why, p.proposed_by, p.proposed_at).where(asked)):
        text = f"says they are the same customer; a second person has to say so, too. {row.why}".rstrip()
        found.append(Note(text, row.proposed_by, row.proposed_at))
    return tuple(sorted(found, key=lambda note: note.at, reverse=True))
