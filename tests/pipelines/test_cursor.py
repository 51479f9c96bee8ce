"""A table with a cursor: new rows alone are asked for, and the whole snapshot comes out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from crm_unify.rules.model import Cursor, Source
from pipelines.cursor import CursorRows, CursorState, lower
from pipelines.kept import KeptRows
from pipelines.sources.interface import batch_schema
from pipelines.sources.sql import SqlReader

FIRST, NEXT = date(2026, 2, 1), date(2026, 2, 2)
TABLE = "CREATE TABLE people (id VARCHAR(9) PRIMARY KEY, name VARCHAR(40), changed {time}, seq {number})"
ROWS = (
    "INSERT INTO people VALUES ('1', 'Ann', '2026-01-01 10:00:00', 1), "
    "('2', 'Ben', '2026-01-01 11:50:00', 2), ('3', 'Cleo', NULL, NULL), "
    "('4', 'Dan', '2026-01-01 12:00:00', 40)"
)
SERVERS = [
    pytest.param("sqlite", id="SQLite"),
    pytest.param("postgres_url", id="PostgreSQL", marks=pytest.mark.postgres),
    pytest.param("mariadb_url", id="MariaDB", marks=pytest.mark.mariadb),
]


@pytest.fixture(params=SERVERS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database with four people, one of whom was never changed."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/shop.db" if sqlite else request.getfixturevalue(request.param)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    time = {"sqlite": "TEXT", "postgresql": "TIMESTAMP"}.get(engine.dialect.name, "DATETIME")
    said(engine, TABLE.format(time=time, number="INTEGER"), ROWS)
    yield engine
    engine.dispose()


def said(engine: sa.Engine, *statements: str) -> None:
    """What happens in the database."""
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def source(column: str = "changed", lag: str | int | None = "30m", every: str | int = "7d") -> Source:
    """The source with this cursor."""
    cursor = Cursor(column=column, lag=lag, full_every=every)
    return Source(system="shop", reader="sql", table="people", key=["id"], cursor=cursor)


class Table:
    """What is kept of the table from one reading to the next, as a run keeps it."""

    def __init__(self, engine: sa.Engine, of: Source) -> None:
        self._url = engine.url.render_as_string(hide_password=False)
        self._source = of
        self._kept: KeptRows | None = None
        self.state: CursorState | None = None
        self.notes = ""

    def read(self, day: date = FIRST, *, whole: bool = False) -> dict[str, str]:
        """The names by id, as a run on this day finds them."""
        reader = SqlReader(self._url, root=Path(), table="people")
        rows = CursorRows(self._source, reader, base=self._kept, state=self.state, as_of=day, whole=whole)
        columns = rows.header()
        table = pa.Table.from_batches(rows.batches(), batch_schema(columns))
        self._kept, self.state = KeptRows(columns, "", lambda: table), rows.state
        self.notes = " ".join(rows.notes())
        assert len(set(table["c001"].to_pylist())) == len(table)
        return dict(zip(table["c001"].to_pylist(), table["c002"].to_pylist(), strict=True))


def test_new_rows_stand_over_the_kept_ones(shop: sa.Engine) -> None:
    """A change, a new row and one without a cursor are seen; a delete is not, until all is read again."""
    table = Table(shop, source())
    assert table.read() == {"1": "Ann", "2": "Ben", "3": "Cleo", "4": "Dan"}
    said(
        shop,
        "UPDATE people SET name = 'Benno', changed = '2026-01-01 13:00:00' WHERE id = '2'",
        "UPDATE people SET name = 'Clea' WHERE id = '3'",
        "INSERT INTO people VALUES ('5', 'Eve', '2026-01-01 13:30:00', 50)",
        "DELETE FROM people WHERE id = '1'",
    )
    assert table.read() == {"1": "Ann", "2": "Benno", "3": "Clea", "4": "Dan", "5": "Eve"}
    assert "only rows with changed from 2026-01-01 11:30:00 on" in table.notes
    assert table.read(whole=True) == {"2": "Benno", "3": "Clea", "4": "Dan", "5": "Eve"}


def test_a_late_commit_within_the_lag_is_found(shop: sa.Engine) -> None:
    """A row whose time lies before the greatest one is noticed; one further back is not."""
    table = Table(shop, source())
    table.read()
    said(
        shop,
        "INSERT INTO people VALUES ('6', 'Fay', '2026-01-01 11:45:00', 3)",
        "INSERT INTO people VALUES ('7', 'Gus', '2026-01-01 09:00:00', 4)",
    )
    assert table.read() == {"1": "Ann", "2": "Ben", "3": "Cleo", "4": "Dan", "6": "Fay"}


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        pytest.param("DELETE FROM people WHERE id = '2'", "is not there any more", id="a row is deleted"),
        pytest.param(
            "UPDATE people SET changed = '2025-05-05 00:00:00' WHERE id = '2'",
            "is not there any more",
            id="a row moves back",
        ),
        pytest.param(
            "UPDATE people SET changed = '2026-01-01 11:55:00' WHERE id = '4'",
            "and was 2026-01-01 12:00:00 last time",
            id="the greatest value falls",
        ),
        pytest.param(
            "UPDATE people SET changed = '9999-12-31 00:00:00' WHERE id = '2'",
            "lies beyond the date of the run",
            id="a time that never comes",
        ),
    ],
)
def test_an_odd_cursor_reads_the_table_whole(shop: sa.Engine, happens: str, why: str) -> None:
    """No row that is still there is lost, and the note says what was odd."""
    table = Table(shop, source())
    table.read()
    said(shop, happens, "INSERT INTO people VALUES ('7', 'Gus', '2026-01-01 09:00:00', 4)")
    with shop.connect() as connection:
        there = {row.id: row.name for row in connection.exec_driver_sql("SELECT id, name FROM people")}
    assert table.read() == there
    assert why in table.notes
    assert "read whole" in table.notes


def test_a_reloaded_table_with_new_numbers_is_read_whole(shop: sa.Engine) -> None:
    """Numbers that begin anew are below those of the last reading."""
    table = Table(shop, source("seq", lag=10))
    table.read()
    said(shop, "DELETE FROM people", "INSERT INTO people VALUES ('8', 'Hal', NULL, 1)")
    assert table.read() == {"8": "Hal"}
    assert "its greatest value is 1, and was 40 last time" in table.notes


def test_a_time_ahead_of_the_clock_hides_nothing(shop: sa.Engine) -> None:
    """What is remembered is the beginning of the run's day, not a time that is still to come."""
    table = Table(shop, source())
    said(shop, "UPDATE people SET changed = '2026-02-01 23:00:00' WHERE id = '4'")
    table.read()
    said(shop, "INSERT INTO people VALUES ('5', 'Eve', '2026-02-01 13:30:00', 50)")
    assert table.read()["5"] == "Eve"
    assert "only rows with changed from 2026-01-31 23:30:00 on" in table.notes


