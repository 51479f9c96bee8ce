"""What people changed in a workbook of :mod:`crm_unify.steward.sheets`, or why it cannot be taken.

Everything wrong is told at once and by cell: a formula, a date that the spreadsheet made of a text, a number
that may have lost its zeros, a deleted column, a changed or lost key, a value that no drop-down offered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from crm_unify.errors import ConfigurationError, UsageError, WorkbookRefused, nearest_name
from crm_unify.rules.mistakes import each, one_line, raise_all
from crm_unify.steward.sheets import FORM, LONGEST_CELL, MEMORY, Sheet, SheetColumn, cell_text
from crm_unify.wording import counted

LARGEST: Final = 200_000_000
"""Bytes of a workbook that is opened; a larger one is none of ours."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell that a person changed; of a new row every editable cell, also an empty one."""

    sheet: str
    key: tuple[str | None, ...]
    """The key columns of its row."""
    column: str
    before: str | None
    """As exported; None on a new row."""
    after: str | None
    """As it is now, trimmed; None for an empty cell."""
    cell: str
    """Where, as the spreadsheet shows it: `D7`."""
    new: bool = False
    """Whether the row was added."""


class Returned:
    """A workbook that came back: what it is of, and its sheets."""

    def __init__(self, file: Path) -> None:
        """Open it. Raises UsageError for a file that is no workbook, or none that this program made."""
        self.file = file
        self._book = opened_book(file)
        self._lines = self._memory()
        self.about: Mapping[str, str] = {line[1]: line[2] for line in self._lines if line[0] == "about"}
        """What was said of the workbook when it was written."""

    @property
    def titles(self) -> tuple[str, ...]:
        """Sheets that were exported with something to edit, in their order."""
        return tuple(line[1] for line in self._lines if line[0] == "sheet")

    def edits(self, sheet: Sheet) -> tuple[Edit, ...]:
        """What was changed on a sheet, in the order of its rows; `sheet` needs title and columns alone.

        Raises ConfigurationError that lists everything on the sheet that cannot be taken.
        """
        return sheet_edits(self, [sheet])

    def page(self, title: str) -> Worksheet | None:
        """A sheet of the workbook, None when it was deleted or renamed."""
        return self._book[title] if title in self._book.sheetnames else None

    def exported(self, title: str) -> dict[str, dict[str, str | None]]:
        """Editable values of each row as they were exported, by key."""
        rows = (line for line in self._lines if line[0] == "row" and line[1] == title)
        return {line[2]: json.loads("".join(line[3:])) for line in rows}

    def _memory(self) -> list[list[str]]:
        page = self.page(MEMORY)
        rows = () if page is None else page.values
        lines = [["" if value is None else str(value) for value in row] for row in rows]
        if not lines or lines[0][:2] != ["form", FORM]:
            raise UsageError(
                "this workbook was not exported by this version of the program",
                str(self.file),
                why=f"its hidden sheet '{MEMORY}' is missing or of another form",
                remedy="export it again, and edit that file",
            )
        return lines


def present(file: Path) -> Path:
    """The file, which is there. Raises UsageError where it is not, or is a folder."""
    if not file.is_file():
        raise UsageError("there is no such file", str(file), remedy="name the file that came back")
    return file


def opened_book(file: Path) -> Any:
    """The workbook of this file. Raises UsageError for one that is not there, is none, or is too large."""
    present(file)
    try:
        if file.stat().st_size > LARGEST:
            raise UsageError(
                "this workbook is too large", str(file), remedy="import the workbook that was exported"
            )
        return load_workbook(file)
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        remedy = "save it as an Excel workbook (.xlsx), or export it again"
        raise UsageError("this is no Excel workbook", str(file), why=why, remedy=remedy) from error


def refused(book: Returned, error: ConfigurationError) -> WorkbookRefused:
    """That nothing of a workbook was taken, with every mistake by its cell."""
    mistakes = each(error)
    return WorkbookRefused(
        f"nothing of the workbook was taken: {counted(len(mistakes), 'mistake')}",
        str(book.file),
        why="\n".join(one_line(mistake) for mistake in mistakes),
        remedy="correct these cells and import it again; lines that are right are taken then, too",
    )


def remembered(book: Any) -> frozenset[str]:
    """The hidden sheet of a workbook and the titles it knows; nothing where there is none."""
    if MEMORY not in book.sheetnames:
        return frozenset()
    lines = book[MEMORY].iter_rows(max_col=2, values_only=True)
    return frozenset({MEMORY, *(str(title) for kind, title in lines if kind == "sheet")})


def sheet_edits(book: Returned, sheets: Sequence[Sheet]) -> tuple[Edit, ...]:
    """The edits of several sheets; raises ConfigurationError that lists what is wrong on any of them."""
    edits, mistakes = _read(book, sheets, partial=False)
    raise_all(mistakes)
    return edits


def partial_edits(
    book: Returned, sheets: Sequence[Sheet]
) -> tuple[tuple[Edit, ...], tuple[ConfigurationError, ...]]:
    """The edits that can be taken, and what is wrong with others; a row that is missing was left as it is."""
    return _read(book, sheets, partial=True)


def _read(
    book: Returned, sheets: Sequence[Sheet], *, partial: bool
) -> tuple[tuple[Edit, ...], tuple[ConfigurationError, ...]]:
    edits: list[Edit] = []
    mistakes: list[ConfigurationError] = []
    for sheet in sheets:
        edits += _Reading(book, sheet, mistakes, partial).edits()
    return tuple(edits), tuple(mistakes)


