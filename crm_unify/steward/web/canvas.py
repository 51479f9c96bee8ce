"""The cluster canvas: the golden preview and records side by side, for people who settle what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.run.decisions import PIN, Decision, read_decisions
from crm_unify.run.subjects import members, subject
from crm_unify.schema.bookkeeping import mig_decision, mig_source_record
from crm_unify.steward.ledger_view import KnownRecord, LedgerView
from crm_unify.steward.report.evidence import CONTACTS, DETAILS, said
from crm_unify.steward.review.picked import PINS
from crm_unify.steward.review.values import Question
from crm_unify.steward.web.cells import Cell, Value, compared
from crm_unify.steward.web.preview import Preferred, preferred
from crm_unify.steward.web.sharing import shared_by
from crm_unify.steward.web.site import Site
from crm_unify.steward.web.veil import Veil

WINDOW: Final = 24
"""Records beside each other at a time; a cluster of hundreds is paged through."""
GROUPS: Final = (
    ("Who", tuple(dict.fromkeys(label for fields in DETAILS.values() for label in fields.values()))),
    ("Reached by", (*CONTACTS.values(), "Address")),
    ("Known as", ("Identifier", "Account")),
    ("Consent", ("Consent",)),
)
"""Rows of the canvas in groups."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a canvas is about: a question, or a customer."""

    key: str
    """``Q-...``, ``C-...``, or ``S-...`` of a pair of a sample."""
    question: Question | None
    sides: tuple[tuple[str, ...], ...]
    """Record ids; of a customer one side."""
    customers: tuple[str, ...]
    """Customers they belong to now, in the order of the sides."""

    @property
    def records(self) -> tuple[str, ...]:
        """All record ids, those of the first side first."""
        return tuple(record for side in self.sides for record in side)

    @property
    def preselected(self) -> tuple[str, ...]:
        """Of a question its second side: the answer is about it against the rest."""
        return self.sides[1] if self.question is not None and len(self.sides) > 1 else ()


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    record_id: str
    system: str
    key: str
    updated: str | None
    created: str | None
    state: str
    customer: str | None
    side: int
    """From 0; records that were added by hand have the last one."""
    leads: bool
    """Whether it is one of the two that have most in common."""


@dataclass(frozen=True, slots=True)
class Row:
    """A field of all records in the window."""

    label: str
    golden: tuple[str, ...]
    why: str
    """Why the golden value wins, in words."""
    pinned: bool
    pin: str
    """Field to pin; empty where that cannot be."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Canvas:
    """One window on a cluster."""

    subject: Subject
    heads: tuple[Head, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    start: int
    total: int
    seen: int
    """Number of the newest decision when it was drawn: later ones are somebody else's word."""
    decisions: tuple[Decision, ...]
    """What was ever decided on any of the records, the newest first."""

    @property
    def content(self) -> str:
        """Another text where its records are others, or somebody has decided on one of them since.

        By it a browser knows whether what it remembers is about what it shows.
        """
        newest = max((one.id for one in self.decisions), default=0)
        said = "\n".join([str(newest), *sorted(self.subject.records)])
        return blake2b(said.encode(), digest_size=8).hexdigest()

    @property
    def later(self) -> int | None:
        """Where the next window begins."""
        end = self.start + len(self.heads)
        return end if end < self.total else None


# --- what it is about ---
def subject_of(site: Site, connection: sa.Connection, key: str, added: Sequence[str] = ()) -> Subject:
    """The question or customer of this key, with records that a person added.

    Raises UsageError where the question is not open any more, and for records that are not there.
    """
    if key.startswith("Q-"):
        with site.board.queue(connection) as queue:
            question = queue.question(key) or site.board.remembered(key)
        if question is None:
            remedy = "go on with the queue; `crm-unify decisions` lists what was decided"
            raise UsageError("no open question has this id", key, why="it may be settled", remedy=remedy)
        customers = tuple(side.customer or side.records[0] for side in question.sides)
        found = Subject(key, question, tuple(side.records for side in question.sides), customers)
    elif key.startswith("S-"):
        pair = site.samples.pair(connection, key)
        found = Subject(key, None, ((pair[0],), (pair[1],)), pair)
    else:
        named = subject(connection, key)
        whole = members(connection, named.customer)
        found = Subject(named.customer, None, (whole,), (named.customer,))
    return with_added(connection, found, added)


def with_added(connection: sa.Connection, found: Subject, added: Sequence[str]) -> Subject:
    """The same with more records and all of their customers. Raises UsageError for another kind."""
    sides, customers = list(found.sides), list(found.customers)
    for name in added:
        one = subject(connection, name)
        kinds = {one.kind, subject(connection, found.records[0]).kind}
        if len(kinds) > 1:
            raise UsageError(
                "a person and an organisation are never one customer", name, remedy="add another record"
            )
        more = tuple(r for r in members(connection, one.customer) if r not in found.records)
        if more:
            sides.append(more)
            customers.append(one.customer)
            found = replace(found, sides=tuple(sides), customers=tuple(customers))
    return found


