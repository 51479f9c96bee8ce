"""What people decide while a load is made: let through, unless the load acts against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from crm_unify.progress import Silent, Stage
from crm_unify.run.deciding import Draft, drafted, record, revoking
from crm_unify.run.decisions import CONFIRM, PIN, VERDICT
from crm_unify.schema.agreements import mig_correction
from crm_unify.schema.bookkeeping import mig_decision, mig_xref
from pipelines.changes import ChangeSet
from pipelines.load import RunRecord, StateMovedError, apply
from pipelines.load.heard import LATEST
from tests.pipelines.crm_states import FACTS, NOON, add_person, changes_to, load, small_state

ONE, OTHER, THIRD, FOURTH = (f"shop.persons:{key}#person" for key in "1234")
MERGED, BESIDE = (ONE, OTHER), (THIRD, FOURTH)
"""Two records that the load makes one, and two that it leaves alone."""
NOW = datetime(2026, 3, 2, 12, 0)
RUN = RunRecord(FACTS, NOON, exact=False)


def merging(engine: sa.Engine) -> ChangeSet:
    """Four people are loaded, both pairs were said to be the same, and a load makes the first pair one."""
    state = small_state()
    for key, name in (("3", "Cleo Coe"), ("4", "Dan Dee")):
        add_person(state, key, name)
    load(state, engine)
    for pair in (MERGED, BESIDE):
        say(engine, "same", pair)
    state.xref[OTHER] = state.xref[ONE]
    return changes_to(state, engine)


def say(engine: sa.Engine, what: str, about: tuple[str, str]) -> None:
    """Somebody says something about two records."""
    with engine.connect() as connection:
        match what:
            case "revoke":
                draft = revoking(connection, 1 if about == MERGED else 2)
            case "confirm":
                draft = Draft(CONFIRM, what, (about[:1],))
            case "pin":
                draft = Draft(PIN, what, (about[:1],), field="person.job_title", value='"Boss"')
            case _:
                draft = Draft(VERDICT, "decide", (about[:1], about[1:]), verdict=what)
        made = drafted(draft, connection, why="seen", by="Ada")
    record(engine, made)


def customer_of(engine: sa.Engine, record_id: str) -> str | None:
    """Whose a record is."""
    with engine.connect() as connection:
        return connection.scalar(sa.select(mig_xref.c.customer_id).where(mig_xref.c.record_id == record_id))


def one(engine: sa.Engine) -> bool:
    """Whether the first pair is one customer."""
    return customer_of(engine, ONE) == customer_of(engine, OTHER)


WORDS = ("revoke", "unsure", "different", "same", "confirm", "pin")


@pytest.mark.parametrize("what", WORDS)
def test_what_is_said_of_customers_that_a_load_moves_stops_it(crm: sa.Engine, what: str) -> None:
    """Whatever it is: a lone revocation, an UNSURE, a confirmation of one of those it merges."""
    changes = merging(crm)
    say(crm, what, MERGED)
    with pytest.raises(StateMovedError, match="decision 3 was recorded since"):
        apply(changes, crm, run=RUN, progress=Silent())
    assert not one(crm)


@pytest.mark.parametrize("what", WORDS)
def test_what_is_said_of_others_is_let_through(crm: sa.Engine, what: str) -> None:
    """The load is written; the next one hears it."""
    changes = merging(crm)
    say(crm, what, BESIDE)
    apply(changes, crm, run=RUN, progress=Silent())
    assert one(crm)


def test_a_plan_that_a_person_has_seen_is_refused_for_any_word(crm: sa.Engine) -> None:
    """Exactly the state it was made from, or not at all."""
    changes = merging(crm)
    say(crm, "confirm", BESIDE)
    with pytest.raises(StateMovedError, match="decision 3 was recorded since"):
        apply(changes, crm, run=RunRecord(FACTS, NOON), progress=Silent())


def test_a_correction_is_heard_by_the_next_run(crm: sa.Engine) -> None:
    """It overtakes no load, not even one that moves its record: it says nothing on who is whom."""
    changes = merging(crm)
    row = {"kind": "correct", "by_row": False, "id": 1, "key": "1"}
    who = {"why": "asked her", "decided_by": "Ada", "decided_at": NOW}
    with crm.begin() as connection:
        connection.execute(mig_correction.insert().values(**row, **who))
    apply(changes, crm, run=RUN, progress=Silent())
    assert one(crm)


# --- while it is written: on a server, where nobody who decides waits for a load ---
class Meanwhile(Silent):
    """Progress of a load during which something happens, within its transaction."""

    def __init__(self, deed: Callable[[], None]) -> None:
        self._deed = deed

    def stage(self, name: str, total: int | None = None) -> Stage:
        """Let it happen when the first row is about to be written."""
        if name == "load":
            self._deed()
        return super().stage(name, total)


@pytest.fixture(
    params=[
        pytest.param("postgres_crm", marks=pytest.mark.postgres),
        pytest.param("mariadb_crm", marks=pytest.mark.mariadb),
        pytest.param("newer_mariadb", marks=pytest.mark.mariadb),
    ]
)
def server(request: pytest.FixtureRequest) -> sa.Engine:
    """An empty CRM on each server."""
    engine: sa.Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def newer_mariadb(mariadb_crm: sa.Engine) -> sa.Engine:
    """An empty CRM on a MariaDB that is set up as from 11.6 on; an older one is as it is."""
    with mariadb_crm.connect() as connection:
        known = connection.execute(sa.text(f"SHOW VARIABLES LIKE '{LATEST}'")).first()
    if known:
        setting = f"SET SESSION {LATEST} = ON"
        sa.event.listen(mariadb_crm, "connect", lambda driver, _: driver.cursor().execute(setting))
    return mariadb_crm


@pytest.mark.parametrize("exact", [False, True], ids=["a run", "a plan"])
def test_what_is_said_while_a_load_writes_stops_it(server: sa.Engine, exact: bool) -> None:
    """The answer was acknowledged: the load that would act against it leaves no trace, the answer stands."""
    changes, run = merging(server), RunRecord(FACTS, NOON, exact=exact)
    with pytest.raises(StateMovedError, match="decision 3 was recorded while it was written"):
        apply(changes, server, run=run, progress=Meanwhile(lambda: say(server, "revoke", MERGED)))
    assert not one(server)
    assert numbers(server) == [1, 2, 3]


def test_what_is_said_of_others_while_a_load_writes_is_let_through(server: sa.Engine) -> None:
    """As if it had been said after the load, which does not wait for it, nor it for the load."""
    changes = merging(server)
    apply(changes, server, run=RUN, progress=Meanwhile(lambda: say(server, "different", BESIDE)))
    assert (one(server), numbers(server)) == (True, [1, 2, 3])


def test_nobody_decides_between_the_last_look_and_the_commit(server: sa.Engine) -> None:
    """Else they would decide on customers that are not there any more; they wait for that moment alone."""
    changes, tried = merging(server), list[int]()

    def along(connection: sa.Connection, run: int) -> None:
        postgres = server.dialect.name == "postgresql"
        patience = "SET lock_timeout = '50ms'" if postgres else "SET innodb_lock_wait_timeout = 1"
        row = {"kind": "confirm", "command": "confirm", "why": "x", "decided_by": "Ada", "decided_at": NOW}
        with server.connect() as other:
            other.exec_driver_sql(patience)
            tried.append(run)
            with pytest.raises(sa.exc.OperationalError, match=r"(?i)lock"):
                other.execute(mig_decision.insert().values(id=3, **row))
            other.invalidate()

    apply(changes, server, run=RunRecord(FACTS, NOON, along=along), progress=Silent())
    assert (one(server), tried, numbers(server)) == (True, [2], [1, 2])


def numbers(engine: sa.Engine) -> list[int]:
    """The numbers of the decisions."""
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(mig_decision.c.id).order_by(mig_decision.c.id)))
