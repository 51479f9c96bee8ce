"""A run that is followed on a page comes to an end there, whatever happens to it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_unify.errors import EXIT_DEFECT
from crm_unify.progress import Silent
from crm_unify.run.telling import OVER, SAID, Telling, file_of
from crm_unify.steward.web.going import Going, keep, under_way


def heard(run: Going) -> list[str | None]:
    """What a run says to its end; TimeoutError where it has none."""

    async def lines() -> list[str | None]:
        return [line async for _, line in run.watch()]

    with ThreadPoolExecutor(1) as pool:  # a browser of other tests has a loop in this thread
        return pool.submit(lambda: asyncio.run(asyncio.wait_for(lines(), 20))).result()


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """A target."""
    return sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")


def test_a_run_that_cannot_be_followed_is_over(engine: sa.Engine, tmp_path: Path) -> None:
    """What it wrote is no account of an end: it is said to be over, and another may begin."""
    telling = Telling(Silent(), tmp_path, engine.url)
    with telling.of("run"):
        now = under_way(engine, file_of(tmp_path, engine.url))
        telling._write({OVER: {"code": "none"}})
        assert now is not None
        assert (heard(now), now.code) == ([], EXIT_DEFECT)
    keep(engine, Going("Ada"))


def test_a_run_is_not_taken_for_the_former_one(engine: sa.Engine, tmp_path: Path) -> None:
    """One that begins before anybody has looked leaves the lines and the end of the former one to it."""
    first, second = (Telling(Silent(), tmp_path, engine.url) for _ in range(2))
    with first.of("run"):
        first._write({SAID: "of the first"})
        now = under_way(engine, file_of(tmp_path, engine.url))
        first.done(7)
    with second.of("sync"):
        second._write({SAID: "of the second"})
        assert now is not None
        assert (heard(now), now.code, now.answer["run"]) == (["of the first"], 0, 7)
