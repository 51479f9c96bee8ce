"""Taking runs back: the newest first, all in one transaction, and nothing a person did since is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.deciding import Draft, drafted, insert
from crm_unify.run.decisions import REVOKE, VERDICT, Decision, read_decisions
from crm_unify.run.history import LIST, PastRun, history, kept_rows, named
from crm_unify.schema.bookkeeping import mig_run, mig_undo
from crm_unify.schema.target import open_target, reachable, snapshot
from crm_unify.schema.upgrade import is_empty, require, upgrade
from matching.decisions import DIFFERENT
from pipelines.changes import Facts, digest
from pipelines.ledger import ledger_of
from pipelines.load import Load, RunRecord, apply_in_turn, hold
from pipelines.load.apply import Next
from pipelines.load.heard import newest_said
from pipelines.undo.interface import Reversal
from pipelines.undo.reversal import Target, reversal

COMMAND: Final = "undo"
"""How decisions say that an undo recorded them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One run that is taken back."""

    undone: PastRun
    way: Reversal
    run: int | None
    """Number of the undo; None: nothing has been written."""
    decisions: tuple[int, ...]
    """Numbers of the decisions it recorded."""
    holds: bool
    """The project is on hold because of it."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        counts = {
            table: {"put_back": len(c.creates), "restored": len(c.updates), "removed": len(c.deletes)}
            for table, c in self.way.reversed.items()
        }
        return {
            "run": self.run,
            "undone": self.undone.id,
            "written_rows": self.way.changes.written_rows,
            "reversed": counts,
            "kept": self.way.kept.to_pylist(),
            "failed": self.way.failed.to_pylist(),
            "kept_apart": [[list(side) for side in sides] for sides in self.way.merges],
            "decisions": list(self.decisions),
            "holds": self.holds,
        }


@dataclass(frozen=True, slots=True)
class Way:
    """What an undo would do: the first step in full, and the runs that follow it."""

    first: Step
    then: tuple[PastRun, ...]
    forgotten: tuple[int, ...]
    """Runs that can no longer be taken back: their before-images are older than `undo_horizon`."""

    @property
    def seal(self) -> str:
        """A hash over every row that the first step writes or leaves, and over which runs follow.

        What those do is known only once the first is taken back: of them it holds the numbers and their rows.
        """
        way = self.first.way
        left = [(name, table.to_pylist()) for name, table in (("kept", way.kept), ("failed", way.failed))]
        then = [(run.id, run.written_rows) for run in self.then]
        told = (self.first.undone.id, digest(way.changes), left, way.merges, self.first.holds, then)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


Agreed = Callable[[Way], bool]
"""Asks a person whether to take the runs back."""


def plan_undo(project: LoadedProject, said: str, *, cascade: bool) -> Way:
    """What taking a run back would do; nothing is written, and nobody who writes is kept waiting.

    While a run is under way it is what would have been done before it. Raises UsageError for a run that
    cannot be taken back (alone).
    """
    engine = open_target(project.project.target, root=project.root)
    require(engine)
    with snapshot(engine) as connection:
        order = _order(connection, said, cascade=cascade)
        return _way(connection, order)


def undo(
    project: LoadedProject, said: str, *, by: str, cascade: bool, progress: Progress, agreed: Agreed
) -> tuple[Step, ...]:
    """Take back a run, with `cascade` all later ones before it, all in one transaction.

    Raises UsageError when the run cannot be taken back or the person does not agree, GuardStopped when
    somebody edits a row at this moment; then no run is taken back.
    """
    engine = open_target(project.project.target, root=project.root)
    if is_empty(engine):
        require(engine)
    with hold(engine) as lock:
        upgrade(engine)
        with reachable(engine), engine.connect() as connection:
            order = _order(connection, said, cascade=cascade)
            way = _way(connection, order)
        if not agreed(way):
            raise UsageError("nothing was undone", remedy="repeat it and agree, or look at it with --plan")
        taken = [Taking(way.first, by)]

        def following(run: PastRun) -> Next:
            def load(connection: sa.Connection) -> Load:
                taken.append(Taking(_planned(connection, run), by))
                return taken[-1].load()

            return load

        then = [following(run) for run in order[1:]]
        done = apply_in_turn(taken[0].load(), then, engine, progress=progress, lock=lock)
    return tuple(one.done(applied.run) for one, applied in zip(taken, done, strict=True))


