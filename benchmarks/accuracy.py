"""Accuracy of matching on labelled sets, and how well it knows its own errors.

`python -m benchmarks.accuracy [SET ...] [--rows N] [--by-hand] [--by-source]` reads the folder that
CRM_UNIFY_DATA names (the one that holds truth/). The truth column is taken out before matching and joined
afterwards. Without `--by-hand` nobody says what the columns are; with it a person's roles are used, so that
the two runs tell errors of the roles from errors of matching. Sets that are not there are skipped.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from benchmarks.dedupe import TOOL
from benchmarks.generated import ROWS
from benchmarks.homes import homes
from benchmarks.labelled import SETS, load
from benchmarks.page import BY_HAND, IN_PROCESS, line, write
from benchmarks.results import Result, keep, result, stamped, warn
from benchmarks.scored import Run, Scored, run, scored
from matching.calibration import reliability
from matching.evaluation import Evaluation, evaluate


def measured(name: str, done: Run, *, by_hand: bool) -> tuple[Result, Evaluation]:
    """The accuracy of one set, what the model believes of it, and its reliability."""
    data = done.data
    sources = pa.table({"record_id": data.table["record_id"], "system": data.table["source_system"]})
    found = evaluate(done.membership, data.truth, sources=sources)
    kinds = list(scored(done))
    tool = f"{TOOL}, {BY_HAND if by_hand else IN_PROCESS}"
    made = replace(
        result(name, len(data.table), tool, found=found, cost=None),
        expected={one.held.kind: _expected(one) for one in kinds},
        bands=_bands(kinds),
    )
    if "household" in data.truth.column_names:
        made = replace(made, homes=homes(done.membership, data.table, data.truth))
    return made, found


def _expected(one: Scored) -> tuple[float, ...]:
    precision, recall = one.estimate.precision, one.estimate.recall
    parts = (precision.low, precision.value, precision.high, recall.low, recall.value, recall.high)
    return tuple(round(part, 4) for part in parts)


def _bands(kinds: Sequence[Scored]) -> tuple[tuple[float, ...], ...]:
    """Low, high, pairs, believed and observed of each band of probability, over all kinds."""
    probability = np.concatenate([one.probability for one in kinds])
    bands = reliability(probability, np.concatenate([one.same for one in kinds]))
    return tuple((b.low, b.high, b.pairs, round(b.believed, 4), round(b.observed, 4)) for b in bands)


def show(made: Result, found: Evaluation, *, by_source: bool) -> None:
    """Print a result."""
    print(line(made), flush=True)
    for kind, (*precision, _, _, _) in made.expected.items():
        recall = made.expected[kind][3:]
        said = " to ".join(f"{part:.3f}" for part in (precision[0], precision[2]))
        told = " to ".join(f"{part:.3f}" for part in (recall[0], recall[2]))
        print(f"    {kind}: estimated P {precision[1]:.3f} ({said}) R {recall[1]:.3f} ({told})")
    for kind, (pairs, alike, merged, both) in made.homes.items():
        print(f"    {kind}: {merged} of {pairs} pairs merged ({merged / max(pairs, 1):.2%}); no field tells "
              f"{both} of them apart, nor {alike} of all")  # fmt: skip
    for one in found.by_source if by_source else ():
        print(f"    {one.left} - {one.right}: {one.true_pairs} true, {one.found_pairs} found, "
              f"{one.right_pairs} right")  # fmt: skip


def measure_all(names: Sequence[str], module: str, options: argparse.Namespace) -> None:
    """Match each set, print it, write the page."""
    for name in names:
        try:
            data = load(name, rows=options.rows)
        except FileNotFoundError as error:
            warn(f"{name}: skipped, {error}")
            continue
        began = time.process_time()
        done = run(data, by_hand=options.by_hand)
        spent = time.process_time() - began
        made, found = measured(name, done, by_hand=options.by_hand)
        show(made, found, by_source=options.by_source)
        print(f"    {spent:.1f} s of processor time", flush=True)
        if not options.dry:
            write(keep([stamped(made, module, sys.argv[1:])]))


def parser(module: str, described: str) -> argparse.ArgumentParser:
    """The options of a measurement of accuracy."""
    made = argparse.ArgumentParser(prog=module, description=described)
    made.add_argument("sets", nargs="*", metavar="SET")
    made.add_argument("--rows", type=int, default=ROWS, help="rows of the generated sets")
    made.add_argument("--by-hand", action="store_true", help="use the roles a person gives the columns")
    made.add_argument("--by-source", action="store_true", help="count pairs by the sources of their records")
    made.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    return made


def main() -> int:
    """All labelled sets, or those that are named."""
    options = parser("benchmarks.accuracy", (__doc__ or "").splitlines()[0]).parse_args()
    measure_all(options.sets or sorted(SETS), "benchmarks.accuracy", options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
