"""Sums that are the same on every machine."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

DIGITS: Final = 12
"""Decimal places of a sum that processors agree on: each kind adds up in an order of its own, and a share
that is one half on one and a hair less on another would be taken for something else."""


def weighed(values: Any, weights: npt.NDArray[Any]) -> float:
    """The sum of the values of an Arrow column (numbers or truth values), each times its weight."""
    held = np.asarray(values.to_numpy(zero_copy_only=False), np.float64)
    return round(float(held @ weights), DIGITS) if len(held) else 0.0
