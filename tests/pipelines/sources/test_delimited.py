"""What a text file seems to be is proposed: its delimiter, its encoding, where its header stands."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from crm_unify.errors import GuardStopped
from pipelines.sources.encoding_guess import guess_encoding
from pipelines.sources.header_guess import guess_header
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells

NAMES = "id;name;city\n" + "".join(f"{n};Jürgen Müller;Köln\n" for n in range(9))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("id,name\n1,a\n", {"delimiter": ","}, id="plain"),
        pytest.param("id\tname\n1\ta, b\n2\tc\n", {"delimiter": "\t"}, id="tabs, commas in values"),
        pytest.param("List of 2024, all\n\nid|name\n1|a\n2|b\n3|c\n",
                     {"delimiter": "|", "header": {"row": 3}}, id="a title above"),
        pytest.param("id^name^x\n1^a^b\n2^c^d\n", {"delimiter": "^"}, id="a rare delimiter"),
        pytest.param("mail\na@acme.example\nb@acme.example\n", {"delimiter": ","}, id="one column"),
    ],
)
def test_layouts(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    """Delimiter and header row, found by the evenness of rows and by words in the header."""
    path = tmp_path / "a.dat"
    path.write_text(text)
    assert (format_by_content(path), options(path)) == ("csv", [("a", expected)])


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\nthe files, as agreed, are below.\nYours, Ann\n",
        "\x01\x02\x03" * 90,
        "from a import b, c\nfrom d import e, f\nX = 1, 2\nY = 3, 4\n",
        "insert into t values (1, 'a')\ninsert into t values (2, 'b')\n",
        "one line alone\n",
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str) -> None:
    """Prose, bytes, programs, dumps and a title without rows are none."""
    (tmp_path / "a.csv").write_text(text)
    assert format_by_content(tmp_path / "a.csv") is None


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("utf-32", None), ("cp1252", "cp1252"),
     ("cp850", "cp850"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("utf-32-le", "utf-32-le")],
)
def test_encodings(tmp_path: Path, encoding: str, expected: str | None) -> None:
    """Nothing has to be declared for UTF-8 or behind a byte order mark; the rest is proposed."""
    path = tmp_path / "a.csv"
    path.write_text(NAMES, encoding=encoding)
    assert guess_encoding(path).encoding == expected
    (_, found), = options(path)
    assert cells(reader_of(path, "csv", **found))[0] == {"id": "0", "name": "Jürgen Müller", "city": "Köln"}


def test_other_alphabets(tmp_path: Path) -> None:
    """Cyrillic code pages are told from Western ones, and from each other."""
    for encoding in ("cp1251", "cp866", "koi8_r"):
        (tmp_path / "a.csv").write_text("имя;город\nАнна Иванова;Москва\nБорис;Тверь\n", encoding=encoding)
        assert guess_encoding(tmp_path / "a.csv").encoding == encoding


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        pytest.param([["Id", "Name"], ["1", "a"]], 0, id="first row"),
        pytest.param([["Customers", ""], ["Id", "Name"], ["1", "a"]], 1, id="a title"),
        pytest.param([["1", "2.5"], ["3", "x@y.example"]], None, id="values only"),
        pytest.param([["", "2020", "2021"], ["a", "1", "2"]], None, id="years and a gap: not sure"),
        pytest.param([["Item", "2020", "2021"], ["a", "1", "2"]], 0, id="years"),
    ],
)
def test_headers(rows: list[list[str]], place: int | None) -> None:
    """A header is as wide as the table and says words."""
    assert guess_header(rows) in (place, 0 if place is None else place)


def test_a_header_of_a_million_columns(tmp_path: Path) -> None:
    """A table that lies on its side stops the run with a sentence, not with gigabytes."""
    (tmp_path / "a.csv").write_text(",".join(map(str, range(1_000_000))) + "\n")
    with pytest.raises(GuardStopped, match="more than 20,000 columns"):
        reader_of(tmp_path / "a.csv", "csv", delimiter=",").header()


def test_a_packed_file_that_breaks_off_in_its_first_lines_has_no_encoding(tmp_path: Path) -> None:
    """Its reader says that it breaks off; the guess must not end the reading of a whole folder."""
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 50)[:25])
    assert guess_encoding(tmp_path / "a.csv.gz").encoding is None