# --- how it is drawn ---
def canvas_of(site: Site, connection: sa.Connection, found: Subject, veil: Veil, *, start: int = 0) -> Canvas:
    """A window on a cluster, from the record at `start` on."""
    start = start if 0 <= start < len(found.records) else 0
    shown = _ordered(found)[start : start + WINDOW]
    # asked before what is shown is read: a decision between the two is never taken for one that was seen
    newest = connection.scalar(sa.select(sa.func.max(mig_decision.c.id))) or 0
    known = _records(connection, found.records)
    told = {record: said(one) for record, one in known.items()}
    decisions = read_decisions(connection, about=found.records)
    best = preferred(site.project, list(known.values()), decisions)
    columns = [record for record in shown if record in known]
    rows = _rows(found, columns, told, best, decisions)
    texts = [value.text for _, row in rows for cell in row.cells for value in cell.values]
    shared = shared_by(connection, texts)
    kind = next((one.kind for one in known.values()), "person")
    groups = tuple(
        (title, tuple(_veiled(kind, row, veil, shared) for group, row in rows if group == title))
        for title, _ in GROUPS
    )
    return Canvas(
        subject=found,
        heads=tuple(_head(found, known[record]) for record in columns),
        groups=tuple((title, some) for title, some in groups if some),
        start=start,
        total=len(found.records),
        seen=newest,
        decisions=tuple(replace(one, why=veil.words(one.why)) for one in reversed(decisions)),
    )


def _ordered(found: Subject) -> list[str]:
    """The records that lead a question first of their sides."""
    leading = () if found.question is None else found.question.leading
    return [r for side in found.sides for r in sorted(side, key=lambda record: record not in leading)]


def _records(connection: sa.Connection, ids: Sequence[str]) -> dict[str, KnownRecord]:
    found = LedgerView(connection).records(mig_source_record.c.record_id.in_(ids))
    return {record.record_id: record for record in found}


def _head(found: Subject, one: KnownRecord) -> Head:
    side = next(number for number, side in enumerate(found.sides) if one.record_id in side)
    leading = () if found.question is None else found.question.leading
    return Head(
        record_id=one.record_id,
        system=one.system,
        key=one.key,
        updated=one.updated,
        created=one.created,
        state=one.state,
        customer=one.customer_id,
        side=side,
        leads=one.record_id in leading,
    )


def _rows(
    found: Subject,
    columns: Sequence[str],
    told: Mapping[str, Mapping[str, tuple[str, ...]]],
    best: Mapping[str, Preferred],
    decisions: Sequence[Decision],
) -> list[tuple[str, Row]]:
    pinned = {one.field for one in decisions if one.kind == PIN and one.revoked_by is None}
    return [
        (title, _row(found, label, columns, told, best.get(label), pinned))
        for title, labels in GROUPS
        for label in labels
        if any(label in said for said in told.values())
    ]


def _row(
    found: Subject,
    label: str,
    columns: Sequence[str],
    told: Mapping[str, Mapping[str, tuple[str, ...]]],
    best: Preferred | None,
    pinned: set[str | None],
) -> Row:
    """A field: beside the golden value, or (of what is kept all) beside what the others say."""
    cells = []
    whose = {} if best is not None else _carriers(found, label, told)
    for record in columns:
        texts = told[record].get(label, ())
        mine = _party(found, record)
        others = (
            tuple(text for text, some in whose.items() if some != {mine}) if best is None else (best.text,)
        )
        cells.append(compared(texts, others, wins=best is not None and best.record_id == record))
    every = dict.fromkeys(text for said in told.values() for text in said.get(label, ()))
    golden = (best.text,) if best is not None else tuple(every)
    field = PINS.get(label, "")
    named = any(one is not None and one.rpartition(".")[2] == field for one in pinned)
    why = "a person gave it" if best is not None and best.record_id.startswith("decision ") else ""
    return Row(
        label, golden, (best.why if best is not None else "all are kept") or why, named, field, tuple(cells)
    )


def _carriers(
    found: Subject, label: str, told: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> dict[str, set[str]]:
    """Who says each value of a field."""
    whose: dict[str, set[str]] = {}
    for record, texts in told.items():
        for text in texts.get(label, ()):
            whose.setdefault(text, set()).add(_party(found, record))
    return whose


def _party(found: Subject, record: str) -> str:
    """Who a record speaks for: its side; of one customer itself, for then every record is compared."""
    if len(found.sides) == 1:
        return record
    return next(side[0] for side in found.sides if record in side)


# --- as the visitor may see it ---
def _veiled(kind: str, row: Row, veil: Veil, shared: Mapping[str, int]) -> Row:
    """The row as the visitor may see it."""
    cells = tuple(
        replace(cell, values=tuple(_value(kind, row.label, value, veil, shared) for value in cell.values))
        for cell in row.cells
    )
    return replace(row, golden=veil.labelled(kind, row.label, row.golden), cells=cells)


def _value(kind: str, label: str, value: Value, veil: Veil, shared: Mapping[str, int]) -> Value:
    (text,) = veil.labelled(kind, label, (value.text,))
    pieces = value.pieces if text == value.text else ()
    return Value(text, pieces, shared.get(value.text, 0))
