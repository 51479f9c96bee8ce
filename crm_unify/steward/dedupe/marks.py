"""Where two values differ: the pieces of both, those that only one of them has marked."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from crm_unify.steward.report.page import visible

LONGEST: Final = 120
"""Characters of a value that are compared and shown."""
ALIKE: Final = 0.6
"""Two values with less than this share of characters in common are marked as a whole, because pieces would
only confuse; unless so much of the shorter one stands in the other in one piece."""
SHORTEST: Final = 3
"""... of at least so many characters."""
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
    found = SequenceMatcher(None, folded[0], folded[1], autojunk=False)
    if not _comparable(found, folded):
        return _value(one, [Piece("".join(left), True)]), _value(other, [Piece("".join(right), True)])
    pieces: tuple[list[Piece], list[Piece]] = ([], [])
    for tag, start, end, start_right, end_right in found.get_opcodes():
        pieces[0].append(Piece("".join(left[start:end]), tag != "equal"))
        pieces[1].append(Piece("".join(right[start_right:end_right]), tag != "equal"))
    return _value(one, pieces[0]), _value(other, pieces[1])


def _comparable(found: SequenceMatcher[str], folded: Sequence[Sequence[str]]) -> bool:
    if found.ratio() >= ALIKE:
        return True
    longest = found.find_longest_match().size
    return longest >= max(SHORTEST, ALIKE * min(map(len, folded)))


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
