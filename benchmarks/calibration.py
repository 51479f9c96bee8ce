"""Where the probabilities of a set are wrong: bands that are off, and the level patterns that make them so.

`python -m benchmarks.calibration SET [--by-hand] [--rows N] [--limit 8]` prints every band of probability
with its pairs, mean probability and observed share. Under a band of 200 pairs or more that is off by more
than 0.05 stand the commonest patterns of levels with their bits, and the share of each that is of one
customer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from benchmarks.generated import ROWS
from benchmarks.labelled import load
from benchmarks.scored import Scored, run, scored
from matching.calibration import Band, reliability
from matching.cells import levels
from matching.policy import COMPARISONS
from matching.scoring import MILLI, bits_by_comparison

Flags = npt.NDArray[np.bool_]


def bands(one: Scored) -> Iterator[tuple[Band, Flags]]:
    """The bands of one kind of customer, and which candidate pairs stand in each."""
    probability = one.probability
    for band in reliability(probability, one.same):
        last = band.high == 1.0
        yield band, (probability >= band.low) & ((probability < band.high) | last)


def patterns(one: Scored, inside: Flags, limit: int) -> Iterator[str]:
    """The commonest patterns of some pairs: pairs, observed share, levels with bits against unrelated."""
    cells = one.cells[:, inside]
    distinct, first, at, count = np.unique(
        levels(cells), axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    share = np.bincount(at.reshape(-1), one.same[inside], minlength=len(count)) / count
    for i in np.argsort(-count, kind="stable")[:limit].tolist():
        told = _told(one, distinct[:, i], cells[:, first[i]])
        yield f"{count[i]:8d} pairs, observed {share[i]:.3f}: {told}"


def _told(one: Scored, level: npt.NDArray[np.int8], cell: npt.NDArray[np.uint8]) -> str:
    bits = bits_by_comparison(one.held.kind, cell, one.weights)[:, -1] / MILLI
    named = zip(COMPARISONS[one.held.kind], level.tolist(), bits.tolist(), strict=True)
    return " ".join(f"{c.name} {v}/{len(c.levels) - 1} ({b:+.1f})" for c, v, b in named if v >= 0)


def main() -> int:
    """Match the set, print its bands."""
    parser = argparse.ArgumentParser(prog="benchmarks.calibration")
    parser.add_argument("set", help="a labelled or generated set")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of a generated set")
    parser.add_argument("--by-hand", action="store_true", help="use the roles a person gives the columns")
    parser.add_argument("--limit", type=int, default=8, help="patterns shown under a band that is off")
    options = parser.parse_args()
    for one in scored(run(load(options.set, rows=options.rows), by_hand=options.by_hand)):
        print(f"== {one.held.kind}s; {one.estimate}")
        for band, inside in bands(one):
            off = "" if band.holds else "  off"
            print(f"{band.low:6g} to {band.high:<5g} {band.pairs:9,d} pairs  believed {band.believed:.3f}  "
                  f"observed {band.observed:.3f}  {band.excess:+.3f}{off}")  # fmt: skip
            if not band.holds:
                print("\n".join(patterns(one, inside, options.limit)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
