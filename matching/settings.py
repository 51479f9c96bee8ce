"""What a project may say about matching; every field has a default that needs no configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from matching.policy import Costs


@dataclass(frozen=True, slots=True)
class Settings:
    """Overrides of a project."""

    merge_bits: float | None = None
    """Match weight (bits) from which on records are merged; None: from the costs."""
    review_bits: float | None = None
    """Match weight (bits) from which on a person is asked; None: from the costs."""
    costs: Costs = field(default_factory=Costs)
    """What errors cost."""
    threads: int = 2
    """Threads that compare pairs; the outcome does not depend on it."""
    pairs: bool = True
    """False: who is who is all that is asked; no pair is listed, which spares a fifth of the memory."""
    estimate: bool = False
    """True: the report of a kind holds an estimate of its accuracy with an interval, which takes a while."""

    remember: bool = False
    """True: the outcome holds what the next one needs to look at changed records alone."""

    def lines(self) -> tuple[float, float]:
        """The merge line and the review line, in bits.

        Merging is right when the odds of a true match exceed what a wrong merge costs against a missed one;
        asking is right when the missed merges it saves are worth the look (Fellegi and Sunter 1969).
        """
        merge = math.log2(self.costs.wrong_merge / self.costs.missed_merge)
        worth = self.costs.review / self.costs.missed_merge
        review = math.log2(worth / (1 - worth))
        merge = merge if self.merge_bits is None else self.merge_bits
        return merge, min(merge, review if self.review_bits is None else self.review_bits)
