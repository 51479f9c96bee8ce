"""Golden rows that come from one source record each."""

from __future__ import annotations

import pytest

from matching.children import users
from tests.factory import claims


@pytest.mark.parametrize("turned", [False, True], ids=["as sorted", "turned round"])
def test_a_user_in_two_lists_is_described_by_the_least_record(turned: bool) -> None:
    """Whatever the order of the claims, which differs where one of the records is remembered only."""
    rows = [
        {"record_id": "desk.agents:7#app_user", "name": "Ada Abela"},
        {"record_id": "desk.staff:7#app_user", "name": "A. Abela"},
    ]
    (found,) = users(claims("app_user", *(rows[::-1] if turned else rows)), []).to_pylist()
    assert (found["user_key"], found["name"], found["is_placeholder"]) == ("7", "Ada Abela", False)
