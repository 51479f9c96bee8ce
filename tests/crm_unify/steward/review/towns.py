"""A town whose every pair of records is asked about, and workbooks of it edited as people do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.crm_unify.run.people import people
from tests.projects import Answer, crm, question

LINES = "matching: {merge_bits: 60, review_bits: 0}\n"
"""Nothing is merged by evidence: every pair of records of a person is a question."""


def doubtful(folder: Path, lines: Iterable[str]) -> Path:
    """A project of these people in which evidence alone merges nobody."""
    project = people(folder, lines)
    file = project / "crm_unify.yml"
    file.write_text(file.read_text(encoding="utf-8") + LINES, encoding="utf-8")
    return project


def listed(project: Path, *words: str) -> dict[str, Any]:
    """``crm-unify review list`` of all that is open."""
    answer = crm("review", "list", project, "--limit", "100000", *words)
    assert answer.code == 0, answer.stderr
    return answer.data


def ids(project: Path, *words: str) -> list[str]:
    """Ids of the open questions in their order."""
    return [question["id"] for question in listed(project, *words)["questions"]]


def exported(project: Path, file: Path, *words: str) -> Path:
    """A pack of everything that is open."""
    answer = crm("review", "export", project, "--out", file, "--limit", "100000", *words)
    assert answer.code == 0, answer.stderr
    return file


def imported(project: Path, file: Path, *words: str) -> Answer:
    """``crm-unify review import``."""
    return crm("review", "import", file, "-p", project, "--by", "Ada", "--yes", *words)


def edited(file: Path, change: Callable[[Worksheet], None]) -> Path:
    """A pack whose sheet of clusters was changed and saved."""
    book = load_workbook(file)
    change(book["Clusters"])
    book.save(file)
    return file


def columns(page: Worksheet) -> dict[str, int]:
    """Place of each header."""
    return {str(cell.value): cell.column for cell in page[1]}


def asked_rows(page: Worksheet) -> list[int]:
    """Rows that ask for an answer, from the top."""
    of = columns(page)["Question"]
    return [row for row in range(2, page.max_row + 1) if page.cell(row, of).value]


def answer(page: Worksheet, row: int, text: object, column: str = "Answer") -> None:
    """Fill in a cell of a row."""
    page.cell(row, columns(page)[column]).value = text


def answered(file: Path, *answers: object) -> Path:
    """A pack whose first questions were answered so."""

    def change(page: Worksheet) -> None:
        for row, text in zip(asked_rows(page), answers, strict=False):
            answer(page, row, text)

    return edited(file, change)


def troubles(found: Answer) -> list[str]:
    """What was not taken, by kind."""
    return [problem["trouble"] for problem in found.data["problems"]]


def broken(project: Path) -> list[Any]:
    """Verdicts that hold by the list and not in the CRM."""
    of = dict(question(project / "crm.db", "SELECT record_id, customer_id FROM mig_xref"))
    decisions = [one for one in crm("decisions", project).data["decisions"] if one["kind"] == "verdict"]
    assert decisions, "nothing was decided"
    customers = [(one, [{of[record] for record in side} for side in one["sides"]]) for one in decisions]
    return [
        one
        for one, sides in customers
        if (len(set().union(*sides)) == 1) != (one["verdict"] == "same") or one["state"] != "holds"
    ]
