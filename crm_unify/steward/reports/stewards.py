"""The steward report: what waits, what was decided by whom, how far people agree, how right it all is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.accuracy import Estimate, estimates
from crm_unify.run.decisions import REVOKE, Decision, read_decisions
from crm_unify.schema.bookkeeping import mig_source_record
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest
from crm_unify.steward.reports.accuracy import accuracy_section
from crm_unify.steward.reports.agreement import Agreement, agreements
from crm_unify.steward.reports.masks import Mask, name_mask, people_mask
from crm_unify.steward.reports.values import Card, Cell, Column, Form, Mood, Report, Section, Table
from crm_unify.steward.review.gather import queue_of
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.review.values import Question, Reason
from crm_unify.wording import counted
from pipelines.corrections import REVOKE as TAKEN_BACK
from pipelines.corrections import Correction, read_corrections

AGES: Final = ((7, "up to a week"), (30, "up to a month"), (91, "up to three months"), (None, "older"))
"""Days, and how they are said."""
DAYS: Final = 60
"""Days on which somebody decided that are shown, the newest ones."""
FIRST: Final = 15
"""Questions shown by name."""
FAIR: Final = 0.6
"""Kappa from which on agreement is commonly called substantial (Landis and Koch 1977)."""
KINDS: Final = ("same", "different", "unsure", "confirm", "pin", "revoke")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the report is made from."""

    queue: Queue
    decisions: tuple[Decision, ...]
    corrections: tuple[Correction, ...]
    estimates: tuple[Estimate, ...]
    records: int
    today: date
    name: Mask
    person: Mask


def steward_report(project: LoadedProject, newest: Newest, *, today: date, masked: bool) -> Report:
    """The report as of the newest run; ages are counted up to `today`."""
    with reachable(newest.engine), newest.engine.connect() as connection:
        found = _Found(
            queue_of(newest, connection),
            read_decisions(connection),
            read_corrections(connection),
            estimates(connection),
            connection.scalar(sa.select(sa.func.count()).select_from(mig_source_record)) or 0,
            today,
            name_mask(masked=masked),
            people_mask(masked=masked),
        )
    agreed = agreements(found.decisions)
    return Report(
        kind="steward",
        project=project.project.project,
        environment=project.environment,
        run=newest.run.id,
        as_of=newest.run.as_of,
        title="What waits, and what was decided",
        said="; ".join(found.queue.notes),
        cards=(_waiting(found), _decided(found), _agreement(agreed), _revoked(found)),
        sections=(
            _queue(found),
            _decisions(found),
            _agreeing(agreed, found.person),
            accuracy_section(found.estimates),
        ),
        masked=masked,
    )


# --- cards ---
def _waiting(found: _Found) -> Card:
    now = found.queue.progress()
    left = now.seconds_left
    time = "" if left is None else f", about {max(left / 3600, 0.1):,.1f} hours"
    said = (
        f"about {counted(now.pairs, 'pair')} of records; likely {counted(now.likely_answers, 'answer')}{time}"
    )
    return Card("Open questions", f"{now.questions:,}", said, Mood.WAIT if now.questions else Mood.GOOD)


def _decided(found: _Found) -> Card:
    made = [one for one in found.decisions if one.kind != REVOKE]
    rate = 1000 * len(made) / found.records if found.records else 0.0
    said = f"{rate:,.1f} for 1,000 records; {counted(len(_repairs(found)), 'repair')} of source rows beside"
    return Card("Decisions", f"{len(made):,}", said)


def _agreement(agreed: Sequence[Agreement]) -> Card:
    judged = sum(one.judged for one in agreed)
    if not judged:
        return Card("Agreement", "\N{EN DASH}", "no two people have judged the same records yet")
    share = sum(one.agreed for one in agreed) / judged
    weighed = [(one.kappa, one.judged) for one in agreed if one.kappa is not None]
    known = sum(times for _, times in weighed)
    mean = sum(value * times for value, times in weighed) / known if known else None
    said = f"of {counted(judged, 'pair')} that two people judged"
    if mean is None:
        return Card("Agreement", f"{share:.0%}", said)
    mood = Mood.GOOD if mean >= FAIR else Mood.WAIT
    return Card("Agreement", f"{share:.0%}", f"{said}; Cohen's kappa {mean:.2f}", mood)


