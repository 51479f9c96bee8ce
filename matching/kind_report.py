"""What matching says of itself: pairs, clusters and how right they are, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass

from matching.blocking import RuleReport
from matching.estimate import Estimate


@dataclass(frozen=True, slots=True)
class KindReport:
    """What matching did for one kind of customer."""

    kind: str
    records: int
    rules: tuple[RuleReport, ...]
    """Pairs per blocking rule."""
    candidates: int
    """Different pairs that the rules proposed."""
    compared: int
    """Pairs compared: the candidates, and all other pairs inside components."""
    clusters: int
    """Clusters, single records included."""
    expected_same: float
    """Pairs of one customer among the compared, as the model sees them: the sum of their probabilities."""
    expected_merged: float
    """Right pairs among the merged, as the model sees them."""
    merged: int
    """Pairs inside clusters."""
    asked: int
    """Pairs that wait for a person's look."""
    estimate: Estimate | None = None
    """Precision and recall with an interval, where the settings ask for it."""

    @property
    def precision(self) -> float:
        """Share of merged pairs that the model believes in, 0 to 1; an estimate, no measurement."""
        return self.expected_merged / self.merged if self.merged else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs the model believes in that are merged, 0 to 1; of compared pairs only."""
        return self.expected_merged / self.expected_same if self.expected_same else 1.0