def _way(connection: sa.Connection, order: Sequence[PastRun]) -> Way:
    forgotten = tuple(run.id for run in history(connection) if run.stands and not run.images)
    return Way(_planned(connection, order[0]), tuple(order[1:]), forgotten)


# --- which runs, in which order ---
def _order(connection: sa.Connection, said: str, *, cascade: bool) -> list[PastRun]:
    """The runs to take back, newest first. Raises UsageError when that cannot be."""
    runs = history(connection)
    order = _steps(runs, named(runs, said), cascade=cascade)
    asked = [*order, *(run for run in runs if run.id in {one.undoes for one in order})]
    kept = kept_rows(connection, [run.id for run in asked])
    for run in asked:  # the undo of an undo also needs what the run it took back had left
        _refuse_forgotten(run, kept)
    return order


def _steps(runs: Sequence[PastRun], wanted: PastRun, *, cascade: bool) -> list[PastRun]:
    where = f"run {wanted.id}"
    if wanted.state == "undone":
        remedy = f"`crm-unify undo {wanted.undo}` would do it again, as long as no later run stands"
        raise UsageError("this run was taken back", where, why=f"by run {wanted.undo}", remedy=remedy)
    if not wanted.stands:
        raise UsageError("there is nothing to take back", where, why="it changed nothing", remedy=LIST)
    standing = [run for run in runs if run.stands]
    if wanted.undoes is not None:
        if wanted is not standing[-1]:
            why = f"run {standing[-1].id} came after this undo"
            remedy = f"take back run {standing[-1].id} first; {LIST}"
            raise UsageError("this undo cannot be taken back now", where, why=why, remedy=remedy)
        return [wanted]
    later = later_than(wanted, runs)
    if later and not cascade:
        why = f"later runs stand on it: {', '.join(str(run.id) for run in later)}"
        remedy = "take them back as well with --cascade, newest first; look at it with --plan"
        raise UsageError("this is not the newest run", where, why=why, remedy=remedy)
    return [*later, wanted]


def later_than(wanted: PastRun, runs: Sequence[PastRun]) -> list[PastRun]:
    """The runs that stand on this one and go before it, newest first."""
    return [run for run in reversed(runs) if run.stands and run.undoes is None and run.id > wanted.id]


def _refuse_forgotten(run: PastRun, kept: Mapping[int, int]) -> None:
    if kept.get(run.id, 0) != run.written_rows:
        why = f"{kept.get(run.id, 0):,} of its {run.written_rows:,} before-images are kept"
        if run.id not in kept:
            why += ", as it is older than `undo_horizon` in the project file (90 days when that is silent)"
        remedy = "restore the database from a backup, or correct the sources and run again"
        raise UsageError("this run can no longer be taken back", f"run {run.id}", why=why, remedy=remedy)


# --- one run ---
def _planned(connection: sa.Connection, undone: PastRun) -> Step:
    """The way back from a run that no other stands on."""
    facts, model_id = _facts(connection, undone)
    holds, target = _holds(connection, undone), Target(undone.id, undone.undoes)
    way = reversal(target, ledger_of(connection), connection, facts=facts, model_id=model_id)
    if not holds:  # what is done again needs no verdict to stay
        way = replace(way, merges=())
    return Step(undone, way, None, (), holds)


