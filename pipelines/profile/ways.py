"""In how many ways a column writes the same kind of thing: numbers, capitals, phone numbers."""

from __future__ import annotations

from typing import Final

from crm_unify.roles.interface import Role
from pipelines.profile.interface import Way
from pipelines.profile.looks import Looks
from pipelines.profile.tally import Tally

SMALL: Final = 0.01
"""Share of the rows below which another way of writing capitals is not worth a word"""

NAMED: Final = frozenset({
    Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME, Role.PARTY_NAME, Role.ORGANISATION, Role.CONTACT,
    Role.STREET, Role.ADDRESS, Role.CITY, Role.EMAIL, Role.BIRTH_NAME, Role.MIDDLE_NAME,
})  # fmt: skip
"""Roles whose capitals say how they were typed"""
_NUMBERS: Final = {
    "decimal point": "decimal point", "decimal comma": "decimal comma", "grouped": "thousands marked",
    "spreadsheet number": "power of ten", "money": "with currency", "percent": "with %",
}  # fmt: skip


def number_ways(looks: Looks) -> tuple[Way, ...]:
    """How numbers with decimals are written; whole numbers fit each way."""
    return _several([
        _way("number", name, looks.by_shape[shape])
        for shape, name in _NUMBERS.items() if shape in looks.by_shape
    ])


def letter_ways(looks: Looks, filled: int) -> tuple[Way, ...]:
    """Capitals only, small letters only, and both."""
    ways = [_way("letters", mark, looks.tally(mark)) for mark in ("capitals", "small letters")]
    ways = [way for way in ways if way.rows >= SMALL * filled]
    both = next((p for p in looks.as_patterns().top if "A" in p.text and "a" in p.text), None)
    if both is not None and ways:
        rest = looks.tally("letters").rows - sum(way.rows for way in ways)
        ways.append(Way("letters", "capitals and small letters", rest, both.example))
    return _several(ways)


def phone_ways(looks: Looks, filled: int) -> tuple[Way, ...]:
    """With and without calling code, and bare digits."""
    digits = looks.by_shape.get("integer", Tally())
    plus, zeros = looks.tally("plus first"), looks.tally("00 first")
    bare = [(text, rows) for text, rows in digits.top if not text.startswith(("00", "+"))]
    ways = [_way("phone", "+ and calling code", plus), _way("phone", "00 and calling code", zeros)]
    if bare:
        ways.append(Way("phone", "digits alone", sum(rows for _, rows in bare), bare[0][0]))
    known = sum(way.rows for way in ways)
    other = looks.by_shape.get("phone", Tally())
    marked = next((text for text, _ in other.top if not text.startswith(("+", "00", "(+"))), None)
    if marked is not None and known < filled:
        ways.append(Way("phone", "without calling code", filled - known, marked))
    return _several(ways)


def _way(kind: str, name: str, tally: Tally) -> Way:
    return Way(kind, name, tally.rows, tally.top[0][0] if tally.top else "")


def _several(ways: list[Way]) -> tuple[Way, ...]:
    """The ways that occur, the most frequent first; none where all is written alike."""
    found = sorted((way for way in ways if way.rows), key=lambda way: (-way.rows, way.name))
    return tuple(found) if len(found) > 1 else ()
