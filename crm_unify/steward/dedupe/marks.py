"""Where two values differ: the pieces of both, those that only one of them has marked."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from crm_unify.steward.report.page import visible

LONGEST: Final = 120
"""Characters of a value that are compared and shown."""
ALIKE: Final = 0.5
"""Two values with less than this share of characters in common are marked as a whole: pieces would only
confuse."""
_JOINER: Final = "\u200d"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a value."""

    text: str
    """Without control characters."""
    differs: bool
    """True: the other value does not have it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as the page shows it."""

    pieces: tuple[Piece, ...]
    """None where there is no value."""
    cut: int
    """Characters of the whole value where it is longer than what is shown, else 0."""


def beside(one: str | None, other: str | None) -> tuple[Value, Value]:
    """Both values with the differences marked; letters that differ in case only are the same."""
    left, right = _units(one), _units(other)
    if one is None or other is None:
        return _value(one, [Piece("".join(left), False)]), _value(other, [Piece("".join(right), False)])
    folded = [[unit.casefold() for unit in units] for units in (left, right)]
    if Levenshtein.normalized_similarity(*folded) < ALIKE:
        return _value(one, [Piece("".join(left), True)]), _value(other, [Piece("".join(right), True)])
    pieces: tuple[list[Piece], list[Piece]] = ([], [])
    for step in Levenshtein.opcodes(*folded):
        differs = step.tag != "equal"
        pieces[0].append(Piece("".join(left[step.src_start : step.src_end]), differs))
        pieces[1].append(Piece("".join(right[step.dest_start : step.dest_end]), differs))
    return _value(one, pieces[0]), _value(other, pieces[1])


def _value(text: str | None, pieces: list[Piece]) -> Value:
    if text is None:
        return Value((), 0)
    return Value(tuple(piece for piece in pieces if piece.text), len(text) if len(text) > LONGEST else 0)


def _units(text: str | None) -> list[str]:
    """The characters as people see them: marks, joined emoji and skin tones stay with what they belong to."""
    units: list[str] = []
    for character in visible((text or "")[:LONGEST]):
        if units and (_joins(character) or units[-1].endswith(_JOINER)):
            units[-1] += character
        else:
            units.append(character)
    return units


def _joins(character: str) -> bool:
    category = unicodedata.category(character)
    return character == _JOINER or category in ("Mn", "Me", "Mc") or ord(character) in _SKIN_TONES
