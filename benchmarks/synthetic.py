"""Accuracy of matching on invented people and organisations, and on people who live together.

`python -m benchmarks.synthetic [SET ...] [--rows N] [--by-hand]` makes the sets with the generator (people at
three levels of noise and in the formats of five legacy systems, organisations), 100,000 rows of each unless
told otherwise, and measures them as `benchmarks.accuracy` does. Of people it also counts the pairs of
different people of one home that were merged: families, twins, Jr and Sr.
"""

from __future__ import annotations

import sys

from benchmarks.accuracy import measure_all, parser
from benchmarks.generated import KINDS


def main() -> int:
    """All generated sets, or those that are named."""
    options = parser("benchmarks.synthetic", (__doc__ or "").splitlines()[0]).parse_args()
    measure_all(options.sets or list(KINDS), "benchmarks.synthetic", options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
