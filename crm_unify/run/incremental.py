"""The plan of a sync out of what has changed: that of a full run, to the last byte, at the cost of the news.

Only changed rows pass the rules, only the customers they reach are made again and compared with what was last
written. Whatever else stands is, by law, what a full run would find again. Where that is not so for certain,
:class:`NotAloneError` says why, and the whole run is worked out.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run import suppression
from crm_unify.run.blocked import SUMMARY
from crm_unify.run.changed import FOLDER, NotAloneError
from crm_unify.run.concerned import Reached, spoken_on
from crm_unify.run.decisions import Decision, Rulings, read_decisions, rulings, said_now
from crm_unify.run.found import MATCHED_ANEW, Given, Landing
from crm_unify.run.gather import Base, refuse_strange
from crm_unify.run.kept import HANGING, MATCHED, PARTY, Kept, read_kept, tables_of
from crm_unify.run.model import settings, stored_model
from crm_unify.run.news import Before, News, gather_news
from crm_unify.run.place import folder_of
from crm_unify.run.placeholders import makes_placeholders
from crm_unify.run.planned import Planned
from crm_unify.run.quiet import UNDER, asks_for_today, circumstances
from crm_unify.run.remembered import read_memory, set_aside
from crm_unify.run.said import rules_hash
from crm_unify.run.scope import Scope
from crm_unify.run.unifying import standing_of, who_is_who
from crm_unify.schema.target import reachable
from matching.engine import Matched, match_again
from matching.prepared import prepared
from matching.rejoined import NotAloneError as NotMatchedAloneError
from matching.rematch import Changed
from pipelines.changes.said import GOVERNED, Policies
from pipelines.landed import read_landed
from pipelines.ledger import BETWEEN, COMPARED, Ledger, newest, read_ledger
from pipelines.results import read_results


def plan_news(
    project: LoadedProject, engine: sa.Engine, landing: Landing, *, given: Given, progress: Progress
) -> Planned:
    """From the rows that have changed to the change set; nothing is written.

    Raises NotAloneError where a full run alone is sure to tell what is new, and what a run raises.
    """
    refuse_strange(project, given.accepted)
    with progress.stage("remember"):
        ledger = read_ledger(engine, folder=folder_of(landing.workspace, newest(engine)))
        before = _before(project, engine, landing, ledger, given)
    base = Base(project, ledger, engine)
    try:
        with progress.stage("tell what is new"):
            news = gather_news(base, landing, before, given=given, progress=progress)
    finally:
        shutil.rmtree(landing.folder / FOLDER, ignore_errors=True)
    said = _Said.of(engine, ledger, news)
    changed = news.every.records["record_id"].combine_chunks()
    tables = tables_of(news.every.parties(), prepared(news.every.claims))
    kept = before.kept.with_changed(changed, tables, news.objections)
    with progress.stage("match"):
        told = _changed(news, tables, changed, kept)
        matched, anew = _matched(base, before, kept, told, said.ruled, progress)
        matched = set_aside(matched, landing.folder)
    parents = tables[HANGING]["parent"].combine_chunks()
    with progress.stage("tell who is concerned"):
        reached = Reached(matched.membership, ledger, before.kept, kept, parents)
        concerned = reached.concerned(changed, said.spoken, (before.kept.objections, news.objections))
    scope = Scope(base, landing, news, said.ruled, kept, matched, concerned)
    planned = scope.planned(given=given, progress=progress)
    results = planned.results
    return replace(planned, results=replace(results, figures={**results.figures, MATCHED_ANEW: anew}))


def _before(
    project: LoadedProject, engine: sa.Engine, landing: Landing, ledger: Ledger, given: Given
) -> Before:
    """What the last run left, where what it found holds for all that has not changed."""
    last, folder = ledger.last_run, folder_of(landing.workspace, ledger.last_run)
    if last is None or last.state != "applied":
        raise NotAloneError("there is no run to begin from")
    if last.rules_hash != rules_hash(project):
        raise NotAloneError("rules or settings have changed")
    under = ledger.summary.get(UNDER, {})
    if under.get("program") != circumstances(ledger.state)["program"]:
        raise NotAloneError("the program is another version")
    if ledger.model is None or ledger.proposed is not None:
        raise NotAloneError("the matching model is new")
    if ledger.summary.get("repairs", {}).get("applied") or len(Base(project, ledger, engine).corrections()):
        raise NotAloneError("people have repaired rows")
    if makes_placeholders(project):
        raise NotAloneError("a rule lets placeholders stand for customers")
    if suppression.standing(engine):
        raise NotAloneError("persons were erased")
    sources = [one.rules.source for one in project.files]
    if any(one.state != "live" or one.delivery == "delta" for one in sources):
        raise NotAloneError("a source is frozen, retired or delivers changes")
    said = project.project.write_policy
    if any(Policies(said.default, said.fields).of(table) for table in GOVERNED):
        raise NotAloneError("the project has write policies of its own")
    if project.project.on_target_deleted == "restore":
        raise NotAloneError("rows that people delete in the CRM are made again")
    if ledger.summary.get(SUMMARY):
        raise NotAloneError("changes are blocked by what people did in the CRM")
    kept = None if folder is None else read_kept(folder)
    if folder is None or kept is None:
        raise NotAloneError("the workspace does not hold what the last run left")
    if last.as_of != given.as_of.isoformat():
        with reachable(engine), engine.connect() as connection:
            if asks_for_today(project, connection):
                raise NotAloneError("a rule asks for the date")
    as_of = date.fromisoformat(last.as_of)
    return Before(folder, read_landed(folder), read_results(folder), kept, as_of)


@dataclass(frozen=True, slots=True)
class _Said:
    """What people decided."""

    ruled: Rulings
    spoken: pa.Array
    """Records of decisions made since the last run."""

    @classmethod
    def of(cls, engine: sa.Engine, ledger: Ledger, news: News) -> _Said:
        """The decisions in force among records of which some have changed."""
        with reachable(engine), engine.connect() as connection:
            decisions = read_decisions(connection)
        since = int(ledger.summary[UNDER]["decided"].partition("/")[0])
        return cls(rulings(decisions, _said_now(decisions, ledger, news)), spoken_on(decisions, since=since))


def _said_now(
    decisions: tuple[Decision, ...], ledger: Ledger, news: News
) -> dict[str, tuple[str | None, str | None]]:
    """What the records of UNSURE verdicts say now: those that have changed, and those of the ledger."""
    records = ledger.records
    asked = {member.record_id for one in decisions for member in one.members}
    mine = records.filter(pc.is_in(records["record_id"], pa.array(sorted(asked), pa.string())))
    found: dict[str, tuple[str | None, str | None]] = dict(
        zip(mine["record_id"].to_pylist(), map(_hashes, mine["compared"].to_pylist()), strict=True)
    )
    return found | said_now(decisions, news.every.records)


def _hashes(compared: str) -> tuple[str | None, str | None]:
    """Hashes of the source row and of the claims of a record of the ledger."""
    values = dict(zip(COMPARED, compared.split(BETWEEN), strict=True))
    return values["row_hash"], values["claims_hash"]


def _changed(news: News, tables: Mapping[str, pa.Table], ids: pa.Array, kept: Kept) -> Changed:
    """The records that matching has to look at again."""
    return Changed(
        ids=ids,
        parties=news.every.parties(),
        claims={kind: tables[kind] for kind in MATCHED},
        people=kept.columns("person", "record_id", "birth_date"),
        links=kept.columns("organisation_person", "record_id", "person_record_id"),
    )


def _matched(
    base: Base, before: Before, kept: Kept, changed: Changed, ruled: Rulings, progress: Progress
) -> tuple[Matched, str | None]:
    """Who is who; and why all records were matched anew, where looking at the changed ones was not enough."""
    chosen = settings(base.project.project)
    model, memory = stored_model(base.ledger, chosen), read_memory(before.folder)
    assert model is not None, "there is a model in force"
    try:
        if memory is None:
            raise NotMatchedAloneError("the workspace does not hold what was matched before")
        again = match_again(
            memory,
            changed,
            model=model,
            decisions=ruled.verdicts,
            standing=standing_of(base, ruled),
            settings=chosen,
        )
    except NotMatchedAloneError as error:
        reason = str(error)
    else:
        return again, None
    claims = {kind: kept.table(kind) for kind in MATCHED}
    return who_is_who(base, kept.table(PARTY), claims, ruled=ruled, progress=progress), reason
