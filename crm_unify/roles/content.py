"""What the values of a column say it is: for each role the share that fits it, and how much they say.

*Fits* is what a role demands (a phone number has digits); a header that the values do not fit lies. *Speaks*
is how sure the values alone make one of the role: `@` says e-mail by itself, five digits hardly say postcode.

The numbers below are certainties, ordered rather than measured: what nothing else looks like (e-mail 0.97,
web 0.9, address lines 0.9) before what lists of words tell (names, organisations 0.85, gender 0.75), before
shapes that several roles share (an issued number 0.5, digits as postcode 0.2). A known header has 0.92 by
itself, so values alone never outweigh it; they do when it lies, because it then fits too few of them. The
second argument of `_up` is the share at which a list of words counts in full: half of all people bear a
listed given name, one in eight a listed family name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from crm_unify.normalise.columns import matches
from crm_unify.normalise.countries import country_codes
from crm_unify.roles.date_order import DateReading
from crm_unify.roles.interface import Role
from crm_unify.roles.marks import Marks, marks, word_set
from crm_unify.roles.naming import any_word, is_mixed, known_words
from crm_unify.roles.profile import Profile
from crm_unify.roles.words import (
    CITIES,
    GENDERS,
    JOB_WORDS,
    SUFFIXES,
    TITLES,
    US_STATES,
    YES_NO,
    regions,
)

_EMAIL: Final = r"^[^@\s<>]+@[^@\s]+\.[^@\s\d.]{2,}>?$"
_TOP: Final = (
    "com|org|net|edu|gov|info|biz|io|eu|de|at|ch|fr|es|it|nl|be|pl|pt|uk|us|ca|au|se|dk|no|fi|cz|ru|br|jp|in"
)
_URL: Final = rf"(?i)^(?:https?://\S+|www\.\S+|(?:[a-z0-9-]+\.)+(?:{_TOP})(?:/\S*)?)$"
_PHONE_WRITTEN: Final = (
    r"^(?:\+|00)\d|^\(?0\d{1,5}\)?[ /-]\d|^\(\d{2,5}\) ?\d|^\d{2,5}[-./ ]\d{2,4}[-. ]\d{2,}|^0\d{8,11}$"
)
_AMERICAN: Final = r"^1?[2-9](?:0[1-9]|1[02-9]|[2-8]\d|9[0-8])[2-9]\d{6}$"
"""Ten digits by the North American numbering plan; of random ones half are"""
_HOUSE_NUMBER: Final = r"^#?\d{1,6} ?[A-Za-z]?(?: ?[-/+&] ?\d{0,5} ?[A-Za-z]?)?(?: 1/2)?(?:\.0)?$"
_UNIT_WORDS: Final = (
    "apt|apartment|unit|ste|suite|flat|room|rm|lot|spc|top|whg|no|bldg|trlr|fl|floor|piso|lok"
)
_UNIT: Final = rf"(?i)^(?:(?:{_UNIT_WORDS})\b[. #]*(?:[a-z]?\d[\da-z-]*|[a-z])$|#)"
_POSTCODE_PLAIN: Final = (
    r"(?i)^(?:\d{2}-\d{3}|\d{5}-\d{4}|\d{4}-\d{3}|\d{5}-\d{3}|\d{3} \d{2}|[1-9]\d{3} ?[a-z]{2}"
    r"|[a-z]{1,2}\d[a-z0-9]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d)$"
)
"""Postcodes that nothing else looks like: Polish, Portuguese, British, Canadian, Dutch ..."""
_POSTCODE_DIGITS: Final = r"(?i)^(?:[a-z]{1,3}[- ])?(?:\d{3,6}(?:\.0)?|\d{9}|\d{3}-\d{4})$"
_LEADING_ZERO: Final = r"^0\d{4}$"
_ID_TOKENS: Final = r"^[A-Za-z][A-Za-z0-9_]{0,11}:\S+(?:[ ,;|]+[A-Za-z][A-Za-z0-9_]{0,11}:\S+)*$"
_AMOUNT: Final = r"^[-+$€£ ]*\d[\d,. ]*[.,]\d{1,8}[ €$£%]*$"
_UUID: Final = r"(?i)^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$"


@dataclass(frozen=True, slots=True)
class Fit:
    """How the values of a column go with one role."""

    fits: float
    """Share of the values that could be of the role, 0 to 1"""
    speaks: float
    """Certainty that the values alone give, 0 to 1"""


def content(held: Profile, dates: DateReading) -> dict[Role, Fit]:
    """For each role how the values go with it; an empty column goes with none."""
    if not len(held.texts):
        return {}
    found = marks(held, dates)
    return {**_names(found), **_contacts(found), **_places(found), **_dates(found), **_rest(found)}


def _names(m: Marks) -> dict[Role, Fit]:
    held = m.held
    short = held.share(pc.less_equal(pc.utf8_length(held.texts), 40))
    name = min(m.plain, short) * (1 - _answers(held))
    single = 1 - m.several
    varied = min(1.0, held.distinct / 20)
    given = _up(m.given, 0.5) * varied * (0.25 + 0.6 * single)
    family = _up(m.surname, 0.12) * (1 - min(1.0, 1.3 * m.given)) * varied * (0.4 + 0.3 * single)
    initials = held.share(matches(held.folded, "^[A-Z]$"))
    full = max(m.several * _up(m.any_given, 0.5) * 0.85, 0.3 * m.in_signs) * varied * (1 - m.organised)
    kinds = 0.4 if held.distinct < 50 and held.filled > 50 * held.distinct else 1.0
    organised = _up(m.organised, 0.3) * varied * 0.85 * kinds
    listed = {role: held.rows_share(_all_words(held, words)) for role, words in _LISTS.items()}
    few = min(1.0, 12 / max(held.usual, 1))
    return {
        Role.GIVEN_NAME: Fit(name, given),
        Role.FAMILY_NAME: Fit(name * (1 - 0.8 * m.several * _up(m.given, 0.4)), family),
        Role.MIDDLE_NAME: Fit(name, 0.5 * initials * varied),
        Role.NICKNAME: Fit(name, 0.0),
        Role.BIRTH_NAME: Fit(name, 0.0),
        Role.FULL_NAME: Fit(name * min(1.0, m.several / 0.4), full),
        Role.PARTY_NAME: Fit(
            m.letters, 0.8 if m.plain > 0.5 and m.organised > 0.03 and is_mixed(held) else 0.0
        ),
        Role.CONTACT: Fit(name * min(1.0, m.several / 0.3), 0.0),
        Role.ORGANISATION: Fit(m.letters, organised),
        Role.NAME_SUFFIX: Fit(listed[Role.NAME_SUFFIX], 0.8 * listed[Role.NAME_SUFFIX] * few * m.letters),
        Role.TITLE: Fit(listed[Role.TITLE], 0.8 * listed[Role.TITLE] * few),
        Role.GENDER: Fit(listed[Role.GENDER] * few, 0.75 * listed[Role.GENDER] * few * m.letters),
        Role.JOB_TITLE: Fit(m.plain, 0.7 * _up(held.share(_any_words(held, JOB_WORDS)), 0.4)),
    }


def _contacts(m: Marks) -> dict[Role, Fit]:
    held = m.held
    email = held.share(matches(held.texts, _EMAIL))
    at = held.share(matches(held.texts, "@"))
    url = held.share(matches(held.texts, _URL))
    digits = pc.utf8_length(_digits(held))
    enough = pc.and_(pc.greater_equal(digits, 6), pc.less_equal(digits, 16))
    possible = held.share(pc.and_(enough, matches(held.folded, "^[^A-Z]*(?:[A-Z]{1,4}[^A-Z]*)?$")))
    written = held.share(pc.and_(enough, matches(held.texts, _PHONE_WRITTEN)))
    phone = 0.85 * _up(written * (1 - min(1.0, m.dates.share * 1.2)), 0.6)
    american = held.share(matches(held.texts, _AMERICAN))
    phone = max(phone, 0.65 * _up(american, 0.9) if american > 0.8 else 0.0)
    return {
        Role.EMAIL: Fit(max(at, email), 0.97 * _up(email, 0.5)),
        Role.WEBSITE: Fit(
            max(url, held.share(matches(held.texts, r"[A-Za-z]\.[A-Za-z]"))) * (1 - at), 0.9 * _up(url, 0.6)
        ),
        Role.PHONE: Fit(possible, phone),
        Role.FAX: Fit(possible, 0.0),
    }


def _places(m: Marks) -> dict[Role, Fit]:
    held = m.held
    number = held.share(matches(held.texts, _HOUSE_NUMBER))
    plain = held.share(matches(held.texts, _POSTCODE_PLAIN))
    shaped = max(plain, held.share(matches(held.texts, _POSTCODE_DIGITS)) * (1 - m.dates.years))
    zero = held.share(matches(held.texts, _LEADING_ZERO))
    numbered = held.share(pc.and_(matches(held.folded, "[A-Z]"), matches(held.texts, r"\d")))
    city = held.share(pc.is_in(held.folded, value_set=word_set(CITIES)))
    country = held.share(country_codes(held.texts).value.is_valid())
    plates = held.share(pc.equal(pc.utf8_length(held.folded), 1))
    spelt = held.share(pc.greater(pc.utf8_length(held.folded), 3))
    letters = pc.greater(pc.utf8_length(held.folded), 1)
    region = held.share(pc.and_(letters, pc.is_in(held.folded, value_set=word_set(regions()))))
    states = held.share(pc.is_in(held.folded, value_set=word_set(US_STATES)))
    several = min(1.0, held.distinct / 3)
    brief = held.share(pc.less_equal(pc.utf8_length(held.texts), 14))
    coded = (1 - m.letters) * m.digits * 0.9 if held.unique < 0.9 else 0.0
    placed = max(held.share(matches(held.folded, "[A-Z]{2}")) * (1 - numbered / 2), coded)
    digits = max(0.5 * shaped * _up(zero, 0.04), 0.2 * shaped)
    named = 0.6 * _up(region, 0.9) if region > 0.6 else 0.0
    nation = (0.5 + 0.3 * spelt) * _up(country, 0.9) * several if country > states else 0.2 * country
    nation *= 1 - plates
    return {
        Role.ADDRESS: Fit(m.letters, 0.9 * _up(min(numbered, m.street), 0.4)),
        Role.STREET: Fit(m.letters, 0.8 * _up(m.street * (1 - numbered), 0.4)),
        Role.ADDRESS_EXTRA: Fit(max(m.letters, number), 0.0),
        Role.HOUSE_NUMBER: Fit(number, 0.15 * number * min(1.0, held.distinct / 50)),
        Role.UNIT: Fit(brief, 0.7 * held.share(matches(held.texts, _UNIT))),
        Role.CITY: Fit(placed, 0.75 * _up(city, 0.15) * several),
        Role.BIRTH_PLACE: Fit(m.plain, 0.0),
        Role.DISTRICT: Fit(m.letters, 0.0),
        Role.POSTCODE: Fit(shaped, max(0.85 * plain, digits)),
        Role.REGION: Fit(m.letters, max(0.75 * states, named) * several),
        Role.COUNTRY: Fit(_up(country, 0.7), nation),
    }  # fmt: skip


def _dates(m: Marks) -> dict[Role, Fit]:
    low, middle, high = m.dates.span
    spread = high - low
    born = 0.7 if spread >= 30 and middle < high - 10 else 0.35
    lived = low >= 1900 and high <= 2030 and 30 <= spread <= 110 and m.held.unique < 0.5
    number = m.held.share(matches(m.held.texts, r"^\d{1,3}(?:\.0)?$"))
    dated = m.dates.share
    return {
        Role.BIRTH_DATE: Fit(min(1.0, dated + m.dates.years * 0.9), born * _up(dated, 0.8)),
        Role.BIRTH_YEAR: Fit(m.dates.years, 0.5 * m.dates.years if lived else 0.0),
        Role.RECORD_DATE: Fit(min(1.0, dated + m.dates.years), (1.05 - born - 0.2) * _up(dated, 0.8)),
        Role.AGE: Fit(number, 0.0),
    }


def _rest(m: Marks) -> dict[Role, Fit]:
    held = m.held
    coded = held.share(pc.and_(matches(held.texts, r"\d"), pc.greater_equal(pc.utf8_length(held.texts), 5)))
    tokens = held.share(matches(held.texts, _ID_TOKENS))
    coded *= 1 - max(m.dates.share, held.share(matches(held.texts, _AMOUNT)))
    brief = held.share(pc.less(pc.utf8_length(held.texts), 7))
    varied = min(1.0, held.unique / 0.2) * min(1.0, held.distinct / 20)
    issued = (0.5 - 0.2 * brief) * coded * _up(_same_shape(held), 0.6) * varied
    unique = held.unique if held.filled > 1 else 0.0
    keyed = 0.6 if unique == 1.0 and held.fill == 1.0 and m.words < 2 and m.digits > 0.9 else 0.0
    keyed = max(keyed, 0.8 * held.share(matches(held.texts, _UUID)) * (unique > 0.98))
    lengthy = held.share(pc.greater(pc.utf8_length(held.texts), 60))
    wordy = 0.7 * max(_up(lengthy, 0.5), min(1.0, max(0.0, (m.words - 6) / 6)))
    repeated = held.filled / max(held.distinct, 1)
    few = 0.35 if held.usual <= 30 and repeated >= 10 else 0.0
    few = max(few, 0.8 * _answers(held))
    return {
        Role.IDENTIFIER: Fit(max(m.digits, tokens, coded), max(issued, 0.8 * tokens)),
        Role.ROW_KEY: Fit(1.0, keyed),
        Role.TEXT: Fit(1.0, wordy),
        Role.CATEGORY: Fit(1.0, few),
        Role.NOISE: Fit(1.0, 0.0),
    }


_LISTS: Final = {Role.NAME_SUFFIX: SUFFIXES, Role.TITLE: TITLES, Role.GENDER: GENDERS}


def _answers(held: Profile) -> float:
    """Share of yes and no, in a column that says little else: there it is no name, not even No."""
    return held.rows_share(_all_words(held, YES_NO)) if held.usual <= 3 else 0.0


def _up(share: float, enough: float) -> float:
    """The share as part of what is enough, 0 to 1."""
    return min(1.0, share / enough)


def _any_words(held: Profile, known: frozenset[str]) -> Any:
    return any_word(pc.split_pattern(held.folded, " "), known)


def _all_words(held: Profile, known: frozenset[str]) -> Any:
    """True where all words of a value are known, and it has one."""
    words: Any = pc.split_pattern(held.folded, " ")
    every = pc.equal(known_words(words, known), pc.list_value_length(words))
    return pc.and_(every, pc.not_equal(held.folded, ""))


def _digits(held: Profile) -> Any:
    return pc.replace_substring_regex(held.texts, r"\D", "")


def _same_shape(held: Profile) -> float:
    """Share of the most frequent shape, of digits and letters in their places."""
    shape = pc.replace_substring_regex(held.texts, r"\d", "9")
    shape = pc.replace_substring_regex(shape, "[A-Za-z]", "A").dictionary_encode()
    codes = shape.indices.to_numpy(zero_copy_only=False)
    totals = np.sort(np.bincount(codes, held.weights))
    return float(totals[-2:].sum())
