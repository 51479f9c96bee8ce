"""Delimited files come back value by value, with the line of each row and a reason for each that does not."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, GuardStopped
from pipelines.sources.csv import CsvReader
from pipelines.sources.csv_layout import sniff
from tests.pipelines.sources.reading import cells, origins, problems

Make = Callable[..., CsvReader]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write bytes to a file and make a reader of it."""
    def write(content: bytes | str, **settings: Any) -> CsvReader:
        path = tmp_path / "rows.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CsvReader(path, name="rows.csv", **settings)

    return write


def test_values_are_text_exactly_as_found(make: Make) -> None:
    """No value is trimmed, typed or taken for missing."""
    reader = make("id,name,zip\n007, Jon ,01067\nNULL,,N/A\n")
    assert cells(reader) == [
        {"id": "007", "name": " Jon ", "zip": "01067"}, {"id": "NULL", "name": "", "zip": "N/A"},
    ]


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=6), st.sampled_from(",;\t|"))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], mark: str
) -> None:
    """Quotation marks, line breaks, emoji, NUL: what was written is read, in the same order."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=mark).writerows([["a", "b"], *rows])
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(buffer.getvalue().encode())
    found = cells(CsvReader(path, name="rows.csv", delimiter=mark))
    assert [list(row.values()) for row in found] == rows


def test_rows_know_their_first_physical_line(make: Make) -> None:
    """The header is line 1; a value with line breaks moves the rows behind it down."""
    reader = make('a,b\n1,"x\ny\nz"\n2,b\n\n3,c')
    assert origins(reader, "_file", "_row") == [("rows.csv", 2), ("rows.csv", 5), ("rows.csv", 7)]
    assert any("1 blank line" in note and "line 6" in note for note in reader.notes())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1,2,3\n", (2, "CSV-RAGGED", "1,2,3"), id="too many values"),
        pytest.param("1\n", (2, "CSV-RAGGED", "1"), id="a value too few"),
        pytest.param('"1,2\n', (2, "CSV-BROKEN-QUOTE", '"1,2'), id="a mark that never closes"),
        pytest.param('"1"1,2\r\n', (2, "CSV-BROKEN-QUOTE", '"1"1,2'), id="a mark that closes in a value"),
    ],
)
def test_unreadable_rows_keep_their_text(make: Make, text: str, expected: tuple[int, str, str]) -> None:
    """A row that cannot be taken apart has a code, its line and its raw text; its neighbour is read."""
    reader = make(f"a,b\n{text}x,y\n")
    assert problems(reader) == [expected]
    assert cells(reader) == [{"a": "x", "b": "y"}]


def test_undecodable_bytes_cost_their_row_alone(make: Make) -> None:
    """With a wrong encoding the rows it cannot read are kept with the bytes as hexadecimal digits."""
    reader = make("id,name\n1,Müller\n2,Smith\n".encode("cp1252"), encoding="utf-8")
    assert problems(reader) == [(2, "ENCODING-INVALID", "1,M\\xfcller")]
    assert cells(reader) == [{"id": "2", "name": "Smith"}]


def test_a_missing_declaration_is_named(make: Make) -> None:
    """An undeclared code page shows as rows that cannot be read, and a note says what to do."""
    reader = make("id,name\n1,Müller\n".encode("cp1252"))
    assert [code for _, code, _ in problems(reader)] == ["ENCODING-INVALID"]
    assert any("no encoding is declared" in note for note in reader.notes())


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        pytest.param("utf-8", None, id="UTF-8 needs no declaration"),
        pytest.param("utf-8-sig", None, id="UTF-8 with byte order mark"),
        pytest.param("utf-16", None, id="UTF-16 by its byte order mark"),
        pytest.param("utf-16-le", "utf-16-le", id="UTF-16 declared"),
        pytest.param("cp1252", "cp1252", id="a code page declared"),
        pytest.param("cp850", "cp850", id="the code page of DOS"),
        pytest.param("utf-8-sig", "cp1252", id="the byte order mark overrules the declaration"),
    ],
)
def test_encodings(make: Make, encoding: str, declared: str | None) -> None:
    """A byte order mark decides, then the declaration, else UTF-8."""
    reader = make("id;straße\r\n1;Köln\r\n".encode(encoding), encoding=declared)
    assert cells(reader) == [{"id": "1", "straße": "Köln"}]


def test_utf8_declared_as_a_code_page_is_reported(make: Make) -> None:
    """The declaration is obeyed, and a person told that it is probably wrong."""
    reader = make("a,b\n1,Köln\n", encoding="cp1252")
    assert cells(reader) == [{"a": "1", "b": "KÃ¶ln"}]
    assert any("fits UTF-8" in note for note in reader.notes())


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        pytest.param(b"a;b\n1,5;2\n", b";", id="decimal commas in a semicolon file"),
        pytest.param(b"a,b\n1;2,3\n", b",", id="semicolons in a comma file"),
        pytest.param(b"a\tb c, d\n1\t2\n", b"\t", id="tabs"),
        pytest.param(b"a|b\n1|2\n", b"|", id="bars"),
        pytest.param(b'a,"x;y;z"\n1,2\n', b",", id="a delimiter inside quotation marks does not count"),
        pytest.param(b"email\njon@acme.example\n", b",", id="one column: any will do"),
    ],
)
def test_the_delimiter_is_the_one_that_fits(text: bytes, mark: bytes) -> None:
    """Header and first rows split into the same number of values."""
    assert sniff(text) == mark


def test_a_guessed_delimiter_is_reported(make: Make) -> None:
    """Nobody has to find out alone how the file was split."""
    reader = make("a;b\n1;2\n")
    assert len(cells(reader)) == 1
    assert any("';' fits" in note for note in reader.notes())


def test_title_lines_and_header_levels(make: Make) -> None:
    """Lines above the header are skipped, levels are joined with a space."""
    reader = make("Export\n\nPhone,Phone,Name\nwork,home,\n1,2,x\n", header_row=3, header_rows=2)
    assert cells(reader) == [{"Phone work": "1", "Phone home": "2", "Name": "x"}]
    assert origins(reader, "_row") == [(5,)]


def test_repeated_headers_lose_no_column(make: Make) -> None:
    """The second of two equal headers is numbered, and that is reported."""
    reader = make("Tel,Tel\n1,2\n")
    assert cells(reader) == [{"Tel": "1", "Tel (2)": "2"}]
    assert any("'Tel (2)'" in note for note in reader.notes())


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "a,b\r\n\r\n"])
def test_a_header_alone_is_no_rows(make: Make, text: str) -> None:
    """A file without data rows is read; whether that is healthy is for `expects` to say."""
    assert cells(make(text)) == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_stops_the_run(make: Make, content: bytes) -> None:
    """A file without even a header is a failed delivery, not zero rows."""
    with pytest.raises(GuardStopped, match="empty"):
        make(content).header()


@pytest.mark.parametrize(
    ("content", "settings", "match"),
    [
        pytest.param("a,b\n", {"encoding": "cp1253x"}, "mean 'cp1253'", id="an encoding nobody knows"),
        pytest.param("a,b\n", {"delimiter": "§"}, "cannot separate", id="a delimiter that is no single byte"),
        pytest.param("aäb\n".encode("utf-16-le"), {}, "NUL", id="UTF-16 without byte order mark"),
    ],
)
def test_wrong_settings_are_named(
    make: Make, content: bytes | str, settings: dict[str, str], match: str
) -> None:
    """A setting that cannot be stops before any row is read."""
    with pytest.raises(ConfigurationError, match=match):
        make(content, **settings).header()


def test_a_large_file_is_read_in_pieces(make: Make) -> None:
    """Rows that lie across the border of two pieces are neither lost nor doubled."""
    rows = [f'{number},"{"x" * 90}\n{number}"' for number in range(60_000)]
    reader = make("id,text\n" + "\n".join(rows))
    assert [row["id"] for row in cells(reader)] == [str(number) for number in range(60_000)]


def test_a_header_that_breaks_off_in_a_character(make: Make) -> None:
    """Half a character at the end of a file that is its header alone is a row with a problem."""
    reader = make("\ufeffid,name".encode("utf-16-le") + b"x")
    assert [(code, raw) for _, code, raw in problems(reader)] == [("ENCODING-INVALID", "\\x78")]
