"""Ten people without a name among thirteen, and a steward who repairs them in the workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tests.crm_unify.run.people import GOOD, fill, people
from tests.projects import Answer, crm, run

NAMELESS = tuple(
    f"{number},,p{number}@mail{number}.example,Job {number},{number} Lane {number}"
    for number in range(10, 20)
)
LINES = (*GOOD, "3,Cy Cole,cy(at)post.example,Cook,East Lane 3", *NAMELESS)
FIRST_ROW = 3
"""Of a sheet of the repair workbook: a sentence and the header stand above."""
NAMES = dict(
    zip(
        map(str, range(10, 20)),
        (
            "Dora Dane",
            "Emil Ernst",
            "Fay Frost",
            "Gus Gale",
            "Hal Hunt",
            "Ida Irons",
            "Jo Jarvis",
            "Kay Knox",
            "Lou Lark",
            "Mia Moon",
        ),
        strict=True,
    )
)
"""By key the name that each of the ten gets."""


def office(folder: Path) -> Path:
    """The project after its first run: ten of thirteen rows are in quarantine."""
    project = people(folder, LINES)
    answer = run(project)
    assert answer.code == 0, answer.stderr
    return project


def exported(project: Path, *words: str) -> Path:
    """The workbook of the rows that wait."""
    book = project / "repair.xlsx"
    answer = crm("quarantine", "export", project, "--out", book, *words)
    assert answer.code == 0, answer.stderr
    return book


def edited(book: Path, cells: Mapping[str, Mapping[str, Any]], *, sheet: str = "people") -> Path:
    """Write into the cells of rows, by key and column, as a person would; the workbook is saved in place."""
    opened = load_workbook(book)
    page = opened[sheet]
    heads = {cell.value: place for place, cell in enumerate(page[FIRST_ROW - 1])}
    for row in page.iter_rows(min_row=FIRST_ROW):
        for column, value in cells.get(row[heads["key"]].value, {}).items():
            row[heads[column]].value = value
    opened.save(book)
    return book


def imported(project: Path, book: Path, *words: str) -> Answer:
    """What importing the workbook answers."""
    return crm("quarantine", "import", book, "-p", project, "--by", "Doris", "--yes", *words)


def all_named(project: Path) -> Answer:
    """The ten get their names in the workbook, which is imported."""
    book = edited(exported(project), {key: {"fix: Name": name} for key, name in NAMES.items()})
    return imported(project, book, "--why", "asked the office")


def replayed(project: Path) -> Answer:
    """``quarantine replay`` on the date of the tests."""
    return crm("quarantine", "replay", project, "--as-of", "2026-02-01", "--yes")


def source_says(project: Path, key: str, name: str) -> None:
    """The source itself names one of the ten."""
    lines = [line.replace(f"{key},,", f"{key},{name},") for line in LINES]
    fill(project, lines)
