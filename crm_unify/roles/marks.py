"""Shares of a column's values with some property, which the tests of several roles ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import matches, strings
from crm_unify.normalise.street_words import GLUED, STREET_WORDS
from crm_unify.roles.date_order import DateReading
from crm_unify.roles.given_names import given_names
from crm_unify.roles.naming import any_word, last_word, organised_names
from crm_unify.roles.profile import Profile
from crm_unify.roles.weights import weighed
from crm_unify.roles.words import STREETS, SURNAMES

_RUN_TOGETHER: Final = r"^(?:\p{Han}{2,4}|\p{Hangul}{2,4})$"
"""A name in Chinese, Japanese or Korean script whose two parts have no space between them"""
_IN_SIGNS: Final = r"^(?:\p{Han}{1,3} ?[\p{Han}\p{Hiragana}]{1,4}|\p{Hangul}{1,2} ?\p{Hangul}{1,3})$"
"""A name in one of these scripts, with or without a space; the reading beside it (kana alone) is none"""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The shares of one column, 0 to 1."""

    held: Profile
    letters: float
    """Has a letter"""
    plain: float
    """Has a letter and no digit"""
    digits: float
    """Has a digit"""
    several: float
    """Has two words or more, or two parts without a space"""
    in_signs: float
    """May be a name in Chinese, Japanese or Korean script"""
    words: float
    """Average number of words"""
    given: float
    """First word is a known given name"""
    any_given: float
    """Some word is a known given name"""
    surname: float
    """Last word is a frequent family name"""
    organised: float
    """Has a legal form or a word of organisations"""
    street: float
    """Has a word for street, or ends like one"""
    dates: DateReading


def marks(held: Profile, dates: DateReading) -> Marks:
    """The marks of a profile whose dates have been read."""
    letters, digits = matches(held.folded, "[A-Z]"), matches(held.texts, r"\d")
    plain = pc.and_(letters, pc.invert(matches(held.texts, r"[\d@/\\_:;#%<>=+*?!|{}\[\]]|(?i:www\.)")))
    words: Any = pc.split_pattern(held.folded, " ")
    first = pc.list_element(words, 0)
    together = matches(held.texts, _RUN_TOGETHER)
    counts = pc.add(pc.list_value_length(words), together.cast(pa.int32()))
    last = last_word(words)
    return Marks(
        held,
        letters=held.share(letters),
        plain=held.share(plain),
        digits=held.share(digits),
        several=held.share(pc.greater(counts, 1)),
        in_signs=held.share(matches(held.texts, _IN_SIGNS)),
        words=weighed(counts, held.weights),
        given=held.share(pc.is_in(first, value_set=word_set(given_names()))),
        any_given=held.share(any_word(words, given_names())),
        surname=held.share(pc.is_in(last, value_set=word_set(SURNAMES))),
        organised=held.share(organised_names(held.folded)),
        street=held.share(pc.or_(any_word(words, _street_words()), _glued_street(held))),
        dates=dates,
    )


@cache
def _street_words() -> frozenset[str]:
    """Words that hardly anything but a street is called by."""
    words = {word for word, token in STREET_WORDS.items() if token in STREETS}
    return frozenset(words - {"SAINT", "SANKT", "CH", "LA", "TR", "PK", "RT"}) | STREETS


@cache
def word_set(words: frozenset[str]) -> Any:
    """Words as an Arrow column, for `is_in`."""
    return strings(sorted(words))


def _glued_street(held: Profile) -> Any:
    return matches(held.folded, rf"[A-Z]{{3}}(?:{'|'.join(GLUED)}|WEG|PLATZ|GASSE|ALLEE|LAAN|DAMM)\b")
