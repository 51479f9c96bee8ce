"""The tour served: it has rows in quarantine, an open rule, orders, and a second run is cheap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crm_unify.conftest import Toured
from tests.crm_unify.steward.web.people import Served, served, with_users
from tests.projects import copy_of

MASKED = "web: {masked: {viewer: [contact_point, person.birth_date]}}\n"


@pytest.fixture(scope="session")
def tour_with_users(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tour after its first run with a user of each role, viewers not seeing all; to be copied."""
    project = copy_of(toured.project, tmp_path_factory.mktemp("served-tour"))
    with (project / "crm_unify.yml").open("a", encoding="utf-8") as file:
        file.write(MASKED)
    with_users(project)
    return project


@pytest.fixture(scope="module")
def toured_site(tour_with_users: Path) -> Iterator[Served]:
    """The tour as it is served, to be looked at alone."""
    yield from served(tour_with_users)


@pytest.fixture
def tour_site(tour_with_users: Path, tmp_path: Path) -> Iterator[Served]:
    """A copy of the tour as it is served, to be changed."""
    yield from served(copy_of(tour_with_users, tmp_path))
