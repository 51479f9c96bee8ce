"""Rows of legacy formats land like all others: all accounted for, read again only when they may differ."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from crm_unify.errors import ConfigurationError
from crm_unify.progress import Silent
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ProjectSource, RuleFile
from crm_unify.rules.yaml_tree import Tree
from pipelines.landed import Landed
from pipelines.landing import land
from pipelines.sources import Reader, open_reader

COPYBOOK = {"file": "r.cpy", "code_page": "ascii"}


def source_of(folder: Path, path: str, **source: Any) -> tuple[LoadedRules, Reader]:
    """A rule file's source, opened."""
    given = {"map": "rows", "source": {"system": "old", "key": ["ID"], **source},
             "targets": [{"discard": {"rule": "BR-1"}}]}
    loaded = LoadedRules(RuleFile.model_validate(given), folder / "rows.yml", Tree("rows.yml", given, {}))
    return loaded, open_reader(loaded.rules.source, ProjectSource(path=Path(path)), folder)


def landed(folder: Path, into: str, path: str, previous: str | None = None, **source: Any) -> Landed:
    """The rows of one source, landed."""
    opened = source_of(folder, path, **source)
    before = None if previous is None else folder / previous
    return land([opened], folder=folder / into, progress=Silent(), previous=before)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dBase table with a deleted row, and COBOL records with one that breaks off."""
    head = struct.pack("<BBBBIHH", 3, 124, 1, 2, 2, 65, 3).ljust(32, b"\0")
    column = struct.pack("<11sc4xB15x", b"ID", b"C", 2)
    (tmp_path / "a.dbf").write_bytes(head + column + b"\r" + b" 01" + b"*02" + b"\x1a")
    (tmp_path / "r.cpy").write_text("01 R.\n 05 ID PIC X(2).\n 05 N PIC X(2).\n")
    (tmp_path / "r.dat").write_bytes(b"01ab02cd03")
    return tmp_path


def test_marks_of_deletion_and_broken_records_land(folder: Path) -> None:
    """A deleted row is struck out, what cannot be read is a row with its bytes: all are counted."""
    rows = pq.read_table(landed(folder, "one", "a.dbf", reader="dbf").path).to_pylist()
    assert sorted((row["c001"], row["_struck"]) for row in rows) == [("01", False), ("02", True)]
    rows = pq.read_table(landed(folder, "two", "r.dat", reader="cobol", copybook=COPYBOOK).path).to_pylist()
    assert sorted((row["c001"] or "", row["_problem"] or "") for row in rows) == [
        ("", "FILE-CUT-OFF"), ("01", ""), ("02", ""),
    ]


def test_another_description_of_the_same_bytes_reads_again(folder: Path) -> None:
    """The copybook's text and its settings decide what is read, as the records do."""
    first = landed(folder, "one", "r.dat", reader="cobol", copybook=COPYBOOK)
    again = landed(folder, "two", "r.dat", "one", reader="cobol", copybook=COPYBOOK)
    assert again.content_hash == first.content_hash
    (folder / "r.cpy").write_text("01 R.\n 05 ID PIC X(1).\n 05 N PIC X(3).\n")
    other = landed(folder, "three", "r.dat", "two", reader="cobol", copybook=COPYBOOK)
    assert other.content_hash != first.content_hash
    lines = landed(folder, "four", "r.dat", "three", reader="cobol", copybook={**COPYBOOK, "format": "lines"})
    assert lines.content_hash != other.content_hash


def test_files_of_one_name_in_two_folders_are_told_apart(folder: Path) -> None:
    """When one of them changes, it is read again."""
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "x.csv").write_text(f"ID\n{name}\n")
    first = landed(folder, "one", ".", reader="csv", file="*/x.csv")
    (folder / "a" / "x.csv").write_text("ID\nc\n")
    second = landed(folder, "two", ".", "one", reader="csv", file="*/x.csv")
    assert (second.rows, second.content_hash != first.content_hash) == (2, True)


@pytest.mark.parametrize("reader", ["csv", "json", "vcard", "dbf", "xls"])
def test_files_that_lie_about_their_type(folder: Path, reader: str) -> None:
    """A workbook or database under another name is named, with the reader that fits."""
    with xlsxwriter.Workbook(folder / "data.txt") as book:
        book.add_worksheet("S").write(0, 0, "ID")
    with pytest.raises(ConfigurationError, match=r"it is an xlsx workbook.*`reader: xlsx`"):
        source_of(folder, "data.txt", reader=reader)
    with closing(sqlite3.connect(folder / "base.txt")) as base, base:
        base.execute("CREATE TABLE t (id TEXT)")
    with pytest.raises(ConfigurationError, match="it is a SQLite database"):
        source_of(folder, "base.txt", reader=reader)