def test_keys_are_compared_byte_by_byte(tmp_path: Path) -> None:
    """' 1' is another record than '1'; a key of which a part is empty is found again."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=sa.NullPool)
    said(engine, "CREATE TABLE people (id TEXT, name TEXT, changed TEXT, seq INTEGER)", ROWS)
    said(engine, "INSERT INTO people VALUES ('6', NULL, '2026-01-01 09:00:00', 6)")
    table = Table(engine, source().model_copy(update={"key": ["id", "name"]}))
    table.read()
    said(engine, "INSERT INTO people VALUES (' 1', 'Ann', '2026-01-01 13:00:00', 9)")
    said(engine, "UPDATE people SET changed = '2026-01-01 13:00:00' WHERE id = '6'")
    assert sorted(table.read()) == [" 1", "1", "2", "3", "4", "6"]
    assert "only rows" in table.notes


@pytest.mark.postgres
def test_a_transaction_that_is_open_while_the_table_is_read_is_caught_up_with(postgres_url: str) -> None:
    """PostgreSQL: a row written before a reading and committed after it comes with the next one."""
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    said(engine, TABLE.format(time="TIMESTAMPTZ", number="BIGINT"), ROWS)
    table = Table(engine, source())
    with engine.connect() as late:
        late.exec_driver_sql("INSERT INTO people VALUES ('8', 'Hal', '2026-01-01 11:59:00', 9)")
        assert "8" not in table.read()
        late.commit()
    assert table.read()["8"] == "Hal"


def test_whole_numbers_are_compared_as_numbers(shop: sa.Engine) -> None:
    """40 less a lag of 10 is 30: row 2 is not read again, row 100 is new."""
    table = Table(shop, source("seq", lag=10))
    table.read()
    said(
        shop,
        "UPDATE people SET name = 'unseen' WHERE id = '2'",
        "INSERT INTO people VALUES ('9', 'Ida', NULL, 100)",
    )
    assert table.read() == {"1": "Ann", "2": "Ben", "3": "Cleo", "4": "Dan", "9": "Ida"}
    assert table.state is not None
    assert table.state.last == "100"


@pytest.mark.parametrize(
    ("every", "day", "whole"),
    [
        pytest.param("7d", FIRST, False, id="the same day"),
        pytest.param("1d", NEXT, True, id="a day later"),
        pytest.param(1, FIRST, True, id="every run"),
        pytest.param(2, FIRST, False, id="every second run"),
    ],
)
def test_the_table_is_read_whole_from_time_to_time(
    tmp_path: Path, every: str | int, day: date, whole: bool
) -> None:
    """After so many days or runs: then a delete is seen, and the note says why."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=sa.NullPool)
    said(engine, TABLE.format(time="TEXT", number="INTEGER"), ROWS)
    table = Table(engine, source(every=every))
    table.read()
    said(engine, "DELETE FROM people WHERE id = '1'")
    assert ("1" in table.read(day)) is not whole
    assert ("read whole, as it is every" in table.notes) is whole


