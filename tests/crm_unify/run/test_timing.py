"""Stage times: every second of a run is counted once."""

import time

import pytest

from crm_unify.progress import Silent
from crm_unify.run.timing import Timed


def test_a_stage_inside_another_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten seconds in `match`, four are those of `pairs` and one is that of `scores`."""
    clock = iter([0, 0, 2, 2, 6, 6, 6, 7, 10, 10, 10, 13])
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    timed = Timed(Silent())
    with timed.stage("match"):
        with timed.stage("pairs"):
            pass
        with timed.stage("scores"):
            pass
    with timed.stage("load"):
        pass
    seconds = {one.stage: one.seconds for one in timed.times}
    assert seconds == {"pairs": 4.0, "scores": 1.0, "match": 5.0, "load": 3.0}
