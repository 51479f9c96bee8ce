"""What is still open: business rules nobody approved, consent nobody can prove, columns nobody takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.rules.model import BusinessRule
from crm_unify.schema.views import consent_current
from crm_unify.steward.report.choice import contradicted
from crm_unify.steward.report.drawing import stacked
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.values import ChannelConsent, Consent, NoteGroup, Question
from pipelines.interpret.interface import Subject
from pipelines.ledger import deleted_customers

SETTLED: Final = ("approved", "retired")
URGENT: Final = ("disputed", "proposed", "draft")
"""Statuses of open questions, the most urgent first."""
CHANNELS: Final = ("email", "phone", "post", "any")
NOTES_SHOWN: Final = 40
SUBJECTS: Final = (
    ("drift", "What is different about the sources", "So they are since the run before; nothing was lost."),
    ("reading", "What the readers noticed", "Nothing was changed; it is good to know about the sources."),
    (
        Subject.COLUMN_UNTAKEN,
        "Columns nobody takes",
        "They are in the sources, and no rule uses them. Map them, or list them under `ignore` with why.",
    ),
    (Subject.CODE_UNUSED, "Codes nobody uses", "The code tables translate them, and no row has them."),
    (Subject.RULE_UNUSED, "Rules without a case", "These business rules decided no row of this run."),
)
"""Subject, title and what it means."""


def questions(left: Leavings) -> tuple[Question, ...]:
    """Rules that are neither approved nor retired: disputed ones first, then those that decide most rows."""
    found = [
        _question(loaded.rules.map, rule, about, left)
        for loaded in left.project.files
        for rule, about in loaded.rules.rules.items()
        if about.status not in SETTLED
    ]
    return tuple(sorted(found, key=lambda q: (URGENT.index(q.status), -(q.rows or 0), q.map, q.rule)))


def _question(name: str, rule: str, about: BusinessRule, left: Leavings) -> Question:
    hits = left.figures.get("hits")
    counted = None if hits is None else sum(h["rows"] for h in hits if (h["map"], h["rule"]) == (name, rule))
    return Question(
        map=name,
        rule=rule,
        what=about.what,
        why=about.why,
        owner=about.owner,
        status=about.status,
        evidence=about.evidence,
        rows=counted,
    )


def consents(left: Leavings, customers: int) -> Consent:
    """What holds now by channel, in customers; of a customer's several addresses the strictest counts."""
    c = consent_current.c
    severity = sa.case({"opted_out": 0, "unknown": 1}, value=c.status, else_=2)
    each = (
        sa.select(c.customer_id, c.channel, sa.func.min(severity).label("severity"))
        .group_by(c.customer_id, c.channel)
        .subquery()
    )
    keys = (each.c.channel, each.c.severity)
    rows = left.connection.execute(sa.select(*keys, sa.func.count()).group_by(*keys))
    counts: dict[str, dict[int, int]] = {}
    for channel, status, number in rows:
        counts.setdefault(channel, {})[int(status)] = number
    heard = left.connection.execute(sa.select(sa.func.count(sa.distinct(c.customer_id)))).scalar_one()
    owners = contradicted().distinct().subquery()
    against = left.connection.execute(sa.select(sa.func.count(sa.distinct(owners.c[0])))).scalar_one()
    return Consent(
        channels=tuple(_channel(name, counts[name], customers) for name in CHANNELS if name in counts),
        silent=customers - heard,
        contradicted=against,
    )


def _channel(name: str, counts: Mapping[int, int], customers: int) -> ChannelConsent:
    out, unknown, given = (counts.get(severity, 0) for severity in (0, 1, 2))
    parts = [("out", "opted out", out), ("unknown", "unknown", unknown), ("in", "opted in", given)]
    return ChannelConsent(name, out, unknown, given, stacked(parts, total=customers))


def notes(left: Leavings) -> tuple[NoteGroup, ...] | None:
    """What concerns no single row, by subject; None when the workspace is gone."""
    said = left.figures.get("notes")
    if said is None:
        return None
    groups = [_group(subject, title, sentence, left.figures) for subject, title, sentence in SUBJECTS]
    return tuple(group for group in (*groups, _deleted(left)) if group.notes)


def _deleted(left: Leavings) -> NoteGroup:
    """Customers that people deleted in the CRM."""
    ids = left.connection.execute(deleted_customers()).scalars().all()
    found = [(str(name), "its sources still have it") for name in ids]
    return NoteGroup(
        "Deleted in the CRM by people",
        "They stay deleted; `on_target_deleted: restore` in the project file would make them again.",
        tuple(found[:NOTES_SHOWN]),
        max(len(found) - NOTES_SHOWN, 0),
    )


def _group(subject: str, title: str, sentence: str, figures: Mapping[str, Any]) -> NoteGroup:
    if subject == "drift":
        found = [(one["map"], one["sentence"]) for one in figures.get("drift", ())]
    elif subject == "reading":
        reading = figures.get("reading", {})
        found = [(name, line) for name in sorted(reading) for line in reading[name]]
    else:
        found = [(note["map"], note["sentence"]) for note in figures["notes"] if note["subject"] == subject]
    return NoteGroup(title, sentence, tuple(found[:NOTES_SHOWN]), max(len(found) - NOTES_SHOWN, 0))
