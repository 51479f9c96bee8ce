"""The comparisons: for each pair and field, a level of agreement and the rarity of what agrees.

Each pair of values is compared with rapidfuzz: optimal string alignment for codes, dates and numbers,
Jaro-Winkler and token ratios for names. Missing values give no level: missing is not disagreement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from matching import compare_contacts, compare_emails, compare_names, compare_organisations
from matching.cells import cells, rarity
from matching.columns import Column, Ints, Small
from matching.comparer import Comparer, by_values
from matching.features import KindFeatures
from matching.policy import COMPARISONS


def _equal(field: str) -> Callable[[KindFeatures], Comparer]:
    """Level 1 where any value of a field agrees, else 0."""

    def made(features: KindFeatures) -> Comparer:
        col = features.columns[field]
        same, differ = cells(np.full(len(col.values), 1), rarity(col.counts)), cells(np.array([0]))
        return Comparer(by_values(col, same, lambda one, two: np.repeat(differ, len(one))))

    return made


def _source(features: KindFeatures) -> Comparer:
    """Level 1 where both records come from one source; nothing is said where there is only one source."""
    col: Column = features.columns["source"]

    def compare(left: Ints, right: Ints) -> Small:
        if len(col.values) < 2:
            return np.zeros(len(left), np.uint8)
        return cells((col.first[left] == col.first[right]).astype(np.int64))

    return Comparer(compare)


_MADE: Mapping[str, Callable[[KindFeatures], Comparer]] = {
    "given": compare_names.given,
    "family": compare_names.family,
    "middle": compare_names.middle,
    "name": compare_organisations.name,
    "branch": compare_organisations.branch,
    "suffix": _equal("suffix"),
    "gender": _equal("gender"),
    "birth_date": compare_contacts.birth_date,
    "email": compare_emails.email,
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


def comparers(features: KindFeatures) -> tuple[Comparer, ...]:
    """The comparisons of the kind, as the policy lists them, ready for its records."""
    return tuple(_MADE[comparison.name](features) for comparison in COMPARISONS[features.kind])


def cells_of(made: tuple[Comparer, ...], left: Ints, right: Ints) -> npt.NDArray[np.uint8]:
    """The cells of all comparisons: one row a comparison, one column a pair (left < right)."""
    out = np.zeros((len(made), len(left)), np.uint8)
    for row, comparer in enumerate(made):
        out[row] = comparer.compare(left, right)
    return out


def compare(features: KindFeatures, left: Ints, right: Ints) -> npt.NDArray[np.uint8]:
    """The cells of all comparisons of some pairs, made ready for them alone."""
    return cells_of(comparers(features), left, right)
