"""MariaDB as a target: the same CRM as on SQLite, to the byte, through runs, undo and sync."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.test_undo import CHANGES
from tests.projects import copied, crm, exported, run


def test_the_tour_in_mariadb_is_the_tour_in_sqlite(
    toured: Toured, mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exported files are byte-identical; no news write nothing; an undone run has left no trace in them."""
    files = exported(toured.project, tmp_path / "sqlite")
    project = copied("tour", tmp_path)
    monkeypatch.setenv("CRM_URL", mariadb_url)
    assert run(project).code == 0
    assert exported(project, tmp_path / "first") == files
    with closing(sqlite3.connect(project / "billing.db")) as con:
        con.executescript(CHANGES)
    assert run(project).data["written_rows"] > 0
    assert exported(project, tmp_path / "changed") != files
    assert crm("undo", "last", "-p", project, "--yes").code == 0
    assert exported(project, tmp_path / "undone") == files
    assert crm("resume", "-p", project, "--yes").code == 0
    assert crm("sync", project).data["written_rows"] > 0
