"""What the program makes holds customer data: nobody but its owner may read it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crm_unify.run.people import people
from tests.projects import crm, run


@pytest.fixture(autouse=True)
def _usual_mask() -> Iterator[None]:
    """The mask that lets everybody read, as most machines have it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Files and folders that somebody else may look into."""
    found = (path for path in folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077)
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_only_the_owner_may_read_what_a_command_made(tmp_path: Path) -> None:
    """Database, workspace, plan, report and export; the sources stay as they were."""
    project = people(tmp_path)
    sources = open_to_others(project)
    assert len(sources) == 3
    for answer in (
        crm("plan", project),
        run(project),
        crm("report", project),
        crm("export", project, "--out", project / "out"),
    ):
        assert answer.code == 0, answer.stderr
    assert {"crm.db", "plan.jsonl", ".crm_unify", "out"} <= {path.name for path in project.iterdir()}
    assert open_to_others(project) == sources
    assert os.umask(0o022) == 0o022


def test_a_file_that_is_replaced_keeps_its_rights(tmp_path: Path) -> None:
    """Who was allowed to read the last export may read the next one."""
    project = people(tmp_path)
    assert run(project).code == 0
    for _ in range(2):
        assert crm("export", project, "--out", project / "out").code == 0
        assert crm("plan", project).code == 0
        for name in ("out/customer.csv", "plan.jsonl"):
            (project / name).chmod(0o640)
    assert crm("export", project, "--out", project / "out").code == 0
    assert stat.S_IMODE((project / "out" / "customer.csv").stat().st_mode) == 0o640
    assert stat.S_IMODE((project / "plan.jsonl").stat().st_mode) == 0o640
