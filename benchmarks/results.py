"""What was measured, kept as data and shown as a page: `results.json` and `RESULTS.md` in this folder.

A figure replaces an earlier one of the same tool on the same set; each keeps its date, the size of the
machine and the command. The page is written from the data alone.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, machine
from matching.evaluation import Evaluation, Ratio

DATA = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Result:
    """One tool on one set."""

    set: str
    """Name of the set."""
    rows: int
    """Its rows."""
    tool: str
    """Name and version of the tool, and how it was run."""
    outcome: str = "done"
    """`done`, or why there are no figures."""
    pairwise: tuple[float, float, float] | None = None
    """Precision, recall, F1 over pairs of records."""
    bcubed: tuple[float, float, float] | None = None
    """Precision, recall, F1 over records."""
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    """As in Cost: over the process tree."""
    homes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Pairs of different people of one household, by kind: how many, how many of them no field tells apart,
    how many are wrongly merged, and how many of those no field tells apart."""
    expected: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Per kind what the model estimates without truth: precision (low, value, high), then recall."""
    bands: tuple[tuple[float, ...], ...] = ()
    """Reliability: low, high, pairs, mean probability and observed share of each band of probability."""
    date: str = ""
    """Day of the measurement, ISO."""
    machine: str = ""
    """Size of the machine it was measured on."""
    command: str = ""
    """How to measure it again."""

    @property
    def key(self) -> tuple[str, int, str]:
        """What a later measurement replaces."""
        return self.set, self.rows, self.tool


def stamped(made: Result, module: str, arguments: Iterable[str]) -> Result:
    """A result with the date, the machine and the command of a measurement made now."""
    command = " ".join(["python", "-m", module, *arguments])
    today = datetime.date.today().isoformat()
    return replace(made, date=today, machine=str(machine()), command=command)


def result(name: str, rows: int, tool: str, *, found: Evaluation | None = None, cost: Cost | None) -> Result:
    """One tool on one set: its accuracy where it ended well, and what it cost where that was measured."""
    made = Result(name, rows, tool)
    if found is not None:
        made = replace(made, pairwise=_rounded(found.pairwise), bcubed=_rounded(found.bcubed))
    if cost is None:
        return made
    wall, cpu = round(cost.wall_seconds, 1), round(cost.cpu_seconds, 1)
    return replace(made, wall_seconds=wall, cpu_seconds=cpu, peak_mb=round(cost.peak_mb))


def _rounded(ratio: Ratio) -> tuple[float, float, float]:
    return round(ratio.precision, 4), round(ratio.recall, 4), round(ratio.f1, 4)


def read(path: Path = DATA) -> list[Result]:
    """All results so far."""
    if not path.exists():
        return []
    return [_result(row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _result(row: dict[str, Any]) -> Result:
    for name in ("pairwise", "bcubed"):
        row[name] = tuple(row[name]) if name in row else None
    for name in ("homes", "expected"):
        row[name] = {kind: tuple(values) for kind, values in row.get(name, {}).items()}
    return Result(**{**row, "bands": tuple(tuple(band) for band in row.get("bands", ()))})


def merged(old: Iterable[Result], new: Iterable[Result]) -> list[Result]:
    """The results with the new in place of those they replace, in order of set, rows and tool."""
    kept = {one.key: one for one in (*old, *new)}
    return [kept[key] for key in sorted(kept)]


def keep(new: Iterable[Result], path: Path = DATA) -> list[Result]:
    """Add results to the data; all results."""
    with path.with_suffix(".lock").open("w") as lock:  # two measurements may end at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        every = merged(read(path), new)
        _save(every, path)
    return every


def _save(every: Iterable[Result], path: Path) -> None:
    rows = [
        {name: value for name, value in asdict(one).items() if value not in (None, {}, (), "")}
        for one in every
    ]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def warn(message: str) -> None:
    """Say something beside the results."""
    print(message, file=sys.stderr, flush=True)
