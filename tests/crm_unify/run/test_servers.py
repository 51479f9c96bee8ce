"""The same company out of SQLite, PostgreSQL and MariaDB, into SQLite and PostgreSQL: the same CRM."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.crm_unify.conftest import Toured
from tests.projects import ROOT, copied, exported, run


def with_password_apart(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL as a project file would have it: the password comes from the environment."""
    parsed = make_url(url)
    monkeypatch.setenv("BILLING_PASSWORD", parsed.password or "")
    server = f"{parsed.host}:{parsed.port}/{parsed.database}"
    return f"{parsed.drivername}://{parsed.username}:${{BILLING_PASSWORD:-}}@{server}"


def company(folder: Path, billing: str | None = None) -> Path:
    """A copy of the company whose billing is read from this URL; from its SQLite file without one."""
    project = copied("company", folder)
    if billing is not None:
        file = project / "crm_unify.yml"
        said = file.read_text(encoding="utf-8")
        assert "${BILLING_URL:-sqlite:///billing.db}" in said
        file.write_text(said.replace("${BILLING_URL:-sqlite:///billing.db}", billing), encoding="utf-8")
        (project / "billing.db").unlink()
    return project


def loaded(url: str) -> str:
    """The URL, after the company's own script has put its billing tables there."""
    script = ROOT / "fixtures" / "company" / "make_company.py"
    subprocess.run([sys.executable, str(script), "--load", url], check=True)
    return url


NOTHING = {"activity.csv", "app_user.csv", "opportunity.csv"}
"""Tables that the company has nothing for."""


@pytest.mark.slow
def test_servers_as_source_and_target_change_no_byte(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_databases: Callable[[], str],
    mariadb_url: str,
    unified: Toured,
) -> None:
    """Billing from three databases, the CRM in two: every exported file is byte-identical."""
    files = {"SQLite": exported(unified.project, tmp_path / "1")}
    mariadb = with_password_apart(loaded(mariadb_url), monkeypatch)
    files["MariaDB"] = ran(company(tmp_path / "mariadb", mariadb), tmp_path / "2")
    postgres = with_password_apart(loaded(postgres_databases()), monkeypatch)
    monkeypatch.setenv("CRM_URL", postgres_databases())
    files["PostgreSQL into PostgreSQL"] = ran(company(tmp_path / "postgresql", postgres), tmp_path / "3")
    empty = {name for name, content in files["SQLite"].items() if content.count(b"\n") <= 1}
    assert empty == NOTHING
    assert [differing(files["SQLite"], found) for found in files.values()] == [[], [], []]


def ran(project: Path, out: Path) -> dict[str, bytes]:
    """The exported files of a first run."""
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return exported(project, out)


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of the files that are not the same."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
