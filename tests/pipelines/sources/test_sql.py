"""Tables come back as text, whatever legacy values are in them, and the same from every database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, SourceMissing, Unreachable
from pipelines.sources.sql import SqlReader
from tests.pipelines.sources.reading import cells, origins, problems

Run = Callable[..., Path]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run statements in the SQLite file `old.db`; returns its folder."""
    def statements(*sql: str) -> Path:
        with sqlite3.connect(tmp_path / "old.db") as connection:
            for statement in sql:
                connection.execute(statement)
        connection.close()
        return tmp_path

    return statements


def sqlite(root: Path, table: str | None = "t", **settings: Any) -> SqlReader:
    """A reader of the file `old.db`."""
    return SqlReader("sqlite:///old.db", root=root, table=table, **settings)


def execute(url: str, *statements: str) -> None:
    """Run statements on a server."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_sqlite_values_are_text(run: Run) -> None:
    """Text in an INTEGER column, zero dates and padded keys arrive as they stand there."""
    root = run("CREATE TABLE t (id INTEGER, zip TEXT, day DATE, n NUMERIC)",
               "INSERT INTO t VALUES ('N/A', '01067', '0000-00-00', 12.5), (NULL, '', NULL, 3)")
    assert cells(sqlite(root)) == [
        {"id": "N/A", "zip": "01067", "day": "0000-00-00", "n": "12.5"},
        {"id": None, "zip": "", "day": None, "n": "3"},
    ]
    assert origins(sqlite(root), "_file", "_sheet", "_row")[0] == ("t", None, None)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Quotation marks, line breaks, emoji, NUL: what is stored is read."""
    root = tmp_path_factory.mktemp("sqlite")
    with sqlite3.connect(root / "old.db") as connection:
        connection.execute("CREATE TABLE t (value TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [(text,) for text in texts])
    connection.close()
    assert [row["value"] for row in cells(sqlite(root))] == texts


def test_bytes_are_text_or_digits(run: Run) -> None:
    """Bytes that are UTF-8 are that text; others are hexadecimal digits."""
    root = run("CREATE TABLE t (photo BLOB)", "INSERT INTO t VALUES (x'C3A4'), (x'FF00'), ('text'), (x'')")
    assert [row["photo"] for row in cells(sqlite(root))] == ["ä", "\\xff00", "text", ""]


def test_texts_in_a_code_page(run: Run) -> None:
    """A SQLite file may hold texts that are not UTF-8: the rows are kept apart, or read as declared."""
    root = run("CREATE TABLE t (id TEXT, name TEXT)",
               "INSERT INTO t VALUES ('1', CAST(x'4DFC6C' AS TEXT)), ('2', 'Jon')")
    assert problems(sqlite(root)) == [(None, "ENCODING-INVALID", '{"id": "1", "name": "M\\\\xfcl"}')]
    assert cells(sqlite(root)) == [{"id": "2", "name": "Jon"}]
    assert [row["name"] for row in cells(sqlite(root, encoding="cp1252"))] == ["Mül", "Jon"]


def test_views_and_queries(run: Run) -> None:
    """A view is read like a table; a query may end in a semicolon or a comment."""
    root = run("CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')",
               "CREATE VIEW v AS SELECT a AS b FROM t")
    assert cells(sqlite(root, "v")) == [{"b": "x"}]
    assert cells(sqlite(root, None, query="SELECT a, 1 AS one FROM t; ")) == [{"a": "x", "one": "1"}]
    assert cells(sqlite(root, None, query="SELECT a FROM t -- all")) == [{"a": "x"}]


def test_reading_leaves_the_file_as_it_is(run: Run) -> None:
    """The file is opened read-only; a query that writes is refused."""
    root = run("CREATE TABLE t (a TEXT)")
    before = (root / "old.db").read_bytes()
    cells(sqlite(root))
    with pytest.raises(ConfigurationError, match="cannot run"):
        sqlite(root, None, query="DELETE FROM t").header()
    assert (root / "old.db").read_bytes() == before


def test_fresh_changes_count_as_content(run: Run) -> None:
    """What another program has written to the log beside the file is read and belongs to the files."""
    root = run("PRAGMA journal_mode = wal", "CREATE TABLE t (a TEXT)")
    with sqlite3.connect(root / "old.db") as writer:
        writer.execute("INSERT INTO t VALUES ('fresh')")
        writer.commit()
        assert cells(sqlite(root)) == [{"a": "fresh"}]
        assert [path.name for path in sqlite(root).files()] == ["old.db", "old.db-wal"]
    writer.close()


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """SQLite would make an empty database; here it is a failed delivery."""
    with pytest.raises(SourceMissing, match="not there"):
        sqlite(tmp_path).header()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "match"),
    [
        pytest.param("custmast2", "there are: CUSTMAST, V_OPEN; did you mean 'CUSTMAST'", id="a near name"),
        pytest.param("ledger", "there are: CUSTMAST, V_OPEN; correct `table`", id="nothing near"),
    ],
)
def test_a_missing_table_stops_the_run(run: Run, table: str, match: str) -> None:
    """The guard names the tables and views that are there."""
    root = run("CREATE TABLE CUSTMAST (a)", "CREATE VIEW V_OPEN AS SELECT a FROM CUSTMAST")
    with pytest.raises(SourceMissing, match=match):
        sqlite(root, table).header()


