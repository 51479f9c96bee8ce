"""A town of doubtful pairs, run and packed once for all tests that look; others work on a copy."""

import shutil
from pathlib import Path

import pytest

from tests.crm_unify.run.decided import town
from tests.crm_unify.steward.review.towns import doubtful, exported
from tests.projects import run

PEOPLE = 8
"""People of the small town; each has two records."""


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight people of two records each, all of them doubtful; to be looked at alone."""
    project = doubtful(tmp_path_factory.mktemp("town"), town()[: 2 * PEOPLE])
    assert run(project).code == 0
    return project


@pytest.fixture
def asking(asked: Path, tmp_path: Path) -> Path:
    """A copy of the doubtful town, to be answered."""
    return Path(shutil.copytree(asked, tmp_path / "town"))


@pytest.fixture(scope="session")
def packed(asked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of all questions of the town, as it was exported."""
    return exported(asked, tmp_path_factory.mktemp("pack") / "pack.xlsx")


@pytest.fixture
def pack(packed: Path, tmp_path: Path) -> Path:
    """A copy of the pack, to be filled in."""
    return Path(shutil.copy(packed, tmp_path / "pack.xlsx"))
