"""Columns of fixed width come back by their place."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError
from tests.pipelines.sources.found import reader_of
from tests.pipelines.sources.reading import cells, origins, problems

COLUMNS = [
    {"name": "id", "width": 3}, {"name": "name", "width": 6}, {"name": "city", "start": 12, "width": 5},
]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)


def test_lines_by_character(tmp_path: Path) -> None:
    """Padding is cut off behind values, not in front; short lines have empty columns; gaps are left out."""
    text = "001Zoë     Köln \r\n 2 \r\n\r\n003  Jo    Bonn"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    reader = reader_of(tmp_path / "a.txt", "fixed", columns=COLUMNS)
    assert cells(reader) == [
        {"id": "001", "name": "Zoë", "city": "Köln"}, {"id": " 2", "name": None, "city": None},
        {"id": "003", "name": "  Jo", "city": "Bonn"},
    ]
    assert origins(reader, "_row") == [(1,), (2,), (4,)]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    """What fits into its column is read, but for blanks at its end."""
    path = tmp_path_factory.mktemp("fixed") / "a.txt"
    path.write_text("".join(f"{a:<6}{b:<6}|\n" for a, b in rows), encoding="utf-8")
    columns = [{"name": name, "width": width} for name, width in (("a", 6), ("b", 6), ("end", 1))]
    found = cells(reader_of(path, "fixed", columns=columns))
    expected = [tuple(text.rstrip(" ") or None for text in row) for row in rows]
    assert [(row["a"], row["b"]) for row in found] == expected


def test_rows_that_do_not_fit(tmp_path: Path) -> None:
    """Text behind the last column and bytes the encoding does not know cost their row, with its text."""
    (tmp_path / "a.txt").write_bytes(b"001Ann     Bonn \n002J\xfcrgen  Kiel \n003Bob     Ulm  too long\n")
    reader = reader_of(tmp_path / "a.txt", "fixed", columns=COLUMNS)
    assert [row["id"] for row in cells(reader)] == ["001"]
    assert problems(reader) == [
        (2, "ENCODING-INVALID", "002J\\xfcrgen  Kiel "), (3, "RECORD-DAMAGED", "003Bob     Ulm  too long"),
    ]


def test_records_without_line_breaks(tmp_path: Path) -> None:
    """Records of so many bytes; one that breaks off is kept in hexadecimal digits."""
    (tmp_path / "a.dat").write_bytes(b"1J\xfcrgen 2Ann    3Bo")
    reader = reader_of(
        tmp_path / "a.dat", "fixed", encoding="cp1252", record_length=8,
        columns=[{"name": "id", "width": 1}, {"name": "name", "width": 7}],
    )
    assert cells(reader) == [{"id": "1", "name": "Jürgen"}, {"id": "2", "name": "Ann"}]
    assert problems(reader) == [(3, "FILE-CUT-OFF", "\\x33426f")]


def test_packed_files(tmp_path: Path) -> None:
    """A file packed with gzip is read as if it were not; one that breaks off keeps what it holds."""
    packed = gzip.compress(b"".join(b"%03dName%03dx\n" % (n, n) for n in range(900)))
    (tmp_path / "a.gz").write_bytes(packed)
    columns = [{"name": "id", "width": 3}, {"name": "name", "width": 8}]
    assert len(cells(reader_of(tmp_path / "a.gz", "fixed", columns=columns))) == 900
    (tmp_path / "a.gz").write_bytes(packed[:-len(packed) // 3])
    reader = reader_of(tmp_path / "a.gz", "fixed", columns=columns)
    assert (len(cells(reader)) > 0, problems(reader)[-1][1]) == (True, "FILE-CUT-OFF")


def test_columns_that_do_not_fit_the_record(tmp_path: Path) -> None:
    """What cannot be is told before anything is read."""
    (tmp_path / "a.dat").write_bytes(b"x" * 8)
    with pytest.raises(ConfigurationError, match="need 9 bytes of a record of 8"):
        reader_of(tmp_path / "a.dat", "fixed", record_length=8, columns=[{"name": "a", "width": 9}])
