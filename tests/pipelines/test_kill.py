"""Killed at any named place the CRM is as before or as after, never between, and the next load completes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any, Final

import pytest
import sqlalchemy as sa

from pipelines.killpoint import VARIABLE
from pipelines.load import hold
from pipelines.load.lock import ADVISORY_KEY
from tests.crm_unify.run.mortal import Mortal, mortal
from tests.pipelines.crm_states import (
    State,
    add_order,
    add_person,
    changes_to,
    dump,
    load,
    new_target,
    small_state,
)

TABLES: Final = (
    "customer",
    "person",
    "contact_point",
    "sales_order",
    "mig_source_record",
    "mig_profile",
    "mig_xref",
)
"""Tables that the second state writes."""
BEFORE: Final = ["before-first-write", *(f"table:{name}" for name in TABLES), "before-commit"]
SHORT: Final = ("before-first-write", "table:sales_order", "before-commit", "after-commit")
"""Places that every test run tries; the others are for `make soak`."""


def first_state() -> State:
    """What the CRM holds when the load begins."""
    return small_state()


def second_state() -> State:
    """New customers and orders, changed ones, a deleted address."""
    state = small_state()
    for number in range(3, 40):
        add_person(state, str(number), f"Person {number}", email=f"p{number}@x.example")
        add_order(state, f"B-{number}", str(number))
    state.change_order("A-1", total=5)
    state.row("person", state.tables["customer"][0]["id"])["language"] = "de"
    state.tables["contact_point"].pop(0)
    return state


def places() -> list[Any]:
    """All named places; those that only a long run tries carry the mark ``soak``."""
    every = [*BEFORE, "after-commit"]
    return [pytest.param(p, id=p, marks=() if p in SHORT else pytest.mark.soak) for p in every]


@pytest.fixture(scope="module")
def dying() -> Iterator[Mortal]:
    """Runs functions in processes that may die."""
    with mortal() as process:
        yield process


def load_second(url: str) -> None:
    """What a process that may die does: load the second state."""
    load(second_state(), new_target(url))


def child(dying: Mortal, url: str, place: str | None) -> int:
    """Load the second state in a process of its own that may be killed; the signal that ended it."""
    environment = {} if place is None else {VARIABLE: place}
    return dying.call("tests.pipelines.test_kill:load_second", url, environment=environment)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the CRM holds before and after a load that nothing disturbs."""
    engine = new_target(f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 'crm.db'}")
    load(first_state(), engine)
    before = dump(engine)
    load(second_state(), engine)
    after = dump(engine)
    engine.dispose()
    return before, after


@pytest.mark.parametrize("place", places())
def test_killed_is_before_or_after(
    any_crm: sa.Engine, wanted: tuple[Any, Any], place: str, dying: Mortal
) -> None:
    """The process dies by SIGKILL at a named place; the rows are those from before or those from after."""
    before, after = wanted
    load(first_state(), any_crm)
    url = any_crm.url.render_as_string(hide_password=False)
    assert child(dying, url, place) == signal.SIGKILL
    until_the_server_knows(any_crm)
    assert dump(any_crm) == (after if place == "after-commit" else before)
    assert child(dying, url, None) == 0
    assert dump(any_crm) == after
    assert changes_to(second_state(), any_crm).tables == {}


def test_a_dead_holder_frees_the_lock(any_crm: sa.Engine, dying: Mortal) -> None:
    """A process that died while it held the lock does not stand in the way of the next one."""
    assert child(dying, any_crm.url.render_as_string(hide_password=False), "before-commit") == signal.SIGKILL
    until_the_server_knows(any_crm)
    with hold(any_crm) as lock:
        assert lock.where


def until_the_server_knows(engine: sa.Engine) -> None:
    """Return when the server has noticed that its client is dead: by waiting for the dead client's lock."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(ADVISORY_KEY)))
            connection.execute(sa.select(sa.func.pg_advisory_unlock(ADVISORY_KEY)))
