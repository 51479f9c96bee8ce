"""Distinct texts held by Arrow."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.columns import column, distinct, from_codes, run_starts
from matching.comparer import once
from matching.hashing import in_blocks, mixed, of_texts
from matching.texts import Texts

NAMES = Texts.of(["ANNA", "BÄRBEL", "Ж"])


def test_a_position_picks_a_text_and_positions_an_array() -> None:
    """One position gives a Python string, an array of positions an array of them."""
    assert NAMES[1] == "BÄRBEL"
    assert NAMES[np.array([2, 0])].tolist() == ["Ж", "ANNA"]
    assert list(NAMES) == ["ANNA", "BÄRBEL", "Ж"]


def test_lengths_count_characters() -> None:
    """Not bytes: umlauts and Cyrillic letters count once."""
    assert NAMES.lengths.tolist() == [4, 6, 1]


def test_a_trait_is_worked_out_once() -> None:
    """However often it is asked for."""
    asked: list[str] = []
    texts = Texts.of(["A", "BB"])

    def size(text: str) -> int:
        asked.append(text)
        return len(text)

    assert texts.trait(size, np.int64).tolist() == texts.trait(size, np.int64).tolist() == [1, 2]
    assert asked == ["A", "BB"]


def test_a_text_is_found_or_not() -> None:
    """-1 stands for a text that is not there."""
    assert NAMES.find(Texts.of(["Ж", "CARL"])).tolist() == [2, -1]


@given(st.lists(st.integers(-5, 5)))
def test_distinct_numbers_ascend(numbers: list[int]) -> None:
    """As those of a set, sorted."""
    assert distinct(np.array(numbers, np.int64)).tolist() == sorted(set(numbers))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_each_distinct_pair_of_codes_is_compared_once(pairs: list[tuple[int, int]]) -> None:
    """The result is that of comparing them all, and no pair is asked for twice, either way round."""
    one, two = np.array(pairs, np.int32).reshape(-1, 2).T
    asked: list[tuple[int, int]] = []

    def total(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        asked.extend(zip(a.tolist(), b.tolist(), strict=True))
        return np.asarray(a + b, np.uint8)

    assert once(one, two, total).tolist() == [a + b for a, b in pairs]
    assert len(asked) == len({(min(pair), max(pair)) for pair in asked})


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), unique=True))
def test_a_column_holds_every_value_of_every_record(entries: list[tuple[int, int]]) -> None:
    """In ascending order, whatever the order of the rows; a record without one has none."""
    carriers, codes = np.array(entries, np.int64).reshape(-1, 2).T
    col = from_codes(carriers, codes, 5, Texts.of(list("abcd")))
    held = [col.codes[col.offsets[i] : col.offsets[i + 1]].tolist() for i in range(5)]
    assert held == [sorted(code for record, code in entries if record == i) for i in range(5)]
    assert col.first.tolist() == [codes[0] if codes else -1 for codes in held]


def test_blank_and_null_are_no_value() -> None:
    """A record that claims '' has no value, and '' is none of the values."""
    col = column(np.arange(3), pa.array(["b", "", None]), 3)
    assert (list(col.values), col.first.tolist(), col.single) == (["b"], [0, -1, -1], True)


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_blocks_bring_equal_hashes_together(count: int) -> None:
    """Each record once, equal hashes side by side, and within a block in the order they stood."""
    hashes = mixed(np.zeros(count, np.uint64), np.arange(count) % 7)
    order, grouped = in_blocks(hashes)
    assert sorted(order.tolist()) == list(range(count))
    assert len(run_starts(grouped)) == len(set(grouped.tolist())) == min(count, 7)
    for start, stop in pairwise([*run_starts(grouped).tolist(), count]):
        assert sorted(order[start:stop]) == order[start:stop].tolist()


def test_equal_texts_have_equal_hashes_and_others_have_not() -> None:
    """Also where one is the beginning of another."""
    first, again, longer, other = of_texts(Texts.of(["a:1", "a:1", "a:11", "a:2"]).array).tolist()
    assert first == again
    assert len({first, longer, other}) == 3
