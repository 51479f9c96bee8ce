"""Accuracy of matching on labelled sets: pairwise and B-cubed, per set, with no configuration.

`python -m benchmarks.accuracy [SET ...]` reads the folder named by CRM_UNIFY_DATA (the one that holds
truth/). The truth column is taken out before matching and joined afterwards. Sets whose file is absent are
skipped with a reason.
"""

from __future__ import annotations

import sys
import time

from benchmarks.labelled import SETS, folder, load
from matching.engine import Matched, match
from matching.evaluation import Evaluation, evaluate
from matching.features import features


def run(name: str) -> tuple[Matched, Evaluation, float]:
    """Match one set and evaluate it; the last value is the seconds matching took."""
    data = load(name)
    began = time.perf_counter()
    matched = match(features(*data.claims()))
    return matched, evaluate(matched.membership, data.truth), time.perf_counter() - began


def line(name: str, found: Evaluation, seconds: float) -> str:
    """One line of the table of results."""
    pair, cubed = found.pairwise, found.bcubed
    return (
        f"{name:26s} pairwise P {pair.precision:.3f} R {pair.recall:.3f} F1 {pair.f1:.3f}   "
        f"B-cubed P {cubed.precision:.3f} R {cubed.recall:.3f} F1 {cubed.f1:.3f}   {seconds:6.1f} s"
    )


def main(names: list[str]) -> int:
    """Print a line per set; says why where a set is skipped."""
    home = folder()
    if home is None:
        print("skipped: CRM_UNIFY_DATA does not name the folder with truth/")
        return 0
    for name in names or sorted(SETS):
        if not (home / f"{name}.csv.gz").exists():
            print(f"{name:26s} skipped: no such file in the folder of labelled sets")
            continue
        matched, found, seconds = run(name)
        print(line(name, found, seconds), flush=True)
        for report in matched.report:
            fitted = matched.model.kinds[report.kind].fitted
            expected = f"expected P {report.precision:.3f} R {report.recall:.3f}"
            print(f"{'':26s} {report.kind}: {fitted.reason}; {expected}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
