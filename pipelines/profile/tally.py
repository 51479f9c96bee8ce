"""Values with a mark, counted over batches: how many rows, how many values, the most frequent of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings

KEPT: Final = 50
"""Values of a mark that are kept by name"""

Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Tally:
    """One mark over all batches so far."""

    rows: int = 0
    distinct: int = 0
    top: list[tuple[str, int]] = field(default_factory=list)
    """(value, rows) of the KEPT most frequent; of equally frequent ones the least"""

    @property
    def whole(self) -> bool:
        """Whether every value is kept."""
        return self.distinct == len(self.top)

    def add(self, values: Strings, counts: Counts, marked: Flags) -> None:
        """Count the marked values of a batch; counts are their rows."""
        at = np.flatnonzero(marked)
        if not len(at):
            return
        held = counts[at]
        self.rows += int(held.sum())
        self.distinct += len(at)
        best = _frequent(values, at, held)
        self.top = sorted(self.top + best, key=lambda one: (-one[1], one[0]))[:KEPT]


def _frequent(values: Strings, at: npt.NDArray[np.intp], held: Counts) -> list[tuple[str, int]]:
    """The KEPT most frequent, with all that are as frequent as the last of them cut by value."""
    if len(at) > KEPT:
        line = np.partition(held, len(held) - KEPT)[len(held) - KEPT]
        over = at[held > line]
        level = values.take(pa.array(at[held == line]))
        least: Any = level.take(_least(level, KEPT - len(over)))
        texts = values.take(pa.array(over)).to_pylist() + least.to_pylist()
        return list(zip(texts, [*held[held > line].tolist(), *([int(line)] * len(least))], strict=True))
    return list(zip(values.take(pa.array(at)).to_pylist(), held.tolist(), strict=True))


def _least(values: Any, count: int) -> Any:
    """Places of the least values, in the order of their bytes."""
    table = pa.table({"v": values})
    return pc.select_k_unstable(table, k=min(count, len(values)), sort_keys=[("v", "ascending")])
