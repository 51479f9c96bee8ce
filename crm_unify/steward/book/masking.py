"""People taken out of real values: the form stays, for the form is what a rule is about.

Of names stay capitals, titles, particles, legal forms and the comma behind a surname; of phone numbers the
first four digits and the signs; of addresses in the web the shared mailboxes. What has no mask is hidden.
No other word of three letters or more survives: people write names into every column. The text of a code
stays only where it is known to be nobody's: listed somewhere, or short and in several rows.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.propose.masks import is_code, masked, shaped
from crm_unify.rules.model import Parse

HIDDEN: Final = "(not shown)"
"""In the place of a text that cannot be masked."""
_GIVEN: Final = ("Anna", "Clara", "Emil", "Greta", "Jonas", "Karla", "Martin", "Olga", "Paul", "Rosa")
_FAMILY: Final = ("Linden", "Birke", "Falk", "Winter", "Moor", "Sander", "Thal", "Brook", "Hale", "Reed")
_COMPANY: Final = ("Nordwind", "Sample", "Lindenhof", "Riverside", "Eichen", "Harbour", "Musterbau", "Sonnen")
_STREETS: Final = ("Lindenweg", "Am Anger", "Mill Lane", "Bergstrasse", "Ringstrasse", "Station Road")
_TOWNS: Final = ("Lindenau", "Musterstadt", "Eichendorf", "Millbrook", "Seedorf", "Easthaven")
FREQUENT: Final = 3
"""Rows with the same text from which on it is the source's own and nobody's."""
LONGEST_CODE: Final = 3
"""Words of a frequent text that can be a code; more are a remark."""
SHORTEST_NAME: Final = 2
"""Characters up to which a text among codes is a code: Y, N, 07."""
_WORD: Final = re.compile(r"[^\W\d_]+\.?")
_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")
_KEPT: Final = frozenset(
    [
        *("dr", "dr.", "prof", "prof.", "mr", "mrs", "ms", "herr", "frau", "hr.", "fr.", "jr", "jr.", "sr"),
        *("von", "van", "der", "den", "de", "la", "le", "zu", "geb", "geb.", "née", "nee", "und", "and"),
        *("co", "co.", "the", "info", "office", "kontakt", "nl", "niederlassung", "filiale", "branch"),
    ]
)
"""Words of names that are nobody's: titles, particles, words for branches and shared mailboxes."""
_PHONE_WORDS: Final = frozenset(
    [
        *(
            "tel",
            "tel.",
            "telefon",
            "telefax",
            "phone",
            "fax",
            "fax.",
            "mobil",
            "mobile",
            "mob",
            "mob.",
            "cell",
        ),
        *("handy", "ext", "ext.", "extension", "durchwahl", "dw", "dw.", "privat", "private", "home", "work"),
        *("büro", "zentrale", "intern", "direct", "oder", "or"),
    ]
)
"""Words beside numbers that are nobody's."""
_EMAIL: Final = re.compile(r"(?P<local>[^@\s<>()\[\]:;,\"']+)@(?P<domain>[^@\s<>()\[\]:;,\"']+)")
_SHARED: Final = re.compile(r"^(info|office|kontakt|service|sales|mail)\b", re.IGNORECASE)


def masked_text(text: str, targets: Sequence[str], parse: Parse, *, nobodys: bool = False) -> str:
    """A text of nobody that has the form of this one; `targets` are what it is for.

    `nobodys`: whether it is a code that is listed or frequent, or a frequent town; such a text stays.
    """
    if not text.strip():
        return text
    if "person.full_name" in targets and "organisation.name" in targets and _is_company(text):
        return _words(text, _COMPANY)
    if "person.full_name" in targets:
        return _person(text, parse.name_order)
    if "organisation.name" in targets:
        return _words(text, _COMPANY)
    for target, mask in _MASKS.items():
        if target in targets:
            return text if target == "address.city" and nobodys else mask(text)
    if is_code(targets):
        known = all(word.group().casefold() in _KEPT for word in _WORD.finditer(text))
        return text if nobodys or known or len(text.strip()) <= SHORTEST_NAME else HIDDEN
    found = masked(text, targets, dates=parse.dates, country=parse.phone_country)
    return found if found is not None else shaped(text) if text[:1].isdigit() else HIDDEN


def asks_whose(targets: Sequence[str]) -> bool:
    """Whether a mask for these targets depends on a text being nobody's."""
    return "address.city" in targets or is_code(targets)


def is_short(text: str) -> bool:
    """Whether a text that several rows have can be a code or a town, and no remark."""
    return len(text.split()) <= LONGEST_CODE


def _is_company(text: str) -> bool:
    """Whether a column that holds people and companies holds a company here: a legal form tells."""
    words = (word.group().strip(".").upper() for word in _WORD.finditer(text))
    return any(word in ALIASES for word in words)


