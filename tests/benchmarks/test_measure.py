"""What a command costs."""

import sys
from pathlib import Path

from benchmarks.measure import machine, measure

HOLD = "import time; held = bytearray(80_000_000); time.sleep(1.2)"
"""A program that holds 80 MB for a while."""


def test_memory_is_summed_over_the_process_tree(tmp_path: Path) -> None:
    """A child's memory counts beside its parent's."""
    child = (
        f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', {HOLD!r}]); {HOLD}; c.wait()"
    )
    cost = measure([sys.executable, "-c", child], folder=tmp_path)
    assert cost.exit_code == 0
    assert 160 < cost.peak_mb < 300


def test_processor_time_is_not_waiting_time(tmp_path: Path) -> None:
    """Sleep costs wall time alone, and what the command said is kept."""
    cost = measure([sys.executable, "-c", "import time; time.sleep(.5); print('done')"], folder=tmp_path)
    assert cost.wall_seconds > 0.5
    assert cost.cpu_seconds < cost.wall_seconds
    assert cost.said == "done\n"


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    """It has no exit code, and failures keep theirs."""
    slow = measure([sys.executable, "-c", "import time; time.sleep(60)"], folder=tmp_path, timeout=0.3)
    failed = measure([sys.executable, "-c", "raise SystemExit(3)"], folder=tmp_path)
    assert (slow.exit_code, failed.exit_code) == (None, 3)


def test_the_machine_is_its_size() -> None:
    """Cores and memory, nothing else."""
    assert str(machine()).endswith(" GB")
    assert machine().cores >= 1
