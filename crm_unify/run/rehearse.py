"""A rehearsal: everything loaded into a scratch database, and whether it would do on the day.

What people have decided, corrected and trained for the environment holds in the rehearsal, too; so does that
somebody was erased, and under which ids records live on whose keys have changed. Rows that nobody delivers
again are those that the environment keeps. Nothing of it is touched but ``mig_rehearsal``, which keeps the
score card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.errors import GuardStopped
from crm_unify.progress import Progress
from crm_unify.records import Fate
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.project_model import Rehearsal
from crm_unify.run.appending import appended
from crm_unify.run.approvals import APPROVED, Standing, approvals_of, ready, standings
from crm_unify.run.found import Given, keeper_of
from crm_unify.run.place import workspace_of as workspace_of_runs
from crm_unify.run.planned import Outcome
from crm_unify.run.schedule import seconds_of
from crm_unify.run.scratch import emptied, seeded
from crm_unify.run.stages import run
from crm_unify.schema.agreements import mig_rehearsal
from crm_unify.schema.bookkeeping import mig_run
from crm_unify.schema.target import open_target, reachable
from pipelines.ledger import read_rekeyed
from pipelines.workspace import NAME, Workspace

ENVIRONMENT: Final = "rehearsal"
"""What ``mig_run`` of a scratch database says."""
COUNTED: Final = ("extracted", "mapped", "held", "quarantined", "discarded", "withheld_values")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that has to be so for a go."""

    name: str
    ok: bool
    said: str
    """What was found, beside the limit."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "ok": self.ok, "said": self.said}


@dataclass(frozen=True, slots=True)
class Trial:
    """One rehearsal."""

    id: int
    """Its number, from 1."""
    by: str
    at: datetime
    """When it began, naive UTC."""
    seconds: float
    go: bool
    card: Mapping[str, Any]
    """``criteria``, ``counts``, ``rejects`` (by rule), ``unapproved``, ``stopped``, ``hashes``."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        at = self.at.isoformat(timespec="seconds") + "Z"
        return {
            "trial": self.id,
            "by": self.by,
            "at": at,
            "seconds": self.seconds,
            "go": self.go,
            **self.card,
        }


def rehearse(project: LoadedProject, *, given: Given, by: str, progress: Progress) -> tuple[Trial, ...]:
    """Rehearse and keep the score card; all trials so far, this one last.

    Raises GuardStopped for a scratch database that holds anything but rehearsals. A run that a guard stops is
    a rehearsal, too: a no-go. Raises UsageError where the key for erased persons is missing or another one.
    """
    engine = open_target(project.project.target, root=project.root)
    ready(engine)
    scratch = open_target(project.project.rehearsal.target, root=project.root)
    began = datetime.now(UTC)
    emptied(scratch, project)
    seeded(scratch, engine)
    rules = standings(project, approvals_of(engine))
    keeper = keeper_of(project, engine, workspace_of_runs(project))
    given = replace(given, keeper=keeper, rekeyed=read_rekeyed(engine))
    outcome, stopped = _run(project, scratch, given=given, progress=progress)
    seconds = (datetime.now(UTC) - began).total_seconds() if outcome is None else outcome.seconds
    card = _card(project.project.rehearsal, outcome, stopped, rules, seconds) | {"as_of": str(given.as_of)}
    card["hashes"] = {} if outcome is None else _hashes(scratch)
    go = all(one["ok"] for one in card["criteria"])
    _keep(engine, Trial(0, by, began.replace(tzinfo=None), round(seconds, 3), go, card))
    return trials(engine)


def _run(
    project: LoadedProject, scratch: sa.Engine, *, given: Given, progress: Progress
) -> tuple[Outcome | None, str | None]:
    """The run into the scratch database, or what stopped it."""
    target = scratch.url.render_as_string(hide_password=False)
    said = project.project.model_copy(update={"target": target})
    there = replace(project, project=said, environment=ENVIRONMENT)
    kept = project.project.retention
    place = Workspace(rows_of(project), kept=kept.raw_runs, days=kept.raw_days)
    try:
        return run(there, given=given, progress=progress, workspace=place), None
    except GuardStopped as stop:
        return None, str(stop)


