"""Hopeless pairs go before their costliest comparisons, and nothing else does."""

import numpy as np
import pytest

from matching.cells import levels
from matching.columns import MISSING
from matching.comparisons import compare, comparers
from matching.features import KindFeatures
from matching.policy import CLASSES, COMPARISONS, NEAR
from matching.scoring import score
from matching.sieve import sieve
from matching.training import documented
from tests.matching.people import base, firm, town

PLACES = ("Berlin", "Bonn", "Bremen", "Ulm")
FIRMS = [
    firm(f"a:{i:03}", name=f"{name} {form}", city=PLACES[i % 4], phone=f"030 23125{i % 9}")
    for i, (name, form) in enumerate(
        (name, form)
        for name in ("Weatherby Dorn", "Wetherby-Dorn", "Dorn Weatherby", "Kestrel", "Kestrl", "Alder & Ash")
        for form in ("GmbH", "AG", "", "Niederlassung Ulm")
    )
]
KINDS = {"person": base(*town(120)).kinds["person"], "organisation": base(*FIRMS).kinds["organisation"]}


def every_pair(features: KindFeatures) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of records."""
    left, right = np.triu_indices(len(features), 1)
    return left.astype(np.int64), right.astype(np.int64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("least", [-20_000, -3_170, 1_000])
def test_no_pair_that_is_worth_keeping_is_dropped(kind: str, least: int) -> None:
    """Of all pairs, those at the line and those of a household or site come through with all their cells."""
    features = KINDS[kind]
    left, right = every_pair(features)
    cells = compare(features, left, right)
    scores = score(kind, cells, documented(features))
    near = np.isin(scores.klass, [CLASSES.index(name) for name in NEAR])
    sifter = sieve(kind, comparers(features), documented(features), least=least)
    at, found = sifter.sifted(left, right, np.zeros(len(left), np.bool_))
    assert set(np.flatnonzero((scores.millibits >= least) | near)) <= set(at)
    assert (found == cells[:, at]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_pair_is_listed_those_at_the_line_come_through(kind: str) -> None:
    """And pairs of a household that are not worth their weight go, too."""
    features = KINDS[kind]
    left, right = every_pair(features)
    weight = score(kind, compare(features, left, right), documented(features)).millibits
    sifter = sieve(kind, comparers(features), documented(features), least=-3_170, listed=False)
    at, _ = sifter.sifted(left, right, np.zeros(len(left), np.bool_))
    listed = sieve(kind, comparers(features), documented(features), least=-3_170)
    assert set(np.flatnonzero(weight >= -3_170)) <= set(at)
    assert len(at) <= len(listed.sifted(left, right, np.zeros(len(left), np.bool_))[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_glance_never_tells_less_than_the_comparison_finds(kind: str) -> None:
    """Two unlike values have a level that the glance allows; without a value there is none."""
    features = KINDS[kind]
    left, right = every_pair(features)
    for comparer in comparers(features):
        known, cells = comparer.ceiling, comparer.compare(left, right)
        if known is None or not known.told:
            continue
        one, two = known.column.first[left], known.column.first[right]
        absent = (one == MISSING) | (two == MISSING)
        assert (cells[absent] == 0).all()
        if known.limit is not None:
            unlike = np.flatnonzero(~absent & (one != two))
            limit, found = known.limit(left[unlike], right[unlike]), levels(cells[unlike])
            assert all(level in known.limits[at] for level, at in zip(found, limit, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_most_strangers_are_dropped_and_the_spared_are_not(kind: str) -> None:
    """What somebody asked for by name is compared in full, however hopeless."""
    features = KINDS[kind]
    left, right = every_pair(features)
    sifter = sieve(kind, comparers(features), documented(features), least=0)
    spared = np.arange(len(left)) % 50 == 0
    at, _ = sifter.sifted(left, right, spared)
    assert set(np.flatnonzero(spared)) <= set(at)
    assert len(at) < len(left) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_ceiling_holds_for_every_pair(kind: str) -> None:
    """Unlike values never reach more than its level; equal ones beyond it have the cell it names, or none."""
    features = KINDS[kind]
    left, right = every_pair(features)
    cells = compare(features, left, right)
    for row, (comparison, comparer) in enumerate(zip(COMPARISONS[kind], comparers(features), strict=True)):
        known = comparer.ceiling
        if known is None:
            continue
        one, two = known.column.first[left], known.column.first[right]
        equal = (one == two) & (one != MISSING)
        assert (levels(cells[row])[~equal] <= known.unlike).all(), comparison.name
        same = known.same[one[equal]]
        settled, found = levels(same) > known.unlike, cells[row][equal]
        assert ((found == same) | (found == 0))[settled].all(), comparison.name
