"""A report as a workbook: the figures first, then a sheet for every table, numbers as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from crm_unify.steward.reports.values import Cell, Form, Report, Table
from crm_unify.steward.sheets import put, save_book, unique_titles

FIGURES: Final = "Figures"
WIDTHS: Final = {Form.TEXT: 26, Form.RAW: 48, Form.COUNT: 12, Form.SHARE: 12, Form.NUMBER: 12}
FORMATS: Final = {Form.COUNT: "#,##0", Form.SHARE: "0.0%", Form.NUMBER: "0.00"}
_HEAD: Final = PatternFill("solid", fgColor="E9EDEC")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


def write_report(report: Report, file: Path) -> None:
    """Write the workbook; equal reports give equal bytes."""
    book = Workbook()
    _figures(book.active, report)
    tables = [table for section in report.sections for table in section.tables]
    for title, table in zip(
        unique_titles((one.title for one in tables), taken=(FIGURES,)), tables, strict=True
    ):
        _table(book.create_sheet(title), table)
    save_book(book, file)


def _figures(page: Worksheet, report: Report) -> None:
    page.title = FIGURES
    of = f"{report.project}, run {report.run} as of {report.as_of}"
    put(page, 1, 1, report.title)
    put(page, 2, 1, of if report.environment is None else f"{of}, {report.environment}")
    put(page, 3, 1, report.said)
    page.cell(1, 1).font = Font(bold=True, size=14)
    for number, card in enumerate(report.cards, 5):
        for place, text in enumerate((card.label, card.figure, card.said), 1):
            put(page, number, place, text)
        page.cell(number, 2).font = Font(bold=True)
    for letter, width in zip("ABC", (24, 18, 80), strict=True):
        page.column_dimensions[letter].width = width


def _table(page: Worksheet, table: Table) -> None:
    for place, column in enumerate(table.columns, 1):
        put(page, 1, place, column.name)
        head = page.cell(1, place)
        head.font, head.fill, head.alignment = Font(bold=True), _HEAD, _WRAPPED
        page.column_dimensions[get_column_letter(place)].width = WIDTHS[column.form]
    for number, row in enumerate(table.rows, 2):
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True), 1):
            _cell(page, number, place, column.form, value)
    page.freeze_panes = "B2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{max(len(table.rows) + 1, 2)}"
    page.page_setup.orientation = "landscape"


def _cell(page: Worksheet, row: int, column: int, form: Form, value: Cell) -> None:
    cell = page.cell(row, column)
    if isinstance(value, (int, float)):
        cell.value = value
        cell.number_format = FORMATS.get(form, "General")
    else:
        put(page, row, column, value)
    cell.alignment = _WRAPPED
