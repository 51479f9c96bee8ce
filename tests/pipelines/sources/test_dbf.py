"""dBase tables of every level come back value by value, with their memos and marks of deletion."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, GuardStopped
from tests.pipelines.sources.found import format_by_content, options, reader_of
from tests.pipelines.sources.reading import cells, origins, problems

Field = tuple[str, str, int]
"""Name, type and width of a column."""
CP850 = st.text(st.characters(codec="cp850", exclude_categories=["Cc"]), max_size=10)


def write(
    path: Path, fields: list[Field], records: list[bytes], *, version: int = 3, language: int = 0,
    promised: int | None = None, flags: dict[str, int] | None = None,
) -> Path:
    """A table of dBase III or Visual FoxPro; each record begins with its mark."""
    marks = flags or {}
    described = b"".join(
        struct.pack("<11sc4xBxB13x", name.encode(), kind.encode(), width, marks.get(name, 0))
        for name, kind, width in fields
    )
    count, start = len(records) if promised is None else promised, 33 + len(described)
    length = 1 + sum(width for _, _, width in fields)
    head = struct.pack("<BBBBIHH", version, 124, 1, 2, count, start, length)
    head = head.ljust(29, b"\0") + bytes([language, 0, 0])
    path.write_bytes(head + described + b"\r" + b"".join(records) + b"\x1a")
    return path


def test_values_as_stored(tmp_path: Path) -> None:
    """Padding goes, zeros stay; dates are ISO 8601, what is no date stays; `?` and blanks are null."""
    fields = [("NAME", "C", 8), ("NO", "N", 6), ("BORN", "D", 8), ("OK", "L", 1)]
    records = [
        b"  Ann   " + b"  0170" + b"19870301" + b"T", b"Bob\0\0\0\0\0" + b"******" + b"NotAYear" + b"?",
        b" " * 8 + b" " * 6 + b"00000000" + b" ",
    ]
    path = write(tmp_path / "a.dbf", fields, [b" " + record for record in records])
    assert [tuple(row.values()) for row in cells(reader_of(path, "dbf"))] == [
        ("  Ann", "0170", "1987-03-01", "T"), ("Bob", "******", "NotAYear", None),
        (None, None, "00000000", None),
    ]


@given(st.lists(CP850, min_size=1, max_size=6))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Text of the code page that the table notes, or that the rule file declares instead."""
    folder = tmp_path_factory.mktemp("dbf")
    for language, declared in ((2, {}), (3, {"encoding": "cp850"})):
        records = [b" " + text.encode("cp850").ljust(10) for text in texts]
        path = write(folder / "a.dbf", [("A", "C", 10)], records, language=language)
        found = [row["A"] for row in cells(reader_of(path, "dbf", **declared))]
        assert found == [text.rstrip(" \0") or None for text in texts]


def test_binary_types_of_visual_foxpro(tmp_path: Path) -> None:
    """Whole numbers, doubles, currency and times as text; null flags make a value null."""
    fields = [("I", "I", 4), ("B", "B", 8), ("Y", "Y", 8), ("T", "T", 8), ("V", "V", 5), ("_Flags", "0", 1)]
    moment = struct.pack("<ii", 2_455_877, 40_271_000)
    first = struct.pack("<idq", -7, 0.1, 1_234_500) + moment + b"ab  \x02" + b"\x01"
    second = struct.pack("<idq", 0, 2.0, -10_000) + b"\0" * 8 + b"abcde" + b"\x02"
    path = write(tmp_path / "a.dbf", fields, [b" " + first, b" " + second], version=0x30, flags={"V": 2})
    assert [tuple(row.values()) for row in cells(reader_of(path, "dbf"))] == [
        ("-7", "0.1", "123.45", "2011-11-11T11:11:11", "ab"), ("0", "2", "-1", None, None),
    ]


@pytest.mark.parametrize(
    ("version", "suffix", "memo"),
    [
        pytest.param(0x83, ".dbt", b"\0" * 512 + b"Hello\r\nyou\x1a\x1a", id="dBase III"),
        pytest.param(0x8B, ".DBT", b"\0" * 512 + b"\xff\xff\x08\0" + struct.pack("<I", 18) + b"Hello\r\nyou",
                     id="dBase IV"),
        pytest.param(0xF5, ".FPT", struct.pack(">IHH", 9, 0, 64).ljust(64, b"\0") + struct.pack(">II", 1, 10)
                     + b"Hello\r\nyou", id="FoxPro"),
    ],
)
def test_memos(tmp_path: Path, version: int, suffix: str, memo: bytes) -> None:
    """Texts of any length, in the three layouts; without its memo file the row is read and the loss told."""
    (tmp_path / f"A{suffix}").write_bytes(memo)
    path = write(tmp_path / "a.dbf", [("M", "M", 10)], [b" " + b"%10d" % 1, b" " * 11], version=version)
    assert [row["M"] for row in cells(reader_of(path, "dbf"))] == ["Hello\r\nyou", None]
    (tmp_path / f"A{suffix}").unlink()
    reader = reader_of(path, "dbf")
    assert [row["M"] for row in cells(reader)] == [None, None]
    assert any("1 memo cannot be read" in note and "file is not there" in note for note in reader.notes())


def test_deleted_rows_are_marked(tmp_path: Path) -> None:
    """A row marked as deleted is there, its mark beside it, and the number of them is told."""
    path = write(tmp_path / "a.dbf", [("A", "C", 1)], [b" x", b"*y"])
    reader = reader_of(path, "dbf")
    assert origins(reader, "_row", "_struck") == [(1, False), (2, True)]
    assert any("1 row marked as deleted" in note for note in reader.notes())


def test_damaged_records(tmp_path: Path) -> None:
    """A mark that is none, bytes that are no text and the place where the file ends: rows with a problem."""
    path = write(tmp_path / "a.dbf", [("A", "C", 2)], [b" ok", b"?no", b" \xff\xfe", b" "], promised=9)
    reader = reader_of(path, "dbf")
    assert [row["A"] for row in cells(reader)] == ["ok"]
    assert problems(reader) == [
        (2, "RECORD-DAMAGED", "\\x3f6e6f"), (3, "ENCODING-INVALID", "\\x20fffe"),
        (4, "FILE-CUT-OFF", "\\x20"),
    ]
    assert any("6 records missing" in note for note in reader.notes())


def test_told_by_content(tmp_path: Path) -> None:
    """Name and ending play no part; letters propose a code page when the table notes none."""
    path = write(tmp_path / "a.bin", [("A", "C", 8)], [b" " + "Jürgen".encode("cp850").ljust(8)] * 3)
    assert (format_by_content(path), options(path)) == ("dbf", [("a", {"encoding": "cp850"})])


def test_files_that_are_none(tmp_path: Path) -> None:
    """Other files and broken headers each have their sentence."""
    path = tmp_path / "a.dbf"
    path.write_text("id,name\n1,Ann\n")
    with pytest.raises(ConfigurationError, match="not a dBase table"):
        reader_of(path, "dbf").header()
    write(path, [("A", "C", 8)], [b" 12345678"])
    path.write_bytes(path.read_bytes()[:10] + b"\x02\x00" + path.read_bytes()[12:])
    with pytest.raises(GuardStopped, match="header of the table is damaged"):
        reader_of(path, "dbf").header()


def test_widths_that_cannot_be(tmp_path: Path) -> None:
    """A column without bytes is empty; a number of an odd width is read as the text it is."""
    path = write(tmp_path / "a.dbf", [("Z", "C", 0), ("I", "I", 3)], [b" 123"])
    assert cells(reader_of(path, "dbf")) == [{"Z": None, "I": "123"}]
