"""Is a probability what it says? The observed rate of true pairs in each band of probability.

A model is calibrated when, of the pairs it gives a probability near p, a share near p belongs together (the
reliability diagram of DeGroot and Fienberg 1983). Bands are narrow near 0 and 1, where most pairs stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.columns import Flags

EDGES = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Where the bands of probability meet; a probability on an edge stands in the upper band."""

SIDES = ("left", "right")
"""The columns of a pair that name its records."""

FEWEST_PAIRS = 200
"""Pairs from which on a band is judged; the observed rate of fewer says too little."""

TOLERANCE = 0.05
"""Difference of observed rate and mean probability up to which a band holds."""


@dataclass(frozen=True, slots=True)
class Band:
    """The pairs of one band of probability."""

    low: float
    high: float
    """Bounds of the band, 0 to 1; the upper one belongs to it only at 1."""
    pairs: int
    """Pairs in it."""
    believed: float
    """Their mean probability of one customer, 0 to 1."""
    observed: float
    """The share of them that is of one customer, 0 to 1."""

    @property
    def excess(self) -> float:
        """Observed less believed: above 0 the model is too timid here, below 0 too bold."""
        return self.observed - self.believed

    @property
    def judged(self) -> bool:
        """True where the band has pairs enough to judge it."""
        return self.pairs >= FEWEST_PAIRS

    @property
    def holds(self) -> bool:
        """False where a band with pairs enough is off by more than the tolerance."""
        return not self.judged or abs(self.excess) <= TOLERANCE


def reliability(
    probability: npt.NDArray[np.float64], same: Flags, *, edges: Sequence[float] = EDGES
) -> tuple[Band, ...]:
    """The bands that hold pairs, ascending; `same` is True for the pairs that belong together."""
    inner = np.array(edges[1:-1])
    band = np.searchsorted(inner, probability, side="right")
    size = len(edges) - 1
    pairs = np.bincount(band, minlength=size)
    believed = np.bincount(band, probability, minlength=size)
    observed = np.bincount(band, same, minlength=size)
    return tuple(
        Band(low, high, int(pairs[i]), float(believed[i] / pairs[i]), float(observed[i] / pairs[i]))
        for i, (low, high) in enumerate(pairwise(edges))
        if pairs[i]
    )


def of_pairs(pairs: pa.Table, truth: pa.Table, *, least: float) -> tuple[Band, ...]:
    """The bands of a run's pairs (left, right, probability) by a truth (record_id, true_customer).

    Only pairs of at least probability `least` count: of lesser ones a run keeps some and lets others go. A
    pair of which the truth does not know a record says nothing.
    """
    names = truth["true_customer"].cast(pa.string()).combine_chunks()
    ids = truth["record_id"].combine_chunks()
    one, two = (names.take(pc.index_in(pairs[side].combine_chunks(), value_set=ids)) for side in SIDES)
    same, probability = pc.equal(one, two), np.asarray(pairs["probability"])
    known = np.asarray(same.is_valid()) & (probability >= least)
    return reliability(probability[known], np.asarray(pc.fill_null(same, False))[known])


def calibrated(bands: Sequence[Band]) -> bool:
    """True where no band with pairs enough is off by more than the tolerance."""
    return all(band.holds for band in bands)


@dataclass(frozen=True, slots=True)
class Point:
    """A band as a point of a square drawing, the origin at its top left."""

    x: float
    """From the left, 0 (probability 0) to 1."""
    y: float
    """From the top, 0 (all pairs belong together) to 1 (none does); the diagonal x = 1 - y is perfect."""
    size: float
    """Radius: 0 to 1 by the logarithm of the number of pairs, 1 for the largest band."""
    band: Band
    """What it stands for."""


def points(bands: Sequence[Band]) -> tuple[Point, ...]:
    """The reliability diagram as coordinates, for whoever draws it."""
    most = max((band.pairs for band in bands), default=1)
    return tuple(
        Point(band.believed, 1 - band.observed, float(np.log1p(band.pairs) / np.log1p(most)), band)
        for band in bands
    )
