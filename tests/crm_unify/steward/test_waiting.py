"""The rows that wait are counted, ordered and paged as if all of them were read, and are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.newest import Newest, newest_run
from crm_unify.steward.quarantine import HELD, QUARANTINED, QUEUES, WITHHELD, BadRow, bad_rows
from crm_unify.steward.waiting import HELD_ROWS, Waiting, Wanted, waiting_of
from tests.crm_unify.run.people import people
from tests.projects import run

ROWS = 30


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> LoadedProject:
    """A file of which every third row has no name, and every second one that has a name no address."""
    names = ["" if at % 3 == 0 else f"Ann Ash{at}" for at in range(ROWS)]
    mails = ["nobody" if at % 2 else f"a{at}@post.example" for at in range(ROWS)]
    lines = [f"{at},{names[at]},{mails[at]},Clerk,Lane" for at in range(ROWS)]
    folder = people(tmp_path_factory.mktemp("waiting"), lines)
    assert run(folder).code == 0
    return load_project(Path(folder))


@pytest.fixture(scope="module")
def newest(project: LoadedProject) -> Newest:
    """Its run."""
    return newest_run(project)


@pytest.fixture(scope="module")
def every(project: LoadedProject, newest: Newest) -> tuple[BadRow, ...]:
    """All rows that wait, read at once."""
    return bad_rows(project, newest, queues=QUEUES)


@pytest.fixture
def connection(newest: Newest) -> Iterator[sa.Connection]:
    """On its database."""
    with newest.engine.connect() as made:
        yield made


@pytest.fixture
def waiting(connection: sa.Connection, newest: Newest) -> Waiting:
    """What is known without reading the rows."""
    return waiting_of(connection, newest, ["people"])


@pytest.mark.parametrize("queue", [QUARANTINED, WITHHELD, HELD])
def test_pages_hold_what_all_rows_hold(
    connection: sa.Connection, waiting: Waiting, every: tuple[BadRow, ...], queue: str
) -> None:
    """In the same order, page by page; counted alike by queue and reason."""
    mine = [row for row in every if row.queue == queue]
    pages = [waiting.page(connection, Wanted(queue), start=start, size=4) for start in range(0, ROWS, 4)]
    assert [name for page in pages for name in page] == [(row.map, row.row_id) for row in mine]
    assert waiting.queues[queue] == waiting.found(connection, Wanted(queue)) == len(mine)
    assert waiting.reasons[queue] == Counter((row.map, code) for row in mine for code in row.codes)
    for (name, code), number in waiting.reasons[queue].items():
        assert waiting.found(connection, Wanted(queue, name, code)) == number


def test_the_fixture_has_rows_to_page(waiting: Waiting) -> None:
    """More than a page of each kind the database knows."""
    assert min(waiting.queues[QUARANTINED], waiting.queues[WITHHELD]) > 8


def test_what_is_behind_a_row_goes_around(
    connection: sa.Connection, waiting: Waiting, every: tuple[BadRow, ...]
) -> None:
    """To the end of its queue, then from the beginning, each row once."""
    mine = [row for row in every if row.queue == WITHHELD]
    names = [(row.map, row.row_id) for row in mine]
    around = [name for some in waiting.behind(connection, mine[3]) for name in some]
    assert around == [*names[4:], *names[:4]]


def test_rows_that_wait_for_a_parent_are_paged_too(
    connection: sa.Connection, every: tuple[BadRow, ...]
) -> None:
    """The database does not know them; they stand in the same order, and go around, too."""
    rows = [{"map": "orders", "row_id": f"{at}", "code": "NO-PARENT"} for at in range(7)]
    held = Waiting(("orders",), pa.Table.from_pylist(rows, schema=HELD_ROWS), {}, {})
    page = held.page(connection, Wanted(HELD, "orders"), start=2, size=2)
    assert [row_id for _, row_id in page] == ["2", "3"]
    assert held.found(connection, Wanted(HELD, code="OTHER")) == 0
    row = replace(every[0], queue=HELD, map="orders", row_id="5")
    assert [name for some in held.behind(connection, row) for _, name in some] == ["6", *map(str, range(6))]


def test_a_map_the_project_does_not_have_is_left_out(connection: sa.Connection, newest: Newest) -> None:
    """Its rows cannot be repaired by these rules."""
    none = waiting_of(connection, newest, ["others"])
    assert (none.queues[QUARANTINED], none.page(connection, Wanted(QUARANTINED), start=0, size=9)) == (0, ())
    known = waiting_of(connection, newest, ["people"])
    assert known.found(connection, Wanted(QUARANTINED, "others")) == 0


def test_only_some_rows_are_read(project: LoadedProject, newest: Newest, every: tuple[BadRow, ...]) -> None:
    """Those that were asked for, as if all had been."""
    some = {(row.map, row.row_id) for row in every[::5]}
    assert bad_rows(project, newest, queues=QUEUES, only=some) == every[::5]
