"""What an answer of a person does: the decisions, notes and proposals it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.run.deciding import Draft, confirming, revoking, splitting
from crm_unify.run.decisions import CONFIRM, VERDICT, Decision, read_decisions
from crm_unify.run.pinning import pinning
from crm_unify.run.subjects import subject
from crm_unify.schema.bookkeeping import mig_xref
from crm_unify.steward.review.picked import of_kind
from crm_unify.steward.web.canvas import Subject
from matching.decisions import DIFFERENT, SAME


class Action(StrEnum):
    """What a person can do on a canvas."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"
    SPLIT = "split"
    PIN = "pin"
    NOTE = "note"
    REVOKE = "revoke"
    UNDO = "undo"


LONGEST_WORDS: Final = 10_240
"""Characters of a note or a reason."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as the browser sent it."""

    key: str
    """Made up by the browser: sent twice, it counts once."""
    action: Action
    canvas: str
    """Question or customer it is about."""
    selected: tuple[str, ...]
    added: tuple[str, ...]
    seen: int
    """Number of the newest decision when the canvas was drawn."""
    words: str
    """The reason, or the note."""
    field: str
    record: str
    decision: int


def drafts(connection: sa.Connection, given: Given, found: Subject, as_of: date) -> tuple[Draft, ...]:
    """The decisions an answer stands for. Raises UsageError where it stands for none."""
    match given.action:
        case Action.SAME | Action.DIFFERENT | Action.UNSURE:
            return (_verdict(connection, given, found),)
        case Action.SPLIT:
            return tuple(_splits(connection, given, found))
        case Action.PIN:
            kind = subject(connection, given.record).kind
            field = of_kind(kind, given.field)
            pin = pinning(connection, given.record, field, value=None, source=given.record, as_of=as_of)
            return (pin,)
        case Action.REVOKE:
            return (revoking(connection, given.decision),)
        case _:
            return ()


def _verdict(connection: sa.Connection, given: Given, found: Subject) -> Draft:
    """The selected records against the rest; with none selected, that all of them are one."""
    chosen = _chosen(given, found)
    rest = tuple(record for record in found.records if record not in chosen)
    if chosen and rest:
        return Draft(VERDICT, "decide", (chosen, rest), verdict=given.action.value)
    if given.action != Action.SAME:
        raise UsageError(
            "nothing is selected to be kept apart", remedy="select the records that are another customer"
        )
    if len(set(found.customers)) == 1 and len(found.records) > 0:
        return confirming(connection, found.customers[0])
    return Draft(VERDICT, "decide", found.sides, verdict=SAME)


def _chosen(given: Given, found: Subject) -> tuple[str, ...]:
    strange = [record for record in given.selected if record not in found.records]
    if strange:
        remedy = "load the page again and repeat it"
        raise UsageError("this record is not in the cluster any more", strange[0], remedy=remedy)
    return tuple(record for record in found.records if record in given.selected)


def _splits(connection: sa.Connection, given: Given, found: Subject) -> Iterator[Draft]:
    """The selected records of each customer against its others."""
    chosen = _chosen(given, found)
    if not chosen:
        raise UsageError("nothing is selected to be split off", remedy="select the records that are another")
    for customer, records in sorted(customers_of(connection, chosen).items()):
        yield splitting(connection, customer, records)


def customers_of(connection: sa.Connection, records: Sequence[str]) -> dict[str, list[str]]:
    """Records by the customer they belong to now."""
    x = mig_xref.c
    found: dict[str, list[str]] = {}
    rows = connection.execute(sa.select(x.record_id, x.customer_id).where(x.record_id.in_(records)))
    for row in rows.all():
        found.setdefault(row.customer_id, []).append(row.record_id)
    return found


# --- what stands against it ---
def confirmed_ones(connection: sa.Connection, draft: Draft, by: str) -> list[set[str]]:
    """The records of each confirmed customer that a verdict would make one of, directly or by a chain.

    What was said to be the same already counts as one. A confirmation of somebody else counts, though the
    person who answers now has taken it back: else one person alone could do what takes two.
    """
    if draft.verdict != SAME:
        return []
    records = [record for side in draft.sides for record in side]
    ones, confirmed = list[set[str]](), list[set[str]]()
    for some in customers_of(connection, records).values():
        if any(not one.isdisjoint(some) for one in ones):
            continue
        one, said = _one_customer(connection, some)
        ones.append(one)
        if any(_stands(decision, said, by) for decision in said):
            confirmed.append(one)
    return confirmed


def _one_customer(connection: sa.Connection, records: Sequence[str]) -> tuple[set[str], tuple[Decision, ...]]:
    """The records that are one with these, by the CRM and by what people said, and what was said of them."""
    one, said, before = set(records), tuple[Decision, ...](), 0
    while len(one) > before:
        before = len(one)
        x = mig_xref.c
        mine = sa.select(x.customer_id).where(x.record_id.in_(one))
        one |= set(connection.scalars(sa.select(x.record_id).where(x.customer_id.in_(mine))))
        said = read_decisions(connection, about=sorted(one))
        same = (d for d in said if d.revoked_by is None and (d.verdict == SAME or d.kind == CONFIRM))
        one |= {member.record_id for decision in same for member in decision.members}
    return one, said


def _stands(decision: Decision, said: Sequence[Decision], by: str) -> bool:
    """Whether it is a confirmation that counts against a merge which this person wants."""
    if decision.kind != CONFIRM:
        return False
    taken_back = next((other for other in said if other.id == decision.revoked_by), None)
    return taken_back is None or (taken_back.by == by and decision.by != by)


def by_others_since(
    decisions: Sequence[Decision], seen: int, draft_records: Sequence[str], by: str
) -> tuple[Decision, ...]:
    """What others decided on these records since somebody looked."""
    mine = set(draft_records)
    return tuple(
        one
        for one in decisions
        if one.id > seen and one.by != by and mine & {member.record_id for member in one.members}
    )


PAST: Final[Mapping[str, str]] = {
    Action.SAME: "same customer",
    Action.DIFFERENT: "different customers",
    Action.UNSURE: "unsure",
    Action.SPLIT: "split off",
    Action.PIN: "pinned",
    Action.NOTE: "noted",
    Action.REVOKE: "taken back",
    Action.UNDO: "undone",
}
"""What was done, in words."""
VERDICTS: Final = (SAME, DIFFERENT, "unsure")
