"""Golden files lie beside the input they were made from."""

import subprocess
from pathlib import Path


def test_no_golden_file_outlives_its_input(root: Path) -> None:
    """`name.golden.csv` stands beside `name` with another suffix, or it is an orphan to be removed."""
    command = ["git", "ls-files", "*.golden.*"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert [name for name in listed.splitlines() if not has_input(root / name)] == []


def has_input(golden: Path) -> bool:
    """Is there a file of the same name that is no golden file?"""
    beside = golden.parent.glob(golden.name.split(".golden.")[0] + ".*")
    return any(".golden." not in path.name for path in beside)
