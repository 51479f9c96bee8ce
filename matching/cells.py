"""A cell: the outcome of one comparison of one pair in one byte, level and rarity together.

The upper three bits hold level + 1 (0 = no level, a side lacks the field), the lower five 31 minus the rarity
class of the value agreed on, so that the greater of two cells is the stronger evidence.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.columns import Ints, Small

CELLS = 256
"""Number of different cells."""

NO_LEVEL = -1
"""The level of a pair in which a side lacks the field."""

COMMONEST = 31
"""The rarity class of the commonest values: 2**31 carriers and more."""


def rarity(counts: Ints) -> Small:
    """The rarity class of values by their number of carriers: powers of two, 0 for 1, 1 for 2 and 3, ..."""
    exact = np.frexp(np.maximum(counts, 1).astype(np.float64))[1] - 1
    return np.asarray(np.minimum(exact, COMMONEST), np.uint8)


def cells(level: npt.NDArray[np.integer], rare: Small | int = 0) -> Small:
    """Cells of levels (0 and up) and rarity classes."""
    upper = (np.asarray(level) + 1).astype(np.uint8) << np.uint8(5)
    lower = (COMMONEST - np.asarray(rare)).astype(np.uint8)
    return np.where(upper == 0, np.uint8(0), upper | lower).astype(np.uint8)


def levels(cell: Small) -> npt.NDArray[np.int8]:
    """The levels of cells; NO_LEVEL where there is none."""
    return (cell >> np.uint8(5)).astype(np.int8) - np.int8(1)


def rarities(cell: Small) -> npt.NDArray[np.int64]:
    """The rarity classes of cells; meaningful where there is a level."""
    return COMMONEST - (cell & np.uint8(31)).astype(np.int64)


def best(where: Ints, found: Small, pairs: int) -> Small:
    """The strongest cell of each pair among its combinations of values; `where` is ascending."""
    out = np.zeros(pairs, np.uint8)
    if len(where):
        starts = np.flatnonzero(np.concatenate([[True], where[1:] != where[:-1]]))
        out[where[starts]] = np.maximum.reduceat(found, starts)
    return out
