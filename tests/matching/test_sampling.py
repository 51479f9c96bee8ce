"""Accuracy from a sample that people answered: how often the interval holds the truth, and how wide it is."""

from __future__ import annotations

import numpy as np
import pytest

from matching.sampling import (
    Share,
    Stratum,
    allocate,
    drawn,
    moved,
    recall_of,
    share_of,
    wilson,
    with_answers,
)

SEEDS = 100


def test_answers_are_shared_out_by_weight_and_size() -> None:
    """Largest remainders, no more than there are, everything where little is left."""
    assert allocate([50, 30, 20], [50, 30, 20], 10) == [5, 3, 2]
    assert allocate([1, 1, 1], [10, 1, 10], 10) == [5, 1, 4]
    assert allocate([1, 0], [2, 3], 9) == [2, 3]
    assert allocate([], [], 5) == []


def test_every_pair_answered_leaves_no_doubt() -> None:
    """The share of a whole population has no interval."""
    assert share_of([Stratum(10, 10, 9), Stratum(5, 5, 5)]) == Share(14 / 15, 14 / 15, 14 / 15, 15)


def test_nothing_answered_says_nothing() -> None:
    """Without an answer there is no share."""
    assert (share_of([Stratum(10, 0, 0)]), recall_of([], [Stratum(3, 2, 1)])) == (None, None)


def test_wilson_is_the_known_interval() -> None:
    """Of 10 answers 9: 0.596 to 0.982 (Brown, Cai and DasGupta 2001)."""
    assert wilson(0.9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)


def population(shares: list[float], sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Stratum and truth of each pair, to the nearest whole pair."""
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    same = np.concatenate([np.arange(size) < round(size * p) for size, p in zip(sizes, shares, strict=True)])
    return stratum, same


def sampled(stratum: np.ndarray, same: np.ndarray, chosen: list[int], seed: int) -> list[Stratum]:
    """The answers of a steward who knows the truth."""
    order = np.random.default_rng(seed).permutation(len(stratum))
    rows = drawn(stratum, chosen, order)
    sizes = np.bincount(stratum).tolist()
    return with_answers(sizes, stratum[rows].tolist(), same[rows].tolist())


CUSTOMERS = [
    pytest.param([0.99, 0.95, 0.60], [6000, 1500, 300], id="three strata"),
    pytest.param([0.92], [5000], id="one stratum"),
    pytest.param([1.0, 0.98, 0.9, 0.5] * 4, [900, 300, 80, 9] * 4, id="sixteen strata of sources"),
    pytest.param([0.97, 0.4], [260, 20], id="few pairs"),
]


@pytest.mark.parametrize(("shares", "sizes"), CUSTOMERS)
def test_the_interval_of_precision_holds_the_truth(shares: list[float], sizes: list[int]) -> None:
    """In at least 90 of 100 samples of 200; where precision is 0.92 or more it is at most 0.08 wide."""
    stratum, same = population(shares, sizes)
    chosen = allocate(sizes, sizes, 200)
    found = [share_of(sampled(stratum, same, chosen, seed)) for seed in range(SEEDS)]
    truth = float(same.mean())
    assert sum(one is not None and one.low <= truth <= one.high for one in found) >= 90
    assert [one for one in found if one is not None and one.value >= 0.92 and one.width > 0.08] == []


def test_the_interval_of_recall_holds_the_truth() -> None:
    """In at least 90 of 100 samples, although right pairs are rare among those left apart."""
    merged = population([0.99, 0.8], [4000, 600])
    apart = population([0.4, 0.1, 0.004], [120, 500, 20_000])
    truth = merged[1].sum() / (merged[1].sum() + apart[1].sum())
    held = 0
    for seed in range(SEEDS):
        one = sampled(*merged, allocate([4000, 600], [4000, 600], 200), seed)
        found = recall_of(one, sampled(*apart, [60, 60, 80], seed))
        held += found is not None and found.low <= truth <= found.high
    assert held >= 90


def test_a_fall_is_seen_and_chance_is_not() -> None:
    """Of 100 pairs of samples of one truth at most ten seem to differ; 90 see a fall by ten points."""
    draw = np.random.default_rng(11)

    def sampled(truth: float) -> Share:
        same = int(draw.binomial(200, truth))
        found = share_of([Stratum(5_000, 200, same)])
        assert found is not None
        return found

    chance = [moved(sampled(0.95), sampled(0.95)) for _ in range(100)]
    falls = [moved(sampled(0.95), sampled(0.85)) for _ in range(100)]
    assert sum(one.fell or one.rose for one in chance) <= 10
    assert sum(one.fell for one in falls) >= 90
    assert sum(one.low <= -0.1 <= one.high for one in falls) >= 90


def test_many_comparisons_widen_the_interval() -> None:
    """By the quantile of Bonferroni's level."""
    before, now = Share(0.90, 0.95, 0.98, 200), Share(0.80, 0.85, 0.90, 200)
    one, ten = moved(before, now), moved(before, now, comparisons=10)
    assert (ten.high - ten.value) / (one.high - one.value) == pytest.approx(2.807 / 1.960, abs=0.002)
