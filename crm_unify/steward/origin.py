"""The origins a person may ask about: a spreadsheet cell, a field of a text file, a column of a record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from crm_unify.errors import UsageError

_CELL: Final = re.compile(r"^\$?(?P<letter>[A-Za-z]{1,3})\$?(?P<row>[1-9][0-9]{0,17})$")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")  # no superscripts, and nothing beyond what a file can have
FORMS: Final = "FILE!SHEET!C7, FILE!LINE!COLUMN or RECORD_ID!COLUMN"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a workbook."""

    file: str
    sheet: str
    letter: str
    """Column as the spreadsheet shows it, upper case."""
    row: int
    """Row as the spreadsheet shows it, from 1."""


@dataclass(frozen=True, slots=True)
class Line:
    """A field of a text file."""

    file: str
    line: int
    """First physical line of the row; the header is line 1."""
    column: str
    """Header as found."""


@dataclass(frozen=True, slots=True)
class OfRecord:
    """A column of the row that made a record."""

    record_id: str
    column: str


AnyOrigin = Cell | Line | OfRecord


def parse_origin(text: str) -> AnyOrigin:
    """Read an origin as a person writes it.

    Raises UsageError for any other text.

    >>> parse_origin("contacts.xlsx!Contacts!C7")
    Cell(file='contacts.xlsx', sheet='Contacts', letter='C', row=7)
    >>> parse_origin("newsletter.csv!3!E-Mail")
    Line(file='newsletter.csv', line=3, column='E-Mail')
    >>> parse_origin("billing.billing_customers:0002#person!NAME")
    OfRecord(record_id='billing.billing_customers:0002#person', column='NAME')
    """
    first, mark, rest = text.partition("!")
    if mark and re.search(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*:.*#", first):
        return OfRecord(first, rest)
    middle, second_mark, last = rest.partition("!")
    if not second_mark:
        raise _unreadable(text)
    if _NUMBER.fullmatch(middle) and not first.lower().endswith((".xlsx", ".xlsm")):
        return Line(first, int(middle), last)
    sheet, _, cell = rest.rpartition("!")
    found = _CELL.match(cell)
    if found is None:
        raise _unreadable(text)
    return Cell(first, sheet, found["letter"].upper(), int(found["row"]))


def _unreadable(text: str) -> UsageError:
    why = f"an origin is {FORMS}"
    return UsageError("this is no origin", text, why=why, remedy="write it in one of these forms")
