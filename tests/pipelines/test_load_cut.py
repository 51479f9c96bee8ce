"""What is cut amid a load (the network, the room on a disk) leaves the CRM as it was, and a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm_unify.errors import Unreachable
from crm_unify.progress import Silent
from pipelines.load import RunRecord, apply
from tests.pipelines.crm_states import FACTS, NOON, add_person, changes_to, dump, small_state
from tests.pipelines.test_load import failing

RUN = RunRecord(FACTS, NOON)


@pytest.mark.parametrize("stage", ["stage", "load"])
@pytest.mark.parametrize(
    "server",
    [
        pytest.param("postgres_crm", marks=pytest.mark.postgres, id="PostgreSQL"),
        pytest.param("mariadb_crm", marks=pytest.mark.mariadb, id="MariaDB"),
    ],
)
def test_a_network_cut_writes_nothing(server: str, stage: str, request: pytest.FixtureRequest) -> None:
    """Every session ends amid the staging, or amid the load: a sentence, and nothing is applied."""
    crm: sa.Engine = request.getfixturevalue(server)
    changes = changes_to(small_state(), crm)
    with pytest.raises(Unreachable, match="does not answer"):
        apply(changes, crm, run=RUN, progress=Cutting(crm, stage))
    assert dump(crm)["customer"] == []
    assert apply(changes, crm, run=RUN, progress=Silent()).run == 1


class Cutting(Silent):
    """Cuts every connection to a server when a stretch of work has come a little way."""

    def __init__(self, engine: sa.Engine, stage: str) -> None:
        self.engine, self.when = engine, stage

    def stage(self, name: str, total: int | None = None) -> Any:
        """Watch the stretch that is meant."""
        watched = super().stage(name, total)
        return _Cut(self.engine) if name == self.when else watched


class _Cut(Silent().stage("").__class__):  # type: ignore[misc]  # its class has no public name
    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def advance(self, n: int = 1) -> None:
        """Cut at the first sign of progress."""
        own = sa.create_engine(self.engine.url, poolclass=sa.NullPool)
        with own.connect() as connection:
            for (session,) in connection.execute(sa.text(SESSIONS[self.engine.dialect.name])).all():
                connection.execute(sa.text(KILL[self.engine.dialect.name].format(session)))


SESSIONS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
}
KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


def test_a_full_disk_while_staging_writes_nothing(crm: sa.Engine, tmp_path: Path) -> None:
    """The scratch file of the staging area may not grow any more: a sentence, and nothing written."""
    state = small_state()
    add_person(state, "3", "a name that does not fit " * 100_000)
    changes = changes_to(state, crm)
    with (
        failing(crm, "\nCREATE TABLE staging.staged_create_customer", _no_more_staging),
        pytest.raises(Unreachable, match="full"),
    ):
        apply(changes, crm, run=RUN, progress=Silent(), scratch=tmp_path)
    assert dump(crm)["customer"] == []


def _no_more_staging(connection: sa.Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA staging.max_page_count = 20")
