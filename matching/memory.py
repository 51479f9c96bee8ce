"""What matching remembers of its last outcome, so that the next one looks at what has changed alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matching.blocking import Candidates
from matching.features import KindFeatures
from matching.scored_pairs import Scored


@dataclass(frozen=True, slots=True, eq=False)
class KindMemory:
    """The records of one kind as they were matched."""

    features: KindFeatures
    """With the numbers of carriers that pairs were scored by."""
    found: Candidates
    kept: Scored
    """The candidates that were worth keeping."""
    let_go: float
    """Pairs of one customer among the others, as the model sees them."""


Memory = Mapping[str, KindMemory]
"""By kind of customer."""
