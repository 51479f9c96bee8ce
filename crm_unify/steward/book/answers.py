"""The rule book's workbook on its way back: what people answered, as changes of rule files and code tables.

All or nothing: what clashes is listed by cell, and then no file is touched. An answer that its file already
holds is none. A changed file is read again and must say what it said before and the answers, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_unify.errors import ConfigurationError, UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.mistakes import raise_all
from crm_unify.steward.book.answered_codes import table_change
from crm_unify.steward.book.answered_rules import rule_changes
from crm_unify.steward.book.changes import FileChange, Wrong
from crm_unify.steward.book.workbook import KIND, code_sheet, rules_sheet, table_titles
from crm_unify.steward.sheet_edits import Edit, Returned, refused, sheet_edits


@dataclass(frozen=True, slots=True)
class Answers:
    """What a workbook changes."""

    changes: tuple[FileChange, ...]
    edits: tuple[Edit, ...]
    """The cells behind it."""
    known: int
    """Edited cells whose answer the files already hold."""


def answers(project: LoadedProject, file: Path) -> Answers:
    """What the workbook changes in the files of the project; nothing is written.

    Raises WorkbookRefused that lists every cell and file that clashes, UsageError for a workbook of something
    else, or none.
    """
    book = Returned(file)
    if book.about.get("kind") != KIND or book.about.get("project") != project.project.project:
        what = f"{book.about.get('kind', 'something else')} of {book.about.get('project', 'no project')}"
        remedy = f"import a rule book of {project.project.project}"
        raise UsageError("this is the workbook of something else", str(file), why=what, remedy=remedy)
    try:
        return _answers(project, book)
    except ConfigurationError as error:
        raise refused(book, error) from error


def _answers(project: LoadedProject, book: Returned) -> Answers:
    """The same; raises ConfigurationError."""
    titles = {title: path for title, path in table_titles(project).items() if title in book.titles}
    edits = sheet_edits(book, [rules_sheet(), *(code_sheet(title) for title in titles)])
    wrong: Wrong = []
    rules = [edit for edit in edits if edit.sheet not in titles]
    tables = {title: [edit for edit in edits if edit.sheet == title] for title in titles}
    found: list[tuple[FileChange, list[Edit]]] = []
    found += rule_changes(project, rules, book, wrong)
    for title, path in titles.items():
        found += table_change(project, path, tables[title], book, wrong)
    raise_all(wrong)
    kept = [edit for _, own in found for edit in own]
    return Answers(tuple(change for change, _ in found), tuple(kept), len(edits) - len(kept))


def apply(changes: Sequence[FileChange]) -> None:
    """Write all files, or none: each aside first, then all renamed.

    A rename that fails takes the others back.
    """
    aside = [change.path.with_name(f".{change.path.name}.new") for change in changes]
    done: list[FileChange] = []
    try:
        for change, place in zip(changes, aside, strict=True):
            place.write_bytes(change.after)
            place.chmod(change.path.stat().st_mode & 0o777)
        for change, place in zip(changes, aside, strict=True):
            place.replace(change.path)
            done.append(change)
    except OSError:
        for change in done:
            change.path.write_bytes(change.before)
        raise
    finally:
        for place in aside:
            place.unlink(missing_ok=True)
