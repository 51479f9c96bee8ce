"""What a run tells others while it goes: a file that is followed, and that no run depends on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_unify.errors import GuardStopped
from crm_unify.progress import Silent
from crm_unify.run.telling import Telling, file_of, is_live
from tests.crm_unify.run.people import people
from tests.projects import crm, run


def told(workspace: Path) -> list[dict[str, Any]]:
    """The lines of the file."""
    lines = file_of(workspace, None).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_run_and_a_sync_tell_how_far_they_are(tmp_path: Path) -> None:
    """The command, its stages in the lines of a log, and the run in the end; the next one begins anew."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    first, *lines, last = told(project / ".crm_unify")
    assert (first["begun"]["command"], last) == ("run", {"over": {"code": 0, "run": 1}})
    assert {"said": "match: begun"} in lines
    assert crm("sync", project).code == 0
    assert [one.get("begun", {}).get("command") for one in told(project / ".crm_unify")][:1] == ["sync"]


def test_it_is_known_whether_a_run_still_goes(tmp_path: Path) -> None:
    """While it does, the file is held; how it failed is told, and then it goes no more."""
    file, telling, live = file_of(tmp_path, None), Telling(Silent(), tmp_path, None), []

    def work() -> None:
        with telling.of("run"):
            live.append(is_live(file))
            raise GuardStopped("too many deletes", remedy="look at them")

    assert is_live(file) is False
    with pytest.raises(GuardStopped):
        work()
    assert (live, is_live(file)) == ([True], False)
    assert told(tmp_path)[-1]["over"]["error"]["what"] == "too many deletes"


def test_no_run_fails_for_what_it_cannot_tell(tmp_path: Path) -> None:
    """A place that cannot be written is left alone, and the work goes on."""
    (tmp_path / "file").touch()
    telling = Telling(Silent(), tmp_path / "file", None)
    with telling.of("run"), telling.stage("match", 3) as stage:
        stage.advance(3)
    assert (tmp_path / "file").read_bytes() == b""
