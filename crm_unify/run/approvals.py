"""What of the rules people have approved, and whether a rule file still does what they approved.

An approval names a business rule, or a whole rule file, and keeps what the file did then. A rule is approved
while the newest approval that covers it is of the file's present meaning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import GuardStopped, UsageError, nearest_name
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.meaning import meaning, meaning_hash
from crm_unify.run.appending import appended
from crm_unify.schema.agreements import mig_approval
from crm_unify.schema.target import reachable
from crm_unify.schema.upgrade import is_empty, refuse_old, upgrade
from crm_unify.wording import counted
from pipelines.changes import Facts
from pipelines.load import hold

APPROVED: Final = "approved"
CHANGED: Final = "changed since it was approved"
NEVER: Final = "not approved"
PRODUCTION: Final = "production"
"""The environment whose runs need approvals, unless `needs_approval` says otherwise."""
NAMED: Final = 5
"""Rules named one by one in a message."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval, or the end of one."""

    id: int
    map: str
    rule: str | None
    """None: the whole file."""
    hash: str
    meaning: str
    """What the file did then, see :mod:`crm_unify.rules.meaning`."""
    where: str | None
    """Where it was decided: a meeting, a letter."""
    by: str
    at: datetime
    """Naive UTC."""
    revokes: int | None
    ended_by: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, without the long text."""
        names = ("id", "map", "rule", "hash", "where", "by", "revokes", "ended_by")
        return {name: getattr(self, name) for name in names} | {
            "at": self.at.isoformat(timespec="seconds") + "Z"
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one business rule stands, or a rule file that has none."""

    map: str
    rule: str | None
    claimed: str
    """What the YAML says under `status`."""
    state: str
    """APPROVED, CHANGED or NEVER."""
    approval: Approval | None
    """The newest that covers it."""

    @property
    def name(self) -> str:
        """As `crm-unify approve` takes it."""
        return self.map if self.rule is None else f"{self.map}.{self.rule}"

    @property
    def differs(self) -> bool:
        """Whether the file claims one thing and the approvals say another."""
        return (self.claimed == APPROVED) != (self.state == APPROVED)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        approved = None if self.approval is None else self.approval.as_json()
        return {
            "map": self.map,
            "rule": self.rule,
            "claimed": self.claimed,
            "state": self.state,
            "approval": approved,
        }


def read_approvals(connection: sa.Connection) -> tuple[Approval, ...]:
    """Every approval ever given, oldest first."""
    c = mig_approval.c
    columns = (c.id, c.map, c.rule, c.meaning_hash, c.meaning, c.decided_where, c.approved_by, c.approved_at)
    found: list[Sequence[Any]] = list(connection.execute(sa.select(*columns, c.revokes).order_by(c.id)))
    every = [Approval(*row) for row in found]
    ended = {one.revokes: one.id for one in every if one.revokes is not None}
    return tuple(replace(one, ended_by=ended.get(one.id)) for one in every)


def approvals_of(engine: sa.Engine) -> tuple[Approval, ...]:
    """Those of a target, none where it has no tables yet. Raises UsageError for one of an older version."""
    if is_empty(engine):
        return ()
    refuse_old(engine)
    with reachable(engine), engine.connect() as connection:
        return read_approvals(connection)


def standings(project: LoadedProject, approvals: Sequence[Approval]) -> tuple[Standing, ...]:
    """Every rule of the project that is not retired, by map, in file order."""
    return tuple(one for loaded in project.files for one in _of_file(loaded, approvals))


def _of_file(loaded: LoadedRules, approvals: Sequence[Approval]) -> Iterator[Standing]:
    name, now = loaded.rules.map, meaning_hash(meaning(loaded))
    live = [a for a in approvals if a.map == name and a.ended_by is None and a.revokes is None]
    claims: dict[str | None, str] = {
        rule: one.status for rule, one in loaded.rules.rules.items() if one.status != "retired"
    }
    for rule, claimed in (claims or {None: loaded.rules.status}).items():
        mine = [a for a in live if a.rule in (rule, None)]
        newest = mine[-1] if mine else None
        state = NEVER if newest is None else APPROVED if newest.hash == now else CHANGED
        yield Standing(name, rule, claimed, state, newest)


# --- the guard ---
def needs_approval(project: LoadedProject) -> bool:
    """Whether runs of the chosen environment wait for approvals."""
    said = project.project.environments.get(project.environment or "")
    if said is None:
        return False
    return project.environment == PRODUCTION if said.needs_approval is None else said.needs_approval


def unapproved(project: LoadedProject, engine: sa.Engine) -> tuple[Standing, ...]:
    """The rules that hold a run of this environment back; none where it needs no approval."""
    if not needs_approval(project):
        return ()
    return tuple(one for one in standings(project, approvals_of(engine)) if one.state != APPROVED)