@dataclass(slots=True)
class _Reading:
    """One sheet while it is read."""

    book: Returned
    sheet: Sheet
    mistakes: list[ConfigurationError]
    partial: bool
    """Rows may be missing, and each is read for itself."""

    def edits(self) -> list[Edit]:
        page = self.book.page(self.sheet.title)
        if page is None:
            self.wrong("the sheet is missing: deleted or renamed", None, "undo that, or export again")
            return []
        places = self._columns(page)
        if places is None:
            return []
        exported = self.book.exported(self.sheet.title)
        seen: dict[str, int] = {}
        found: list[Edit] = []
        for row in page.iter_rows(min_row=self.sheet.header_row + 1):
            found += self._row(row, places, exported, seen)
        for key in () if self.partial else exported:
            if key not in seen:
                said = ", ".join(str(part) for part in json.loads(key))
                self.wrong(
                    f"the row of {said} is missing: deleted, or its key was changed",
                    None,
                    "export again; a row cannot be taken out in the workbook",
                )
        return found

    def wrong(self, what: str, cell: str | None, remedy: str = "") -> None:
        where = f"{self.book.file.name}, {self.sheet.title}" + ("" if cell is None else f" {cell}")
        self.mistakes.append(ConfigurationError(what, where, remedy=remedy))

    def _columns(self, page: Worksheet) -> dict[str, int] | None:
        """Place of each column that is needed; None when one is missing."""
        heads = [cell.value for cell in page[self.sheet.header_row]]
        texts = [None if head is None else str(head).strip() for head in heads]
        missing = [c.name for c in self.sheet.columns if (c.key or c.editable) and c.name not in texts]
        for name in missing:
            near = nearest_name(name, [text for text in texts if text])
            other = "" if near is None else f" (is '{near}' it?)"
            self.wrong(
                f"the column '{name}' is missing: deleted or renamed{other}",
                None,
                "undo that, or export again",
            )
        here = [column.name for column in self.sheet.columns if column.name in texts]
        return None if missing else {name: texts.index(name) for name in here}

    def _row(
        self,
        row: Sequence[Any],
        places: Mapping[str, int],
        exported: Mapping[str, Mapping[str, str | None]],
        seen: dict[str, int],
    ) -> Iterator[Edit]:
        read, known = [c for c in self.sheet.columns if c.key or c.editable], len(self.mistakes)
        values = {c.name: self._text(row[places[c.name]]) for c in read}
        if all(value is None for value in values.values()):
            return
        parts = tuple(values[c.name] for c in read if c.key)
        key = json.dumps(list(parts), ensure_ascii=False)
        number = row[0].row
        if len(self.mistakes) > known:
            seen[key] = number
            return
        if key in seen:
            what = f"row {number} has the key of row {seen[key]}: {_said(parts)}"
            self.wrong(what, None, "keep one of the two")
            return
        seen[key] = number
        if key not in exported and not self.sheet.room:
            self.wrong(
                f"row {number} was never exported: {_said(parts)}",
                None,
                "give the row back its key; rows cannot be added here",
            )
            return
        before = exported.get(key)
        for column in (c for c in read if c.editable):
            cell, after = row[places[column.name]], values[column.name]
            was = None if before is None else before.get(column.name)
            is_edit = before is None or after != (None if was is None else was.strip() or None)
            if is_edit and self._allowed(column, after, cell):
                place = cell.coordinate
                yield Edit(self.sheet.title, parts, column.name, was, after, place, before is None)

    def _allowed(self, column: SheetColumn, value: str | None, cell: Any) -> bool:
        if column.choices and value is not None and value not in column.choices:
            near = nearest_name(value, column.choices)
            remedy = f"one of: {', '.join(column.choices)}" if near is None else f"did you mean '{near}'?"
            self.wrong(f"'{value}' is no value of '{column.name}'", cell.coordinate, remedy)
            return False
        if value is not None and len(value) >= LONGEST_CELL:
            self.wrong(f"the text in '{column.name}' is too long", cell.coordinate, "shorten it")
            return False
        return True

    def _text(self, cell: Any) -> str | None:
        """The text of a cell; what is no text is a mistake, told with what it probably was."""
        value = cell.value
        if value is None or (isinstance(value, str) and cell.data_type != "f" and cell.data_type != "e"):
            text = None if value is None else str(cell_text(value)).strip()
            return text or None
        again = "format the cell as Text and type the value again"
        match value:
            case _ if cell.data_type == "f":
                said = getattr(value, "text", value)
                what = f"a formula is no value: {str(said)[:60]}"
                self.wrong(what, cell.coordinate, "write the value itself")
            case _ if cell.data_type == "e":
                self.wrong(f"the cell holds an error: {value}", cell.coordinate, "write the value itself")
            case bool():
                self.wrong(f"the spreadsheet made {str(value).upper()} of a text", cell.coordinate, again)
            case datetime() | date() | time():
                self.wrong(f"the spreadsheet made a date of a text: {day_of(value)}", cell.coordinate, again)
            case _:
                what = f"the cell holds the number {value}; zeros in front or digits at the end may be lost"
                self.wrong(what, cell.coordinate, again)
        return None


def day_of(value: date | datetime | time) -> str:
    """What a spreadsheet took for a date, as ISO; midnight is left out."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat()


def _said(parts: Sequence[str | None]) -> str:
    return ", ".join("nothing" if part is None else part for part in parts)
