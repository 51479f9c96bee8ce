"""The tour and the company after their first run, made once for all tests that look or change a copy."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.projects import Answer, copied, copy_of, run


@dataclass(frozen=True, slots=True)
class Toured:
    """A project after its first run; tests that change anything work on a copy."""

    project: Path
    answer: Answer

    @property
    def crm(self) -> Path:
        """The CRM database."""
        return self.project / "crm.db"


def ran(name: str, folder: Path) -> Toured:
    """A fixture project, run once."""
    project = copied(name, folder)
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return Toured(project, answer)


@pytest.fixture(scope="session")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    """The tour, run once; to be looked at alone."""
    return ran("tour", tmp_path_factory.mktemp("tour"))


@pytest.fixture
def touring(toured: Toured, tmp_path: Path) -> Path:
    """A copy of the tour after its first run, to be changed."""
    return copy_of(toured.project, tmp_path)


@pytest.fixture(scope="session")
def unified(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    """The committed company, run once; to be looked at alone."""
    return ran("company", tmp_path_factory.mktemp("company"))
