"""What is suspicious about values, rows and tables: every kind with its title and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of suspicion."""

    title: str
    """For headings and lists, without a full stop"""
    weight: int
    """3: values are wrong or lost; 2: they mean something else than they say; 1: untidy, or worth knowing"""


KINDS: Final = {
    "UNREADABLE": Kind("rows that cannot be read", 3),
    "ORPHANS": Kind("rows that refer to something that is not there", 3),
    "KEY-REPEATED": Kind("numbers that tell rows apart, but not all of them", 3),
    "MOJIBAKE": Kind("text in the wrong encoding", 3),
    "LOST": Kind("characters lost to a wrong encoding", 3),
    "DATE-IMPOSSIBLE": Kind("days that no calendar has", 3),
    "BIRTH-FUTURE": Kind("birth dates in the future", 3),
    "BIRTH-OLD": Kind("birth dates more than 120 years ago", 3),
    "OUTSIDE": Kind("values of another type than the rest", 3),
    "SPREADSHEET": Kind("numbers a spreadsheet turned into powers of ten", 3),
    "POINT-ZERO": Kind("numbers a spreadsheet gave a .0", 3),
    "CUT-OFF": Kind("texts cut off at the width of the field", 3),
    "CONTROL": Kind("control characters", 3),
    "ROWS-REPEATED": Kind("rows that stand more than once", 2),
    "ROWS-ALIKE": Kind("rows that differ in nothing but their key", 2),
    "ZEROS-LOST": Kind("postcodes and numbers one digit short", 2),
    "TEST": Kind("test data", 2),
    "PLACEHOLDER": Kind("words that stand for nothing", 2),
    "FREQUENT": Kind("one value far more often than any other", 2),
    "REPEATED": Kind("one character again and again", 2),
    "SEQUENCE": Kind("digits in a row", 2),
    "DATE-ZERO": Kind("dates of zeros or nines", 2),
    "DATE-SENTINEL": Kind("days that stand for no date", 2),
    "DATE-SERIAL": Kind("dates as day numbers of a spreadsheet", 2),
    "DATE-AMBIGUOUS": Kind("day and month cannot be told apart", 2),
    "DATE-MIXED": Kind("dates written in several ways", 2),
    "NUMBER-MIXED": Kind("decimal points and decimal commas", 2),
    "JANUARY": Kind("the first of January, where only the year was known", 1),
    "DATE-FUTURE": Kind("dates in the future", 1),
    "NAME-DIGIT": Kind("digits in names", 1),
    "SCRIPTS": Kind("letters of two alphabets in one word", 2),
    "INVISIBLE": Kind("invisible characters", 1),
    "BLANKS": Kind("blanks too many", 1),
    "LINE-BREAK": Kind("line breaks", 1),
    "HIDDEN": Kind("hidden, struck or deleted rows", 1),
    "CONSTANT": Kind("the same in every row", 1),
    "EMPTY": Kind("nothing filled in", 1),
}
"""Code -> kind, those that cost data first"""
