"""Precision and recall without truth, on pairs whose truth is drawn as their probabilities say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.estimate import BINS, DOUBT_BITS, Estimate, Merged, Tally, estimate, supported, tally

WEIGHTS = st.lists(st.integers(-60_000, 60_000), max_size=40)


def drawn(seed: int, *, off: float = 0.0) -> tuple[Estimate, float, float]:
    """The estimate for 4,000 pairs of two records each, and the precision and recall that were drawn.

    Pairs of positive weight are merged; `off` is what the weights overstate, in bits.
    """
    chance = np.random.default_rng(seed)
    bits = chance.normal(1.0, 5.0, 4_000)
    same = chance.random(4_000) < 1 / (1 + np.exp2(-(bits - off)))
    weight, merged = np.rint(bits * 1000).astype(np.int64), bits > 0
    left = np.arange(merged.sum()) * 2
    pairs = Merged(left, left + 1, weight[merged], weight[merged])
    sizes = np.concatenate([np.full(merged.sum(), 2), np.ones(10, np.int64)])
    found = estimate(tally(weight), pairs, sizes=sizes, prior=0.5)
    return found, same[merged].mean(), same[merged].sum() / same.sum()


@pytest.mark.parametrize("off", [0.0, 1.5, -1.5])
def test_the_interval_holds_the_truth(off: float) -> None:
    """Nine times in ten and more, as long as the weights are right to the bits that are doubted."""
    assert abs(off) < DOUBT_BITS
    held = []
    for seed in range(40):
        found, precision, recall = drawn(seed, off=off)
        held += [found.precision.low <= precision <= found.precision.high]
        held += [found.recall.low <= recall <= found.recall.high]
    assert np.mean(held) >= 0.9


def test_right_weights_give_the_right_value() -> None:
    """With true probabilities the mean error of the estimate is next to nothing."""
    errors = [(found.precision.value - p, found.recall.value - r) for found, p, r in map(drawn, range(30))]
    assert np.abs(np.mean(errors, axis=0)).max() < 0.005


def test_a_pair_is_believed_for_its_clusters_sake() -> None:
    """Two records that surely belong to a third belong together, unless their fields speak against it."""
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    weight = np.array([10_000, 10_000, -3_000])
    unsupported, doubted = (Merged(left, right, weight, np.array([10_000, 10_000, v])) for v in (0, -8_000))
    assert supported(unsupported)[2] > 8_000
    assert -3_000 <= supported(doubted)[2] < 2_000


def test_two_groups_that_one_weak_pair_holds_together_stay_doubtful() -> None:
    """The centre lends belief only to records that are linked to it themselves."""
    left, right = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    weight = np.array([12_000, -2_000, -2_000, -2_000, -2_000, 12_000])
    found = supported(Merged(left, right, weight, np.minimum(weight, 0)))
    assert found.tolist() == weight.tolist()


@given(WEIGHTS, WEIGHTS)
def test_tallies_of_batches_add_up(one: list[int], two: list[int]) -> None:
    """Counting in batches is counting all."""
    first, second = np.array(one, np.int64), np.array(two, np.int64)
    rules = np.arange(len(one) + len(two)) % 8
    whole = tally(np.concatenate([first, second]), rules)
    parts = tally(first, rules[: len(one)]) + tally(second, rules[len(one) :])
    assert (whole.pairs == parts.pairs).all()
    assert (whole.once == parts.once).all()
    assert (whole.twice == parts.twice).all()


def test_pairs_no_rule_proposed_are_estimated_from_those_few_rules_proposed() -> None:
    """Forty sure pairs found once and twenty found twice: Chao's estimate is forty unseen."""
    weight = np.full(60, 25_000)
    compared = tally(weight, np.array([0b1] * 40 + [0b11] * 20))
    left = np.arange(60) * 2
    found = estimate(compared, Merged(left, left + 1, weight, weight), sizes=np.full(60, 2), prior=0.5)
    assert found.unseen == pytest.approx(40, rel=1e-3)
    assert found.recall.value == pytest.approx(0.6, rel=1e-3)
    assert found.recall.high == pytest.approx(1.0, rel=1e-3)


def test_nothing_merged_is_perfect_precision() -> None:
    """Without pairs there is nothing to be wrong about."""
    none, empty = np.zeros(0, np.int64), Tally(*np.zeros((3, BINS), np.int64))
    found = estimate(empty, Merged(none, none, none, none), sizes=np.ones(3, np.int64), prior=0.5)
    assert (found.precision.value, found.recall.value, found.merged) == (1.0, 1.0, 0)
    assert "not measured" in str(found)
