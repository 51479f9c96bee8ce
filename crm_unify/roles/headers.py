"""What a header says a column is: its words against lists of headers in use, in many languages.

A header is folded and taken apart (`dateOfBirth`, `DATE_OF_BIRTH`, `Date of birth` are the same words). The
longest run of words that is a known header decides; what is left over lowers the weight, unless it only says
whose it is (customer, home) or which one (2).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from crm_unify.normalise.columns import strings
from crm_unify.normalise.text import folded
from crm_unify.roles.interface import Role

BARE_NAME = "name"
"""Entry of the lists for headers that only say "name": whose, the other columns and the values tell"""

_WHOLE, _QUALIFIED, _PARTLY, _GLUED = 0.92, 0.88, 0.8, 0.6
"""Certainty of a header that is known as it stands, that has only qualifiers besides, that has other words
besides (times the share of letters covered), and that ends with a known header without a space"""

_SHORTEST_GLUED = 4
_SHORT = 3
"""Letters up to which a word is too many things without its marks: họ and HO (head office), tên and ten"""
_TAIL = 0.06
"""In most languages of the lists the last words say what a thing is: phone type, customer phone"""


@dataclass(frozen=True, slots=True)
class HeaderGuess:
    """One reading of a header."""

    role: Role | None
    """None for a header that only says "name\""""
    scheme: str | None
    """Of identifiers: the kind of number"""
    weight: float
    """0 to 1"""
    group: str
    """Words and digits that say which of several: HOME, 2"""
    words: str
    """The known header that was found in it"""


@dataclass(frozen=True)
class HeaderWords:
    """The lists of headers in use."""

    headers: Mapping[str, Iterable[str]]
    """For each role (`identifier:SCHEME`, or BARE_NAME) the headers that stand for it"""
    places: Iterable[str]
    """Words that tell several addresses or numbers of one row apart: home, billing"""
    fillers: Iterable[str]
    """Words that say nothing about what a column is: customer, primary"""

    @cached_property
    def table(self) -> dict[str, tuple[tuple[Role | None, str | None], ...]]:
        """Squashed header to the roles it may stand for."""
        found: dict[str, dict[tuple[Role | None, str | None], None]] = {}
        for name, headers in self.headers.items():
            role, _, scheme = name.partition(":")
            reading = (None if role == BARE_NAME else Role(role), scheme or None)
            for key in _squashed(headers):
                found.setdefault(key, {})[reading] = None
        return {key: tuple(readings) for key, readings in found.items()}

    @cached_property
    def marked(self) -> frozenset[str]:
        """Squashed headers that are known with their marks alone: short, and never listed without them."""
        short: dict[str, bool] = {}
        for header in (header for headers in self.headers.values() for header in headers):
            for key in _squashed([header]):
                if len(key) <= _SHORT:
                    short[key] = short.get(key, True) and _is_marked(header)
        return frozenset(key for key, always in short.items() if always)

    @cached_property
    def place_words(self) -> frozenset[str]:
        """Folded `places`."""
        return frozenset(word for text in _folded(self.places) for word in text.split())

    @cached_property
    def long_places(self) -> tuple[str, ...]:
        """Words of places that are known without a space behind them, the longest first."""
        long = (word for word in self.place_words if len(word) >= _SHORTEST_GLUED)
        return tuple(sorted(long, key=lambda word: (-len(word), word)))

    @cached_property
    def filler_words(self) -> frozenset[str]:
        """Folded `fillers`."""
        return frozenset(word for text in _folded(self.fillers) for word in text.split())


def read_header(header: str, words: HeaderWords) -> tuple[HeaderGuess, ...]:
    """All readings of a header, the likeliest first; none where no word of it is known."""
    tokens = header_words(header)
    bare = not _is_marked(header)
    best: dict[tuple[Role | None, str | None], HeaderGuess] = {}
    for start in range(len(tokens)):
        for stop in range(start + 1, len(tokens) + 1):
            if bare and "".join(tokens[start:stop]) in words.marked:
                continue
            for guess in _window(tokens, start, stop, words=words):
                _keep(best, guess)
    if not best:
        for guess in _glued("".join(tokens), words):
            _keep(best, guess)
    return tuple(sorted(best.values(), key=lambda guess: (-guess.weight, guess.role or "")))


def header_words(header: str) -> list[str]:
    """The folded words of a header, parted at changes of case and between letters and digits."""
    parted = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", re.sub("[°º]", " ", header))
    parted = re.sub(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", parted)
    return (_folded([parted])[0]).split()


def _is_marked(header: str) -> bool:
    """Whether Latin letters of a header have marks, or it is in no Latin letters at all."""
    return any(not letter.isascii() and letter.isalpha() for letter in unicodedata.normalize("NFC", header))


def _window(tokens: list[str], start: int, stop: int, *, words: HeaderWords) -> Iterable[HeaderGuess]:
    key = "".join(tokens[start:stop])
    rest = tokens[:start] + tokens[stop:]
    places = [place for word in tokens if (place := _place_in(word, words)) is not None]
    group = " ".join([*places, *(word for word in rest if word.isdigit())])
    for role, scheme in words.table.get(key, ()):
        yield HeaderGuess(role, scheme, _weight(tokens, start, stop, words=words), group, key)


def _place_in(word: str, words: HeaderWords) -> str | None:
    """The word of a place that a word is, or begins with in front of a known header: SHIPPINGCITY."""
    if word in words.place_words:
        return word
    return next(
        (
            place
            for place in words.long_places
            if word.startswith(place) and word[len(place) :] in words.table
        ),
        None,
    )


def _weight(tokens: list[str], start: int, stop: int, *, words: HeaderWords) -> float:
    rest = tokens[:start] + tokens[stop:]
    known = words.place_words | words.filler_words
    if not rest:
        return _WHOLE
    covered = sum(map(len, tokens[start:stop])) / sum(map(len, tokens))
    at_end = _TAIL if all(word.isdigit() for word in tokens[stop:]) else 0.0
    if all(word.isdigit() or word in known for word in rest):
        return _QUALIFIED - _TAIL + at_end - (1 - covered) / 100
    return min(_PARTLY, _PARTLY * math.sqrt(covered) + at_end)


def _glued(whole: str, words: HeaderWords) -> Iterable[HeaderGuess]:
    """Readings of a header without any break: custfirstname, emailadr."""
    cuts = range(len(whole) + 1)
    ends = {part for at in cuts for part in (whole[:at], whole[at:]) if len(part) >= _SHORTEST_GLUED}
    for key in words.table:
        if key in ends:
            weight = _GLUED * math.sqrt(len(key) / len(whole)) + (_TAIL if whole.endswith(key) else 0.0)
            place = _place_in(whole, words) or ""
            weight = _QUALIFIED if place + key == whole and place else weight
            for role, scheme in words.table[key]:
                yield HeaderGuess(role, scheme, weight, place, key)


def _keep(best: dict[tuple[Role | None, str | None], HeaderGuess], guess: HeaderGuess) -> None:
    known = best.get((guess.role, guess.scheme))
    if known is None or guess.weight > known.weight:
        best[guess.role, guess.scheme] = guess


def _squashed(headers: Iterable[str]) -> list[str]:
    return [text.replace(" ", "") for text in _folded(headers) if text]


def _folded(texts: Iterable[str]) -> list[str]:
    return [text or "" for text in folded(strings(texts)).to_pylist()]
