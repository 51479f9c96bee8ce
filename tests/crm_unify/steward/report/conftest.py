"""The invented club: its project and an empty CRM to report on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from tests.crm_unify.steward.report import invented


@pytest.fixture
def club(tmp_path: Path) -> LoadedProject:
    """The project of the club."""
    return invented.club(tmp_path)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    """A connection to an empty CRM database."""
    engine = invented.crm(tmp_path)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
