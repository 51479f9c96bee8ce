"""How right the clusters of a run are, as the model sees it: estimated from the pairs that the run kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.blocking import Candidates
from matching.columns import Ints, numbered
from matching.estimate import BINS, CENTRES, Estimate, Merged, Tally, bins, estimate, supported, tally
from matching.scored_pairs import Scored
from matching.scoring import MILLI

FAR_BITS = -4.0
"""Weight at which the pairs are counted that were weighed and let go, in bits: about one in 17 is right."""


def trust(found: Candidates, kept: Scored, label: Ints, *, expected: float, prior: float) -> Estimate:
    """Precision and recall with an interval; `label` is the cluster of each record.

    `expected` is the sum of the probabilities of all pairs that were weighed; what the kept ones do not
    account for was let go below the review line. `prior` is the share of all pairs that are of one customer.
    """
    counted = tally(kept.millibits, _proposed_by(found, kept, len(label)))
    together = np.flatnonzero(label[kept.left] == label[kept.right])
    merged = _merged(kept.at(together))
    rest = max(expected - float(counted.pairs @ (1 / (1 + np.exp2(-CENTRES)))), 0.0)
    let_go, none = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    let_go[bins(np.array([round(FAR_BITS * MILLI)]))] = round(rest * (1 + 2**-FAR_BITS))
    return estimate(counted + Tally(let_go, none, none), merged, sizes=np.bincount(label), prior=prior)


def probabilities(kept: Scored, label: Ints) -> npt.NDArray[np.float64]:
    """The probability of each pair, 0 to 1: by its own fields, and of a merged one by its cluster too.

    Two records that differ in much belong together all the same where both belong to a third.
    """
    out, at = kept.probability, np.flatnonzero(label[kept.left] == label[kept.right])
    bits = supported(_merged(kept.at(at)), label) / MILLI
    out[at] = 1 / (1 + np.exp2(-np.clip(bits, -1000, 1000)))
    return out


def _merged(pairs: Scored) -> Merged:
    left, right = pairs.left.astype(np.int64), pairs.right.astype(np.int64)
    return Merged(left, right, pairs.millibits, pairs.vote)


def _proposed_by(found: Candidates, kept: Scored, records: int) -> Ints:
    """For each kept pair the rules that propose it, as bits; 0 where none does."""
    proposed, wanted = numbered(found.left, found.right, records), kept.codes(records)
    if not len(proposed):
        return np.zeros(len(wanted), np.int64)
    at = np.minimum(np.searchsorted(proposed, wanted), len(proposed) - 1)
    return np.where(proposed[at] == wanted, np.asarray(found.proposed_by, np.int64)[at], 0)
