"""Whole projects for tests: copied to a folder of their own, run in this process, looked at from outside."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font

from crm_unify.cli import main

ROOT = Path(__file__).parent.parent
AS_OF = "2026-02-01"
"""Date of the runs of the tests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered."""

    code: int
    data: dict[str, Any]
    """Its one JSON object."""
    stderr: str


def copied(name: str, folder: Path) -> Path:
    """A copy of a fixture project with its rules; returns the folder of its project file."""
    sources = ROOT / "fixtures" / name
    leave = shutil.ignore_patterns(".crm_unify", "crm.db*", "*.html", "__pycache__")
    shutil.copytree(sources, folder / "fixtures" / name, ignore=leave)
    shutil.copytree(ROOT / "mappings" / name, folder / "mappings" / name)
    return folder / "fixtures" / name


def copy_of(project: Path, folder: Path) -> Path:
    """A copy of a project as it stands after its runs, with its rules, to be changed."""
    shutil.copytree(project.parent.parent, folder, dirs_exist_ok=True)
    return folder / "fixtures" / project.name


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that is filled by whichever process of the tests asks first; nobody changes it afterwards."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / MADE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / MADE).touch()
    return folder


MADE = ".made"


def crm(command: str, *words: str | Path) -> Answer:
    """Run a command as a person would, with ``--json``."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([command, *map(str, words), "--json"])
    return Answer(code, json.loads(out.getvalue()), err.getvalue())


def run(project: Path, *words: str) -> Answer:
    """``crm-unify run`` on the date of the tests."""
    return crm("run", project, "--as-of", AS_OF, "--yes", *words)


def dump(database: Path) -> dict[str, list[str]]:
    """Every row of every table of an SQLite database, as sorted text."""
    with closing(sqlite3.connect(database)) as con:
        names = [
            n for (n,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        return {name: sorted(map(repr, con.execute(f'SELECT * FROM "{name}"'))) for name in names}


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    """Names of the tables that differ."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def exported(project: Path, out: Path) -> dict[str, bytes]:
    """The exported files by name."""
    answer = crm("export", project, "--out", out)
    assert answer.code == 0, answer.stderr
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def question(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on an SQLite database."""
    with closing(sqlite3.connect(database)) as con:
        return con.execute(sql).fetchall()


# --- the same content in another order ---
def reverse_rows_of_tour(project: Path) -> None:
    """Turn the rows of every source of the tour upside down."""
    with closing(sqlite3.connect(project / "billing.db")) as con:
        for table in ("CUSTOMERS", "ORDERS"):
            rows = con.execute(f"SELECT * FROM {table}").fetchall()
            con.execute(f"DELETE FROM {table}")
            con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", reversed(rows))
        con.commit()
    head, *lines = (project / "newsletter.csv").read_bytes().splitlines(keepends=True)
    (project / "newsletter.csv").write_bytes(head + b"".join(reversed(lines)))
    _reverse_contacts(project / "contacts.xlsx")


def _reverse_contacts(path: Path) -> None:
    book = load_workbook(path)
    sheet = book["Contacts"]
    first = 5
    rows = [
        (
            [(c.value, c.number_format, c.data_type, c.font.strike) for c in row],
            sheet.row_dimensions[row[0].row].hidden,
        )
        for row in sheet.iter_rows(min_row=first)
    ]
    for number, (cells, hidden) in enumerate(reversed(rows), first):
        sheet.row_dimensions[number].hidden = hidden
        for place, (value, number_format, data_type, strike) in enumerate(cells, 1):
            cell = sheet.cell(number, place)
            cell.value, cell.number_format, cell.data_type = value, number_format, data_type
            cell.font = Font(strike=strike)
    book.save(path)


def interpreter(*words: str) -> list[str]:
    """The command line of a child process that runs ``crm-unify``."""
    return [sys.executable, "-m", "crm_unify", *words]
