"""Sheets come back as a person sees them in the spreadsheet."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from crm_unify.errors import ConfigurationError, CrmUnifyError, GuardStopped, SourceMissing
from pipelines.sources.xlsx import XlsxReader
from pipelines.sources.xlsx_sheet import column_index, column_letters
from tests.pipelines.sources.found import options, reader_of
from tests.pipelines.sources.reading import cells, origins

Fill = Callable[[xlsxwriter.Workbook, Any], object]
Make = Callable[[Fill], Path]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.tuples(TEXTS, st.floats(-1e9, 1e9), st.booleans(), st.dates(date(1905, 1, 1)))


def xml_text(text: str) -> str:
    """A text without the two characters that cannot stand in XML, escaped or not."""
    return text.translate({0xFFFE: None, 0xFFFF: None})


def workbook(path: Path, fill: Fill, **options: Any) -> Path:
    """A workbook with one sheet `S` that `fill` writes to."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False, **options})
    fill(book, book.add_worksheet("S"))
    book.close()
    return path


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a workbook."""
    return lambda fill: workbook(tmp_path / "book.xlsx", fill)


def reader(path: Path, **settings: Any) -> XlsxReader:
    """A reader of the sheet `S`."""
    return XlsxReader(path, name="book.xlsx", **{"sheet": "S", **settings})


def rows_of(*rows: list[Any]) -> Fill:
    """Write plain rows from the top."""
    def fill(_: xlsxwriter.Workbook, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return fill


def test_values_as_shown(make: Make) -> None:
    """Text stays text, whole numbers have no decimals, truth values and errors are their words."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        rows_of(["text", "id", "number", "flag", "error"], ["007", 17, 4.2, True])(book, sheet)
        sheet.write_formula("E2", "=NA()", None, "#N/A")

    expected = {"text": "007", "id": "17", "number": "4.2", "flag": "TRUE", "error": "#N/A"}
    assert cells(reader(make(fill))) == [expected]


def test_formats_that_matter(make: Make) -> None:
    """Postcodes keep their zeros, dates are ISO text, a serial number without date format stays a number."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_row("A1", ["zip", "born", "serial"])
        sheet.write("A2", 1067, book.add_format({"num_format": "00000"}))
        sheet.write("B2", date(1999, 3, 4), book.add_format({"num_format": "dd.mm.yyyy"}))
        sheet.write("C2", 36223)

    assert cells(reader(make(fill))) == [{"zip": "01067", "born": "1999-03-04", "serial": "36223"}]


def test_hidden_and_struck_rows_are_marked(make: Make) -> None:
    """A row is struck out when all its filled cells are; one that is so in part is reported."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        struck = book.add_format({"font_strikeout": True})
        rows_of(["a", "b"], ["x", "y"], ["x"], ["gone", 1], ["part"])(book, sheet)
        sheet.write("B5", "y", struck)
        sheet.write_row("A4", ["gone", 1], struck)
        sheet.set_row(2, None, None, {"hidden": True})

    sheet = reader(make(fill))
    marks = [(2, False, False), (3, True, False), (4, False, True), (5, False, False)]
    assert origins(sheet, "_row", "_hidden", "_struck") == marks
    assert any("B5" in note for note in sheet.notes())


def test_struck_runs_of_rich_text(make: Make) -> None:
    """A text whose every part is struck out counts as struck, one with a part that is not does not."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        struck, bold = book.add_format({"font_strikeout": True}), book.add_format({"bold": True})
        sheet.write("A1", "a")
        sheet.write_rich_string("A2", struck, "old", struck, " name")
        sheet.write_rich_string("A3", struck, "old", bold, " new")

    sheet = reader(make(fill))
    assert cells(sheet) == [{"a": "old name"}, {"a": "old new"}]
    assert origins(sheet, "_struck") == [(True,), (False,)]


def test_hidden_columns_are_read_and_reported(make: Make) -> None:
    """Nobody has to wonder where a value comes from that the spreadsheet does not show."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        rows_of(["a", "Bonus"], ["x", 1])(book, sheet)
        sheet.set_column("B:B", None, None, {"hidden": True})

    sheet = reader(make(fill))
    assert cells(sheet) == [{"a": "x", "Bonus": "1"}]
    assert any("hidden columns" in note and "Bonus" in note for note in sheet.notes())


