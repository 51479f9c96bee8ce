"""The nouns of a report: cards, sections, tables and pictures; page, workbook and JSON show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crm_unify.steward.reports.trend import Trend

Cell = str | int | float | None


class Form(StrEnum):
    """How the cells of a column are written."""

    TEXT = "text"
    COUNT = "count"
    """A whole number, with separators."""
    SHARE = "share"
    """0 to 1, in percent."""
    NUMBER = "number"
    """With two digits."""
    RAW = "raw"
    """A text out of the data: shown as found, isolated."""


class Mood(StrEnum):
    """What a figure means for whoever reads it."""

    PLAIN = "plain"
    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    form: Form = Form.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    said: str = ""
    """A sentence above it."""
    nothing: str = "nothing"
    """What is said where it has no row."""


@dataclass(frozen=True, slots=True)
class Card:
    """A figure at the top of a page."""

    label: str
    figure: str
    said: str
    mood: Mood = Mood.PLAIN


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report."""

    title: str
    said: str
    tables: tuple[Table, ...] = ()
    pictures: tuple[Trend, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows."""

    kind: str
    """``steward``, ``quality`` or ``sponsor``."""
    project: str
    environment: str | None
    run: int
    as_of: str
    """ISO date of the run."""
    title: str
    said: str
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    masked: bool = False
    """Whether names of people were taken out."""

    def as_json(self) -> dict[str, Any]:
        """Plain values; a table is a list of objects."""
        return {
            "report": self.kind,
            "project": self.project,
            "environment": self.environment,
            "run": self.run,
            "as_of": self.as_of,
            "masked": self.masked,
            "figures": {card.label: card.figure for card in self.cards},
            "tables": {
                table.title: [_named(table.columns, row) for row in table.rows]
                for section in self.sections
                for table in section.tables
            },
        }


def _named(columns: Sequence[Column], row: Sequence[Cell]) -> Mapping[str, Cell]:
    return {column.name: cell for column, cell in zip(columns, row, strict=True)}
