"""A file appears under its name only when it is complete, and keeps the rights of the one it replaces."""

from __future__ import annotations

import stat
from pathlib import Path


def put_in_place(unfinished: Path, path: Path) -> None:
    """Rename a complete file to its name; who may read the file that was there may read the new one."""
    if path.exists():
        unfinished.chmod(stat.S_IMODE(path.stat().st_mode))
    unfinished.replace(path)
