"""Which runs are too old to be taken back; told by the dates of runs alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_change, mig_run
from pipelines.undo.horizon import Dated, expired, prune
from tests.pipelines.crm_states import add_person, load, small_state, sqlite_target

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("days", "old"),
    [
        pytest.param([0], (), id="the only run"),
        pytest.param([0, 50, 90], (), id="the last day"),
        pytest.param([0, 50, 91], (1,), id="a day too old"),
        pytest.param([0, 50, 60, 200], (), id="a leap ahead is a wrong clock"),
        pytest.param([0, 50, 120, 100, 130], (1,), id="a run counts as made on the latest date up to it"),
        pytest.param([0, 50, 400, 51], (), id="a clock that went wrong and back"),
        pytest.param([100, 150, 0, 10], (), id="a clock that jumps back forgets nothing"),
        pytest.param([0, 80, 0, 100], (1,), id="an undo bears the date of what stands again"),
    ],
)
def test_what_is_too_old(days: list[int], old: tuple[int, ...]) -> None:
    """Runs on these days, with a horizon of 90."""
    runs = [Dated(number, DAY + timedelta(days=day)) for number, day in enumerate(days, 1)]
    assert expired(runs, days=90) == old


def test_forgotten_images_are_gone_and_others_stay(tmp_path: Path) -> None:
    """Of two runs the older is pruned; the second time there is nothing to prune."""
    engine, state = sqlite_target(tmp_path), small_state()
    load(state, engine)
    for name in ("3", "4"):
        add_person(state, name, f"Person {name}")
        load(state, engine)
    with engine.begin() as connection:
        for number, day in ((1, 0), (2, 60), (3, 100)):
            dated = mig_run.update().where(mig_run.c.id == number)
            connection.execute(dated.values(as_of=DAY + timedelta(days=day)))
    assert (prune(engine, days=90), prune(engine, days=90)) == ((1,), ())
    with engine.connect() as connection:
        assert set(connection.scalars(sa.select(mig_change.c.run))) == {2, 3}
