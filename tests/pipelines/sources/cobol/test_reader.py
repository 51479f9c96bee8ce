"""Files of COBOL records become rows: fixed and variable, tables, segments, and what does not fit."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError, GuardStopped
from pipelines.sources.interface import Reader
from tests.pipelines.sources.found import reader_of
from tests.pipelines.sources.reading import cells, origins, problems

PERSON = "01 R.\n 05 ID PIC 9(2).\n 05 NAME PIC X(6).\n 05 DUE PIC S9(3)V99 COMP-3.\n"
LATIN = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=6)


def made(folder: Path, content: bytes, copybook: str, **settings: Any) -> Reader:
    """Records and their copybook in a folder, and the reader of them."""
    (folder / "r.cpy").write_text(copybook)
    (folder / "r.dat").write_bytes(content)
    return reader_of(folder / "r.dat", "cobol", copybook={"file": "r.cpy", **settings})


def record(number: int, name: str, due: str = "00100C") -> bytes:
    """One record in cp037."""
    return f"{number:02}{name:<6}".encode("cp037") + bytes.fromhex(due)


def test_records_of_one_length(tmp_path: Path) -> None:
    """Padding and zero bytes behind text go; numbers have sign and point; records are numbered."""
    reader = made(tmp_path, record(1, "Ann") + record(2, "Bo\0\0", "01250D"), PERSON)
    assert cells(reader) == [
        {"ID": "01", "NAME": "Ann", "DUE": "1.00"}, {"ID": "02", "NAME": "Bo", "DUE": "-12.50"},
    ]
    assert origins(reader, "_file", "_row") == [("r.dat", 1), ("r.dat", 2)]
    assert reader.files() == (tmp_path / "r.dat", tmp_path / "r.cpy")


@pytest.mark.parametrize("code_page", ["cp037", "cp273", "cp500", "cp1047", "cp1140", "latin-1"])
@given(texts=st.lists(LATIN, min_size=1, max_size=5))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, code_page: str, texts: list[str]
) -> None:
    """Every character of a code page, but for blanks at the end."""
    codec = {"cp1047": "cp037"}.get(code_page, code_page)
    texts = [text.encode(codec, "ignore").decode(codec) for text in texts]
    content = b"".join(text.ljust(6).encode(codec) for text in texts)
    reader = made(tmp_path_factory.mktemp("cobol"), content, "01 R.\n 05 T PIC X(6).\n", code_page=code_page)
    if code_page == "cp1047":  # which differs from the page it was written in by six characters
        texts = [text.translate(str.maketrans("\xac^[]\xdd\xa8", "^\xac\xdd\xa8[]")) for text in texts]
    assert [row["T"] for row in cells(reader)] == [text.rstrip(" \0") or None for text in texts]


def test_records_behind_their_length(tmp_path: Path) -> None:
    """A record descriptor word in front; a record that ends early leaves the rest null."""
    records = [record(1, "Ann"), record(2, "Bob")[:5]]
    content = b"".join(struct.pack(">HH", len(r) + 4, 0) + r for r in records)
    assert [tuple(row.values()) for row in cells(made(tmp_path, content, PERSON, format="rdw"))] == [
        ("01", "Ann", "1.00"), ("02", "Bob", None),
    ]
    little = b"".join(struct.pack("<HH", 0, len(r)) + r for r in records)
    assert len(cells(made(tmp_path, little, PERSON, format="rdw_little"))) == 2


def test_a_header_of_its_own(tmp_path: Path) -> None:
    """Length and a mark of validity anywhere in front; records marked as not valid are counted, not rows."""
    header = {"length": 3, "size_at": 1, "valid_at": 0}
    content = b"".join(struct.pack(">BH", valid, 11) + record(n, "Ann") for n, valid in enumerate((1, 0, 1)))
    reader = made(tmp_path, content, PERSON, record_header=header)
    assert [row["ID"] for row in cells(reader)] == ["00", "02"]
    assert any("1 record passed over" in note for note in reader.notes())


TABLE = "01 R.\n 05 N PIC 9.\n 05 TEL OCCURS 0 TO 3 TIMES DEPENDING ON N PIC X(2).\n 05 CITY PIC X(3).\n"


def test_a_table_that_depends_on_a_count(tmp_path: Path) -> None:
    """What stands behind it moves; a count that cannot be costs the record."""
    content = "\n".join(["2aabbUlm", "0Bad", "3aabbccRom", "7xx"]) + "\n"
    reader = made(tmp_path, content.encode(), TABLE, format="lines", code_page="ascii")
    assert sorted(tuple(row.values()) for row in cells(reader)) == [
        ("0", None, None, None, "Bad"), ("2", "aa", "bb", None, "Ulm"), ("3", "aa", "bb", "cc", "Rom"),
    ]
    assert problems(reader) == [(4, "RECORD-DAMAGED", "\\x377878")]


def test_a_count_of_a_superscript_is_none(tmp_path: Path) -> None:
    """A damaged byte may be a raised 2, which looks like a digit and is no number: it costs its record."""
    content = "1aaUlm\n²aabbUlm\n".encode("latin-1")
    reader = made(tmp_path, content, TABLE, format="lines", code_page="latin-1")
    assert [row["CITY"] for row in cells(reader)] == ["Ulm"]
    assert [code for _, code, _ in problems(reader)] == ["RECORD-DAMAGED"]


SEGMENTS = """01 R.
  05 KIND PIC X.
  05 PERSON. 10 NAME PIC X(4). 10 AGE PIC 9(2).
  05 FIRM REDEFINES PERSON. 10 NAME PIC X(6).
