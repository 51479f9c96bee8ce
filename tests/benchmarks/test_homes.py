"""Pairs of different people who live together."""

import numpy as np
import pyarrow as pa

from benchmarks.homes import homes, same_in_all

IDS = ["1", "2", "3", "4", "5", "6"]
TRUTH = pa.table({
    "record_id": IDS, "true_customer": ["a", "a", "b", "c", "d", "e"], "household": [1, 1, 1, 1, 1, 2],
    "true_birth": ["x", "x", "y", "x", "z", "x"], "true_suffix": [1, 1, 2, 0, 0, 0],
})  # fmt: skip
ROWS = pa.table({
    "record_id": IDS, "first_name": ["Ann", "A", "Ann", "Bea", "Ann", "Ann"],
    "birth_date": ["x", None, None, "x", None, "x"],
})  # fmt: skip


def _counted(clusters: list[int]) -> dict[str, tuple[int, ...]]:
    return homes(pa.table({"record_id": IDS, "cluster": clusters}), ROWS, TRUTH)


def test_pairs_of_one_home_are_told_by_birth_and_suffix() -> None:
    """Twins share a birth date, Jr and Sr have suffixes, all others of a home are families."""
    found = _counted([1, 2, 3, 4, 5, 6])
    assert {kind: counts[0] for kind, counts in found.items()} == {"families": 5, "twins": 2, "Jr and Sr": 2}


def test_merged_pairs_count_and_so_do_those_no_field_tells_apart() -> None:
    """An initial is no contradiction, a missing birth date neither: rows 2 and 3 are alike, 1 and 4 not."""
    found = _counted([1, 2, 2, 1, 5, 6])
    assert found == {"families": (5, 3, 0, 0), "twins": (2, 0, 1, 0), "Jr and Sr": (2, 2, 1, 1)}


def test_short_forms_of_a_name_tell_nobody_apart() -> None:
    """Bob and Robert may be one man, Bob and Walter not."""
    rows = pa.table({"first_name": ["Bob", "Robert", "Walter"]})
    found = same_in_all(rows, np.array([0, 0]), np.array([1, 2]))
    assert found.tolist() == [True, False]


def test_people_of_different_homes_never_count() -> None:
    """A wrong merge across homes is another kind of error."""
    assert [counts[2] for counts in _counted([1, 2, 3, 4, 5, 1]).values()] == [0, 0, 0]
