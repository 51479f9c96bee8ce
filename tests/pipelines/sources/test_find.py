"""What lies in a folder is found by its content: tables with what opens them, and files nobody can read."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
import xlsxwriter

from crm_unify.errors import SourceMissing
from pipelines.sources.find import find_tables, open_found, survey
from tests.pipelines.sources.reading import cells


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder as a customer sends it: a workbook, a database, text files, some of them in an archive."""
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        for name in ("People", "Firms", "Empty"):
            sheet = book.add_worksheet(name)
            if name != "Empty":
                sheet.write_row(0, 0, [f"List of {name}"])
                sheet.write_row(2, 0, ["Id", "Name"])
                sheet.write_row(3, 0, ["1", f"{name} Smith"])
    with closing(sqlite3.connect(tmp_path / "old.db")) as base, base:
        base.execute("CREATE TABLE cust (id TEXT, name TEXT)")
        base.execute("INSERT INTO cust VALUES ('7', 'Ann')")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("2024/cities.csv", "id|city\n1|Köln\n2|Bonn\n")
    (tmp_path / "names.txt").write_text("id;name\n1;Zoë\n2;Jürgen\n", encoding="cp1252")
    (tmp_path / "notes.md").write_text("Dear all,\n\nplease find the files, as agreed, below.\n")
    return tmp_path


def test_every_table_is_found_by_its_content(place: Path) -> None:
    """Sheets, database tables and text files come with reader, file and name, in the order of file names."""
    assert [(table.file, table.name, table.reader) for table in find_tables(place)] == [
        ("book.xlsx", "People", "xlsx"), ("book.xlsx", "Firms", "xlsx"),
        ("more.zip/2024/cities.csv", "cities", "csv"), ("names.txt", "names", "csv"),
        ("old.db", "cust", "sql"),
    ]


def test_what_was_found_can_be_opened(place: Path) -> None:
    """Header rows, encodings, delimiters and places in archives are right without further help."""
    read = [cells(open_found(table, place))[0] for table in find_tables(place)]
    assert read == [
        {"Id": "1", "Name": "People Smith"}, {"Id": "1", "Name": "Firms Smith"}, {"id": "1", "city": "Köln"},
        {"id": "1", "name": "Zoë"}, {"id": "7", "name": "Ann"},
    ]


def test_a_guess_says_that_it_is_one(place: Path) -> None:
    """An 8-bit code page is a proposal with examples; UTF-8 needs none."""
    by_name = {table.name: table for table in find_tables(place)}
    assert by_name["names"].options["encoding"] == "cp1252"
    assert any("guess" in note and "Zoë" in note for note in by_name["names"].notes)
    assert "encoding" not in by_name["cities"].options


def test_a_file_without_a_table_is_listed_with_the_reason(place: Path) -> None:
    """Prose is no table, an empty file neither; nothing is passed over in silence."""
    (place / "empty.csv").touch()
    assert {entry.file for entry in survey(place).unread} == {"empty.csv", "notes.md"}


def test_a_single_file_is_a_place_too(place: Path) -> None:
    """A file, an archive and a database URL are looked into like a folder."""
    for name, count in (("book.xlsx", 2), ("more.zip", 1), ("old.db", 1)):
        found = find_tables(place / name)
        assert len(found) == count
        assert all(cells(open_found(table, place / name)) for table in found)
    assert [table.name for table in find_tables(f"sqlite:///{place / 'old.db'}")] == ["cust"]


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path is told."""
    with pytest.raises(SourceMissing, match="no such file or folder"):
        find_tables(tmp_path / "missing")


def test_records_are_found_with_the_copybook_beside_them(tmp_path: Path) -> None:
    """A file that says nothing of itself is tried with each copybook; its parts are told by their length."""
    text = (
        "01 R.\n 05 KIND PIC X.\n 05 FIRM.\n 10 TITLE PIC X(12).\n 10 TOWN PIC X(8).\n"
        " 05 PERSON REDEFINES FIRM.\n 10 WHO PIC X(10).\n"
    )
    (tmp_path / "r.cpy").write_text(text)
    bodies = [f"F{'Acme Ltd':12}{'Leeds':8}", f"P{'Jon Smith':10}"] * 3
    records = [body.encode("cp037") for body in bodies]
    words = [(len(one) + 4).to_bytes(2, "big") + b"\0\0" for one in records]
    (tmp_path / "r.dat").write_bytes(b"".join(word + one for word, one in zip(words, records, strict=True)))
    (table,) = find_tables(tmp_path)
    copybook = table.options["copybook"]
    assert (copybook["format"], copybook["code_page"]) == ("rdw", "cp037")
    parts = {name: part["values"] for name, part in copybook["segments"].items()}
    assert parts == {"FIRM": ["F"], "PERSON": ["P"]}
    assert sum(batch.num_rows for batch in open_found(table, tmp_path).batches()) == 6