def test_case_of_a_table_name_does_not_matter(run: Run) -> None:
    """Databases fold names; the only table that differs in case alone is meant."""
    assert len(sqlite(run("CREATE TABLE CUSTMAST (a, b)"), "custmast").header()) == 2


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """It is a source that cannot be reached, told as such."""
    (tmp_path / "old.db").write_text("a,b\n1,2\n" * 100, encoding="utf-8")
    with pytest.raises(Unreachable, match="not a database"):
        sqlite(tmp_path).header()


@pytest.mark.parametrize("driver", ["postgresql", "mysql", "mysql+pymysql", "mariadb"])
def test_a_server_that_is_down(driver: str, tmp_path: Path) -> None:
    """Nothing listens on port 1; the message has no password."""
    with pytest.raises(Unreachable, match="does not answer") as raised:
        SqlReader(f"{driver}://me:Secret7@127.0.0.1:1/old", root=tmp_path, table="t").header()
    assert "Secret7" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "match"),
    [
        pytest.param("old.db", "no database URL", id="a path instead of a URL"),
        pytest.param("postgre://old", "mean 'postgresql'", id="a database nobody knows"),
    ],
)
def test_wrong_urls(url: str, match: str, tmp_path: Path) -> None:
    """A URL that cannot be is a wrong configuration."""
    with pytest.raises(ConfigurationError, match=match):
        SqlReader(url, root=tmp_path, table="t")


POSTGRES_VALUES: Sequence[tuple[str, str]] = [
    ("12.50::numeric(10,2)", "12.50"), ("true", "true"), ("date '2024-01-02'", "2024-01-02"),
    ("timestamptz '2024-01-02 03:04:05+02'", "2024-01-02 01:04:05+00"), ("'ab'::char(5)", "ab"),
    ("'\\xff00'::bytea", "\\xff00"), ("'\\xc3a4'::bytea", "ä"), ("array[1,2]", "{1,2}"), ("'😀'::text", "😀"),
]
MARIADB_VALUES: Sequence[tuple[str, str, str]] = [
    ("decimal(10,2)", "12.5", "12.50"), ("date", "0", "0000-00-00"), ("time", "'839:00:00'", "838:59:59"),
    ("set('a','b')", "'b,a'", "a,b"), ("bit(9)", "5", "5"), ("blob", "x'FF00'", "\\xff00"),
    ("varbinary(9)", "x'C3A4'", "ä"), ("boolean", "true", "1"), ("char(5)", "'😀'", "😀"),
]


