"""Repairs, approvals, rehearsal and sign-off on servers, the scratch database beside the CRM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crm_unify.run.people import account, people
from tests.crm_unify.run.repairing import LINES, all_named, replayed
from tests.projects import AS_OF, crm, run

SERVERS = [
    pytest.param("postgres_databases", id="PostgreSQL", marks=pytest.mark.postgres),
    pytest.param("mariadb_databases", id="MariaDB", marks=(pytest.mark.mariadb, pytest.mark.soak)),
]


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_the_whole_loop_on_a_server(
    server: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten rows are repaired and load, two rehearsals use one scratch database, the pack verifies."""
    database: Callable[[], str] = request.getfixturevalue(server)
    monkeypatch.setenv("CRM_URL", database())
    monkeypatch.setenv("CRM_SCRATCH", database())
    project = people(tmp_path / "people", LINES)
    with (project / "crm_unify.yml").open("a") as file:
        file.write('rehearsal: {target: "${CRM_SCRATCH}", all_approved: false}\n')
    assert run(project).code == 0
    assert len(all_named(project).data["recorded"]) == 10
    assert account(replayed(project).data) == (13, 13, 0, 0, 0, 1)
    trials = [crm("rehearse", project, "--as-of", AS_OF, "--by", "Doris") for _ in range(2)]
    assert [one.data["go"] for one in trials] == [True, True]
    assert crm("signoff", project, "--by", "Karla", "--out", tmp_path / "pack.zip").code == 0
    assert crm("signoff", "--verify", tmp_path / "pack.zip", "-p", project).data["known"]
