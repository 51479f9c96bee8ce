"""The comparisons: for each pair and field, a level of agreement and the rarity of what agrees.

Each distinct pair of values is compared once, with rapidfuzz: optimal string alignment for codes, dates and
numbers, Jaro-Winkler and token ratios for names. Missing values give no level: missing is not disagreement.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from matching import compare_contacts, compare_names
from matching.cells import best, cells, of_codes, rarity
from matching.columns import Column, Ints, Small, combinations
from matching.features import KindFeatures
from matching.policy import COMPARISONS

Compare = Callable[[KindFeatures, Ints, Ints], Small]
"""From features and pairs (positions left < right) to cells."""


def _equal(field: str) -> Compare:
    """Level 1 where any value of a field agrees, else 0."""

    def compare(features: KindFeatures, left: Ints, right: Ints) -> Small:
        col = features.columns[field]
        where, one, two = combinations(col, col, left, right)
        return best(where, of_codes(one, two, 1, rarity(col.counts)), len(left))

    return compare


def _source(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Level 1 where both records come from one source; nothing is said where there is only one source."""
    col: Column = features.columns["source"]
    if len(col.values) < 2:
        return np.zeros(len(left), np.uint8)
    return cells((col.first[left] == col.first[right]).astype(np.int64))


_FUNCTIONS: dict[str, Compare] = {
    "given": compare_names.given,
    "family": compare_names.family,
    "middle": compare_names.middle,
    "name": compare_names.organisation,
    "branch": compare_names.branch,
    "suffix": _equal("suffix"),
    "gender": _equal("gender"),
    "birth_date": compare_contacts.birth_date,
    "email": compare_contacts.email,
    "phone": compare_contacts.phone,
    "address": compare_contacts.address,
    "identifier": compare_contacts.identifier,
    "domain": compare_contacts.domain,
    "employer": _equal("employer"),
    "job": _equal("job"),
    "legal_form": _equal("legal_form"),
    "contact": _equal("contact"),
    "source": _source,
}


def compare(features: KindFeatures, left: Ints, right: Ints) -> npt.NDArray[np.uint8]:
    """The cells of all comparisons: one row a comparison, as the policy lists them, one column a pair."""
    policy = COMPARISONS[features.kind]
    out = np.zeros((len(policy), len(left)), np.uint8)
    for row, comparison in enumerate(policy):
        out[row] = _FUNCTIONS[comparison.name](features, left, right)
    return out
