"""Rows to repair that came back beside the clusters of a pack, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_unify.run.correcting import NewCorrection
from crm_unify.steward.desk import Desk
from crm_unify.steward.review.found import Problem, Trouble
from crm_unify.steward.review.pack_read import is_text
from crm_unify.steward.sheet_edits import Returned, opened_book
from crm_unify.steward.sheets import MEMORY
from crm_unify.steward.workbook import FIX, ROW
from crm_unify.steward.workbook_back import Known, Repair, Untaken, older_than, read_repairs, refuse_strange

LOST = (
    "the hidden sheet by which its rows are found is gone: nothing of this sheet is taken; export again and "
    "carry the corrections over"
)


@dataclass(frozen=True, slots=True)
class ReturnedRows:
    """What the sheets of the quarantine say."""

    repairs: tuple[Repair, ...] = ()
    problems: tuple[Problem, ...] = ()
    older: str | None = None
    """That the workbook is of an earlier run."""

    @property
    def words(self) -> list[NewCorrection]:
        """What is to be recorded."""
        return [word for repair in self.repairs for word in repair.said]


def returned_rows(desk: Desk, file: Path, *, by: str) -> ReturnedRows:
    """The corrections and waivers of a pack, and what is not taken; nothing of CSV, which has no such rows.

    Raises WorkbookRefused where the rows are of another project or CRM database.
    """
    if is_text(file):
        return ReturnedRows()
    opened = opened_book(file)
    if MEMORY not in opened.sheetnames:
        lost = [page.title for page in opened.worksheets if _of_rows(page)]
        return ReturnedRows(problems=tuple(Problem(Trouble.DAMAGED, title, "", LOST) for title in lost))
    book = Returned(file)
    refuse_strange(book, desk.about(book.about.get("run", "")))
    repairs, untaken = read_repairs(book, Known(desk.rows, desk.corrections, by))
    older = older_than(book.about.get("run", ""), desk.newest.run.id)
    return ReturnedRows(repairs, tuple(_problem(file, one) for one in untaken), older)


def _of_rows(page: Any) -> bool:
    """Whether a sheet has the columns of rows to repair."""
    heads = [[str(cell.value) for cell in row] for row in page.iter_rows(max_row=2)]
    return any(ROW in row and any(head.startswith(FIX) for head in row) for row in heads)


def _problem(file: Path, one: Untaken) -> Problem:
    mistake = one.mistake
    place = mistake.where.removeprefix(f"{file.name}, ")
    parts = (mistake.what, mistake.why, mistake.remedy)
    return Problem(Trouble(one.trouble), place, "", "; ".join(part for part in parts if part))


def told(repairs: tuple[Repair, ...]) -> Iterator[str]:
    """The corrections for people, a line each."""
    for one in repairs:
        for line in one.lines:
            yield f"{one.row.map} {one.row.key or one.row.row_id[:12]}  {line}"
