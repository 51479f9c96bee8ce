"""The tour served: it has rows in quarantine, an open rule, orders, and a second run is cheap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crm_unify.steward.web.people import Served, served
from tests.projects import copy_of


@pytest.fixture(scope="module")
def toured_site(tour_with_users: Path) -> Iterator[Served]:
    """The tour as it is served, to be looked at alone."""
    yield from served(tour_with_users)


@pytest.fixture
def tour_site(tour_with_users: Path, tmp_path: Path) -> Iterator[Served]:
    """A copy of the tour as it is served, to be changed."""
    yield from served(copy_of(tour_with_users, tmp_path))
