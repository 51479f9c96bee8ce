"""Laws of the change set over random histories of small states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import fewer
from tests.pipelines.crm_states import State, add_order, add_person, changes_to, dump, load, new_target

TEXTS = st.sampled_from(["Ada", "ada", "", "ä\n\"'", "\x00z", "Ben ", "\\", "日本"])
PEOPLE = st.dictionaries(
    st.sampled_from("12345"), st.tuples(TEXTS, st.booleans(), st.integers(0, 2)), min_size=1
)
"""By key: a name, whether there is an address, how many orders."""
SEVERAL = fewer(6, share=4)
"""Each example loads several states into a database of its own."""


def state_of(people: dict[str, Any]) -> State:
    """A state with these people; the records of the others are inactive and their customers gone."""
    state = State()
    for key, (name, has_address, orders) in people.items():
        add_person(state, key, name, email=f"{key}@x.example" if has_address else None)
        for number in range(orders):
            add_order(state, f"{key}-{number}", key, total=number)
    return state


@contextmanager
def empty_crm() -> Iterator[sa.Engine]:
    """A CRM that lasts for one example."""
    with TemporaryDirectory() as folder:
        engine = new_target(f"sqlite:///{Path(folder) / 'crm.db'}")
        yield engine
        engine.dispose()


@SEVERAL
@given(st.lists(PEOPLE, min_size=1, max_size=4))
def test_every_load_leads_to_the_state_and_the_next_writes_nothing(history: list[dict[str, Any]]) -> None:
    """After any history the CRM equals what the last state alone makes of it, and there is nothing to do."""
    with empty_crm() as crm, empty_crm() as fresh:
        for people in history:
            load(state_of(people), crm)
            assert changes_to(state_of(people), crm).tables == {}
        load(state_of(history[-1]), fresh)
        assert dump(crm, bookkeeping=False) == dump(fresh, bookkeeping=False)


@SEVERAL
@given(PEOPLE, PEOPLE, st.randoms(use_true_random=False))
def test_row_order_means_nothing(first: Any, second: Any, random: Any) -> None:
    """Shuffling every table of the desired state changes no byte of the change set."""
    with empty_crm() as crm:
        load(state_of(first), crm)
        shuffled = state_of(second)
        for rows in (*shuffled.tables.values(), shuffled.records):
            random.shuffle(rows)
        plain, mixed = changes_to(state_of(second), crm), changes_to(shuffled, crm)
        assert plain.tables.keys() == mixed.tables.keys()
        for name, table in plain.tables.items():
            assert (mixed.tables[name].creates, mixed.tables[name].deletes) == (table.creates, table.deletes)
            assert mixed.tables[name].updates.equals(table.updates)
