"""What a command costs: wall time, processor time and the peak of its memory, over all its processes.

Memory is the sum of the resident sets of the command and its descendants, looked at every few hundredths of
a second; pages that two of them share count twice. Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS, SEARCH_SECONDS = 0.05, 0.5
"""How often the memory of the known processes is read, and how often new descendants are looked for."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command cost."""

    wall_seconds: float
    """From start to end."""
    cpu_seconds: float
    """User and system time of the command and all its descendants that have ended."""
    peak_mb: float
    """Highest sum of the resident sets of its processes, in MB (10**6 bytes)."""
    exit_code: int | None
    """As the command left it; None: stopped because it took too long."""
    said: str
    """The end of what it wrote to stdout and stderr."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The size of the machine a figure was measured on."""

    cores: int
    memory_gb: int

    def __str__(self) -> str:
        """In words."""
        return f"{self.cores} cores, {self.memory_gb} GB"


def machine() -> Machine:
    """This machine, without its name."""
    total = os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES
    return Machine(len(os.sched_getaffinity(0)), round(total / 2**30))


def measure(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = 3600.0,
) -> Cost:
    """Run a command in a folder and say what it cost; one that takes longer than `timeout` s is stopped."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        peak, code, cpu = _watch(process, began + timeout)
        wall = time.perf_counter() - began
        said.seek(0)
        text = said.read().decode(errors="replace")[-4000:]
    return Cost(wall, cpu, peak / 1e6, code, text)


def _watch(process: subprocess.Popen[bytes], deadline: float) -> tuple[int, int | None, float]:
    """Peak bytes, exit code and CPU seconds of a process that is running."""
    peak, family, searched, stopped = 0, [process.pid], 0.0, False
    while True:
        # wait4 counts the descendants that the process has waited for, as `time` does
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        now = time.perf_counter()
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu = usage.ru_utime + usage.ru_stime
            return peak, None if stopped else process.returncode, cpu
        if now > deadline and not stopped:
            os.killpg(process.pid, 9)
            stopped = True
        if now - searched > SEARCH_SECONDS:
            family, searched = descendants(process.pid), now
        peak = max(peak, sum(resident(member) for member in family))
        time.sleep(LOOK_SECONDS)


def descendants(root: int) -> list[int]:
    """A process and all processes below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parents.setdefault(_parent(entry), []).append(int(entry.name))
    found = [root]
    for process in found:
        found.extend(parents.get(process, ()))
    return found


def _parent(entry: Path) -> int:
    try:
        text = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return -1
    return int(text[text.rindex(")") + 2 :].split()[1])


def resident(process: int) -> int:
    """Bytes of a process in memory, 0 where it is gone."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except (FileNotFoundError, ProcessLookupError):
        return 0
