"""What a run left to be asked about: the same until the next run, whatever people decide meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.records import PLACEHOLDER
from crm_unify.run.decisions import revoked
from crm_unify.schema.bookkeeping import mig_decision, mig_decision_member, mig_rekey, mig_xref
from crm_unify.schema.crm import party_identifier
from crm_unify.schema.tables import arrow_schema
from crm_unify.steward.newest import Newest
from crm_unify.steward.review.doubts import DOUBTS, WeakLink, between_customers, weak_links
from crm_unify.wording import counted
from matching.clustering import MAX_COMPONENT
from pipelines.database.read import fetch

NO_WORKSPACE: Final = (
    "the scored pairs of the newest run are no longer in the workspace: what is listed is what the CRM "
    "database knows by itself; `crm-unify run` brings the rest back and writes nothing else"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Doubts, before anything that people say of them."""

    doubts: pa.Table
    """DOUBTS of the scored pairs between customers."""
    weak: tuple[WeakLink, ...]
    lost: tuple[Mapping[str, Any], ...]
    """Customers that the evidence holds together no longer, as the run tells them."""
    rekeyed: pa.Table
    """Rows of ``mig_rekey`` that wait for a person."""
    notes: tuple[str, ...]

    def about(self, records: Collection[str]) -> Evidence:
        """What of it is about records of a part."""
        ids = pa.array(sorted(records), pa.string())
        return replace(
            self,
            doubts=self.doubts.filter(pc.is_in(self.doubts["left"], ids)),
            weak=tuple(one for one in self.weak if one.link[0] in records),
            lost=tuple(one for one in self.lost if one["parts"][0][0] in records),
            rekeyed=self.rekeyed.filter(pc.is_in(self.rekeyed["record_id"], ids)),
        )

    def beside(self) -> dict[str, set[str]]:
        """By record others that something is asked about together with it."""
        found: dict[str, set[str]] = {}
        for first, others in self._together():
            found.setdefault(first, set()).update(others)
            for other in others:
                found.setdefault(other, set()).add(first)
        return found

    def _together(self) -> Iterator[tuple[str, list[str]]]:
        for table, one, other in ((self.doubts, "left", "right"), (self.rekeyed, "record_id", "new_id")):
            for left, right in zip(table[one].to_pylist(), table[other].to_pylist(), strict=True):
                yield left, [right]
        for parts in (*(one.parts for one in self.weak), *(one["parts"] for one in self.lost)):
            first, *others = (record for part in parts for record in part)
            yield first, others


def evidence_of(newest: Newest, connection: sa.Connection) -> Evidence:
    """What the newest run left, out of its workspace and its database."""
    names = arrow_schema("mig_rekey").names
    waiting = sa.select(*(mig_rekey.c[name] for name in names)).where(mig_rekey.c.state == "open")
    rekeyed, notes = fetch(connection, waiting), tuple(_placeholders(connection))
    if newest.folder is None:
        return Evidence(DOUBTS.empty_table(), (), (), rekeyed, (*notes, NO_WORKSPACE))
    results = newest.results
    pairs, figures = results.pairs, results.figures
    doubts = between_customers(pairs, merge_bits=figures["lines"]["merge_bits"])
    weak = tuple(weak_links(pairs, oversize=MAX_COMPONENT))
    return Evidence(doubts, weak, tuple(figures.get("lost_evidence", ())), rekeyed, notes)


def _placeholders(connection: sa.Connection) -> Iterator[str]:
    """What is no question between records, and still work: customers that no source has."""
    c, mark = party_identifier.c, party_identifier.c.scheme == PLACEHOLDER
    values = list(connection.scalars(sa.select(c.value).where(mark).order_by(c.value)))
    if values:
        shown = ", ".join(values[:SHOWN]) + (" ..." if len(values) > SHOWN else "")
        number = counted(len(values), "customer is a placeholder", "customers are placeholders")
        yield f"{number} for rows that no source has: {shown}"


SHOWN: Final = 5
"""Placeholders that a note names."""


# --- a part by itself ---
def part_of(
    beside: Mapping[str, Collection[str]], connection: sa.Connection, records: Iterable[str]
) -> set[str] | None:
    """These records with all that hang together with them, by what is asked, by customer, by any decision.

    No question, no customer and no decision is about one of them and about another record, so that they can
    be gathered alone. None where they are more than LARGEST. `beside` is :meth:`Evidence.beside`.
    """
    part, fresh = set[str](), set(records)
    while fresh:
        part |= fresh
        if len(part) > LARGEST:
            return None
        near = {other for record in fresh for other in beside.get(record, ())}
        x, m = mig_xref.c, mig_decision_member.c
        customers = sa.select(x.customer_id).where(x.record_id.in_(fresh))
        near.update(connection.scalars(sa.select(x.record_id).where(x.customer_id.in_(customers))))
        decisions = sa.select(m.decision).where(m.record_id.in_(fresh))
        near.update(connection.scalars(sa.select(m.record_id).where(m.decision.in_(decisions))))
        fresh = near - part
    return part


LARGEST: Final = 3_000
"""Records of a part; to gather a larger one takes about as long as to gather all."""


def spoken_of(connection: sa.Connection, decisions: Collection[int]) -> set[str]:
    """The records that these decisions are about."""
    m = mig_decision_member.c
    return set(connection.scalars(sa.select(m.record_id).where(m.decision.in_(decisions))))


def holding(connection: sa.Connection) -> int:
    """Verdicts and confirmations that nobody has taken back."""
    d = mig_decision.c
    rows = connection.execute(sa.select(d.id, d.kind, d.revokes)).all()
    gone = revoked({row.id: row.revokes for row in rows})
    return sum(row.kind in ("verdict", "confirm") and row.id not in gone for row in rows)