def _revoked(found: _Found) -> Card:
    made = [one for one in found.decisions if one.kind != REVOKE]
    gone = sum(one.revoked_by is not None for one in made)
    share = gone / len(made) if made else 0.0
    return Card("Taken back", f"{share:.1%}", f"{gone:,} of {counted(len(made), 'decision')}")


# --- the queue ---
def _queue(found: _Found) -> Section:
    questions = list(found.queue.every())
    columns = (
        Column("reason"),
        *(Column(said, Form.COUNT) for _, said in AGES),
        Column("together", Form.COUNT),
    )
    columns = (*columns, Column("pairs", Form.COUNT), Column("orders", Form.COUNT))
    rows = [_reason(reason, questions, found.today) for reason in Reason]
    ages = Table(
        "By reason and age", columns, tuple(row for row in rows if row is not None), nothing="nothing waits"
    )
    page = found.queue.page(size=FIRST).questions
    heads = ("question", "one side", "other side", "reason", "sources")
    first = Table(
        "Whose answer settles most",
        (*(Column(head) for head in heads), Column("settles", Form.COUNT), Column("likely", Form.SHARE)),
        tuple(_line(one, found.name) for one in page),
        said="`crm-unify review next` shows them one by one, `crm-unify review export` as a workbook.",
        nothing="nothing waits",
    )
    return Section(
        "What waits", "A question is as old as the younger of the records that lead it.", (ages, first)
    )


def _reason(reason: Reason, questions: Sequence[Question], today: date) -> tuple[Cell, ...] | None:
    mine = [one for one in questions if one.reasons[0] is reason]
    if not mine:
        return None
    ages = Counter(_age(one, today) for one in mine)
    sums = (len(mine), sum(one.pairs for one in mine), sum(one.orders for one in mine))
    return (reason.value, *(ages[said] for _, said in AGES), *sums)


def _age(question: Question, today: date) -> str:
    days = 0 if question.since is None else (today - question.since.date()).days
    return next(said for most, said in AGES if most is None or days <= most)


def _line(one: Question, name: Mask) -> tuple[Cell, ...]:
    names = [name(side.name) for side in one.sides]
    return (one.id, *names, one.reasons[0].value, " / ".join(one.sources), round(one.worth), one.probability)


# --- decisions ---
def _decisions(found: _Found) -> Section:
    said = [(one.at.date(), found.person(one.by), _kind(one)) for one in found.decisions]
    said += [(one.at.date(), found.person(one.by), "repair") for one in _repairs(found)]
    kinds = [kind for kind in (*KINDS, "repair") if any(kind == other for *_, other in said)]
    counts = tuple(Column(kind, Form.COUNT) for kind in (*kinds, "together"))
    days = sorted({(day, person) for day, person, _ in said}, reverse=True)[:DAYS]
    by_day = [(day.isoformat(), who, *_counts(said, kinds, day, who)) for day, who in days]
    people = sorted({person for _, person, _ in said})
    by_person = [(who, *_counts(said, kinds, None, who)) for who in people]
    tables = (
        Table("By person", (Column("person"), *counts), tuple(by_person), nothing="nobody has decided yet"),
        Table(
            "By day",
            (Column("day"), Column("person"), *counts),
            tuple(by_day),
            nothing="nobody has decided yet",
        ),
    )
    return Section("What was decided", "", tables)


def _counts(
    said: Sequence[tuple[date, str, str]], kinds: Sequence[str], day: date | None, person: str
) -> list[Cell]:
    mine = Counter(kind for when, who, kind in said if who == person and day in (None, when))
    return [*(mine[kind] for kind in kinds), sum(mine.values())]


def _kind(one: Decision) -> str:
    return one.verdict or one.kind


def _repairs(found: _Found) -> list[Correction]:
    return [one for one in found.corrections if one.kind != TAKEN_BACK]


def _agreeing(agreed: Sequence[Agreement], person: Mask) -> Section:
    columns = (Column("one"), Column("other"), Column("judged", Form.COUNT), Column("agreed", Form.COUNT))
    rows = tuple((person(one.one), person(one.other), one.judged, one.agreed, one.kappa) for one in agreed)
    table = Table(
        "Two people, the same records",
        (*columns, Column("kappa", Form.NUMBER)),
        rows,
        nothing="no two people have judged the same records yet",
    )
    said = (
        "Cohen's kappa is agreement beyond chance: 1 is full agreement, 0 what chance gives; from 0.6 on it "
        "is commonly called substantial. Verdicts that their own giver took back do not count."
    )
    return Section("How far stewards agree", said, (table,))
