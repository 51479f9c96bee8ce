"""What the two sides of a question say, field by field, and how alike that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa
from rapidfuzz.distance import OSA

from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.steward.ledger_view import KnownRecord, LedgerView
from crm_unify.steward.report.evidence import said, same
from crm_unify.steward.review.values import Question

EQUAL, SIMILAR, DIFFERENT, MISSING = "equal", "similar", "different", "missing"
"""How alike what two sides say of a field is; missing: one of them is silent."""

LIKE: Final = 0.75
"""Share of characters two texts must have in common, in order, to be similar: a slip or two in a name."""

READ: Final = 200
"""Records read of each side; what further ones say is not shown."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One field of both sides."""

    label: str
    values: tuple[tuple[str, ...], tuple[str, ...]]
    """Every different value of each side, in the order of its records."""
    likeness: str
    """EQUAL, SIMILAR, DIFFERENT or MISSING."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def beside(connection: sa.Connection, question: Question) -> tuple[Beside, ...]:
    """Both sides of a question, field by field; the leading records speak first."""
    sides = []
    for side, lead in zip(question.sides, question.leading, strict=True):
        wanted = [lead, *(record for record in side.records if record != lead)][:READ]
        known = records(connection, wanted)
        sides.append([said(known[record]) for record in wanted if record in known])
    labels = dict.fromkeys(label for side in sides for record in side for label in record)
    rows = []
    for label in labels:
        one, other = (tuple(dict.fromkeys(_every(side, label))) for side in sides)
        rows.append(Beside(label, (one, other), likeness(one, other)))
    return tuple(rows)


def _every(side: Sequence[dict[str, tuple[str, ...]]], label: str) -> Iterable[str]:
    return (text for record in side for text in record.get(label, ()))


def records(connection: sa.Connection, ids: Sequence[str]) -> dict[str, KnownRecord]:
    """The records of these ids; unknown ones are left out."""
    found = LedgerView(connection).records(mig_source_record.c.record_id.in_(ids))
    return {record.record_id: record for record in found}


def likeness(one: Sequence[str], other: Sequence[str]) -> str:
    """How alike two sides are in a field: the best of all pairs of their values."""
    if not one or not other:
        return MISSING
    if any(same(mine, theirs) for mine in one for theirs in other):
        return EQUAL
    near = (similarity(mine, theirs) for mine in one for theirs in other)
    return SIMILAR if max(near) >= LIKE else DIFFERENT


def similarity(one: str, other: str) -> float:
    """Share of characters two texts have in common, in order, but for exchanged neighbours; 0 to 1."""
    return float(OSA.normalized_similarity(one.casefold(), other.casefold()))