def test_another_column_reads_the_table_whole(tmp_path: Path) -> None:
    """Kept rows do not know the value of a column that is new."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=sa.NullPool)
    said(engine, TABLE.format(time="TEXT", number="INTEGER"), ROWS)
    table = Table(engine, source())
    table.read()
    said(engine, "ALTER TABLE people ADD COLUMN note TEXT", "DELETE FROM people WHERE id = '1'")
    assert "1" not in table.read()
    assert "its columns are others" in table.notes


@pytest.mark.parametrize(
    ("declared", "value", "lag", "why"),
    [
        pytest.param("TEXT", "'01/02/2026'", None, "other text", id="a date in another notation"),
        pytest.param("REAL", "1.5", None, "real", id="a fraction"),
        pytest.param("", "x'00'", None, "blob", id="bytes"),
        pytest.param("INTEGER", "7", "2h", "whole numbers, and the lag 2h", id="numbers with a lag of time"),
        pytest.param("TEXT", "'2026-01-01'", 5, "times, and the lag 5", id="times with a lag of numbers"),
        pytest.param("TEXT", "NULL", None, None, id="nothing yet"),
        pytest.param(
            "TEXT", "'2026-01-01 10:00'), (2, '2026-01-01 10:00:00.5'", None, None, id="seconds or none"
        ),
        pytest.param(
            "TEXT",
            "'2026-01-01 10:00:00'), (2, '2026-01-01T09:00:00Z'",
            None,
            "in several forms",
            id="a space and a T",
        ),
        pytest.param(
            "TEXT",
            "'2026-01-01 10:00:00+01:00'), (2, '2026-01-01 10:00:00-05:00'",
            None,
            "in several forms",
            id="two time zones",
        ),
    ],
)
def test_what_can_be_no_cursor_is_said(
    tmp_path: Path, declared: str, value: str, lag: str | int | None, why: str | None
) -> None:
    """By what the column holds and what the lag is."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db")
    said(
        engine,
        f"CREATE TABLE people (id TEXT, changed {declared})",
        f"INSERT INTO people VALUES (1, {value})",
    )
    found = SqlReader(str(engine.url), root=Path(), table="people").unfit_cursor("changed", lag)
    assert (found is None) if why is None else (why in (found or ""))


@pytest.mark.postgres
def test_a_server_tells_by_the_type(postgres_url: str) -> None:
    """A column of text is refused, whatever it holds."""
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    said(engine, "CREATE TABLE people (id TEXT, changed TEXT)")
    found = SqlReader(postgres_url, root=Path(), table="people").unfit_cursor("changed", None)
    assert "of type TEXT" in (found or "")


@pytest.mark.parametrize("last", ["0000-00-00 00:00:00", "infinity", "n/a", None])
def test_a_value_that_is_neither_time_nor_number_has_no_lag(last: str | None) -> None:
    """The table is read whole then."""
    assert lower(last, Cursor(column="changed")) is None
