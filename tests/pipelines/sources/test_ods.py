"""Cells of OpenDocument sheets come back as a person sees them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, GuardStopped
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells, origins

SPACES = 'xmlns:{0}="urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"'
NAMES = " ".join(SPACES.format(name) for name in ("office", "table", "text", "style", "fo"))
TYPE = "application/vnd.oasis.opendocument.spreadsheet"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text == " ".join(text.split())  # runs of blanks are elements of their own
)


def write(path: Path, rows: str, *, styles: str = "", more: str = "") -> Path:
    """A workbook with one sheet."""
    body = (f"<office:document-content {NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table>{more}'
            "</office:spreadsheet></office:body></office:document-content>")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", TYPE)
        archive.writestr("content.xml", body)
    return path


def text_cell(text: str, attributes: str = "") -> str:
    """A cell that shows a text."""
    return f"<table:table-cell {attributes}><text:p>{escape(text)}</text:p></table:table-cell>"


def row(*texts: str) -> str:
    """A row of texts."""
    inner = "".join(text_cell(text, 'office:value-type="string"') for text in texts)
    return f"<table:table-row>{inner}</table:table-row>"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param(text_cell("01067", 'office:value-type="float" office:value="1067"'), "01067",
                     id="filled up with zeros"),
        pytest.param(text_cell("1.234,50", 'office:value-type="float" office:value="1234.5"'), "1234.5",
                     id="a number, not its dress"),
        pytest.param(text_cell("2 Jan", 'office:value-type="date" office:date-value="2024-01-02"'),
                     "2024-01-02", id="a date"),
        pytest.param(text_cell("x", 'office:value-type="time" office:time-value="PT27H01M02S"'), "27:01:02",
                     id="hours that go on"),
        pytest.param(text_cell("ja", 'office:value-type="boolean" office:boolean-value="true"'), "TRUE",
                     id="a truth value"),
        pytest.param(text_cell("#N/A", 'office:value-type="float" office:value="0"'), "#N/A", id="an error"),
        pytest.param('<table:table-cell office:value-type="string"><text:p>a<text:s text:c="2"/>b</text:p>'
                     "<text:p>c</text:p><office:annotation><text:p>note</text:p></office:annotation>"
                     "</table:table-cell>", "a  b\nc", id="blanks, paragraphs, no comments"),
    ],
)
def test_values_as_shown(tmp_path: Path, cell: str, expected: str) -> None:
    """The value counts, not how it is dressed up; fillers of zeros are part of it."""
    path = write(tmp_path / "a.ods", row("a") + f"<table:table-row>{cell}</table:table-row>")
    assert cells(reader_of(path, "ods")) == [{"a": expected}]


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    """What was written is read."""
    path = write(tmp_path_factory.mktemp("ods") / "a.ods", row("a", "b") + "".join(row(*r) for r in rows))
    assert [list(found.values()) for found in cells(reader_of(path, "ods"))] == rows


def test_repeated_rows_and_cells(tmp_path: Path) -> None:
    """Repeated cells are cells, repeated empty rows are skipped, and rows keep their number."""
    empty = '<table:table-row table:number-rows-repeated="100000"><table:table-cell/></table:table-row>'
    twice = ('<table:table-row table:number-rows-repeated="2">'
             + text_cell("x", 'table:number-columns-repeated="2"') + "</table:table-row>")
    reader = reader_of(write(tmp_path / "a.ods", row("a", "b") + empty + twice), "ods")
    assert cells(reader) == [{"a": "x", "b": "x"}] * 2
    assert origins(reader, "_sheet", "_row") == [("S", 100002), ("S", 100003)]


def test_hidden_and_struck_rows_are_marked(tmp_path: Path) -> None:
    """Filtered or collapsed rows are hidden; a style with a line through strikes out."""
    style = ('<style:style style:name="ce1" style:family="table-cell">'
             '<style:text-properties style:text-line-through-style="solid"/></style:style>')
    hidden = row("1").replace("<table:table-row", '<table:table-row table:visibility="filter"')
    struck = "<table:table-row>" + text_cell("2", 'table:style-name="ce1"') + "</table:table-row>"
    reader = reader_of(write(tmp_path / "a.ods", row("a") + hidden + struck, styles=style), "ods")
    assert origins(reader, "_hidden", "_struck") == [(True, False), (False, True)]


def test_told_by_content(tmp_path: Path) -> None:
    """Sheets are found with their header row; empty ones are none."""
    path = write(tmp_path / "a.bin", row("Title") + row("id", "name") + row("1", "Ann"),
                 more='<table:table table:name="Empty"/>')
    assert format_by_content(path) == "ods"
    assert options(path) == [("S", {"sheet": "S", "header": {"row": 2}})]


def test_protected_and_damaged_workbooks_are_named(tmp_path: Path) -> None:
    """A password and a broken part each have their sentence."""
    path = write(tmp_path / "a.ods", "<table:table-row>")
    with pytest.raises(GuardStopped, match="damaged or was cut off"):
        reader_of(path, "ods").header()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    with pytest.raises(ConfigurationError, match="protected with a password"):
        reader_of(path, "ods").header()
