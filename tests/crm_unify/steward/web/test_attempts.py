"""Who has to wait before the next sign-in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from crm_unify.steward.web.attempts import Attempts

NOW = datetime(2026, 3, 1)
NONE = timedelta()


def test_of_many_tries_at_once_no_more_get_through() -> None:
    """They count before the password is looked at: five of forty, as one after the other."""
    attempts = Attempts()
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: attempts.tried("ada", "10.0.0.1", NOW), range(40)))
    assert waits.count(NONE) == 5


def test_nobody_keeps_somebody_else_out() -> None:
    """Failures from one address do not count against the name from another."""
    attempts = Attempts()
    for _ in range(30):
        attempts.tried("ada", "10.0.0.1", NOW)
    assert attempts.tried("ada", "10.0.0.2", NOW) == NONE
    assert attempts.tried("ada", "10.0.0.1", NOW) > NONE


def test_a_right_password_gives_the_try_back() -> None:
    """An office behind one address signs in as often as it likes; one refusal of many is kept."""
    attempts = Attempts()
    for number in range(100):
        assert attempts.tried(f"user {number}", "10.0.0.1", NOW) == NONE
        attempts.succeeded(f"user {number}", "10.0.0.1")
    assert [attempts.refused_first("ada", "10.0.0.1") for _ in range(3)] == [True, False, False]
