"""What a run tells others while it goes: a file that is followed, and that no run depends on."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from crm_unify.errors import GuardStopped
from crm_unify.progress import Silent
from crm_unify.run.telling import Telling, file_of, is_held, is_live
from tests.crm_unify.run.people import people
from tests.projects import crm, run


def crm_of(folder: Path) -> URL:
    """The CRM in a folder."""
    return URL.create("sqlite", database=str(folder / "crm.db"))


def told(workspace: Path, target: URL) -> list[dict[str, Any]]:
    """The lines of the file."""
    lines = file_of(workspace, target).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_run_and_a_sync_tell_how_far_they_are(tmp_path: Path) -> None:
    """The command, its stages in the lines of a log, and the run in the end; the next one begins anew."""
    project = people(tmp_path / "office")
    assert run(project).code == 0
    place = project / ".crm_unify", crm_of(project)
    first, *lines, last = told(*place)
    assert (first["begun"]["command"], last) == ("run", {"over": {"code": 0, "run": 1}})
    assert {"said": "match: begun"} in lines
    assert crm("sync", project).code == 0
    assert [one.get("begun", {}).get("command") for one in told(*place)][:1] == ["sync"]


def test_it_is_known_whether_a_run_still_goes(tmp_path: Path) -> None:
    """While it does, the file is held; how it failed is told, and then it goes no more."""
    target, live = crm_of(tmp_path), list[bool]()
    file, telling = file_of(tmp_path, target), Telling(Silent(), tmp_path, target)

    def work() -> None:
        with telling.of("run"):
            live.append(is_live(file))
            raise GuardStopped("too many deletes", remedy="look at them")

    assert is_live(file) is False
    with pytest.raises(GuardStopped):
        work()
    assert (live, is_live(file)) == ([True], False)
    assert told(tmp_path, crm_of(tmp_path))[-1]["over"]["error"]["what"] == "too many deletes"


def test_no_run_fails_for_what_it_cannot_tell(tmp_path: Path) -> None:
    """A place that cannot be written is left alone, and the work goes on."""
    (tmp_path / "file").touch()
    telling = Telling(Silent(), tmp_path / "file", crm_of(tmp_path))
    with telling.of("run"), telling.stage("match", 3) as stage:
        stage.advance(3)
    assert (tmp_path / "file").read_bytes() == b""


def test_runs_into_two_targets_tell_beside_each_other(tmp_path: Path) -> None:
    """Of one project: neither waits for the other, nor takes its lines away."""
    one, other = crm_of(tmp_path / "one"), crm_of(tmp_path / "other")
    with Telling(Silent(), tmp_path, one).of("run"):
        with Telling(Silent(), tmp_path, other).of("sync"):
            assert is_live(file_of(tmp_path, one))
        assert (is_live(file_of(tmp_path, one)), is_live(file_of(tmp_path, other))) == (True, False)
    assert [next(iter(line)) for line in told(tmp_path, one)] == ["begun", "over"]


def test_a_run_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Whoever still reads what the former one told reads that to its end, and keeps nobody waiting."""
    target = crm_of(tmp_path)
    with Telling(Silent(), tmp_path, target).of("run"):
        pass
    with file_of(tmp_path, target).open() as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        with Telling(Silent(), tmp_path, target).of("sync"):
            assert (is_held(reader), is_live(file_of(tmp_path, target))) == (False, True)
        assert '"run"' in reader.readline()
