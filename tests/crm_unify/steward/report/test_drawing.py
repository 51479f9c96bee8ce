"""Pictures say the same as the numbers beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.steward.report.drawing import FULL, THINNEST, histogram, nice_step, signed, stacked, upset

COUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=6)


@given(COUNTS)
def test_a_bar_has_every_part_that_is_not_empty_and_never_overflows(counts: list[int]) -> None:
    """Parts stand beside each other without gaps; even one row of millions is wide enough to be seen."""
    parts = stacked([(f"c{i}", f"part {i}", count) for i, count in enumerate(counts)])
    assert [part.value for part in parts] == [count for count in counts if count]
    assert all(part.width >= THINNEST / 2 for part in parts)
    ends = [round(part.x + part.width, 1) for part in parts]
    assert [round(part.x, 1) for part in parts[1:]] == pytest.approx(ends[:-1], abs=0.2)
    assert not parts or ends[-1] <= FULL + 0.2


def test_a_bar_of_a_whole_leaves_the_rest_empty() -> None:
    """Against a total that is larger than its parts a bar is not full."""
    (part,) = stacked([("in", "opted in", 25)], total=100)
    assert part.width == FULL / 4


def test_overlaps_are_drawn_as_dots_below_bars() -> None:
    """One column a combination; its dots are filled for the systems in it, and for no other."""
    drawn = upset([("billing", 30), ("sales", 12)], [(("billing",), 25), (("billing", "sales"), 5)])
    assert drawn is not None
    columns = sorted({dot.x for dot in drawn.dots})
    filled = [[dot.css for dot in drawn.dots if dot.x == x] for x in columns]
    assert filled == [["on", "off"], ["on", "on"]]
    bars = {box.css: box.height for box in drawn.boxes if box.css in ("one", "many")}
    assert bars["one"] == 5 * bars["many"]


def test_no_customers_no_picture() -> None:
    """Without customers there is nothing to draw."""
    assert upset([], []) is None


def test_bars_of_a_histogram_are_as_high_as_their_pairs() -> None:
    """Series stand on each other; twice the pairs, twice the height; the axis reaches the lines."""
    series = [("merged", "merged", {10: 4, 11: 2}), ("review", "asked", {10: 2})]
    drawn = histogram(series, marks=[("merge", 3.3), ("ask", -3.2)])
    assert drawn is not None
    assert [box.css for box in drawn.boxes] == ["merged", "review", "merged"]
    unit = drawn.boxes[0].height / 4
    assert [box.height / unit for box in drawn.boxes] == pytest.approx([4, 2, 2], rel=0.01)
    assert [number for _, _, number in drawn.series] == [6, 2]
    assert all(0 <= line.x1 <= drawn.width for line in drawn.lines)


@given(st.dictionaries(st.integers(-400, 400), st.integers(1, 1000), min_size=1, max_size=40))
def test_no_pair_is_left_out_of_a_histogram(counts: dict[int, int]) -> None:
    """However wide the weights are spread, every bar stays inside the picture."""
    drawn = histogram([("merged", "merged", counts)], marks=[("merge", 3.0)])
    assert drawn is not None
    assert drawn.series[0][2] == sum(counts.values())
    assert all(box.x >= 0 and box.x + box.width <= drawn.width for box in drawn.boxes)
    assert all(box.y >= 0 and box.height >= 0 for box in drawn.boxes)


def test_without_pairs_there_is_no_histogram() -> None:
    """Nothing was near the merge line: nothing is drawn."""
    assert histogram([("merged", "merged", {})], marks=[("merge", 3.0)]) is None


@given(st.integers(1, 10**9))
def test_axes_have_round_steps(highest: int) -> None:
    """1, 2 or 5 times a power of ten, and never more than ten of them."""
    step = nice_step(highest)
    assert str(step).rstrip("0") in ("1", "2", "5")
    assert highest / step <= 10


def test_a_negative_weight_has_a_real_minus() -> None:
    """Weights always show their sign."""
    assert (signed(3.25), signed(-3.17)) == ("+3.2", "−3.2")
