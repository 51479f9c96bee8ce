"""All readings of one column with their certainty: what its header says, weighed by what its values say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from crm_unify.roles.content import Fit, content
from crm_unify.roles.date_order import DateReading, read_dates
from crm_unify.roles.headers import HeaderGuess, HeaderWords, read_header
from crm_unify.roles.interface import Role
from crm_unify.roles.profile import Profile

DOUBTFUL, FITTING = 0.3, 0.75
"""Shares of fitting values at which a header counts for nothing, and in full"""

ROW_KEY_UNIQUE: Final = 0.98
"""Different values by filled rows from which on a number is one of the row, not of the party"""

_QUALIFIED: Final = 0.8
"""Weight of a header from which on all its words are known"""

CONSTANT_FILL: Final = 20
"""Rows from which on a column of one value says nothing"""

NAMES: Final = (Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME, Role.ORGANISATION, Role.PARTY_NAME)
"""What a column may be whose header only says "name\""""

_LIKEISSUED: Final = 0.25
"""Certainty by the values from which on a repeated number counts as issued: long, alike in shape, varied"""

ISSUED: Final = frozenset({"tax", "vat", "ssn", "national", "passport", "licence", "bank", "register"})
"""Schemes of numbers that follow a party from system to system"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One role that a column may have."""

    role: Role
    certainty: float
    """0 to 1"""
    scheme: str | None
    """Of identifiers"""
    group: str
    """Of several addresses or numbers of a row, which one"""
    reason: str
    """Why, in a sentence"""
    headed: bool
    """Whether the header says so, and not the values alone"""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnReadings:
    """One column and all roles it may have, the likeliest first."""

    held: Profile
    dates: DateReading
    bare_name: float
    """Certainty that the header only says "name\""""
    readings: tuple[Reading, ...]

    def certainty(self, role: Role) -> float:
        """Of one role; 0 where it is not among the readings."""
        return max((reading.certainty for reading in self.readings if reading.role == role), default=0.0)


def readings(held: Profile, words: HeaderWords) -> ColumnReadings:
    """All readings of a column."""
    dates = read_dates(held.texts, held.weights, country=None)
    guesses = read_header(held.name, words)
    bare = max((guess.weight for guess in guesses if guess.role is None), default=0.0)
    named = [guess for guess in guesses if guess.role is not None]
    if bare < max((guess.weight for guess in named), default=0.0):
        bare = 0.0
    if bare:
        named += [HeaderGuess(role, None, bare * 0.5, "", "name") for role in NAMES]
    fits = content(held, dates)
    by_header = {guess.role: _read(guess, fits, held) for guess in reversed(named) if guess.role is not None}
    by_content = {role: _silent(role, fit) for role, fit in fits.items() if role not in by_header}
    issued = bool(fits) and fits[Role.IDENTIFIER].speaks >= _LIKEISSUED
    found = [_settled(reading, held, issued=issued, headed=True) for reading in by_header.values()]
    found += [_settled(reading, held, issued=issued, headed=False) for reading in by_content.values()]
    order = sorted(found, key=lambda reading: (-reading.certainty, reading.role))
    return ColumnReadings(held, dates, bare, tuple(order))


def _read(guess: HeaderGuess, fits: Mapping[Role, Fit], held: Profile) -> Reading:
    """What the header says, weighed by the values."""
    assert guess.role is not None, "a bare name has been given roles"
    fit = fits.get(guess.role, Fit(0.0, 0.0))
    gate = min(1.0, max(0.0, (fit.fits - DOUBTFUL) / (FITTING - DOUBTFUL)))
    certainty = gate * (1 - (1 - guess.weight) * (1 - fit.speaks))
    reason = "its header says so" if guess.weight > _QUALIFIED else f"its header has {guess.words.lower()}"
    if fit.speaks >= 0.5:
        reason += ", and so do its values"
    elif gate < 1:
        reason += f", but only {_percent(fit.fits)} of the values could be one"
    return Reading(guess.role, certainty, guess.scheme, guess.group, reason, headed=True)


def _silent(role: Role, fit: Fit) -> Reading:
    """What the values say by themselves."""
    gate = min(1.0, fit.fits / FITTING)
    reason = "its values look like it, its header does not say"
    return Reading(role, 0.9 * gate * fit.speaks, None, "", reason, headed=False)


def _settled(reading: Reading, held: Profile, *, issued: bool, headed: bool) -> Reading:
    """Identifiers that are row numbers, and columns that always say the same."""
    constant = held.distinct == 1 and held.filled >= max(CONSTANT_FILL, held.rows / 2)
    if constant and (not headed or reading.role in (Role.IDENTIFIER, Role.CATEGORY)):
        return _instead(reading, Role.NOISE, "it says the same in every row")
    if reading.role == Role.IDENTIFIER and reading.scheme not in ISSUED and held.unique >= ROW_KEY_UNIQUE:
        return _instead(reading, Role.ROW_KEY, f"{reading.reason}; no value stands twice")
    if reading.role == Role.ROW_KEY and held.unique < ROW_KEY_UNIQUE and held.filled:
        if issued:
            return _instead(reading, Role.IDENTIFIER, f"{reading.reason}; values stand more than once")
        return _instead(reading, Role.NOISE, f"{reading.reason}; values stand more than once, like counts")
    return reading


def _instead(reading: Reading, role: Role, reason: str) -> Reading:
    return replace(reading, role=role, reason=reason)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
