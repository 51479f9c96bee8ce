"""How often values occur: chance agreement of exact levels, and what a model remembers of common values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from matching.columns import Column, Flags, Ints, Part
from matching.features import KindFeatures
from matching.model import KindModel
from matching.policy import FEW, MANY, Comparison
from matching.scoring import frequency

REMEMBERED = 16
"""Carriers from which on a model remembers a value by name; rarer values are counted anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Agreeable:
    """The values on which a pair can agree at one level."""

    counts: Ints
    """Carriers of each value of the field."""
    here: Flags
    """True for the values that agree at this level (personal ones, or those of a site)."""


_PLAIN = {
    ("given", 6): "given",
    ("family", 4): "family",
    ("family", 5): "family",
    ("middle", 2): "middle",
    ("birth_date", 4): "birth_date",
    ("identifier", 2): "identifier",
    ("employer", 1): "employer",
    ("job", 1): "job",
    ("name", 5): "name",
    ("contact", 1): "contact",
}
_BY_DEGREE = {
    ("email", 4): (MANY, None),
    ("email", 5): (FEW + 1, MANY),
    ("email", 6): (0, FEW + 1),
    ("phone", 1): (MANY, None),
    ("phone", 3): (FEW + 1, MANY),
    ("phone", 4): (0, FEW + 1),
    ("address", 5): (MANY, None),
    ("address", 6): (0, MANY),
    ("domain", 2): (MANY, None),
    ("domain", 3): (0, MANY),
}
_PARTS = {("email", 1): "email_domain", ("email", 2): "email_local"}
IN_PART = frozenset({("address", 1), ("address", 2)})
"""Levels of agreement in part of a value: they have rarity, but their chance is measured on random pairs."""


def agreeable(features: KindFeatures, comparison: str, level: int) -> Agreeable | None:
    """The values on which a pair can agree at a level, None where the level is not an exact agreement."""
    at = (comparison, level)
    if at in _PLAIN:
        return _all(features.columns[_PLAIN[at]])
    if at in _PARTS:
        return _all(features.parts[_PARTS[at]])
    if at in IN_PART:
        places = features.places
        return _all(places.postcode if len(places.postcode.values) else places.city)
    if at in _BY_DEGREE:
        least, below = _BY_DEGREE[at]
        col = features.columns[comparison]
        here = (col.degree >= least) & (col.degree < (below or np.inf))
        # A city alone is an address too, but two records do not share a home by it.
        return Agreeable(
            col.counts, here & (features.places.street.codes >= 0) if comparison == "address" else here
        )
    return None


def _all(field: Column | Part) -> Agreeable:
    return Agreeable(field.counts, np.ones(len(field.counts), np.bool_))


def chance(found: Agreeable, *, own: float, documented: float) -> tuple[float, float | None]:
    """Probability that two unrelated records agree so, and the usual share of the value agreed on."""
    total = int(found.counts.sum())
    carriers = found.counts[found.here]
    if not total or not len(carriers):
        return documented, None
    share = carriers / total
    other = frequency(carriers, total, own=own, documented=documented)
    agree = float(np.add.reduce(share * other))
    return agree, agree / float(np.add.reduce(share))


def remember(features: KindFeatures, policy: tuple[Comparison, ...]) -> tuple[dict[str, dict[str, int]], ...]:
    """What a model keeps of common and shared values: carriers in powers of two, and degrees, per column."""
    carriers, degrees = {}, {}
    for name, col in sorted(features.columns.items()):
        common = np.flatnonzero(col.counts >= REMEMBERED)
        powers = [1 << int(np.log2(count)) for count in col.counts[common]]
        carriers[name] = dict(zip(col.values[common].tolist(), powers, strict=True))
        shared = np.flatnonzero(col.degree >= MANY)
        degrees[name] = dict.fromkeys(col.values[shared].tolist(), MANY)
    return {k: v for k, v in carriers.items() if v}, {k: v for k, v in degrees.items() if v}


def known(features: KindFeatures, model: KindModel) -> KindFeatures:
    """The features with counts and degrees as the model remembers them, where that is more than today."""
    columns = {name: _raised(col, model, name) for name, col in features.columns.items()}
    return replace(features, columns=columns, places=replace(features.places, address=columns["address"]))


def _raised(col: Column, model: KindModel, name: str) -> Column:
    counts = _raise(col, col.counts, model.carriers.get(name, {}))
    degree = _raise(col, col.degree, model.degrees.get(name, {}))
    return replace(col, counts=counts, degree=degree)


def _raise(col: Column, today: Ints, then: Mapping[str, int]) -> Ints:
    if not then:
        return today
    names = sorted(then)
    at = col.values.find(pa.array(names, pa.string()))
    held = at >= 0
    raised = today.copy()
    numbers = np.array([then[name] for name in names], np.int64)
    raised[at[held]] = np.maximum(raised[at[held]], numbers[held])
    return raised
