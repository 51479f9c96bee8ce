"""Invented people and organisations of any size, made by the generator beside the labelled sets.

The generator is `../synth/make_synth.py` as seen from the folder that CRM_UNIFY_DATA names. What it makes is
kept in a cache folder outside the checkout (CRM_UNIFY_CACHE, else ~/.cache/crm-unify) under a name with the
hash of the generator, so that a changed generator makes new files.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

KINDS = {
    "people-1": (),
    "people-3": ("--noise", "3"),
    "people-6": ("--noise", "6"),
    "people-legacy": ("--style", "legacy"),
    "organisations": ("--entity", "org"),
}
"""The generated sets: people at three levels of noise and in five legacy formats, firms."""

ROWS = 100_000
"""Rows of a set where nothing else is asked for."""


def cache() -> Path:
    """The folder for what is made once and used again."""
    named = os.environ.get("CRM_UNIFY_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "crm-unify"


def generator() -> Path:
    """The generator; FileNotFoundError where it is not there."""
    data = os.environ.get("CRM_UNIFY_DATA")
    if data is None:
        raise FileNotFoundError("CRM_UNIFY_DATA does not name the folder beside the generator")
    script = Path(data).resolve().parent / "synth" / "make_synth.py"
    if not script.is_file():
        raise FileNotFoundError("the generator does not stand beside the labelled sets")
    return script


def generated(name: str, rows: int = ROWS) -> tuple[Path, Path]:
    """The rows and the truth of a generated set, as Parquet; made where they are not there yet."""
    script = generator()
    version = hashlib.sha256(script.read_bytes()).hexdigest()[:8]
    folder = cache() / "synth" / version
    folder.mkdir(parents=True, exist_ok=True)
    out, truth = (folder / f"{name}-{rows}{part}.parquet" for part in ("", "-truth"))
    if not (out.exists() and truth.exists()):
        made = [path.with_suffix(".part") for path in (out, truth)]
        options = ["--rows", str(rows), *KINDS[name], "--out", str(made[0]), "--truth", str(made[1])]
        subprocess.run([sys.executable, script, *options], check=True, stdout=subprocess.DEVNULL)
        for part, whole in zip(made, (out, truth), strict=True):
            part.rename(whole)
    return out, truth
