"""What each step of matching costs: seconds, processor seconds, peak memory, and their growth with the rows.

`python -m benchmarks.matching [SET] [ROWS ...]` matches generated rows (people-1 with 100,000 and 1,000,000
of them where nothing else is said), from claims that are at hand to membership: making the claims is not
counted. Each number of rows has a process of its own; the peak is that of this process, claims and libraries
included.
"""

from __future__ import annotations

import math
import multiprocessing
import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.labelled import load
from matching import engine
from matching.features import features

STEPS = {
    "candidates": "blocking",
    "compared": "comparing the pairs to learn from",
    "train_kind": "training",
    "worth_keeping": "comparing and scoring all pairs",
    "components": "components",
    "all_of": "comparing and scoring the other pairs inside components",
    "cluster": "clustering",
}
"""What the engine calls, and what it is called here."""


@dataclass(slots=True)
class Step:
    """The cost of one step."""

    wall: float = 0.0
    """Seconds from start to end."""
    cpu: float = 0.0
    """Processor seconds of all threads."""
    peak: int = 0
    """Megabytes (10**6 bytes) of the process at most, up to the end of the step."""

    def add(self, began: tuple[float, float]) -> None:
        """Count what has passed since `began`."""
        wall, cpu = _clocks()
        self.wall, self.cpu, self.peak = self.wall + wall - began[0], self.cpu + cpu - began[1], _peak()


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 10**6


def _timed(function: Callable[..., Any], step: Step) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        began = _clocks()
        try:
            return function(*args, **named)
        finally:
            step.add(began)

    return call


def prepared(name: str, rows: int, path: Path) -> None:
    """Write the records and claims of a generated set."""
    path.write_bytes(pickle.dumps(load(name, rows=rows).claims(), protocol=5))


def matched(path: Path) -> dict[str, Step]:
    """What each step took; to be called in a process that ends thereafter."""
    records, claims = pickle.loads(path.read_bytes())
    steps = {name: Step() for name in ("claims at hand", "features", *STEPS.values(), "all")}
    steps["claims at hand"].peak = _peak()
    for name, said in STEPS.items():
        setattr(engine, name, _timed(getattr(engine, name), steps[said]))
    began = _clocks()
    made = _timed(features, steps["features"])(records, claims)
    engine.match(made)
    steps["all"].add(began)
    return steps


def measured(name: str, rows: int) -> Step:
    """Print the steps of one size; the last of them is all together."""
    with tempfile.TemporaryDirectory() as folder:
        path, fresh = Path(folder) / "claims", multiprocessing.get_context("spawn")
        with fresh.Pool(1) as alone:
            alone.apply(prepared, (name, rows, path))
        with fresh.Pool(1) as alone:
            steps = alone.apply(matched, (path,))
    print(f"{f'{name}, {rows:,} rows':57s} {'wall s':>8s} {'CPU s':>8s} {'peak MB':>8s}")
    for said, step in steps.items():
        print(f"  {said:55s} {step.wall:8.1f} {step.cpu:8.1f} {step.peak:8d}", flush=True)
    return steps["all"]


def main(words: list[str]) -> int:
    """Print a table a size, and the growth from the first to the last."""
    sizes = [int(word) for word in words if word.isdigit()] or [100_000, 1_000_000]
    name = next((word for word in words if not word.isdigit()), "people-1")
    try:
        load(name, rows=1000)
    except FileNotFoundError as error:
        print(f"skipped: {error}")
        return 0
    cost = [measured(name, rows) for rows in sizes]
    if sizes[-1] > sizes[0]:
        power = math.log(cost[-1].cpu / cost[0].cpu) / math.log(sizes[-1] / sizes[0])
        print(f"processor seconds from {sizes[0]:,} to {sizes[-1]:,} rows grow as rows^{power:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