def refuse_unapproved(project: LoadedProject, engine: sa.Engine, *, allowed: bool) -> None:
    """Raise GuardStopped for rules that nobody has approved as they are now, unless that is `allowed`."""
    found = unapproved(project, engine)
    if found and not allowed:
        raise _refusal(found, project.environment or "")


def passed(project: LoadedProject, engine: sa.Engine, facts: Facts, *, by: str) -> Facts:
    """The facts of a plan that may be applied; they tell of who let it pass without approvals.

    Raises GuardStopped for rules that are not approved, and for a plan that was made with other ones.
    """
    if not needs_approval(project) or by:
        waiting = unapproved(project, engine)
        if not waiting:
            return facts
        told = json.loads(facts.summary) | {
            "unapproved": {"by": by, "rules": sorted(one.name for one in waiting)}
        }
        return replace(facts, summary=json.dumps(told, sort_keys=True, ensure_ascii=False))
    refuse_unapproved(project, engine, allowed=False)
    return facts


def _refusal(found: Sequence[Standing], environment: str) -> GuardStopped:
    told = [f"{one.name} ({one.state})" for one in found[:NAMED]]
    rest = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    see = f"see `crm-unify approve --env {environment}`"
    return GuardStopped(
        counted(len(found), "rule is not approved", "rules are not approved"),
        f"environment {environment}",
        why=", ".join(told) + rest,
        remedy=f"{see}; with --unapproved it runs all the same, and that is recorded",
    )


# --- recording ---
def subjects(project: LoadedProject, names: Sequence[str]) -> list[tuple[LoadedRules, str | None]]:
    """The rules that names mean: a rule id, a map, or MAP.RULE. Raises UsageError for others."""
    return [_subject(project, name) for name in dict.fromkeys(names)]


def _subject(project: LoadedProject, name: str) -> tuple[LoadedRules, str | None]:
    known: dict[str, list[tuple[LoadedRules, str | None]]] = {}
    for loaded in project.files:
        known.setdefault(loaded.rules.map, []).append((loaded, None))
        for rule in loaded.rules.rules:
            known.setdefault(rule, []).append((loaded, rule))
            known.setdefault(f"{loaded.rules.map}.{rule}", []).append((loaded, rule))
    found = known.get(name, [])
    if len(found) == 1:
        return found[0]
    if found:
        where = ", ".join(f"{loaded.rules.map}.{name}" for loaded, _ in found)
        raise UsageError("several rule files have this rule", name, remedy=f"name one of {where}")
    near = nearest_name(name, known)
    remedy = f"did you mean '{near}'?" if near else "name a business rule, or a map for all of its rules"
    raise UsageError("there is no such rule", name, remedy=remedy)


def approve(
    engine: sa.Engine, said: Sequence[tuple[LoadedRules, str | None]], *, by: str, where: str | None
) -> tuple[int, ...]:
    """Record approvals of these rules as their files are now; makes the tables of an empty target."""
    ready(engine)
    rows = []
    for loaded, rule in said:
        text, name = meaning(loaded), loaded.rules.map
        rows.append({"map": name, "rule": rule, "meaning_hash": meaning_hash(text), "meaning": text})
    return _write(engine, rows, by=by, where=where)


def withdraw(
    engine: sa.Engine, said: Sequence[tuple[LoadedRules, str | None]], *, by: str
) -> tuple[int, ...]:
    """End the live approvals of exactly these rules or files. Raises UsageError where there is none."""
    names = {(loaded.rules.map, rule) for loaded, rule in said}
    live = [a for a in approvals_of(engine) if a.ended_by is None and a.revokes is None]
    mine = [a for a in live if (a.map, a.rule) in names]
    if not mine:
        raise UsageError("nothing of this is approved", remedy="`crm-unify approve` lists what is")
    rows = [
        {"map": a.map, "rule": a.rule, "meaning_hash": a.hash, "meaning": a.meaning, "revokes": a.id}
        for a in mine
    ]
    return _write(engine, rows, by=by, where=None)


def ready(engine: sa.Engine) -> None:
    """Bring the tables of a target up to date, as a run would. Raises LockHeld while one works on it."""
    try:
        refuse_old(engine)
    except UsageError:
        with hold(engine):
            upgrade(engine)


def _write(
    engine: sa.Engine, rows: Sequence[dict[str, Any]], *, by: str, where: str | None
) -> tuple[int, ...]:
    now = datetime.now(UTC).replace(tzinfo=None)
    same = {"decided_where": where, "approved_by": by, "approved_at": now}
    return appended(engine, mig_approval, [{"revokes": None, **row, **same} for row in rows])
