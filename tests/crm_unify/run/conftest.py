"""The tour and the smallest project there is, run once for all tests that only look."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crm_unify.run.people import people
from tests.projects import Answer, copied, run


@dataclass(frozen=True, slots=True)
class Toured:
    """The tour after its first run; tests that change anything work on a copy."""

    project: Path
    answer: Answer

    @property
    def crm(self) -> Path:
        """The CRM database."""
        return self.project / "crm.db"


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    """The tour, run once a module."""
    project = copied("tour", tmp_path_factory.mktemp("tour"))
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return Toured(project, answer)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people out of one file, loaded once a module."""
    project = people(tmp_path_factory.mktemp("people"))
    assert run(project).code == 0
    return project


@pytest.fixture
def office(loaded: Path, tmp_path: Path) -> Path:
    """A copy of the loaded people, to be changed."""
    return Path(shutil.copytree(loaded, tmp_path / "office"))
