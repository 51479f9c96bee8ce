"""Splink, GoldenMatch and crm-unify side by side on the same files, one after the other in one run.

`python -m benchmarks.peers [SET ...] [--rows N] [--tools ...]` writes wall time, processor time, peak memory
over the process tree, pairwise and B-cubed accuracy to RESULTS.md. Without SET: all labelled sets, and the
generated ones at N rows. The truth is taken out before any tool sees a row. Each peer has an environment of
its own, made in the cache folder on first use; making it is not timed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from benchmarks import dedupe, peers_environment
from benchmarks.generated import KINDS, ROWS
from benchmarks.homes import homes
from benchmarks.labelled import SETS, Labelled, load, write_rows
from benchmarks.measure import Cost, measure
from benchmarks.page import line, write
from benchmarks.results import Result, keep, result, stamped, warn
from matching.evaluation import evaluate

TOOLS = {
    "splink": "Splink 5.0.0",
    "controller": "GoldenMatch 3.22.0, controller",
    "probabilistic": "GoldenMatch 3.22.0, probabilistic",
    "crm-unify": dedupe.TOOL,
}
"""The tools by the name they are asked for."""

TIMEOUT = 1800.0
"""Seconds after which a tool is stopped on one set."""

UNPUBLISHED = "no published settings"
"""The outcome where Splink's documentation has no settings for a set."""


def command(tool: str, name: str, rows: Path, out: Path) -> list[str | Path]:
    """The command line of a tool for the rows of a set."""
    if tool == "crm-unify":
        return dedupe.command(rows, out.parent)
    peer, mode = ("splink", name) if tool == "splink" else ("goldenmatch", tool)
    # -P: the script's folder has a queue.py, which is not the one that Splink's own imports mean
    return [peers_environment.python(peer), "-P", peers_environment.script(peer), mode, rows, out]


def run(tool: str, name: str, data: Labelled, *, timeout: float) -> Result:
    """One tool on one set."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows, out = folder / "rows.csv", folder / "membership.csv"
        write_rows(data, rows)
        line = command(tool, name, rows, out)
        cost = measure(line, folder=folder, timeout=timeout, environment={"NO_COLOR": "1"})
        found = dedupe.membership(out) if cost.exit_code == 0 else None
    return outcome(tool, name, data, cost, found)


def outcome(tool: str, name: str, data: Labelled, cost: Cost, found: pa.Table | None) -> Result:
    """The result of a run that is over: figures, or why there are none."""
    rows, title = len(data.table), TOOLS[tool]
    if found is not None:
        if len(found) != rows:
            raise ValueError(f"{title} gives {len(found)} rows of {name}, which has {rows}")
        made = result(name, rows, title, found=evaluate(found, data.truth), cost=cost)
        lived = "household" in data.truth.column_names
        return replace(made, homes=homes(found, data.table, data.truth)) if lived else made
    return replace(result(name, rows, title, cost=cost), outcome=_why(cost))


def _why(cost: Cost) -> str:
    if cost.exit_code is None:
        return f"stopped after {cost.wall_seconds:.0f} s"
    said = [text.strip() for text in cost.said.splitlines() if text.strip()]
    if any("publishes no settings" in text for text in said):
        return UNPUBLISHED
    return f"exit {cost.exit_code}: {said[-1][:120]}" if said else f"exit {cost.exit_code}"


def results(names: Sequence[str], tools: Sequence[str], options: argparse.Namespace) -> Iterator[Result]:
    """Every tool on every set, set by set."""
    for name in names:
        try:
            data = load(name, rows=options.rows)
        except FileNotFoundError as error:
            warn(f"{name}: skipped, {error}")
            continue
        for tool in tools:
            yield run(tool, name, data, timeout=options.timeout)


def main() -> int:
    """Run, print a line a result, write the page after each."""
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the generated sets")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds for one tool on one set")
    options = parser.parse_args()
    for found in results(options.sets or [*SETS, *KINDS], options.tools, options):
        print(line(found), flush=True)
        write(keep([stamped(found, "benchmarks.peers", sys.argv[1:])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
