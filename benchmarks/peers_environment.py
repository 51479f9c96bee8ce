"""An environment of its own for each peer, made once in the cache folder from pinned versions."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from benchmarks.generated import cache

HERE = Path(__file__).parent

PEERS = ("splink", "goldenmatch")
"""The peers; `peers_<name>.txt` pins what is installed, `peers_<name>.py` runs it."""


def python(peer: str) -> Path:
    """The interpreter of a peer's environment; made where it is not there or the pinned versions changed."""
    pins = HERE / f"peers_{peer}.txt"
    version = hashlib.sha256(pins.read_bytes()).hexdigest()[:8]
    folder = cache() / "peers" / f"{peer}-{version}"
    interpreter, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)]
        subprocess.run([interpreter, *install], check=True)
        ready.touch()
    return interpreter


def script(peer: str) -> Path:
    """The script that runs a peer inside its environment."""
    return HERE / f"peers_{peer}.py"