def _pick(word: str, among: Sequence[str]) -> str:
    return among[hashlib.sha256(word.casefold().encode()).digest()[0] % len(among)]


def _like(word: str, made: str) -> str:
    """A word in the capitals of another one."""
    if word.isupper() and len(word) > 1:
        return made.upper()
    return made.lower() if word.islower() else made


def _words(text: str, among: Sequence[str]) -> str:
    """Every word replaced that could tell who it is."""
    return _WORD.sub(lambda found: _word(found.group(), among), text)


def _word(word: str, among: Sequence[str]) -> str:
    if word.casefold() in _KEPT or word.strip(".").upper() in ALIASES or len(word.strip(".")) == 1:
        return word
    return _like(word, _pick(word, among))


def _person(text: str, order: str) -> str:
    """Surnames before a comma, at the beginning or at the end; the other words are given names."""
    family, comma, given = text.partition(",")
    if comma:
        return f"{_words(family, _FAMILY)},{_words(given, _GIVEN)}"
    names = [found for found in _WORD.finditer(text) if found.group().casefold() not in _KEPT]
    if not names:
        return text
    if order == "family_first":
        return _words(text[: names[0].end()], _FAMILY) + _words(text[names[0].end() :], _GIVEN)
    return _words(text[: names[-1].start()], _GIVEN) + _words(text[names[-1].start() :], _FAMILY)


def _email(text: str) -> str:
    """Mailboxes of nobody, and no names around them."""
    made, end = [], 0
    for found in _EMAIL.finditer(text):
        shared = _SHARED.match(found["local"])
        local = shared.group() if shared else _like(found["local"], _pick(found["local"], _GIVEN).lower())
        made += [
            _words(text[end : found.start()], _GIVEN),
            f"{local}@{_like(found['domain'], 'mail.example')}",
        ]
        end = found.end()
    return "".join((*made, _words(text[end:], _GIVEN))) if made else HIDDEN


def _phone(text: str) -> str:
    """The first four digits stay (country or area), the others and names beside them are of nobody."""
    made, place = [], 0
    for one in text:
        place += one.isdigit()
        made.append("23125101"[place % 8] if one.isdigit() and place > 4 else one)
    return _WORD.sub(
        lambda found: (
            found.group() if found.group().casefold() in _PHONE_WORDS else _word(found.group(), _FAMILY)
        ),
        "".join(made),
    )


def _street(text: str) -> str:
    number = re.search(r"\d+ ?[A-Za-z]?\b", text)
    street = _like(text.split()[0] if text.split() else "", _pick(text, _STREETS))
    return street if number is None else f"{street} {number.group()}"


_BRITISH: Final = re.compile(r"\s*[A-Za-z]{1,2}\d[A-Za-z\d]? *\d[A-Za-z]{2}\s*")
_COUNTRY: Final = re.compile(r"\s*[A-Za-z]{1,2}[- ](?=\d)")


def _postcode(text: str) -> str:
    """Digits and letters of nobody; a British postcode keeps its district, others their country in front."""
    if _BRITISH.fullmatch(text):
        return re.sub(r"\d[A-Za-z]{2}(?=\s*$)", "1AA", text)
    country = _COUNTRY.match(text)
    front = country.group() if country else ""
    return front + shaped(text[len(front) :])


def common_words(texts: Sequence[str | None]) -> frozenset[str]:
    """Words that stand in many keys of a column: what keys begin with, and no names."""
    counts = Counter(word for text in texts for word in set(_LETTERS.findall(text or "")))
    least = max(FREQUENT, len(texts) // 10)
    return frozenset(word for word, rows in counts.items() if rows >= least)


def numbered(text: str, number: int, *, words: Collection[str]) -> str:
    """A key of nobody, one for each row, as long; short and common `words` in it stay."""
    digits = sum(one.isdigit() for one in text)
    if not digits:
        return f"KEY{number}"
    made = iter(f"{number:0{digits}d}"[-digits:])
    counted = "".join(next(made) if one.isdigit() else one for one in text)
    return _LETTERS.sub(
        lambda found: found.group() if found.group() in words else shaped(found.group()), counted
    )


_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    "person.given_name": lambda text: _words(text, _GIVEN),
    "person.family_name": lambda text: _words(text, _FAMILY),
    "contact_point.email": _email,
    "contact_point.phone": _phone,
    "contact_point.fax": _phone,
    "address.line1": _street,
    "address.line2": lambda text: _words(text, _COMPANY),
    "address.postal_code": _postcode,
    "address.city": lambda text: _words(text, _TOWNS),
}
"""By what a value is for. A town that several rows name stays: its spelling is what rules are about."""
