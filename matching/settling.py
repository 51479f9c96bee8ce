"""Who is together under some constraints: components, all pairs inside them, clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.blocking import Candidates
from matching.clustering import Lines, Weighted, cluster, components, inner_pairs
from matching.columns import Ints, numbered
from matching.decisions import Constraints, between_confirmed
from matching.evidence import Standing
from matching.features import KindFeatures
from matching.model import Model
from matching.pairs import Work, all_of, missing_inside
from matching.policy import AVERAGE_BITS
from matching.scored_pairs import Scored, merged
from matching.scoring import MILLI


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Who is together under some constraints."""

    every: Scored
    """All pairs that were compared."""
    inner: Scored
    """Those of them that no rule proposed, or that were too weak to keep."""
    clusters: Ints
    constraints: Constraints


@dataclass(frozen=True, slots=True, eq=False)
class Settling:
    """What records of a kind are clustered by."""

    features: KindFeatures
    found: Candidates
    kept: Scored
    model: Model
    standing: Standing
    work: Work

    def settled(self, constraints: Constraints) -> Settled:
        """The clusters under these constraints."""
        features, records = self.features, len(self.features)
        merge = round(self.model.merge_bits * MILLI)
        line = min(round(self.model.review_bits * MILLI), merge)
        must = np.array(constraints.must, np.int64).reshape(-1, 2).T
        label = components(records, _linked(self.kept), line=line, must=must)
        constraints = between_confirmed(
            constraints, self.standing.confirmed, features.record_ids, label
        )
        new = missing_inside(self.found, self.kept, label, must=must)
        inner = all_of(self.work, self.model.kinds[features.kind], *new)
        every = merged(self.kept, inner, records)
        lines = Lines(merge, merge + round(AVERAGE_BITS[features.kind] * MILLI))
        clusters = cluster(*_by_component(label, weighted(every)), lines=lines, constraints=constraints)
        return Settled(every, inner, clusters, constraints)


def _linked(pairs: Scored) -> Weighted:
    return Weighted(pairs.left, pairs.right, pairs.millibits, np.ones(len(pairs), np.int64))


def weighted(pairs: Scored) -> Weighted:
    """The pairs with what they vote when groups are compared."""
    return Weighted(pairs.left, pairs.right, pairs.vote, pairs.say)


def _by_component(label: Ints, every: Weighted) -> tuple[Ints, Weighted, Weighted]:
    """The pairs inside components: those whose pairs were all compared, and those too large for that."""
    records = len(label)
    left, right = inner_pairs(label)
    at = np.searchsorted(numbered(every.left, every.right, records), left * records + right)
    inside = label[every.left] == label[every.right]
    inside[at] = False
    return label, _some(every, at), _some(every, np.flatnonzero(inside))


def _some(pairs: Weighted, at: Ints) -> Weighted:
    return Weighted(pairs.left[at], pairs.right[at], pairs.millibits[at], pairs.say[at])
