"""Keys of a table, references between tables, and rows that say the same."""

from pathlib import Path

from pipelines.profile.findings import findings
from tests.pipelines.profile.profiling import profiled, table, written


def test_a_reference_needs_no_chance(tmp_path: Path) -> None:
    """Small whole numbers are in any numbering: without a name that says so they refer to nothing."""
    written(tmp_path / "customers.csv", ["id", "name"], [[i, f"n{i}"] for i in range(1, 200)])
    written(tmp_path / "orders.csv", ["no", "pieces"], [[i, i % 9 + 1] for i in range(1, 50)])
    assert profiled(tmp_path).references == ()


def test_a_column_named_after_the_table_refers_to_it(tmp_path: Path) -> None:
    """customer_id of orders is the id of customers; orphans are counted in rows and in values."""
    written(tmp_path / "customers.csv", ["id", "name"], [[i, f"n{i}"] for i in range(1, 20)])
    rows = [[1000 + i, i % 19 + 1] for i in range(40)] + [[2000, 77], [2001, 77]]
    written(tmp_path / "orders.csv", ["no", "customer_id"], rows)
    (found,) = profiled(tmp_path).references
    assert (found.column, found.to_table, found.to_column) == ("customer_id", "customers", "id")
    assert (found.orphans, found.orphan_values, found.examples[0].value) == (2, 1, "77")


def test_a_single_slip_makes_a_small_key_no_less_of_one(tmp_path: Path) -> None:
    """Eight customers, one of whom stands twice: orders refer to them all the same."""
    rows = [[f"K{i}", "y"] for i in (1, 2, 3, 4, 5, 6, 7, 8, 8)]
    written(tmp_path / "customers.csv", ["custno", "x"], rows)
    written(tmp_path / "orders.csv", ["no", "custno"], [[i, f"K{i % 4 + 1}"] for i in range(20)])
    assert [(one.table, one.to_table) for one in profiled(tmp_path).references] == [("orders", "customers")]


def test_names_and_places_refer_to_nothing(tmp_path: Path) -> None:
    """The same cities stand in every table, under the same header."""
    cities = ["Berlin", "Hamburg", "Köln", "Bonn", "Wien"]
    written(tmp_path / "branches.csv", ["no", "city"], list(enumerate(cities)))
    written(tmp_path / "people.csv", ["id", "city"], [[f"P{i}", cities[i % 5]] for i in range(40)])
    assert profiled(tmp_path).references == ()


def test_values_that_agree_without_their_zeros_refer(tmp_path: Path) -> None:
    """One system pads its numbers, the other does not: said so."""
    written(tmp_path / "customers.csv", ["custno", "x"], [[f"{i:07d}", "y"] for i in range(500, 540)])
    written(tmp_path / "orders.csv", ["no", "custno"], [[i, 500 + i % 40] for i in range(120)])
    found = [one for one in profiled(tmp_path).references if one.table == "orders"]
    assert [(one.to_table, one.unpadded, one.orphans) for one in found] == [("customers", True, 0)]


def test_a_pair_of_columns_may_be_the_key(tmp_path: Path) -> None:
    """Looked for only where no column is one by itself."""
    rows = [[order, line, "x"] for order in range(10) for line in range(1, 4)]
    keys = table(tmp_path, ["order", "line", "text"], rows).keys
    assert [key.columns for key in keys] == [("order", "line")]


def test_repeated_rows_are_counted_without_the_first_of_each(tmp_path: Path) -> None:
    """Three times the same are two too many; empty rows are no repeats."""
    rows = [["a", "1"]] * 3 + [["b", "2"]] * 2 + [["c", "3"], ["", ""], ["", ""]]
    (found,) = table(tmp_path, ["x", "y"], rows).repeats
    assert (found.rows, found.groups, found.without, found.examples[0]) == (3, 2, (), ("a", "1"))


def test_rows_that_differ_in_nothing_but_the_key_are_counted(tmp_path: Path) -> None:
    """Somebody typed a customer in twice."""
    rows = [[f"K{i:03d}", f"name {i}", f"street {i}", "x"] for i in range(20)]
    rows.append(["K900", "name 7", "street 7", "x"])
    (found,) = table(tmp_path, ["id", "name", "street", "z"], rows).repeats
    assert (found.rows, found.without) == (1, ("id",))


def test_findings_come_with_the_worst_first(tmp_path: Path) -> None:
    """By weight, then by rows; one row is said in the singular."""
    rows = [[i, f"19{60 + i}-01-1{i}", "n/a" if i % 2 else f"text {i}"] for i in range(10)]
    rows.append([99, "2090-01-01", "z"])
    found = findings(profiled(written(tmp_path / "p.csv", ["id", "birth date", "note"], rows)))
    assert [(one.code, one.told) for one in found] == [
        ("BIRTH-FUTURE", "1 row lies after 2026-11-22"),
        ("PLACEHOLDER", "5 rows hold a word that stands for nothing"),
    ]
