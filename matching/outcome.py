"""What comes of the compared pairs: merged, for review or apart, and the table of those worth listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.cells import levels
from matching.decisions import codes
from matching.features import KindFeatures
from matching.policy import CLASSES, COMPARISONS, NEAR, SAID
from matching.rules import RULES
from matching.scored_pairs import Scored
from matching.settling import Settled
from matching.trust import probabilities

BANDS = ("merge", "review", "apart")
"""What comes of a pair: its records are in one customer, a person is asked, or neither."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What comes of the compared pairs."""

    band: npt.NDArray[np.int8]
    """Position in BANDS of each pair."""
    merged: int
    sure: float
    """Right pairs among the merged, as the model sees them."""
    asked: int


def outcome_of(features: KindFeatures, settled: Settled, *, review: int) -> Outcome:
    """The bands of all compared pairs; `review` is the line in millibits."""
    every, clusters, constraints = settled.every, settled.clusters, settled.constraints
    together = clusters[every.left] == clusters[every.right]
    pair = every.codes(len(features))
    apart = np.isin(pair, codes(set(constraints.cannot) - set(constraints.ask), len(features)))
    asked = (every.millibits >= review) | np.isin(pair, codes(constraints.ask, len(features)))
    band = np.where(together, 0, np.where(asked & ~apart, 1, 2)).astype(np.int8)
    sure = float(np.add.reduce(every.probability[together]))
    return Outcome(band, int(together.sum()), sure, int((band == 1).sum()))


def listed(features: KindFeatures, settled: Settled, band: npt.NDArray[np.int8]) -> pa.Table:
    """The pairs that were merged, wait for review, or are a household's."""
    living = np.isin(settled.every.klass, [CLASSES.index(name) for name in NEAR])
    at = np.flatnonzero((band < 2) | living)
    probability = probabilities(settled.every, settled.clusters)[at]
    return _table(features, settled.every.at(at), band[at], probability=probability)


def _table(
    features: KindFeatures, pairs: Scored, band: npt.NDArray[np.int8], *, probability: npt.NDArray[np.float64]
) -> pa.Table:
    ids, rules = features.record_ids, pa.array([rule.name for rule in RULES[features.kind]])
    columns = {
        "left": ids.take(pa.array(pairs.left)),
        "right": ids.take(pa.array(pairs.right)),
        "kind": pa.repeat(pa.scalar(features.kind), len(pairs.left)),
        "rule": rules.take(pa.array(pairs.rule, mask=pairs.rule < 0)),
        "class": pa.array(SAID).take(pa.array(pairs.klass)),
        "millibits": pa.array(pairs.millibits),
        "probability": pa.array(probability),
        "band": pa.array(BANDS).take(pa.array(band)),
    }
    level = levels(pairs.cells)
    for row, comparison in enumerate(COMPARISONS[features.kind]):
        columns[f"level_{comparison.name}"] = pa.array(level[row])
    return pa.table(columns)


def no_pairs() -> pa.Table:
    """The table of pairs when there are none."""
    names = ("left", "right", "kind", "rule", "class", "band")
    numbers: Mapping[str, pa.DataType] = {"millibits": pa.int64(), "probability": pa.float64()}
    return pa.table(
        {n: pa.array([], pa.string()) for n in names} | {n: pa.array([], t) for n, t in numbers.items()}
    )
