"""What every page works on: the project, its CRM database, and a clock that tests can set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy import event

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.appending import Made, in_turn
from crm_unify.schema.target import open_target, reachable
from crm_unify.steward.web.attempts import Attempts
from crm_unify.steward.web.bench import Bench, bench_of
from crm_unify.steward.web.board import Board
from crm_unify.steward.web.samples import Samples, samples_of

PATIENCE: Final = 1_500
"""Milliseconds a request waits on SQLite for somebody else's transaction; the browser tries again later."""
KEPT: Final = 8
"""Connections to a database server that are kept for the next requests; of more at once the others end."""


def now() -> datetime:
    """The moment, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Site:
    """One project as it is served."""

    project: LoadedProject
    engine: sa.Engine
    """On the CRM database, impatient: see PATIENCE."""
    secure: bool
    """Whether browsers reach it over TLS; then cookies travel no other way."""
    board: Board
    """The review queue in memory."""
    bench: Bench
    """The explainer."""
    samples: Samples
    """The blind samples."""
    clock: Callable[[], datetime] = now
    attempts: Attempts = field(default_factory=Attempts)
    """Sign-ins that failed."""

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that only reads; it waits for nobody."""
        with reachable(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is committed at the end. Raises Unreachable while a load holds the database."""
        immediate = self.engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with reachable(self.engine), immediate as connection, connection.begin():
            yield connection

    def appending(self, act: Callable[[sa.Connection], Made]) -> Made:
        """What an act gives that adds numbered rows, in a transaction of its own.

        When somebody else took a number meanwhile it is all done again, on what stands then.
        """
        return in_turn(self.engine, act)


def site_of(project: LoadedProject, *, secure: bool = False, clock: Callable[[], datetime] = now) -> Site:
    """The site of a project, on its target."""
    engine = open_target(project.project.target, root=project.root, kept=KEPT)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _impatient)
    kept = (Board(project, engine), bench_of(project, engine), samples_of(project, engine))
    return Site(project, engine, secure, *kept, clock)


def _impatient(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE}").close()


def _site(request: Request) -> Site:
    found = request.app.state.site
    assert isinstance(found, Site), "the application was made by create_app"
    return found


At = Annotated[Site, Depends(_site)]
"""The site, as a view function asks for it."""
