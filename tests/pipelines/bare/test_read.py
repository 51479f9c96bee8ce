"""Bare files are read as they are, every row of them, or refused with a sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from crm_unify.errors import CrmUnifyError, GuardStopped, UsageError
from pipelines.bare.interface import BareTable
from pipelines.bare.read import read_tables


def read(folder: Path, name: str, data: str | bytes) -> BareTable:
    """The one table of a file."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (table,) = read_tables([path])
    return table


def cells(table: BareTable) -> list[list[str | None]]:
    """The columns as lists."""
    return [column.to_pylist() for column in table.columns]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a,b\n1,x\n2,y\n", [["1", "2"], ["x", "y"]], id="plain"),
        pytest.param(b"a;b\r\n1;x\r\n2;y", [["1", "2"], ["x", "y"]], id="semicolons, no break at the end"),
        pytest.param(b'a,b\n1,"x\ny"\n2,z\n', [["1", "2"], ["x y", "z"]], id="a line break in a value"),
        pytest.param(b"a,b\n1,N/A\n-,  y \n", [["1", None], [None, "y"]], id="fillers and blanks"),
        pytest.param("a,b\n1,Köln\n".encode("cp1252"), [["1"], ["Köln"]], id="Windows code page"),
        pytest.param("a,b\n1,Köln\n".encode("utf-16"), [["1"], ["Köln"]], id="UTF-16"),
        pytest.param(b"a,b\n1,x\x00y\n", [["1"], ["xy"]], id="a NUL byte"),
        pytest.param(b"List of 2024,\n,\nname,town\nAnn,York\n", [["Ann"], ["York"]], id="title lines"),
        pytest.param(gzip.compress(b"a,b\n1,x\n"), [["1"], ["x"]], id="packed"),
    ],
)
def test_text_is_read(tmp_path: Path, data: bytes, expected: list[list[str | None]]) -> None:
    """Delimiter, encoding, packing and title lines need no setting."""
    assert cells(read(tmp_path, "people.csv", data)) == expected


def test_rows_that_cannot_be_taken_apart_stay(tmp_path: Path) -> None:
    """Rows with too many or too few values or a broken quotation mark are cut to the header's width."""
    table = read(tmp_path, "people.csv", 'a,b\n1\n2,x,y\n3,"z\n4,w\n')
    assert (table.rows, cells(table)[0]) == (4, ["1", "2", "3", "4"])


@pytest.mark.parametrize("name", ["people.csv.gz", "people.bz2", "people.zst"])
def test_a_name_does_not_say_that_a_file_is_packed(tmp_path: Path, name: str) -> None:
    """Plain text under the name of a packed file is read as the text it is."""
    assert cells(read(tmp_path, name, "a,b\n1,x\n")) == [["1"], ["x"]]


def test_a_folder_is_not_proposed_in_its_own_place(tmp_path: Path) -> None:
    """Who names a folder is told to name a file, not the folder once more."""
    with pytest.raises(UsageError) as told:
        read_tables([tmp_path])
    assert told.value.remedy == "name a CSV, Parquet or Excel file"


def test_a_file_without_header_loses_no_row(tmp_path: Path) -> None:
    """A first line of mailboxes is data."""
    table = read(tmp_path, "people.csv", "ann@example.com\nbob@example.com\n")
    assert (table.names, table.rows) == (("column 1",), 2)


def test_a_cell_of_five_megabytes_is_read(tmp_path: Path) -> None:
    """No cell is too long."""
    table = read(tmp_path, "people.csv", "a,b\n1," + "x" * 5_000_000 + "\n2,y\n")
    assert [len(value or "") for value in cells(table)[1]] == [5_000_000, 1]


def test_parquet_keeps_whole_numbers_whole(tmp_path: Path) -> None:
    """A gap does not turn a number into one with a decimal point."""
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"zip": pa.array([1067.0, None]), "n": [1, 2], "l": [[1], [2]]}), path)
    (table,) = read_tables([path])
    assert (table.names, cells(table)) == (("zip", "n"), [["1067", None], ["1", "2"]])


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    """A workbook has a table for each sheet with rows."""
    path = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("one", "two"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["name", "town"])
            sheet.write_row(1, 0, ["Ann", "York"])
    tables = read_tables([path])
    assert [(table.label, cells(table)) for table in tables] == [
        ("people.xlsx!one", [["Ann"], ["York"]]),
        ("people.xlsx!two", [["Ann"], ["York"]]),
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.csv", b"", id="empty"),
        pytest.param("a.csv", b"\n\n", id="blank"),
        pytest.param("a.csv", bytes(range(256)) * 40, id="binary"),
        pytest.param("a.csv.gz", b"\x1f\x8b123456", id="packed and cut off"),
        pytest.param("a.parquet", b"PAR1rubbish", id="Parquet cut off"),
        pytest.param("a.xlsx", b"PK\x03\x04rubbish", id="workbook cut off"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    """A file without a table stops the run with a sentence and a remedy."""
    with pytest.raises(GuardStopped) as stop:
        read(tmp_path, name, data)
    assert stop.value.remedy


def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    """A slip in the name of a file is answered with the name it was meant to be."""
    (tmp_path / "people.csv").write_text("a\n1\n")
    with pytest.raises(UsageError, match=r"did you mean 'people.csv'"):
        read_tables([tmp_path / "poeple.csv"])


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    """The rows of a file enter once."""
    path = tmp_path / "people.csv"
    path.write_text("a\n1\n")
    with pytest.raises(CrmUnifyError, match="named twice"):
        read_tables([path, path])


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(["1", "10", "2"], id="in order"),
        pytest.param(["2", "10", "1"], id="in no order"),
        pytest.param(["1", "2", "2", "3"], id="one stands twice"),
        pytest.param([None, "1", "2"], id="one is missing"),
        pytest.param([" 1", "1", "n/a"], id="blanks and fillers are part of a key"),
    ],
)
def test_keys_stay_as_they_are_in_any_order(tmp_path: Path, ids: list[str | None]) -> None:
    """Each once among the distinct values, whether they were looked for or stood in order."""
    path = tmp_path / "keys.csv"
    path.write_text("id,x\n" + "".join(f"{one or ''},1\n" for one in ids))
    (table,) = read_tables([path], exact=["id"])
    column = table.column("id")
    assert column.to_pylist() == ids
    assert sorted(column.dictionary.to_pylist()) == sorted({one for one in ids if one is not None})
