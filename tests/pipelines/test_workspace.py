"""The workspace is trusted exactly when it is what the caller published, and can always be deleted."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import stat
from pathlib import Path

import pytest

from pipelines.workspace import KEPT, NAME, Workspace


def published(root: Path, run: int, digest: str = "d") -> Path:
    """A run with one file in it."""
    workspace = Workspace(root)
    folder = workspace.begin()
    (folder / "rows.txt").write_text(f"run {run}", encoding="utf-8")
    return workspace.publish(folder, run, digest)


def test_a_published_run_is_found_again(tmp_path: Path) -> None:
    """By its number and digest, in another process as well as in this one."""
    place = published(tmp_path, 7)
    assert Workspace(tmp_path).newest(7, "d") == place
    assert (place / "rows.txt").read_text(encoding="utf-8") == "run 7"


def test_a_run_that_has_not_published_yet_is_known(tmp_path: Path) -> None:
    """Its folder is held until it is in its place; what one that died left aside does not count."""
    workspace = Workspace(tmp_path)
    folder = workspace.begin()
    (folder.parent / "aside-dead").mkdir()
    assert Workspace(tmp_path).is_busy()
    workspace.publish(folder, 7, "d")
    assert not Workspace(tmp_path).is_busy()


@pytest.mark.parametrize(("run", "digest"), [(7, "other"), (8, "d"), (6, "d")])
def test_another_run_is_not_trusted(tmp_path: Path, run: int, digest: str) -> None:
    """The caller knows from the database which run is the newest; a folder of any other is ignored."""
    published(tmp_path, 7)
    assert Workspace(tmp_path).newest(run, digest) is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda place: (place / "rows.txt").unlink(), id="a file is missing"),
        pytest.param(lambda place: (place / "rows.txt").write_text(""), id="a file was cut off"),
        pytest.param(lambda place: (place / "more.txt").write_text("x"), id="a file was added"),
        pytest.param(lambda place: (place / "published.json").write_text("{"), id="the seal is broken"),
        pytest.param(shutil.rmtree, id="the folder is gone"),
    ],
)
def test_a_damaged_run_is_not_trusted(tmp_path: Path, damage: object) -> None:
    """What is not as it was published is as if it were not there."""
    place = published(tmp_path, 7)
    assert callable(damage)
    damage(place)
    assert Workspace(tmp_path).newest(7, "d") is None


def test_nothing_is_created_by_asking(tmp_path: Path) -> None:
    """Without a run there is no workspace."""
    assert Workspace(tmp_path).newest(1, "d") is None
    assert list(tmp_path.iterdir()) == []


def test_a_run_can_be_published_again(tmp_path: Path) -> None:
    """The second folder of the same run takes the place of the first."""
    (published(tmp_path, 7) / "late.txt").write_text("x", encoding="utf-8")
    place = published(tmp_path, 7)
    assert Workspace(tmp_path).newest(7, "d") == place
    assert not (place / "late.txt").exists()


def test_old_runs_are_removed(tmp_path: Path) -> None:
    """The few published last stay, whatever their numbers: another target counts its runs anew."""
    places = [published(tmp_path, run, f"target {run > 5}") for run in (50, 51, 52, 1, 2)]
    assert sorted((tmp_path / NAME).glob("run-*")) == sorted(places[-KEPT:])
    assert Workspace(tmp_path).newest(2, "target False") == places[-1]


def test_plans_do_not_push_out_the_run_that_was_applied(tmp_path: Path) -> None:
    """The folder that is asked to stay is still there after more folders than are kept."""
    applied = published(tmp_path, 1, "applied")
    for number in range(5):
        workspace = Workspace(tmp_path)
        workspace.publish(workspace.begin(), 2, f"plan {number}", keep=applied)
    assert Workspace(tmp_path).newest(1, "applied") == applied
    assert len(list((tmp_path / ".crm_unify").glob("run-*"))) == KEPT + 1


def test_runs_of_two_targets_do_not_collide(tmp_path: Path) -> None:
    """The same number with another digest is another run."""
    places = [published(tmp_path, 1, digest) for digest in ("rehearsal", "production")]
    assert [Workspace(tmp_path).newest(1, digest) for digest in ("rehearsal", "production")] == places


def test_a_discarded_folder_leaves_nothing(tmp_path: Path) -> None:
    """A run that failed takes its folder with it."""
    workspace = Workspace(tmp_path)
    workspace.discard(workspace.begin())
    assert [path.name for path in (tmp_path / NAME).iterdir()] == [".gitignore"]


def _die_with_a_folder(root: Path) -> None:
    """Begin, and die before publishing."""
    (Workspace(root).begin() / "rows.txt").write_text("half", encoding="utf-8")
    os._exit(9)


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    """The next run removes the folder of a process that died, and none that is in use."""
    process = multiprocessing.get_context("spawn").Process(target=_die_with_a_folder, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 9
    left = set((tmp_path / NAME).glob("aside-*"))
    assert len(left) == 2
    first, second = Workspace(tmp_path), Workspace(tmp_path)
    folders = {first.begin(), second.begin()}
    assert {path for path in (tmp_path / NAME).glob("aside-*") if path.is_dir()} == folders
    for workspace in (first, second):
        workspace.close()


def test_personal_data_is_for_the_owner_alone(tmp_path: Path) -> None:
    """Nobody else may look into the workspace, and version control leaves it out."""
    place = published(tmp_path, 1)
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert (place.parent / ".gitignore").read_text(encoding="utf-8") == "*\n"
