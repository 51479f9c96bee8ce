"""Is a probability what it says?"""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.calibration import EDGES, calibrated, of_pairs, points, reliability

PROBABILITIES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)


@given(PROBABILITIES)
def test_every_pair_stands_in_one_band(pairs: list[tuple[float, bool]]) -> None:
    """Bands partition the pairs, and their means lie within their bounds."""
    bands = reliability(np.array([p for p, _ in pairs]), np.array([y for _, y in pairs], np.bool_))
    assert sum(band.pairs for band in bands) == len(pairs)
    assert sum(band.observed * band.pairs for band in bands) == pytest.approx(sum(y for _, y in pairs))
    assert all(band.low - 1e-9 <= band.believed <= band.high + 1e-9 for band in bands)


@pytest.mark.parametrize(
    ("off", "pairs", "holds"),
    [
        pytest.param(0.0, 4_000, True, id="right probabilities"),
        pytest.param(0.15, 4_000, False, id="too timid by 0.15"),
        pytest.param(0.15, 150, True, id="too few pairs to judge"),
    ],
)
def test_a_band_holds_within_the_tolerance(off: float, pairs: int, holds: bool) -> None:
    """A band of 200 pairs or more is judged by 0.05 either way."""
    probability = np.full(pairs, 0.65)
    same = np.arange(pairs) < (0.65 + off) * pairs
    (band,) = reliability(probability, same)
    assert band.excess == pytest.approx(off, abs=0.01)
    assert calibrated([band]) is holds


def test_a_calibrated_band_is_drawn_on_the_diagonal() -> None:
    """The observed rate grows upwards, the largest band has radius one."""
    bands = reliability(np.repeat([0.25, 0.75], 400), np.tile([True, False, False, False], 200))
    low, high = points(bands)
    assert (low.x, low.y) == pytest.approx((0.25, 0.75))
    assert (high.x, high.y, high.size) == pytest.approx((0.75, 0.75, 1.0))


def test_certainty_has_a_band() -> None:
    """Probability 1 stands in the last band."""
    (band,) = reliability(np.array([1.0]), np.array([True]))
    assert (band.low, band.high) == EDGES[-2:]


def test_the_pairs_of_a_run_are_judged_where_the_truth_knows_both_records() -> None:
    """Pairs below the line, and those with a record the truth does not know, say nothing."""
    pairs = pa.table({"left": ["a", "a", "b", "a"], "right": ["b", "c", "c", "x"],
                      "probability": [0.94, 0.93, 0.05, 0.92]})  # fmt: skip
    truth = pa.table({"record_id": ["a", "b", "c"], "true_customer": ["1", "1", "2"]})
    (band,) = of_pairs(pairs, truth, least=0.1)
    assert (band.pairs, band.observed) == (2, 0.5)
