"""The smallest project there is, run once for all tests that only look."""

import shutil
from pathlib import Path

import pytest

from tests.crm_unify.run.people import people
from tests.projects import run


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people out of one file, loaded once."""
    project = people(tmp_path_factory.mktemp("people"))
    assert run(project).code == 0
    return project


@pytest.fixture
def office(loaded: Path, tmp_path: Path) -> Path:
    """A copy of the loaded people, to be changed."""
    return Path(shutil.copytree(loaded, tmp_path / "office"))
