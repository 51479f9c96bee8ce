"""Whatever happens to the bytes of a file, it is read or refused with a sentence; nothing crashes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_unify.errors import CrmUnifyError, GuardStopped
from pipelines.sources import header_of
from tests.pipelines.sources import test_dbf, test_ods
from tests.pipelines.sources.found import reader_of
from tests.pipelines.sources.xls_writer import label, number, workbook

ROWS = [(f"{n:02}", f"Zoë {n}", f"{n}.50") for n in range(12)]
COPYBOOK = """01 R.
  05 ID PIC 9(2).
  05 N PIC 9.
  05 T OCCURS 0 TO 3 DEPENDING ON N PIC X(2).
  05 A PIC S9(3) COMP-3.
"""


def text(content: str) -> Callable[[Path], None]:
    """A writer of a text file."""
    return lambda path: path.write_bytes(content.encode()) and None


def write_xlsx(path: Path) -> None:
    """A workbook of today."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for place, row in enumerate([("id", "name", "sum"), *ROWS]):
            sheet.write_row(place, 0, row)


def write_xls(path: Path) -> None:
    """A workbook of before 2007."""
    rows = [[label(0), label(1)], *([label(n), number(n / 2)] for n in range(2, 10))]
    workbook(path, ["id", "name", *(f"text {n}" for n in range(10))], rows, cut=40)


def write_ods(path: Path) -> None:
    """A workbook of OpenDocument."""
    test_ods.write(path, "".join(test_ods.row(*row) for row in [("id", "name", "sum"), *ROWS]))


def write_dbf(path: Path) -> None:
    """A table of Visual FoxPro."""
    fields = [("ID", "C", 2), ("N", "I", 4), ("V", "V", 4), ("F", "0", 1)]
    records = [b" " + row[0].encode() + struct.pack("<i", 7) + b"ab \x02\x01" for row in ROWS]
    test_dbf.write(path, fields, records, version=0x30)


def write_parquet(path: Path) -> None:
    """A Parquet file of two groups of rows."""
    table = pa.Table.from_pylist([{"id": row[0], "n": {"x": row[1]}} for row in ROWS])
    pq.write_table(table, path, row_group_size=6)


def write_cobol(path: Path) -> None:
    """Records with a table of varying length, and their copybook."""
    (path.parent / "r.cpy").write_text(COPYBOOK)
    records = [b"011aa\x12\x3c", b"023aabbcc\x12\x3d", b"030\x12\x3c"]
    path.write_bytes(b"".join(struct.pack(">HH", len(record) + 4, 0) + record for record in records * 4))


WIDTHS = [{"name": "id", "width": 4}, {"name": "name", "width": 8}, {"name": "sum", "width": 6}]
FORMATS: dict[str, tuple[Callable[[Path], Any], dict[str, Any]]] = {
    "csv": (text("id,name,sum\n" + "".join(",".join(row) + "\n" for row in ROWS)), {}),
    "fixed": (text("".join(f"{a:4}{b:8}{c:6}\n" for a, b, c in ROWS)), {"columns": WIDTHS}),
    "json": (text(json.dumps([{"id": row[0], "in": {"name": row[1], "l": [1, 2]}} for row in ROWS])), {}),
    "xml": (text("<l>" + "".join(f"<r a='{a}'><n>{b}</n></r>" for a, b, _ in ROWS) + "</l>"),
            {"row_path": "l/r"}),
    "vcard": (text("".join(f"BEGIN:VCARD\nN:{b};{a}\nTEL;TYPE=x:{c}\nEND:VCARD\n" for a, b, c in ROWS)), {}),
    "ldif": (text("".join(f"dn: {a}\nsn: {b}\nx:: TcO8\n\n" for a, b, _ in ROWS)), {}),
    "xlsx": (write_xlsx, {}), "xls": (write_xls, {}), "ods": (write_ods, {}), "dbf": (write_dbf, {}),
    "parquet": (write_parquet, {}),
    "cobol": (write_cobol, {"copybook": {"file": "r.cpy", "format": "rdw", "code_page": "ascii"}}),
}

CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30)
@given(changes=CHANGES, kept=st.floats(0, 1))
def test_no_damage_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[float, int]], kept: float
) -> None:
    """Bytes changed anywhere, and the end cut off: rows, rows with a problem, or a program error."""
    write, options = FORMATS[name]
    path = tmp_path_factory.mktemp(name) / "file.bin"
    write(path)
    content = bytearray(path.read_bytes())
    for place, byte in changes:
        content[int(place * len(content))] = byte
    path.write_bytes(bytes(content[:int(kept * len(content)) + 1]))
    told: list[Any] = []
    try:
        reader = reader_of(path, name, **options)
        width = len(reader.header())
        told += [batch.num_rows for batch in reader.batches() if batch.num_columns == width + 7]
        told += reader.notes()
    except CrmUnifyError as error:
        told += [error.what, error.remedy]
    assert all(told)


@pytest.mark.parametrize("name", FORMATS)
def test_the_whole_file_is_read(tmp_path: Path, name: str) -> None:
    """Undamaged, each of these files gives rows without a problem."""
    write, options = FORMATS[name]
    write(tmp_path / "file.bin")
    batches = list(reader_of(tmp_path / "file.bin", name, **options).batches())
    assert sum(batch.num_rows for batch in batches) >= 8
    assert all(batch.column("_problem").null_count == batch.num_rows for batch in batches)


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        pytest.param("json", "<html><body>404 not found</body></html>", id="a web page for JSON"),
        pytest.param("ldif", "dn: uid=1\nno colon\n", id="a directory cut off"),
        pytest.param("vcard", "BEGIN:VCARD\nFN:Ann", id="a card cut off"),
    ],
)
def test_a_list_of_which_nothing_can_be_read_is_named(
    tmp_path: Path, reader: str, content: str
) -> None:
    """Its header would blame the rule file for columns that were never there."""
    (tmp_path / "list").write_text(content, encoding="utf-8")
    with pytest.raises(GuardStopped, match="no record of the file can be read"):
        header_of(reader_of(tmp_path / "list", reader))