"""


def test_parts_with_a_condition(tmp_path: Path) -> None:
    """A redefinition is read only where it is there; without a condition both are."""
    segments = {"PERSON": {"field": "KIND", "values": ["P"]}, "firm": {"field": "kind", "values": ["F"]}}
    content = b"PAnn 42FAcme  "
    reader = made(tmp_path, content, SEGMENTS, code_page="ascii", segments=segments)
    assert [tuple(row.values()) for row in cells(reader)] == [
        ("P", "Ann", "42", None), ("F", None, None, "Acme"),
    ]
    both = made(tmp_path, content, SEGMENTS, code_page="ascii")
    assert cells(both)[0]["FIRM.NAME"] == "Ann 42"


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    """What is left is a row with its bytes; so is everything behind a length that is none."""
    reader = made(tmp_path, record(1, "Ann") + record(2, "Bob")[:5], PERSON)
    assert (len(cells(reader)), problems(reader)) == (1, [(2, "FILE-CUT-OFF", "\\xf0f2c29682")])
    content = struct.pack(">HH", 15, 0) + record(1, "Ann") + struct.pack(">HH", 0, 0) + b"xyz"
    reader = made(tmp_path, content, PERSON, format="rdw")
    assert (len(cells(reader)), problems(reader)) == (1, [(2, "FILE-CUT-OFF", "\\x0000000078797a")])


def test_a_copybook_that_does_not_fit(tmp_path: Path) -> None:
    """Numbers that are none in most records, or a record longer than the file, stop the run."""
    wrong = PERSON.replace("X(6)", "X(5)")
    with pytest.raises(GuardStopped, match=r"does not fit the records.*\(byte 1\) are no numbers"):
        cells(made(tmp_path, record(1, "Ann") * 50, wrong))
    with pytest.raises(GuardStopped, match="a record has 1005 bytes and the file 11"):
        cells(made(tmp_path, record(1, "Ann"), PERSON.replace("X(6)", "X(1000)")))


def test_bytes_a_code_page_does_not_know(tmp_path: Path) -> None:
    """They cost their record, which is kept in hexadecimal digits; numbers that are none are told."""
    content = b"01Ann   \x00\x10\x0c" + b"02J\xfcr   \x00\x10\x0c" + b"x3Bob   \x00\x10\x0c"
    reader = made(tmp_path, content, PERSON, code_page="ascii")
    assert [row["ID"] for row in cells(reader)] == ["01", "x3"]
    assert [(row, code) for row, code, _ in problems(reader)] == [(2, "ENCODING-INVALID")]
    assert any("1 value of ID that no number" in note for note in reader.notes())


def test_names_the_copybook_does_not_have(tmp_path: Path) -> None:
    """A condition on an item that is not there is told before anything is read."""
    segments = {"PERSN": {"field": "KIND", "values": ["P"]}}
    with pytest.raises(ConfigurationError, match=r"names the item 'PERSN'.*did you mean 'PERSON'"):
        made(tmp_path, b"", SEGMENTS, segments=segments).header()
    with pytest.raises(ConfigurationError, match="the copybook is not there"):
        reader_of(tmp_path / "r.dat", "cobol", copybook={"file": "other.cpy"}).header()
