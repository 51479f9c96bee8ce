"""The profile of whole places: the demo's raw files, and files that are hardly any."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crm_unify.errors import SourceMissing, UsageError
from pipelines.profile.interface import Profiled
from tests.pipelines.profile.profiling import column, profiled, table, written

RAW = ("billing.db", "sales_contacts.xlsx", "newsletter.csv", "helpdesk.csv", "helpdesk_cases.csv")


@pytest.fixture(scope="module")
def company() -> Profiled:
    """The raw files of the demo company."""
    folder = Path(__file__).parents[3] / "fixtures" / "company"
    return profiled(*(folder / name for name in RAW))


def test_the_demo_has_the_rows_its_readme_counts(company: Profiled) -> None:
    """Eight tables, each with every row; the totals row of a sheet is a row."""
    assert {one.name: one.rows for one in company.tables} == {
        "CUSTMAST": 1049, "ORDHEAD": 6000, "ORDLINE": 11485, "Kontakte": 444, "Firmen": 381,
        "newsletter": 819, "helpdesk": 580, "helpdesk_cases": 1000,
    }  # fmt: skip


def test_orphans_of_the_demo_are_the_ones_that_were_planted(company: Profiled) -> None:
    """24 orders of no customer, 15 lines of no order, 12 cases of no contact: and no other reference."""
    found = {(one.table, one.column, one.to_table, one.orphans) for one in company.references}
    assert found == {
        ("ORDHEAD", "CUSTNO", "CUSTMAST", 24),
        ("ORDLINE", "ORDNO", "ORDHEAD", 15),
        ("helpdesk_cases", "contact_id", "helpdesk", 12),
    }


def test_repeated_rows_and_test_rows_of_the_demo_are_counted(company: Profiled) -> None:
    """200 newsletter rows appear twice; 12 rows of the customer table are dummies."""
    by_name = {one.name: one for one in company.tables}
    assert [one.rows for one in by_name["newsletter"].repeats] == [200]
    assert by_name["CUSTMAST"].test_rows == 12


def test_keys_of_the_demo_are_told(company: Profiled) -> None:
    """A number, a pair of numbers, and a number of which two stand twice."""
    keys = {one.name: [(key.columns, key.repeated) for key in one.keys] for one in company.tables}
    assert keys["ORDHEAD"] == [(("ORDNO",), 0)]
    assert keys["ORDLINE"][0] == (("ORDNO", "POSNO"), 0)
    assert keys["CUSTMAST"] == [(("CUSTNO",), 4)]


def test_the_same_rows_in_another_order_give_the_same_profile(tmp_path: Path) -> None:
    """But for the row in which an example is first met, nothing depends on the order."""
    rows = [[i, f"name {i % 7}", f"{i % 28 + 1:02d}.03.19{i % 90 + 10}"] for i in range(200)]
    one = table(tmp_path / "a", ["id", "name", "born"], rows)
    other = table(tmp_path / "b", ["id", "name", "born"], rows[::-1])
    assert (one.columns, one.keys, one.repeats) == (other.columns, other.keys, other.repeats)


def test_a_header_without_rows_is_a_table_of_none(tmp_path: Path) -> None:
    """Every column is there and empty; nothing is suspicious."""
    found = table(tmp_path, ["id", "name"], [])
    assert (found.rows, [(one.name, one.type.name, one.suspicions) for one in found.columns]) == (
        0, [("id", "empty", ()), ("name", "empty", ())],
    )  # fmt: skip


def test_an_empty_file_is_no_table(tmp_path: Path) -> None:
    """Alone it is an error that names it, beside others it is listed with the reason."""
    empty = written(tmp_path / "one.csv", ["id"], [])
    empty.write_bytes(b"")
    with pytest.raises(SourceMissing, match=r"one\.csv: the file is empty"):
        profiled(empty)
    written(tmp_path / "two.csv", ["id"], [[1]])
    found = profiled(tmp_path)
    assert [one.name for one in found.tables] == ["two"]
    assert [one.file for one in found.not_read] == ["one.csv"]


@pytest.mark.slow
def test_three_hundred_columns_are_all_counted(tmp_path: Path) -> None:
    """Width is no reason to leave a column out."""
    rows = [[i * j % 5 for i in range(300)] for j in range(6)]
    found = table(tmp_path, [f"col{i}" for i in range(300)], rows)
    assert [(one.filled, one.rows) for one in found.columns] == [(6, 6)] * 300


def test_a_column_of_nothing_is_said_to_be_empty(tmp_path: Path) -> None:
    """Blanks of every kind are nothing."""
    found = column(tmp_path, "remark", ["", " ", "\t", "\u00a0", ""])
    assert (found.filled, found.type.name, [one.code for one in found.suspicions]) == (0, "empty", ["EMPTY"])


def test_a_cell_of_five_megabytes_is_a_cell(tmp_path: Path) -> None:
    """Its length is exact, what is shown of it is cut, and one that begins alike is another value."""
    long = "x" * 5_000_000
    found = column(tmp_path, "note", [long, long + "y", "short"])
    assert found.lengths is not None
    shown = max(len(one.value) for one in found.top)
    assert (found.distinct, found.lengths.longest, shown) == (3, 5_000_001, 300)


def test_a_nul_in_a_database_is_kept_and_told(tmp_path: Path) -> None:
    """A column name with quotes is as good as any."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as con:
        con.execute('CREATE TABLE t (id INTEGER, "a ""b"" ; c" TEXT)')
        con.executemany("INSERT INTO t VALUES (?, ?)", [(1, "x\x00y"), (2, "z")])
        con.commit()
    found = profiled(tmp_path / "old.db").tables[0].column('a "b" ; c')
    assert [(one.code, one.examples[0].value) for one in found.suspicions] == [("CONTROL", "x\x00y")]


def test_tables_of_the_same_name_are_told_apart_by_their_file(tmp_path: Path) -> None:
    """Both are profiled, each under a name of its own; the common name means both."""
    for folder in ("a", "b"):
        written(tmp_path / folder / "people.csv", ["id"], [[folder]])
    names = ["people (a/people.csv)", "people (b/people.csv)"]
    assert [one.name for one in profiled(tmp_path).tables] == names
    assert [one.name for one in profiled(tmp_path, only=["People"]).tables] == names


def test_a_table_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """A typing error in --table is one of the command line."""
    written(tmp_path / "people.csv", ["id"], [[1]])
    with pytest.raises(UsageError, match="did you mean 'people'"):
        profiled(tmp_path, only=["poeple"])


def test_views_are_listed_and_profiled_when_named(tmp_path: Path) -> None:
    """A view repeats its table, so counting it would count rows twice."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as con:
        con.executescript("CREATE TABLE t (id TEXT); CREATE VIEW v AS SELECT * FROM t")
    found = profiled(tmp_path / "old.db")
    assert ([one.name for one in found.tables], found.views) == (["t"], ("v",))
    assert [one.name for one in profiled(tmp_path / "old.db", only=["v"]).tables] == ["v"]
