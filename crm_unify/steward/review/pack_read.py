"""The rows of a pack that came back, as a workbook or as CSV, wherever they stand by now."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Final

from openpyxl.utils import get_column_letter

from crm_unify.cells import BEGINNINGS
from crm_unify.errors import UsageError, nearest_name
from crm_unify.steward.review.pack import ANSWER, CHECK, EDITED, KEYS, RECORD
from crm_unify.steward.sheet_edits import LARGEST, day_of, opened_book, present, remembered
from crm_unify.steward.sheets import cell_text

HEADER_WITHIN: Final = 20
"""Rows among which the header is looked for: people put lines above it."""
LONGEST_NOTE: Final = 10_000
"""Characters of a note that are kept."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it came back."""

    place: str
    """As the spreadsheet shows it: `Clusters!B7`."""
    text: str
    """Trimmed; empty for an empty cell."""
    formula: bool = False


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row with anything in it."""

    place: str
    """`Clusters, row 7`."""
    cells: Mapping[str, Cell]
    """By header, keys and answers alone."""

    def text(self, header: str) -> str:
        """The text of a cell."""
        return self.cells[header].text


def read_pack(file: Path) -> tuple[ReadRow, ...]:
    """The rows of the clusters.

    Raises UsageError for a file that is not there, is none, or has lost the columns by which rows are found.
    """
    lines = _csv_lines(file) if is_text(file) else _book_lines(file)
    return tuple(_rows(file, lines))


def is_text(file: Path) -> bool:
    """Whether a pack came back as text."""
    return file.suffix.lower() in (".csv", ".tsv", ".txt")


Lines = Iterator[tuple[str, int, Sequence[tuple[str, bool]]]]
"""Sheet, row as the spreadsheet shows it, and text of each cell with whether it is a formula."""


def _book_lines(file: Path) -> Lines:
    book = opened_book(file)
    others = remembered(book)  # rows to repair, read apart
    for page in (page for page in book.worksheets if page.title not in others):
        for row in page.iter_rows():
            yield page.title, row[0].row, [(_text(cell.value), cell.data_type == "f") for cell in row]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (date, time)):  # what the spreadsheet made of a text, or a person's day
        return day_of(value)
    value = getattr(value, "text", value)  # an array formula keeps its text apart
    return (cell_text(value if isinstance(value, str) else str(value)) or "").strip()


def _csv_lines(file: Path) -> Lines:
    if present(file).stat().st_size > LARGEST:
        raise UsageError("this file is too large", str(file), remedy="import the pack that was exported")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        remedy = "save it as CSV UTF-8, or give back the workbook"
        raise UsageError("this file is not UTF-8", str(file), why=str(error), remedy=remedy) from error
    csv.field_size_limit(LARGEST)
    first = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first.count)  # spreadsheets write what their country writes
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
        yield file.stem, number, [(_bare(field.strip()), False) for field in row]


def _bare(text: str) -> str:
    """The text without the apostrophe that kept spreadsheets from calculating."""
    return text[1:] if text[:1] == "'" and text[1:2] in BEGINNINGS else text


def _rows(file: Path, lines: Lines) -> Iterator[ReadRow]:
    heads: dict[str, dict[str, int]] = {}
    best: list[str] = []
    for sheet, number, row in lines:
        if sheet in heads:
            found = _row(sheet, number, row, heads[sheet])
            if any(cell.text for cell in found.cells.values()):
                yield found
            continue
        texts = [text for text, _ in row]
        if CHECK in texts and RECORD in texts and number <= HEADER_WITHIN:
            heads[sheet] = _columns(file, sheet, texts)
        best = texts if len(set(texts) & {*KEYS, *EDITED}) > len(set(best) & {*KEYS, *EDITED}) else best
    if not heads:
        raise _no_pack(file, best)


def _columns(file: Path, sheet: str, texts: Sequence[str]) -> dict[str, int]:
    missing = [name for name in (*KEYS, ANSWER) if name not in texts]
    if missing:
        raise _lost(file, sheet, missing, texts)
    return {name: texts.index(name) for name in (*EDITED, *KEYS) if name in texts}


def _lost(file: Path, sheet: str, missing: Sequence[str], texts: Sequence[str]) -> UsageError:
    near = nearest_name(missing[0], [text for text in texts if text and text not in (*KEYS, *EDITED)])
    why = f"the column '{missing[0]}' was deleted or renamed" + (f" (is '{near}' it?)" if near else "")
    remedy = "bring the column back, or export the pack again and carry the answers over"
    return UsageError("rows of this pack cannot be told apart", f"{file}, {sheet}", why=why, remedy=remedy)


def _no_pack(file: Path, best: Sequence[str]) -> UsageError:
    missing = [name for name in (*KEYS, ANSWER) if name not in best]
    if best and set(best) & {*KEYS, ANSWER}:
        return _lost(file, "header", missing, best)
    why = "none of its sheets has the columns of a review pack"
    remedy = "import the file that `crm-unify review export` wrote"
    return UsageError("this is no review pack", str(file), why=why, remedy=remedy)


def _row(sheet: str, number: int, row: Sequence[tuple[str, bool]], columns: Mapping[str, int]) -> ReadRow:
    cells = {}
    for name in (*EDITED, *KEYS):
        at = columns.get(name, len(row))
        text, formula = row[at] if at < len(row) else ("", False)
        place = f"{sheet}!{get_column_letter(at + 1)}{number}"
        cells[name] = Cell(place, text[:LONGEST_NOTE], formula)
    return ReadRow(f"{sheet}, row {number}", cells)
