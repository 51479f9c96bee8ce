"""Where the migration stands, on one page for whoever answers for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.approvals import APPROVED, CHANGED, Standing, read_approvals, standings
from crm_unify.run.rehearse import Trial, trials
from crm_unify.schema.crm import customer
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import Newest
from crm_unify.steward.report.leavings import leavings
from crm_unify.steward.report.questions import questions
from crm_unify.steward.report.rows import source_tables, total
from crm_unify.steward.report.values import Question, SourceTable
from crm_unify.steward.reports.trend import Point, trend
from crm_unify.steward.reports.values import Card, Cell, Column, Form, Mood, Report, Section, Table
from crm_unify.steward.review.gather import queue_of
from crm_unify.wording import counted

ASKED: Final = 6
"""Open rules that are named."""
REHEARSALS: Final = 5
"""Rehearsals that are shown."""
COUNTS: Final = ("extracted", "mapped", "held", "quarantined", "discarded", "withheld_values")
HEADS: Final = (
    "rows",
    "loaded",
    "wait for a parent",
    "in quarantine",
    "left out by a rule",
    "values left out",
)


def sponsor_report(project: LoadedProject, newest: Newest, *, masked: bool) -> Report:
    """The page as of the newest run; it names no customer, so masking changes nothing."""
    with reachable(newest.engine), newest.engine.connect() as connection:
        left = leavings(project, newest, connection)
        tables, open_rules = source_tables(left), questions(left)
        waiting = queue_of(newest, connection).progress().questions
        rules = standings(project, read_approvals(connection))
        customers = int(left.figures.get("customers") or _customers(connection))
    held = trials(newest.engine)
    return Report(
        kind="sponsor",
        project=project.project.project,
        environment=project.environment,
        run=newest.run.id,
        as_of=newest.run.as_of,
        title="Where the migration stands",
        said=_verdict(held, rules, total(tables)),
        cards=(_rows(total(tables)), _people(customers, waiting), _rules(rules), _go(held)),
        sections=(
            _account(tables),
            Section("What people still have to answer", "", (_open(open_rules),)),
            _rehearsals(held),
        ),
        masked=masked,
    )


def _customers(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(customer).where(customer.c.status != "merged")
    return int(connection.scalar(query) or 0)


def _verdict(held: Sequence[Trial], rules: Sequence[Standing], every: SourceTable) -> str:
    """One sentence on where it stands."""
    placed = (
        every.extracted
        and f"{every.mapped / every.extracted:.1%} of {every.extracted:,} source rows are loaded"
    )
    waits = sum(one.state != APPROVED for one in rules)
    agreed = (
        f"{counted(waits, 'rule waits', 'rules wait')} for approval" if waits else "every rule is approved"
    )
    last = (
        "nothing was rehearsed yet"
        if not held
        else f"the last rehearsal was a {'go' if held[-1].go else 'no-go'}"
    )
    return f"{placed or 'No row was read'}; {agreed}; {last}."


# --- cards ---
def _rows(every: SourceTable) -> Card:
    lost = every.extracted - every.mapped - every.held - every.quarantined - every.discarded
    waits = f"{every.quarantined:,} in quarantine, {every.held:,} wait for a parent"
    said = f"of {counted(every.extracted, 'row')}; {waits}"
    if lost:
        return Card("Rows accounted for", f"{every.extracted - lost:,}", f"{lost:,} are not", Mood.BAD)
    share = every.mapped / every.extracted if every.extracted else 0.0
    return Card("Rows loaded", f"{share:.1%}", f"{said}; none is lost", Mood.GOOD)


def _people(customers: int, waiting: int) -> Card:
    said = f"{counted(waiting, 'question')} of who is who {'is' if waiting == 1 else 'are'} open"
    return Card("Customers", f"{customers:,}", said, Mood.WAIT if waiting else Mood.GOOD)


def _rules(rules: Sequence[Standing]) -> Card:
    approved = sum(one.state == APPROVED for one in rules)
    moved = sum(one.state == CHANGED for one in rules)
    said = (
        f"{moved:,} changed since they were approved"
        if moved
        else "by crm-unify approve, with what they do today"
    )
    mood = Mood.GOOD if approved == len(rules) else Mood.WAIT
    return Card("Rules approved", f"{approved:,} of {len(rules):,}", said, mood)


def _go(held: Sequence[Trial]) -> Card:
    if not held:
        return Card(
            "Go or no-go",
            "not rehearsed",
            "`crm-unify rehearse` tries everything on a scratch database".replace("`", ""),
            Mood.WAIT,
        )
    last = held[-1]
    failed = [one["name"] for one in last.card["criteria"] if not one["ok"]]
    said = f"rehearsal {last.id} on {last.at:%Y-%m-%d}"
    if last.go:
        return Card("Go or no-go", "GO", said, Mood.GOOD)
    return Card("Go or no-go", "NO-GO", f"{said}; not met: {', '.join(failed)}", Mood.BAD)


# --- sections ---
def _account(tables: Sequence[SourceTable]) -> Section:
    rows = [_line(one) for one in tables]
    rows.append(_line(total(tables)))
    columns = (Column("source table"), Column("read from"), *(Column(head, Form.COUNT) for head in HEADS))
    said = "Every row that was read has one fate; rows in quarantine wait until somebody repairs them."
    return Section("What became of every row", said, (Table("Account of rows", columns, tuple(rows)),))


def _line(one: SourceTable) -> tuple[Cell, ...]:
    return (one.map, one.place, *(getattr(one, name) for name in COUNTS))


def _open(found: Sequence[Question]) -> Table:
    rows = tuple(
        (one.status, one.what, one.owner, f"{one.map} {one.rule}", one.rows) for one in found[:ASKED]
    )
    columns = (Column("status"), Column("rule"), Column("owner"), Column("where"), Column("rows", Form.COUNT))
    by_owner = Counter(one.owner for one in found)
    said = ", ".join(f"{owner} {number}" for owner, number in by_owner.most_common())
    more = f"{len(found):,} in all, by owner: {said}." if found else ""
    return Table("Rules that are still open", columns, rows, said=more, nothing="every rule is settled")


def _rehearsals(held: Sequence[Trial]) -> Section:
    shown = held[-REHEARSALS:]
    columns = (
        Column("rehearsal"),
        Column("on"),
        Column("verdict"),
        Column("loaded", Form.SHARE),
        Column("in quarantine", Form.COUNT),
        Column("pairs to review", Form.COUNT),
        Column("rules not approved", Form.COUNT),
        Column("minutes", Form.NUMBER),
    )
    rows = tuple(_trial(one) for one in reversed(shown))
    table = Table("The newest rehearsals", columns, rows, nothing="nothing was rehearsed yet")
    names = [f"rehearsal {one.id}" for one in shown]
    points = [Point(at, share) for at, one in enumerate(shown) if (share := _loaded(one.card)) is not None]
    picture = trend("Share of rows that loaded, rehearsal by rehearsal", names, [("loaded", points)])
    pictures = (picture,) if picture is not None and len(points) > 1 else ()
    return Section("Rehearsals", "", (table,), pictures)


def _trial(one: Trial) -> tuple[Cell, ...]:
    counts = one.card["counts"]
    told = (counts.get("quarantined"), counts.get("review_pairs"), len(one.card["unapproved"]))
    return (
        one.id,
        f"{one.at:%Y-%m-%d}",
        "go" if one.go else "no-go",
        _loaded(one.card),
        *told,
        one.seconds / 60,
    )


def _loaded(card: Mapping[str, Any]) -> float | None:
    counts = card["counts"]
    return counts["mapped"] / counts["extracted"] if counts.get("extracted") else None
