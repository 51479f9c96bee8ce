"""Cells of the canvas: what a record says of a field, how like the others it is, and where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Indel

from crm_unify.steward.review.beside import EQUAL, MISSING, SIMILAR, likeness, similarity

SIGNS: Final = {EQUAL: "=", SIMILAR: "≈", "different": "≠", MISSING: "\N{EN DASH}", "": ""}
"""A sign beside the colour: nobody has to tell colours apart."""
LONGEST: Final = 160
"""Characters of a value whose differences are marked; longer ones are remarks."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Value:
    """One value in a cell."""

    text: str
    pieces: tuple[Piece, ...]
    """The text in parts, those that differ marked; empty where nothing is marked."""
    shared: int = 0
    """Customers that have it; 0 or 1: nobody else."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a record says of a field."""

    values: tuple[Value, ...]
    likeness: str
    """EQUAL, SIMILAR, DIFFERENT or MISSING; empty where there is nothing to compare with."""
    wins: bool = False
    """Whether its value is the golden one."""

    @property
    def sign(self) -> str:
        """The sign of its likeness."""
        return SIGNS[self.likeness]


def compared(texts: Sequence[str], others: Sequence[str], *, wins: bool = False) -> Cell:
    """A cell beside what it is compared with."""
    if not texts:
        return Cell((), MISSING if others else "", wins)
    if not others:
        return Cell(tuple(Value(text, ()) for text in texts), "", wins)
    how = likeness(texts, others)
    marked = how == SIMILAR or (how != EQUAL and len(texts) == 1)
    values = (Value(text, tuple(_pieces(text, others)) if marked else ()) for text in texts)
    return Cell(tuple(values), how, wins)


def _pieces(text: str, others: Sequence[str]) -> Iterator[Piece]:
    """The text with what differs from the text most like it."""
    nearest = max(others, key=lambda other: (similarity(text, other), other))
    if len(text) > LONGEST or len(nearest) > LONGEST or similarity(text, nearest) < WORTH:
        return
    for step in Indel.opcodes(nearest.casefold(), text.casefold()):
        part = text[step.dest_start : step.dest_end]
        if part and len(text.casefold()) == len(text):
            yield Piece(part, step.tag != "equal")


WORTH: Final = 0.4
"""Share of characters in common below which marking single characters helps nobody."""
