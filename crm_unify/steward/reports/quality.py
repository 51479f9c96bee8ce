"""Data quality by source over time: how full, valid, unique, consistent and fresh, down to the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa

from crm_unify.records import Severity
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.run.accuracy import Estimate, estimates
from crm_unify.schema.bookkeeping import mig_quarantine, mig_source_record
from crm_unify.schema.target import reachable
from crm_unify.steward.book.masking import HIDDEN, masked_text
from crm_unify.steward.book.samples import targets_of
from crm_unify.steward.newest import Newest
from crm_unify.steward.report.page import share
from crm_unify.steward.reports.accuracy import accuracy_section
from crm_unify.steward.reports.past import MEASURES, Held, PastQuality, columns_named, past_quality
from crm_unify.steward.reports.trend import LINES, Point, Trend, trend
from crm_unify.steward.reports.values import Card, Cell, Column, Form, Mood, Report, Section, Table
from pipelines.interpret.problems import ALL_PROBLEMS

FRESH: Final = 730
"""Days within which a record has to have changed to count as fresh."""
FIELDS: Final = 40
"""Fields in the table, the worst first; the workbook and JSON have the same."""
EXAMPLES: Final = 3
LONGEST: Final = 40
"""Characters of an example that is shown by its form."""
ASKED: Final = 5_000
"""Different withheld texts that examples are chosen from, the most frequent ones."""
GOOD: Final = 0.98
"""Share from which on a measure is shown as good."""
MEANS: Final = {
    "completeness": "values there are, of all cells of columns that rules take",
    "validity": "values that could be taken, of those there are",
    "uniqueness": "rows that stand once, with a key of their own",
    "consistency": "rows that keep every check and find the rows they refer to",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """What the report is made from."""

    project: LoadedProject
    past: tuple[PastQuality, ...]
    fresh: Mapping[str, float]
    """By map the share of records that changed within FRESH days."""
    targets: Mapping[str, Mapping[str, Sequence[str]]]
    """By map and column what its values are for."""
    examples: Mapping[tuple[str, str], list[tuple[str, str]]]
    """By map and column: code and text of withheld values, masked."""
    estimates: tuple[Estimate, ...]


def quality_report(project: LoadedProject, newest: Newest, *, masked: bool = True) -> Report:
    """The report as of the newest run; examples are masked always, so `masked` only says what was asked."""
    targets = {loaded.rules.map: targets_of(loaded) for loaded in project.files}
    with reachable(newest.engine), newest.engine.connect() as connection:
        found = _Found(
            project,
            past_quality(project, connection),
            _fresh(connection, date.fromisoformat(newest.run.as_of)),
            targets,
            _examples(project, connection, targets),
            estimates(connection),
        )
    sections = (_sources(found), _trends(found), _fields(found), accuracy_section(found.estimates))
    return Report(
        kind="quality",
        project=project.project.project,
        environment=project.environment,
        run=newest.run.id,
        as_of=newest.run.as_of,
        title="Data quality by source",
        said="Measured on what the sources delivered, before anything was repaired. Examples are masked.",
        cards=_cards(found),
        sections=sections if found.past else (Section("Nothing yet", "No run has kept any figures."),),
        masked=masked,
    )


def _cards(found: _Found) -> tuple[Card, ...]:
    return tuple(_card(found, name) for name in MEASURES)


def _card(found: _Found, name: str) -> Card:
    tables = list(found.past[-1].tables.values()) if found.past else []
    known = [(value, table.rows) for table in tables if (value := table.measure(name)) is not None]
    rows = sum(number for _, number in known)
    if not rows:
        return Card(name.capitalize(), "\N{EN DASH}", MEANS[name])
    mean = sum(value * number for value, number in known) / rows
    return Card(name.capitalize(), share(mean), MEANS[name], Mood.GOOD if mean >= GOOD else Mood.WAIT)


# --- sources ---
def _sources(found: _Found) -> Section:
    columns = (
        Column("source"),
        Column("owner"),
        Column("rows", Form.COUNT),
        *(Column(name, Form.SHARE) for name in ("complete", "valid", "unique", "consistent")),
        Column("newest change", Form.NUMBER),
        Column("recent", Form.SHARE),
    )
    last = found.past[-1] if found.past else None
    rows = () if last is None else tuple(_source(found, last, name) for name in sorted(last.tables))
    said = (
        "Recent are records that changed within two years of the run, where the source says when they did. "
        "A newest change that lies long back, run after run, is a source that nobody keeps up."
    )
    return Section("By source", said, (Table("The newest run", columns, rows),))


def _source(found: _Found, last: PastQuality, name: str) -> tuple[Cell, ...]:
    kept, loaded = last.tables[name], found.project.rules_of(name)
    owner = None if loaded is None else loaded.rules.owner
    measures = (kept.measure(measure) for measure in MEASURES)
    return (name, owner, kept.rows, *measures, kept.newest, found.fresh.get(name))


def _fresh(connection: sa.Connection, as_of: date) -> dict[str, float]:
    """By map the share of records that changed lately, of those in force whose source says when."""
    r = mig_source_record.c
    since = (as_of - timedelta(days=FRESH)).isoformat()
    recent = sa.func.sum(sa.case((r.updated >= since, 1), else_=0))
    known = sa.select(r.map, sa.func.count(), recent).where(r.updated.is_not(None), r.state != "inactive")
    return {name: int(new) / count for name, count, new in connection.execute(known.group_by(r.map))}


# --- over time ---
def _trends(found: _Found) -> Section:
    said = "A line is a source table; runs that found nothing new repeat the figures of the one before."
    tables = _weakest(found.past)
    pictures = (_trend(found.past, name, tables) for name in MEASURES)
    return Section("Over time", said, pictures=tuple(picture for picture in pictures if picture is not None))


def _weakest(past: Sequence[PastQuality]) -> list[str]:
    """Sources that have a line, the same ones in every picture: those that are weakest in any measure."""
    last = past[-1].tables if past else {}
    worst = {
        name: min((value for m in MEASURES if (value := kept.measure(m)) is not None), default=1.0)
        for name, kept in last.items()
    }
    return sorted(sorted(worst, key=lambda name: (worst[name], name))[:LINES])


def _trend(past: Sequence[PastQuality], name: str, tables: Sequence[str]) -> Trend | None:
    series = [(table, _points(past, table, name)) for table in tables]
    title = f"{name.capitalize()}: {MEANS[name]}"
    return trend(title, [f"run {one.run}" for one in past], series)


def _points(past: Sequence[PastQuality], table: str, name: str) -> list[Point]:
    values = (one.tables[table].measure(name) if table in one.tables else None for one in past)
    return [Point(at, value) for at, value in enumerate(values) if value is not None]


# --- fields ---
def _fields(found: _Found) -> Section:
    columns = (
        Column("source and column"),
        Column("used for"),
        Column("owner"),
        Column("filled", Form.SHARE),
        Column("valid", Form.SHARE),
        Column("left out", Form.COUNT),
        Column("filled before", Form.SHARE),
        Column("left out before", Form.COUNT),
        Column("for example", Form.RAW),
    )
    rows = tuple(_field_rows(found))[:FIELDS]
    said = (
        "The fields of which most values were left out first, then those that are emptiest. The owner of the "
        "rule file can say what is right; `quarantine export --all` writes the rows to repair."
    )
    return Section("By field", said, (Table("Fields", columns, rows),))


def _field_rows(found: _Found) -> list[tuple[Cell, ...]]:
    if not found.past:
        return []
    last, before = found.past[-1], found.past[-2] if len(found.past) > 1 else None
    held = [
        (loaded, name, now)
        for loaded in found.project.files
        if loaded.rules.map in last.tables
        for name, now in last.tables[loaded.rules.map].columns.items()
    ]
    held.sort(key=lambda one: (-one[2].withheld, one[2].completeness or 0.0, one[0].rules.map, one[1]))
    return [_field(found, loaded, name, now, before) for loaded, name, now in held]


def _field(
    found: _Found, loaded: LoadedRules, name: str, now: Held, before: PastQuality | None
) -> tuple[Cell, ...]:
    told = found.examples.get((loaded.rules.map, name), [])
    texts = "; ".join(f"{text} ({_problem(code)})" for code, text in told)
    was = None if before is None or loaded.rules.map not in before.tables else before.tables[loaded.rules.map]
    then = None if was is None else was.columns.get(name)
    used = ", ".join(found.targets[loaded.rules.map][name])
    earlier = (None, None) if then is None else (then.completeness, then.withheld)
    place = f"{loaded.rules.map}, {name}"
    return (place, used, loaded.rules.owner, now.completeness, now.validity, now.withheld, *earlier, texts)


def _shape(raw: str) -> str:
    """A text that has no mask, by its form alone: what was wrong with it is often seen by that."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "a", raw[:LONGEST]))


def _problem(code: str) -> str:
    known = ALL_PROBLEMS.get(code)
    return code if known is None else known.title.lower()


def _examples(
    project: LoadedProject, connection: sa.Connection, targets: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """A few withheld texts of each column, the most frequent first, with the people taken out."""
    q = mig_quarantine.c
    keys = (q.map, q.source_column, q.code, q.raw)
    query = sa.select(*keys).where(q.severity == Severity.WITHHOLD.value, q.raw.is_not(None)).group_by(*keys)
    query = query.order_by(sa.func.count().desc(), *keys).limit(ASKED)
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, columns, code, raw in connection.execute(query):
        loaded = project.rules_of(name)
        if loaded is None:
            continue
        for column in columns_named(columns or "", targets[name]):
            shown = found.setdefault((name, column), [])
            shown_as = masked_text(raw, targets[name][column], loaded.rules.source.parse)
            text = (code, _shape(raw) if shown_as == HIDDEN else shown_as)
            if len(shown) < EXAMPLES and text not in shown:
                shown.append(text)
    return found