def test_merged_header_of_two_rows(make: Make) -> None:
    """Merged cells reach to the right, levels are joined with a space, titles above do not count."""
    def fill(_: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write("A1", "Contacts")
        sheet.write("Z1", "as of today")
        sheet.merge_range("A3:A4", "Name")
        sheet.merge_range("B3:C3", "Phone")
        sheet.write_row("B4", ["work", "home"])
        sheet.write_row("A6", ["Jon", 1, 2])

    sheet = reader(make(fill), header_row=3, header_rows=2)
    assert cells(sheet) == [{"Name": "Jon", "Phone work": "1", "Phone home": "2"}]
    assert origins(sheet, "_file", "_sheet", "_row") == [("book.xlsx", "S", 6)]


def test_values_without_a_header_are_not_lost(make: Make) -> None:
    """A column with values but no header is called by its letter; one with neither is none."""
    sheet = reader(make(rows_of(["a"], ["x", None, None, "note"])))
    assert cells(sheet) == [{"a": "x", "column D": "note"}]
    assert [column.letter for column in sheet.header()] == ["A", "D"]


def test_empty_rows_are_no_rows(make: Make) -> None:
    """Rows without any value leave a gap in the numbers, nothing else."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        rows_of(["a"], ["x"], [""], [None], ["y"])(book, sheet)
        sheet.write_blank("A3", None, book.add_format({"bold": True}))

    assert origins(reader(make(fill)), "_row") == [(2,), (5,)]


def test_merged_cells_in_the_data_are_reported(make: Make) -> None:
    """The value of a merged range stands in its first cell, as in the file, and a person is told."""
    def fill(_: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_row("A1", ["a", "b"])
        sheet.merge_range("A2:A3", "x")
        sheet.write_column("B2", [1, 2])

    sheet = reader(make(fill))
    assert cells(sheet) == [{"a": "x", "b": "1"}, {"a": None, "b": "2"}]
    assert any("merged" in note and "row 2" in note for note in sheet.notes())


def test_formulas_nobody_computed_are_reported(tmp_path: Path) -> None:
    """Formulas written by a program have no results until a spreadsheet saves the file."""
    book = openpyxl.Workbook()
    book.active.title = "S"
    book.active.append(["a", "b"])
    book.active.append(["x", "=1+1"])
    book.save(tmp_path / "book.xlsx")
    sheet = reader(tmp_path / "book.xlsx")
    assert cells(sheet) == [{"a": "x", "b": None}]
    assert any("1 formula without" in note for note in sheet.notes())


def test_dates_from_1904(tmp_path: Path) -> None:
    """A workbook of an old Macintosh counts its days from another one."""
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.title = "S"
    book.active.append(["born"])
    book.active.append([date(1999, 3, 4)])
    book.save(tmp_path / "book.xlsx")
    assert cells(reader(tmp_path / "book.xlsx")) == [{"born": "1999-03-04"}]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.booleans())
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], inline: bool
) -> None:
    """Text of any kind is read as written, shared or inline; only U+FFFE and U+FFFF cannot stand in XML."""
    rows = [(xml_text(a), xml_text(b)) for a, b in rows]
    path = tmp_path_factory.mktemp("xlsx") / "book.xlsx"
    workbook(path, rows_of(["a", "b"], *map(list, rows)), constant_memory=inline)
    assert cells(reader(path)) == [{"a": a or None, "b": b or None} for a, b in rows if a or b]


@given(st.lists(VALUES, min_size=1))
def test_values_agree_with_another_reader(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float, bool, date]]
) -> None:
    """calamine, which drops formats and marks, finds the same values in the same rows."""
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row("A1", ["text", "number", "flag", "day"])
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, [f"x{xml_text(row[0]).strip()}", *row[1:3]])
            sheet.write_datetime(number, 3, row[3], day)

    path = workbook(tmp_path_factory.mktemp("xlsx") / "book.xlsx", fill)
    other = load_workbook(path).get_sheet_by_name("S").to_python()[1:]
    found = [[row["text"], float(row["number"] or ""), row["flag"] == "TRUE", row["day"]]
             for row in cells(reader(path))]
    assert found == [[*row[:3], str(row[3])] for row in other]


@pytest.mark.parametrize(
    ("replace", "by"),
    [
        pytest.param((b' r="', b' x="'), None, id="cells without references"),
        pytest.param((b"<", b"<x:"), (b"<x:/", b"</x:"), id="prefixed elements"),
    ],
)
def test_sheets_other_programs_write(
    tmp_path: Path, make: Make, replace: tuple[bytes, bytes], by: tuple[bytes, bytes] | None
) -> None:
    """Row and cell references are optional, and so is the default namespace."""
    source = make(rows_of(["a", "b"], ["x", 1], ["y", 2]))
    changed = tmp_path / "changed.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            xml = old.read(name)
            new.writestr(name, _rewritten(xml, replace, by) if "/sheet1" in name else xml)
    assert cells(reader(changed)) == [{"a": "x", "b": "1"}, {"a": "y", "b": "2"}]


def _rewritten(xml: bytes, replace: tuple[bytes, bytes], by: tuple[bytes, bytes] | None) -> bytes:
    head, body = xml.split(b"?>", 1)
    body = body.replace(*replace)
    return head + b"?>" + (body if by is None else body.replace(*by).replace(b"xmlns=", b"xmlns:x=", 1))


def test_a_missing_sheet_stops_the_run(make: Make) -> None:
    """The guard names the sheets that are there, and the nearest."""
    with pytest.raises(SourceMissing, match="there are: S; did you mean 'S'"):
        reader(make(rows_of(["a"])), sheet="s").header()


def test_the_only_sheet_needs_no_name(make: Make) -> None:
    """With several sheets, none of them is guessed."""
    assert cells(reader(make(rows_of(["a"], ["x"])), sheet=None)) == [{"a": "x"}]
    with pytest.raises(ConfigurationError, match="S, Sheet2"):
        reader(make(lambda book, _: book.add_worksheet()), sheet=None).header()


def test_an_empty_header_row_stops_the_run(make: Make) -> None:
    """A sheet whose header stands elsewhere is not read as nameless columns."""
    with pytest.raises(GuardStopped, match="row 1 of sheet 'S' is empty"):
        reader(make(rows_of([], ["a"], ["x"]))).header()


COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
"""How a compound file begins."""


@pytest.mark.parametrize(
    ("content", "kind", "match"),
    [
        pytest.param(COMPOUND + "EncryptedPackage".encode("utf-16-le"), ConfigurationError, "password",
                     id="protected with a password"),
        pytest.param(COMPOUND + b"Workbook", ConfigurationError, "before 2007", id="xls"),
        pytest.param(b"a,b\n1,2\n", ConfigurationError, "not an xlsx", id="a text file"),
        pytest.param(b"PK\x03\x04cut off", GuardStopped, "damaged", id="an archive that breaks off"),
    ],
)
def test_files_that_are_no_workbook(
    tmp_path: Path, content: bytes, kind: type[CrmUnifyError], match: str
) -> None:
    """What stands in the way is named, with a remedy."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(kind, match=match) as raised:
        reader(path).header()
    assert raised.value.remedy


def test_a_sheet_that_breaks_off_stops_the_run(tmp_path: Path, make: Make) -> None:
    """Half a sheet is a damaged workbook, not a short one."""
    source, broken = make(rows_of(["a"], ["x"])), tmp_path / "broken.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[:-30] if "/sheet1" in name else old.read(name))
    with pytest.raises(GuardStopped, match="damaged"):
        cells(reader(broken))


@given(st.integers(0, 20_000))
def test_letters_and_positions_are_the_same_thing(index: int) -> None:
    """Every position has its letters and the other way round."""
    assert column_index(column_letters(index)) == index


def test_several_tables_on_a_sheet_by_range(tmp_path: Path) -> None:
    """A declared range is a table of its own: its first row is the header, cells beside it are left out."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("S")
        for place, row in enumerate([["a", "b"], ["1", "2"]]):
            sheet.write_row(place, 0, row)
        for place, row in enumerate([["c", "d"], ["3", "4"], ["5", "6"]], 4):
            sheet.write_row(place, 3, row)
    assert cells(reader_of(tmp_path / "a.xlsx", "xlsx", range="A1:B2")) == [{"a": "1", "b": "2"}]
    assert cells(reader_of(tmp_path / "a.xlsx", "xlsx", range="d5:e6")) == [{"c": "3", "d": "4"}]
    below = reader_of(tmp_path / "a.xlsx", "xlsx", range="D5:E")
    assert (len(cells(below)), origins(below, "_row")) == (2, [(6,), (7,)])
    with pytest.raises(ConfigurationError, match="'D5' is no range"):
        reader_of(tmp_path / "a.xlsx", "xlsx", range="D5")


def test_a_header_of_merged_cells_is_proposed_whole(tmp_path: Path) -> None:
    """Cells merged downwards reach to the last header row; one merged sideways has names of its own below."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range("A1:A3", "Region")
        sheet.merge_range("B1:B3", "Town")
        sheet.merge_range("C1:D2", "Sales")
        sheet.write_row("C3", ["last year", "this year"])
        sheet.write_row("A4", ["North", "Leeds", 1, 2])
    assert options(path) == [("S", {"sheet": "S", "header": {"row": 1, "rows": 3}})]
