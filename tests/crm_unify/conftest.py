"""The tour and the company after their first run, made once for all tests that look or change a copy."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.projects import Answer, copied, copy_of, made_once, run


@dataclass(frozen=True, slots=True)
class Toured:
    """A project after its first run; tests that change anything work on a copy."""

    project: Path
    answer: Answer

    @property
    def crm(self) -> Path:
        """The CRM database."""
        return self.project / "crm.db"


def ran(name: str, factory: pytest.TempPathFactory) -> Toured:
    """A fixture project, run once by whichever process of the tests needs it first; a copy of this one's."""

    def make(folder: Path) -> None:
        answer = run(copied(name, folder))
        assert answer.code == 0, answer.stderr
        (folder / "answer").write_bytes(pickle.dumps(answer))

    made = made_once(factory, name, make)
    project = copy_of(made / "fixtures" / name, factory.mktemp(name))
    return Toured(project, pickle.loads((made / "answer").read_bytes()))


@pytest.fixture(scope="session")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    """The tour, run once; to be looked at alone."""
    return ran("tour", tmp_path_factory)


@pytest.fixture
def touring(toured: Toured, tmp_path: Path) -> Path:
    """A copy of the tour after its first run, to be changed."""
    return copy_of(toured.project, tmp_path)


@pytest.fixture(scope="session")
def unified(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    """The committed company, run once; to be looked at alone."""
    return ran("company", tmp_path_factory)
