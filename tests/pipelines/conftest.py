"""Databases for the tests of change set, load and export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.pipelines.crm_states import new_target


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty CRM on SQLite."""
    engine = new_target(f"sqlite:///{tmp_path / 'crm.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_crm(postgres_crm_url: str) -> Iterator[sa.Engine]:
    """An empty CRM on PostgreSQL."""
    engine = new_target(postgres_crm_url)
    yield engine
    engine.dispose()


@pytest.fixture
def mariadb_crm(mariadb_crm_url: str) -> Iterator[sa.Engine]:
    """An empty CRM on MariaDB."""
    engine = new_target(mariadb_crm_url)
    yield engine
    engine.dispose()


@pytest.fixture(
    params=[
        "crm",
        pytest.param("postgres_crm", marks=pytest.mark.postgres),
        pytest.param("mariadb_crm", marks=pytest.mark.mariadb),
    ]
)
def any_crm(request: pytest.FixtureRequest) -> sa.Engine:
    """An empty CRM on each kind of target."""
    engine: sa.Engine = request.getfixturevalue(request.param)
    return engine
