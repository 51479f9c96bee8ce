"""The doubtful town served to people of every role; made once for tests that look, others serve a copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium

from tests.crm_unify.conftest import Toured
from tests.crm_unify.run.decided import town
from tests.crm_unify.steward.review.towns import doubtful
from tests.crm_unify.steward.web.hostile import hostile
from tests.crm_unify.steward.web.live import Live, listening
from tests.crm_unify.steward.web.people import Browser, Served, served, with_users
from tests.projects import copy_of, run

PEOPLE = 12
"""People of the town; each has two records, every two of them doubtful."""
NAMELESS = "901,,dora@post.example,Clerk,1 Lane"
"""A row that names nobody."""
TWICE = [f"{row},Zora Zahn,zora.zahn@post.example,Falconer,77 Quarry Lane" for row in (902, 903)]
"""A person with two records that agree in the job, too: the only customer whom evidence merges."""
MERGE = "merge_bits: 11"
"""Above what the others have in common, about 8 bits, and below these two, about 13."""

MASKED = "web: {masked: {viewer: [contact_point, person.birth_date]}}\n"
"""What viewers of the tour do not see."""


@pytest.fixture(scope="session")
def town_with_users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town after its first run, a row of it in quarantine, with a user of each role; to be copied."""
    project = doubtful(tmp_path_factory.mktemp("served"), [*town()[: 2 * PEOPLE], NAMELESS, *TWICE])
    file = project / "crm_unify.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("merge_bits: 60", MERGE), encoding="utf-8")
    assert run(project).code == 0
    with_users(project)
    return project


@pytest.fixture(scope="session")
def tour_with_users(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tour after its first run with a user of each role, viewers not seeing all; to be copied."""
    project = copy_of(toured.project, tmp_path_factory.mktemp("served-tour"))
    with (project / "crm_unify.yml").open("a", encoding="utf-8") as file:
        file.write(MASKED)
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


@pytest.fixture(scope="session")
def hostile_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project full of what attackers write, after its first run, with users; to be copied."""
    project = hostile(tmp_path_factory.mktemp("hostile"))
    assert run(project).code == 0
    with_users(project)
    return project


@pytest.fixture(scope="module")
def haunted(hostile_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of it as it is served; shared by the tests of a module."""
    yield from served(Path(shutil.copytree(hostile_project, tmp_path_factory.mktemp("haunted") / "town")))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The Chromium of the system; without one the test is skipped, in CI it fails."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CRM_UNIFY_CI"):
        pytest.fail("no chromium is installed")
    if found is None:
        pytest.skip("no chromium is installed")
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=found, args=["--no-sandbox"])


@pytest.fixture(scope="module")
def live(town_with_users: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A copy of the town on a port of this machine, for real browsers; shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("live") / "town"
    yield from listening(Path(shutil.copytree(town_with_users, folder)))


@pytest.fixture
def browser(site: Served) -> Callable[[str], Browser]:
    """A browser in which a user of this role has signed in to the copy."""
    return site.browser
