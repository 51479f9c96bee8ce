"""The histogram counts every pair once, and a tall bar of pairs apart does not flatten the others."""

import numpy as np

from crm_unify.steward.dedupe.drawing import Series, weights
from matching.estimate import BINS, tally

MARKS = (("merge", 1.0), ("ask", -3.2))


def series(css: str, *bits: float) -> Series:
    """Pairs of these weights."""
    return Series(css, css, tally(np.array([round(b * 1000) for b in bits], np.int64)).pairs)


def test_a_bar_holds_the_pairs_of_a_whole_bit() -> None:
    """A weight of 5.0 to 5.9 bits stands in the bar of 5, one of minus 0.1 in that of minus 1."""
    drawn = weights([series("merged", 5.0, 5.9), series("discarded", -0.1)], MARKS)
    assert drawn is not None
    assert [box.label for box in drawn.boxes] == [
        "1 pairs of -1 to 0 bits: discarded",
        "2 pairs of 5 to 6 bits: merged",
    ]


def test_a_bar_that_outgrows_the_others_is_cut_and_counted() -> None:
    """Ten thousand pairs apart stand beside ten merged ones; the number stands above the bar."""
    many = series("discarded", *[-9.0] * 10_000, *[-8.0] * 4_000)
    drawn = weights([series("merged", *[8.0] * 10, 29.0), series("review"), many], MARKS)
    assert drawn is not None
    height = {box.css: box.height for box in reversed(drawn.boxes)}
    assert height["merged"] > height["discarded"] / 3
    assert [text.text for text in drawn.texts if "cut" in text.css] == ["10k"]
    assert drawn.series[2] == ("discarded", "discarded", 14_000)


def test_no_pairs_no_picture() -> None:
    """Nothing was compared: there is nothing to draw."""
    assert weights([Series("merged", "merged", np.zeros(BINS, np.int64))], MARKS) is None