# --- the score card ---
def _card(
    limits: Rehearsal,
    outcome: Outcome | None,
    stopped: str | None,
    rules: Sequence[Standing],
    seconds: float,
) -> dict[str, Any]:
    open_rules = [one.name for one in rules if one.state != APPROVED]
    criteria = [Criterion("no guard or rule stops the run", stopped is None, stopped or "it ran to its end")]
    if outcome is not None:
        criteria += _of_outcome(limits, outcome)
    if limits.all_approved:
        said = f"{len(rules) - len(open_rules)} of {len(rules)} rules"
        criteria.append(Criterion("every rule is approved", not open_rules, said))
    if limits.window is not None:
        said = f"{seconds:.0f} s, the window is {limits.window}"
        criteria.append(Criterion("it fits into the window", seconds <= seconds_of(limits.window), said))
    return {
        "criteria": [one.as_json() for one in criteria],
        "counts": {} if outcome is None else _counts(outcome),
        "account": {} if outcome is None else outcome.planned.results.figures["account"],
        "sums": [] if outcome is None else outcome.planned.results.figures["sums"],
        "rejects": {} if outcome is None else _rejects(outcome),
        "unapproved": open_rules,
        "stopped": stopped,
    }


def _of_outcome(limits: Rehearsal, outcome: Outcome) -> list[Criterion]:
    counts = _counts(outcome)
    placed = sum(counts[name] for name in ("mapped", "held", "quarantined", "discarded"))
    rejects = 100 * counts["quarantined"] / max(1, counts["extracted"])
    wrong = [
        f"{one['map']}: {one['name']}" for one in outcome.planned.results.figures["sums"] if not one["ok"]
    ]
    sums = f"{len(wrong)} do not ({', '.join(wrong)})" if wrong else "all do"
    return [
        Criterion(
            "every row is accounted for",
            placed == counts["extracted"],
            f"{placed:,} of {counts['extracted']:,} extracted rows",
        ),
        Criterion("control sums agree", len(wrong) <= limits.max_control_sums, sums),
        Criterion(
            "few rows are rejected",
            rejects <= limits.max_reject_pct,
            f"{rejects:.2f} % in quarantine, at most {limits.max_reject_pct:g} %",
        ),
        Criterion(
            "few rows wait for a parent",
            counts["held"] <= limits.max_orphans,
            f"{counts['held']:,} wait, at most {limits.max_orphans:,}",
        ),
        Criterion(
            "the review queue is short",
            counts["review_pairs"] <= limits.max_review,
            f"{counts['review_pairs']:,} pairs, at most {limits.max_review:,}",
        ),
    ]


def _counts(outcome: Outcome) -> dict[str, int]:
    account = outcome.planned.account
    counts = {name: sum(int(getattr(line, name)) for line in account) for name in COUNTED}
    rest = {
        "customers": outcome.planned.customers,
        "review_pairs": outcome.planned.review_pairs,
        "written_rows": outcome.planned.changes.written_rows,
        "corrections": outcome.planned.results.figures["repairs"]["applied"],
    }
    return counts | rest


def _rejects(outcome: Outcome) -> dict[str, int]:
    """Rows in quarantine or held, and withheld values, by ``map code``."""
    results = outcome.planned.results
    kept = pc.is_in(results.rejections["severity"], pa.array(["quarantine", "withhold"]))
    held = results.fates.filter(pc.equal(results.fates["fate"], Fate.HELD))
    told = [
        (r["map"], r["code"]) for r in results.rejections.filter(kept).select(["map", "code"]).to_pylist()
    ]
    told += [(r["map"], r["rule"]) for r in held.select(["map", "rule"]).to_pylist()]
    names = [f"{name} {code}" for name, code in told]
    return {name: names.count(name) for name in sorted(set(names))}


def _hashes(scratch: sa.Engine) -> dict[str, str | None]:
    """What was loaded with what, as ``mig_run`` of the scratch database keeps it."""
    c = mig_run.c
    with reachable(scratch), scratch.connect() as connection:
        query = (
            sa.select(c.plan_hash, c.sources_hash, c.rules_hash, c.model_id).order_by(c.id.desc()).limit(1)
        )
        row = connection.execute(query).one()
    return dict(row._mapping)


# --- keeping it ---
def trials(engine: sa.Engine) -> tuple[Trial, ...]:
    """Every rehearsal of an environment, oldest first."""
    c = mig_rehearsal.c
    columns = (c.id, c.rehearsed_by, c.started_at, c.seconds, c.go, c.card)
    with reachable(engine), engine.connect() as connection:
        rows = connection.execute(sa.select(*columns).order_by(c.id)).all()
    return tuple(Trial(row[0], row[1], row[2], row[3], bool(row[4]), json.loads(row[5])) for row in rows)


def _keep(engine: sa.Engine, trial: Trial) -> None:
    row = {
        "rehearsed_by": trial.by,
        "started_at": trial.at,
        "seconds": trial.seconds,
        "go": trial.go,
        "card": json.dumps(trial.card, sort_keys=True, ensure_ascii=False),
    }
    appended(engine, mig_rehearsal, [row])


def rows_of(project: LoadedProject) -> Path:
    """Where the rows of the newest rehearsal are kept."""
    return project.root / NAME / ENVIRONMENT