def _facts(connection: sa.Connection, undone: PastRun) -> tuple[Facts, str | None]:
    """What is known of the run that stands again, and its model; of none, before the first."""
    r = mig_run.c
    which = (
        sa.and_(r.id < undone.id, r.state == "applied") if undone.undoes is None else r.id == undone.undoes
    )
    columns = (r.as_of, r.sources_hash, r.rules_hash, r.account, r.summary, r.model_id)
    row = connection.execute(sa.select(*columns).where(which).order_by(r.id.desc()).limit(1)).first()
    project, environment = undone.project, undone.environment
    if row is None:
        return Facts(project, environment, undone.as_of, "", "", account="{}", summary="{}"), None
    known = (row.as_of, row.sources_hash or "", row.rules_hash or "")
    facts = Facts(project, environment, *known, account=row.account or "{}", summary=row.summary or "{}")
    return facts, row.model_id


def _holds(connection: sa.Connection, undone: PastRun) -> bool:
    """Whether the project waits for a person afterwards: not when what was undone is done again."""
    if undone.undoes is None:
        return True
    return not connection.scalar(sa.select(mig_undo.c.holds).where(mig_undo.c.run == undone.id))


@dataclass(frozen=True, slots=True)
class Taking:
    """A step that is being taken."""

    step: Step
    by: str
    decisions: list[int] = field(default_factory=list)
    """Numbers of those recorded with it so far."""

    def load(self) -> Load:
        """What is written for it."""
        facts = self.step.way.changes.facts
        record = RunRecord(facts, datetime.now(UTC), along=self._along, exact=False)
        return Load(self.step.way.changes, record)

    def done(self, run: int) -> Step:
        """The step once it is taken."""
        return replace(self.step, run=run, decisions=tuple(self.decisions))

    def _along(self, connection: sa.Connection, number: int) -> None:
        self.decisions.extend(_decide(connection, self.step, self.by))
        _mark(connection, self.step, number, by=self.by, decisions=self.decisions)


def _mark(connection: sa.Connection, step: Step, number: int, *, by: str, decisions: Sequence[int]) -> None:
    """Write down that a run was taken back; an undo that is taken back holds nothing any more."""
    every = {run.id: run for run in history(connection)}
    run: PastRun | None = every[step.undone.id]
    state = "undone"
    while run is not None:  # what it took back itself stands again, and so on
        connection.execute(mig_run.update().where(mig_run.c.id == run.id).values(state=state))
        state = "applied" if state == "undone" else "undone"
        run = None if run.undoes is None else every[run.undoes]
    u, now = mig_undo.c, datetime.now(UTC).replace(tzinfo=None)
    lifted = mig_undo.update().where(u.run == step.undone.id, u.resumed_at.is_(None))
    connection.execute(lifted.values(resumed_by=by, resumed_at=now))
    row = {"run": number, "undoes": step.undone.id, "undone_by": by, "holds": step.holds}
    connection.execute(mig_undo.insert().values(**row, decisions=json.dumps(list(decisions))))


def _decide(connection: sa.Connection, step: Step, by: str) -> Iterator[int]:
    """Keep undone merges undone, and take back what an undo decided that is undone itself."""
    for sides in step.way.merges:
        yield _recorded(connection, Draft(VERDICT, COMMAND, sides, verdict=DIFFERENT), step, by)
    for decision in _decided(connection, step.undone):
        sides = tuple(tuple(side) for side in decision.sides.values())
        yield _recorded(connection, Draft(REVOKE, COMMAND, sides, revokes=decision.id), step, by)


def _decided(connection: sa.Connection, undone: PastRun) -> list[Decision]:
    """The verdicts that a run recorded when it took another back, as far as they are live."""
    if undone.undoes is None:
        return []
    said = connection.scalar(sa.select(mig_undo.c.decisions).where(mig_undo.c.run == undone.id))
    own = set(json.loads(said or "[]"))
    return [
        decision
        for decision in read_decisions(connection)
        if decision.id in own and decision.kind == VERDICT and decision.revoked_by is None
    ]


def _recorded(connection: sa.Connection, draft: Draft, step: Step, by: str) -> int:
    """Under the number after all that are committed, which MariaDB would not show in a transaction."""
    made = drafted(draft, connection, why=f"run {step.undone.id} was undone", by=by)
    decision = replace(made, id=newest_said(connection, step.way.changes.base) + 1)
    insert(connection, decision)
    return decision.id
