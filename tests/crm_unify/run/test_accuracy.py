"""Estimates of accuracy are kept by sample, and a fall is told once for all that look."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.run.accuracy import PRECISION, estimates, remember
from crm_unify.run.alerts import alerts
from crm_unify.schema.upgrade import upgrade
from matching.sampling import Share, wilson


def share(value: float, answers: int = 200) -> Share:
    """A share of so many answers, with Wilson's interval."""
    low, high = wilson(value, answers)
    return Share(low, value, high, answers)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """An empty CRM database."""
    made = sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    upgrade(made)
    return made


def said(
    engine: sa.Engine, value: float, sample: str, *, run: int = 1, source: str | None = None
) -> list[str]:
    """What is told when this precision is recorded."""
    found = remember(engine, {(source, PRECISION): share(value)}, run=run, sample=sample, by="Ada")
    return list(found)


def test_a_fall_is_told_until_a_better_sample_comes(engine: sa.Engine) -> None:
    """With both figures, runs and the interval of the difference."""
    assert said(engine, 0.97, "first") == []
    (told,) = said(engine, 0.80, "second", run=2)
    assert "precision has fallen from 97.0% (run 1) to 80.0% (run 2)" in told
    assert alerts(engine) == (told,)
    assert said(engine, 0.96, "third", run=3) == []
    assert alerts(engine) == ()


def test_a_slow_fall_is_told_against_the_first_sample(engine: sa.Engine) -> None:
    """Where no step is large enough by itself."""
    steps = (0.97, 0.94, 0.91, 0.88)
    told = [said(engine, value, f"sample {run}", run=run) for run, value in enumerate(steps, 1)]
    assert [bool(one) for one in told] == [False, False, True, True]
    assert "from 97.0% (run 1)" in told[2][0]


def test_what_is_no_fall_is_not_told(engine: sa.Engine) -> None:
    """Neither a rise nor what two samples of one truth may differ in, nor another pair of sources."""
    assert said(engine, 0.93, "first") == []
    assert said(engine, 0.90, "second") == []
    assert said(engine, 0.99, "third") == []
    assert said(engine, 0.70, "fourth", source="billing / sales") == []


def test_a_sample_counts_once(engine: sa.Engine) -> None:
    """Said again it is not written again; answered further it takes the place of what it said."""
    for value in (0.9, 0.9, 0.95):
        said(engine, value, "first")
    with engine.connect() as connection:
        assert [one.share.value for one in estimates(connection)] == [0.95]
        assert connection.scalar(sa.text("SELECT count(*) FROM mig_accuracy")) == 2
