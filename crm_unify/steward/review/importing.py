"""Taking a pack back: read, held against today's decisions, recorded all together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.deciding import drafted, record_all
from crm_unify.run.decisions import read_decisions, rulings
from crm_unify.schema.target import reachable
from crm_unify.steward.decisions import said_of
from crm_unify.steward.newest import Newest, newest_run
from crm_unify.steward.review.found import Returned
from crm_unify.steward.review.gather import in_force, queue_of
from crm_unify.steward.review.pack_read import read_pack
from crm_unify.steward.review.returned import returned


@dataclass(frozen=True, slots=True)
class OpenedPack:
    """A pack that was read, nothing recorded yet."""

    newest: Newest
    found: Returned

    @property
    def engine(self) -> sa.Engine:
        """On the CRM database."""
        return self.newest.engine


def opened_pack(project: LoadedProject, file: Path, *, as_of: date) -> OpenedPack:
    """What a pack says.

    Raises UsageError for a file that is no pack, or one of another project; Unreachable when the CRM database
    does not answer.
    """
    rows = read_pack(file)
    newest = newest_run(project)
    with reachable(newest.engine), newest.engine.connect() as connection:
        queue = queue_of(newest, connection)
        decisions = read_decisions(connection)
        holding = in_force(decisions, rulings(decisions, said_of(connection, decisions)))
        name = project.project.project
        found = returned(connection, rows, project=name, queue=queue, holding=holding, as_of=as_of)
    return OpenedPack(newest, found)


def imported(pack: OpenedPack, *, by: str) -> tuple[int, ...]:
    """Record the decisions of a pack, all or none; their numbers."""
    with reachable(pack.engine):
        with pack.engine.connect() as connection:
            made = [drafted(one.draft, connection, why=one.why, by=by) for one in pack.found.taken]
        return tuple(decision.id for decision in record_all(pack.engine, made))