def test_postgres_values_are_text(postgres_url: str, tmp_path: Path) -> None:
    """Every type arrives as text, in one notation whatever the server is set to."""
    values = ", ".join(f"{expression} AS v{number}" for number, (expression, _) in enumerate(POSTGRES_VALUES))
    reader = SqlReader(postgres_url, root=tmp_path, query=f"SELECT {values}")
    assert list(cells(reader)[0].values()) == [text for _, text in POSTGRES_VALUES]


def test_mariadb_values_are_text(mariadb_url: str, tmp_path: Path) -> None:
    """Zero dates, sets, long times, bits and bytes arrive as text."""
    columns = ", ".join(f"v{number} {kind}" for number, (kind, _, _) in enumerate(MARIADB_VALUES))
    literals = ", ".join(literal for _, literal, _ in MARIADB_VALUES)
    execute(mariadb_url, "SET sql_mode = ''", f"CREATE TABLE t ({columns})",
            f"INSERT IGNORE INTO t VALUES ({literals})")
    reader = SqlReader(mariadb_url, root=tmp_path, table="t")
    assert list(cells(reader)[0].values()) == [text for _, _, text in MARIADB_VALUES]


COMMON = """
    CREATE TABLE "Old Table" (
        "ID" INTEGER, "Näme" VARCHAR(40), "ZIP" CHAR(5), "BAL" DECIMAL(10,2), "DAY" DATE
    )
"""
ROWS = """
    INSERT INTO "Old Table" VALUES
        (17, 'Zoë "O''Neil" 😀', '01067', 12.25, '2024-01-02'), (NULL, '', NULL, NULL, NULL)
"""


def test_the_same_content_gives_the_same_text(run: Run, postgres_url: str, mariadb_url: str) -> None:
    """SQLite, PostgreSQL and MariaDB agree on integers, texts, padded codes, decimals, dates and NULL."""
    root = run(COMMON, ROWS)
    execute(postgres_url, COMMON, ROWS)
    execute(mariadb_url, "SET sql_mode = 'ANSI_QUOTES'", COMMON, ROWS)
    found = [cells(SqlReader(url, root=root, table="Old Table"))
             for url in ("sqlite:///old.db", postgres_url, mariadb_url)]
    assert found[0] == found[1] == found[2]
    assert found[0][0]["ZIP"] == "01067"


def test_tables_of_another_schema(postgres_url: str, tmp_path: Path) -> None:
    """A table outside the default schema is written schema.table."""
    execute(postgres_url, "CREATE SCHEMA erp", "CREATE TABLE erp.t (a text)",
            "INSERT INTO erp.t VALUES ('x')")
    assert cells(SqlReader(postgres_url, root=tmp_path, table="erp.t")) == [{"a": "x"}]
    with pytest.raises(SourceMissing, match="mean 't'"):
        SqlReader(postgres_url, root=tmp_path, table="erp.tt").header()


@pytest.mark.parametrize(
    ("server", "many"),
    [
        pytest.param("postgres_url", "SELECT generate_series(1, 25000) AS n", id="PostgreSQL"),
        pytest.param("mariadb_url", "SELECT seq AS n FROM seq_1_to_25000", id="MariaDB"),
    ],
)
def test_servers_stream_and_are_not_written_to(
    server: str, many: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """More rows than one fetch come back complete; a query that writes is refused."""
    url = request.getfixturevalue(server)
    execute(url, "CREATE TABLE t (n INTEGER)")
    found = {row["n"] for row in cells(SqlReader(url, root=tmp_path, query=many))}
    assert found == {str(n) for n in range(1, 25_001)}
    with pytest.raises(ConfigurationError, match="cannot run"):
        SqlReader(url, root=tmp_path, query="DELETE FROM t RETURNING n").header()
