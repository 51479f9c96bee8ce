"""The doubtful town served to people of every role; made once for tests that look, others serve a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crm_unify.run.decided import town
from tests.crm_unify.steward.review.towns import doubtful
from tests.crm_unify.steward.web.people import Browser, Served, served, with_users
from tests.projects import run

PEOPLE = 8
"""People of the town; each has two records, every two of them doubtful."""


@pytest.fixture(scope="session")
def town_with_users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town after its first run, with a user of each role; to be copied."""
    project = doubtful(tmp_path_factory.mktemp("served"), town()[: 2 * PEOPLE])
    assert run(project).code == 0
    with_users(project)
    return project


@pytest.fixture(scope="module")
def looked_at(town_with_users: Path) -> Iterator[Served]:
    """The town as it is served, to be looked at alone."""
    yield from served(town_with_users)


@pytest.fixture
def site(town_with_users: Path, tmp_path: Path) -> Iterator[Served]:
    """A copy of the town as it is served, to be changed."""
    yield from served(Path(shutil.copytree(town_with_users, tmp_path / "town")))


@pytest.fixture
def browser(site: Served) -> Callable[[str], Browser]:
    """A browser in which a user of this role has signed in to the copy."""
    return site.browser
