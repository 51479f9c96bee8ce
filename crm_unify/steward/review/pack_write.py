"""A pack as a workbook, or as CSV of the same columns.

The sheets with instructions and keys are locked. The clusters are not: a locked sheet cannot be sorted, which
is the first thing people do. There every cell but the answers refuses to be typed over (a validation rule
with its own message), keys are hidden and carry a check, so what was changed all the same is found on return.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.styles import Side as Line
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from crm_unify.cells import harmless_text
from crm_unify.steward.review.beside import DIFFERENT, EQUAL, MISSING, SIMILAR
from crm_unify.steward.review.pack import (
    ANSWER,
    ANSWERS,
    EDITED,
    FIELDS,
    HEADERS,
    KEYS,
    NOTE,
    RECORD,
    SHEET,
    TAKE,
    Pack,
    PackRow,
)  # fmt: skip
from crm_unify.steward.review.pack_words import words
from crm_unify.steward.sheets import Sheet, add_sheets, cell_text, put, save_book

INSTRUCTIONS: Final = "Instructions"
COLOURS: Final = {EQUAL: "D9EAD3", SIMILAR: "FFF2CC", DIFFERENT: "F4CCCC", MISSING: "EDEDED"}
_FILLS: Final = {name: PatternFill("solid", fgColor=colour) for name, colour in COLOURS.items()}
_HEAD, _FREE = PatternFill("solid", fgColor="E9EDEC"), PatternFill("solid", fgColor="FBF6DF")
_FIRST: Final = PatternFill("solid", fgColor="DCE6F1")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_ABOVE: Final = Border(top=Line(style="medium", color="7F8C8D"))
WIDTHS: Final = {
    "Cluster": 8, "Side": 6, ANSWER: 12, TAKE: 16, NOTE: 24, "Name": 24, "E-mail": 30, "Address": 34,
    "Account": 28, "Why it is asked": 34, "Likely": 8, "Customer": 20, RECORD: 36,
}  # fmt: skip
USED: Final = "This cell is not read back. Answer in the yellow columns."


def workbook(pack: Pack, beside: Sequence[Sheet] = ()) -> Workbook:
    """The workbook of a pack."""
    book = Workbook()
    page = book.active
    page.title = INSTRUCTIONS
    _instruct(page, words(pack, [sheet.title for sheet in beside]))
    _clusters(book.create_sheet(SHEET), pack)
    book.active = 1
    return book


def write_pack(
    pack: Pack, file: Path, *, beside: Sequence[Sheet] = (), about: Mapping[str, str] | None = None
) -> None:
    """Write the pack as a workbook; equal content gives equal bytes.

    Further sheets stand `beside` the clusters, with what is said `about` them; they come back by
    :class:`crm_unify.steward.sheet_edits.Returned`.
    """
    book = workbook(pack, beside)
    if beside:
        add_sheets(book, beside, about=about or {})
    save_book(book, file)


def _instruct(page: Worksheet, texts: tuple[str, ...]) -> None:
    page.column_dimensions["A"].width = 110
    for number, text in enumerate(texts, 1):
        put(page, number, 1, text)
        page.cell(number, 1).alignment = _WRAPPED
    page.cell(1, 1).font = Font(bold=True, size=14)
    legend = len(texts) + 2
    for offset, (name, fill) in enumerate(_FILLS.items()):
        put(page, legend + offset, 1, f"{name}: {MEANS[name]}")
        page.cell(legend + offset, 1).fill = fill
    page.protection.sheet = True


MEANS: Final = {
    EQUAL: "says the same as side A",
    SIMILAR: "says nearly the same as side A: a slip, a short form",
    DIFFERENT: "says something else than side A",
    MISSING: "side A says nothing about it",
}


def _clusters(page: Worksheet, pack: Pack) -> None:
    shown = [label for label in FIELDS if any(row.values.get(label) for row in pack.rows)]
    for place, header in enumerate(HEADERS, 1):
        put(page, 1, place, header)
        head = page.cell(1, place)
        head.font, head.fill, head.alignment = Font(bold=True), _HEAD, _WRAPPED
        dimension = page.column_dimensions[get_column_letter(place)]
        dimension.width = WIDTHS.get(header, 16)
        unused = header in FIELDS and header not in shown
        dimension.hidden = unused or (header in KEYS and header != RECORD)
    before = ""
    for number, row in enumerate(pack.rows, 2):
        _row(page, number, row, starts=row.values["Cluster"] != before)
        before = row.values["Cluster"]
    last = max(len(pack.rows) + 1, 2)
    page.freeze_panes = page.cell(2, len(("Cluster", "Side", *EDITED)) + 1)
    page.auto_filter.ref = f"A1:{get_column_letter(len(HEADERS))}{last}"
    _validations(page, last, shown)


def _row(page: Worksheet, number: int, row: PackRow, *, starts: bool) -> None:
    for place, header in enumerate(HEADERS, 1):
        text = row.values.get(header)
        if header == "Cluster":
            put(page, number, place, int(text or 0))
        else:
            put(page, number, place, text or None)
        cell = page.cell(number, place)
        cell.alignment = _WRAPPED
        if starts:
            cell.border = _ABOVE
        if header in EDITED:
            cell.fill = _FREE if row.answers or header != ANSWER else _HEAD
        elif header in row.likeness:
            cell.fill = _FILLS[row.likeness[header]]
        elif not row.answers:
            cell.fill = _FIRST


def _validations(page: Worksheet, last: int, shown: list[str]) -> None:
    """Drop-downs for what is answered, a refusal for everything else."""
    lists = {ANSWER: ANSWERS, TAKE: tuple(shown)}
    for place, header in enumerate(HEADERS, 1):
        column = get_column_letter(place)
        if header == NOTE or last < 2:
            continue
        if header in lists:
            offered = DataValidation(type="list", formula1=f'"{",".join(lists[header])}"', allow_blank=True)
            offered.error = f"One of: {', '.join(lists[header])}"[:255]
            offered.errorStyle = "warning" if header == TAKE else "stop"
        else:
            offered = DataValidation(type="custom", formula1="FALSE", allow_blank=False)
            offered.error = USED
        offered.showErrorMessage = True
        offered.add(f"{column}2:{column}{last}")
        page.add_data_validation(offered)


# --- CSV ---
def write_csv(pack: Pack, file: Path) -> None:
    """The same columns as text, UTF-8; what a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADERS)
    writer.writerows(_texts(pack))
    file.write_text(out.getvalue(), encoding="utf-8-sig", newline="")


def _texts(pack: Pack) -> Iterator[list[str]]:
    for row in pack.rows:
        yield [harmless_text(cell_text(row.values.get(header)) or "") for header in HEADERS]
