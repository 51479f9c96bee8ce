"""What is proved about two texts before they are compared never changes the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from matching.alike import LEAST, edits, similarity
from matching.texts import Texts

words = st.lists(st.text("abcdéж12@", min_size=1, max_size=12), min_size=2, max_size=12, unique=True)


def _all_pairs(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    one, two = np.divmod(np.arange(len(texts) ** 2, dtype=np.int32), len(texts))
    return one.astype(np.int32), two.astype(np.int32)


@given(words)
def test_similarity_is_that_of_rapidfuzz_where_anybody_asks(texts: list[str]) -> None:
    """Above LEAST the Jaro-Winkler similarity is exact, below it is 0."""
    one, two = _all_pairs(texts)
    found = similarity(Texts.of(texts), one, two)
    for a, b, value in zip(one, two, found, strict=True):
        exact = JaroWinkler.normalized_similarity(texts[a], texts[b])
        assert value == pytest.approx(exact if exact >= LEAST else 0.0, abs=1e-6)


@given(words, st.integers(0, 3))
def test_edits_are_those_of_rapidfuzz_up_to_the_most_asked_for(texts: list[str], most: int) -> None:
    """Up to `most` the distance is exact, beyond it is any greater number."""
    one, two = _all_pairs(texts)
    found = edits(Texts.of(texts), one, two, most)
    for a, b, value in zip(one, two, found, strict=True):
        exact = OSA.distance(texts[a], texts[b])
        assert value == exact if exact <= most else value > most
