"""The workspace beside the project file: what the last runs left, never more than a cache.

A run writes into a folder aside, which is renamed into place when the run is done. A folder is trusted only
if the run number and the digest that the CRM database keeps are the ones it was published with and its
files have the sizes they had then; anything else is as if it were not there. Deleting the workspace costs
time, nothing else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Final

NAME: Final = ".crm_unify"
KEPT: Final = 3
"""Published runs that stay; older ones are removed."""

SECONDS_A_DAY: Final = 86_400
_SEAL: Final = "published.json"
_ASIDE: Final = "aside-"
_RUN: Final = "run-"


class Workspace:
    """The folder `.crm_unify` of a project."""

    def __init__(self, root: Path, *, kept: int = KEPT, days: int | None = None) -> None:
        """`root` is the folder of the project file; nothing is created before `begin`.

        Of the published runs the `kept` newest stay, of these only those of so many `days`, and always one.
        """
        self.path = root / NAME
        self._kept, self._days = kept, days
        self._held: dict[Path, IO[str]] = {}

    def begin(self) -> Path:
        """A new empty folder aside for one run; what runs that died left aside is removed."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds personal data
        (self.path / ".gitignore").write_text("*\n", encoding="utf-8")
        self._sweep()
        folder = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.path))
        self._held[folder] = _hold(folder)
        return folder

    def publish(self, folder: Path, run_id: int, digest: str, *, keep: Path | None = None) -> Path:
        """Rename a folder of `begin` into place as the given run; returns where it is now.

        Older folders make room for it, but `keep` stays.
        """
        published = self._published()
        sequence = published[-1][0] + 1 if published else 1
        seal = {"run": run_id, "digest": digest, "files": _sizes(folder), "sequence": sequence}
        (folder / _SEAL).write_text(json.dumps(seal, sort_keys=True) + "\n", encoding="utf-8")
        place = self._place_for(run_id, digest)
        if place.exists():
            shutil.rmtree(place)
        folder.rename(place)
        self._release(folder)
        self._prune(keep)
        return place

    def discard(self, folder: Path) -> None:
        """Remove a folder of `begin` that is not needed."""
        shutil.rmtree(folder, ignore_errors=True)
        self._release(folder)

    def close(self) -> None:
        """Let go of folders that were neither published nor discarded; the next run may sweep them away."""
        for folder in list(self._held):
            self._release(folder)

    def newest(self, run_id: int, digest: str) -> Path | None:
        """The folder of this run, if it is there as it was published with this digest."""
        for _, place in reversed(self._published()):
            expected = {"run": run_id, "digest": digest, "files": _sizes(place)}
            if expected.items() <= (_seal_of(place) or {}).items():
                return place
        return None

    def is_busy(self) -> bool:
        """Whether a living process has a folder aside: a run that may be committed and not published yet."""
        return any(one.is_dir() and not _is_free(one) for one in self.path.glob(f"{_ASIDE}*"))

    def _place_for(self, run_id: int, digest: str) -> Path:
        """Where to publish a run; a run of another target that has the same number keeps its place."""
        place = self.path / f"{_RUN}{run_id}"
        if (_seal_of(place) or {}).get("digest", digest) == digest:
            return place
        return self.path / f"{place.name}-{hashlib.sha256(digest.encode()).hexdigest()[:12]}"

    def _published(self) -> list[tuple[int, Path]]:
        """Published runs in the order of their publication; one with a broken seal counts as the oldest."""
        seals = ((_seal_of(path) or {}, path) for path in self.path.glob(f"{_RUN}*"))
        return sorted((int(seal.get("sequence", 0)), path) for seal, path in seals)

    def _sweep(self) -> None:
        """Remove folders aside that no living process holds."""
        for folder in sorted(self.path.glob(f"{_ASIDE}*")):
            if folder.is_dir() and folder not in self._held and _is_free(folder):
                shutil.rmtree(folder)
                _lock_file(folder).unlink(missing_ok=True)

    def _prune(self, keep: Path | None) -> None:
        """Remove all but the runs published last, and of these what is too old."""
        *older, _ = published = [path for _, path in self._published()]
        late = published[: -self._kept]
        for path in older:
            if path != keep and (path in late or self._is_too_old(path)):
                shutil.rmtree(path)

    def _is_too_old(self, path: Path) -> bool:
        """Whether a published folder is older than the days that are kept; a broken one is not looked at."""
        seal = path / _SEAL
        if self._days is None or not seal.is_file():
            return False
        return time.time() - seal.stat().st_mtime > self._days * SECONDS_A_DAY

    def _release(self, folder: Path) -> None:
        """Give up the lock of a folder that is no longer aside."""
        self._held.pop(folder).close()
        _lock_file(folder).unlink(missing_ok=True)


def _seal_of(place: Path) -> dict[str, Any] | None:
    """What a folder was published with; None when that cannot be read."""
    try:
        seal = json.loads((place / _SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return seal if isinstance(seal, dict) else None


def _sizes(folder: Path) -> dict[str, int]:
    """Size of every file of a folder but the seal."""
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / _SEAL)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(files)}


def _lock_file(folder: Path) -> Path:
    """The file whose lock says that a folder aside is in use; the kernel frees it when the process dies."""
    return folder.with_name(f"{folder.name}.lock")


def _hold(folder: Path) -> IO[str]:
    """Lock a folder aside for as long as the file is open."""
    file = _lock_file(folder).open("w", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX)  # whoever asks whether it is free holds it for a moment
    return file


def _is_free(folder: Path) -> bool:
    """Whether no process holds a folder aside."""
    try:
        with _lock_file(folder).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:  # it was published meanwhile, or its process died before it locked it
        return True
    return True
