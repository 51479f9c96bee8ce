"""The runs of a project: what each wrote, which took which back, and what changed since one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.schema.bookkeeping import mig_change, mig_run, mig_undo
from pipelines.database.columns import engine
from pipelines.undo.since import changed_since

LAST: Final = "last"
"""Names the newest run with a change set."""
LIST: Final = "`crm-unify runs` lists them"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One row of ``mig_run``, and of ``mig_undo`` where it took another run back."""

    id: int
    project: str
    environment: str | None
    as_of: date
    state: str
    """``applied``, or ``undone`` when a later run took it back."""
    started_at: datetime
    """Naive UTC."""
    finished_at: datetime | None
    written_rows: int
    undoes: int | None
    """The run it took back."""
    undone_by: str | None
    """Who took it back."""
    undo: int | None
    """The newest run that took this one back, when it is undone."""
    holds: bool
    """The project waits for a person because of it."""
    images: bool
    """Its before-images are kept, or it changed nothing that would have any."""

    @property
    def stands(self) -> bool:
        """Whether it changed something that is still in force."""
        return self.state == "applied" and (self.written_rows > 0 or self.undoes is not None)

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run": self.id,
            "project": self.project,
            "environment": self.environment,
            "as_of": self.as_of.isoformat(),
            "state": self.state,
            "started_at": self.started_at.isoformat(timespec="seconds") + "Z",
            "seconds": self.seconds,
            "written_rows": self.written_rows,
            "undoes": self.undoes,
            "undone_by": self.undone_by,
            "undo": self.undo,
            "holds": self.holds,
            "undoable": self.stands and self.images,
        }


def history(connection: sa.Connection) -> tuple[PastRun, ...]:
    """Every run, oldest first."""
    r, u = mig_run.c, mig_undo.c
    own = (r.project, r.environment, r.as_of, r.state, r.started_at, r.finished_at, r.written_rows)
    waits = sa.and_(u.holds, u.resumed_at.is_(None))
    kept = sa.exists().where(mig_change.c.run == r.id)
    query = sa.select(r.id, *own, u.undoes, u.undone_by, waits.label("waits"), kept.label("kept"))
    rows = connection.execute(query.outerjoin(mig_undo, u.run == r.id).order_by(r.id)).all()
    taken_back = {row.undoes: row.id for row in rows if row.undoes is not None}
    return tuple(
        PastRun(
            id=row.id,
            project=row.project,
            environment=row.environment,
            as_of=row.as_of,
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            written_rows=row.written_rows,
            undoes=row.undoes,
            undone_by=row.undone_by,
            undo=taken_back.get(row.id) if row.state == "undone" else None,
            holds=bool(row.waits),
            images=bool(row.kept) or row.written_rows == 0,
        )
        for row in rows
    )


def named(runs: Sequence[PastRun], said: str) -> PastRun:
    """The run of this number, or the newest with a change set for LAST. Raises UsageError for any other."""
    if said == LAST:
        newest = next((run for run in reversed(runs) if run.stands), None)
        if newest is None:
            raise UsageError("no run has changed anything yet", remedy=LIST)
        return newest
    found = next((run for run in runs if str(run.id) == said), None)
    if found is None:
        why = f"the runs are numbered 1 to {runs[-1].id}" if runs else "there was none yet"
        raise UsageError("there is no such run", said, why=why, remedy=f"give its number, or `last`; {LIST}")
    return found


# --- what changed ---
@dataclass(frozen=True, slots=True)
class Since:
    """What the runs after one have changed."""

    since: int
    """A follower has everything up to this run; 0: nothing yet."""
    until: int
    """The newest run: what to ask with the next time."""
    changes: pa.Table
    """CHANGED, by table in loading order and id."""

    def lines(self) -> Iterator[str]:
        """Every change as a JSON object."""
        with engine(changes=self.changes) as con:
            for batch in con.sql(LINES).to_arrow_reader(BATCH_ROWS):
                yield from batch.column(0).to_pylist()


BATCH_ROWS: Final = 50_000
"""Lines in memory at once."""
LINES: Final = """
    SELECT '{' || concat_ws(',', '"before":' || before, '"id":' || to_json(id)::VARCHAR, '"now":' || now,
                            '"op":"' || op || '"', '"run":' || run, '"table":"' || "table" || '"') || '}'
    FROM changes"""


def since(connection: sa.Connection, said: str) -> Since:
    """What changed after the run of this number (0: ever); LAST asks for what came after the newest change.

    Raises UsageError for a run that was never there, or when images of a later one are no longer kept.
    """
    from pipelines.undo.since import CHANGED

    runs = history(connection)
    number = 0 if said == "0" else named(runs, said).id
    refuse_forgotten(connection, [run for run in runs if run.id > number])
    found = pa.concat_tables([CHANGED.empty_table(), *changed_since(connection, number)])
    return Since(number, runs[-1].id if runs else 0, found)


def refuse_forgotten(connection: sa.Connection, runs: Sequence[PastRun]) -> None:
    """Raise UsageError when what one of these runs changed is no longer known row by row."""
    kept = kept_rows(connection, [run.id for run in runs])
    gone = next((run for run in runs if kept.get(run.id, 0) != run.written_rows), None)
    if gone is not None:
        why = f"{kept.get(gone.id, 0):,} of its {gone.written_rows:,} changes are kept"
        remedy = "ask for a later run, or read the tables as a whole with `crm-unify export`"
        raise UsageError("the changes of a run are no longer kept", f"run {gone.id}", why=why, remedy=remedy)


def kept_rows(connection: sa.Connection, runs: Sequence[int]) -> dict[int, int]:
    """By run, of how many of its changes the images are kept; runs without any are left out."""
    if not runs:
        return {}
    c, asked = mig_change.c, set(runs)
    counted = sa.select(c.run, sa.func.count().label("rows")).where(c.run.between(min(runs), max(runs)))
    return {row.run: row.rows for row in connection.execute(counted.group_by(c.run)) if row.run in asked}
