"""People taken out of real values: the form stays, for the form is what a rule is about.

Of names stay capitals, titles, particles, legal forms and the comma behind a surname; of phone numbers the
first four digits and the signs; of addresses in the web the shared mailboxes. What has no mask is hidden.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.propose.masks import masked, shaped
from crm_unify.rules.model import Parse

HIDDEN: Final = "(not shown)"
"""In the place of a text that cannot be masked."""
_GIVEN: Final = ("Anna", "Clara", "Emil", "Greta", "Jonas", "Karla", "Martin", "Olga", "Paul", "Rosa")
_FAMILY: Final = ("Linden", "Birke", "Falk", "Winter", "Moor", "Sander", "Thal", "Brook", "Hale", "Reed")
_COMPANY: Final = ("Nordwind", "Sample", "Lindenhof", "Riverside", "Eichen", "Harbour", "Musterbau", "Sonnen")
_STREETS: Final = ("Lindenweg", "Am Anger", "Mill Lane", "Bergstrasse", "Ringstrasse", "Station Road")
_WORD: Final = re.compile(r"[^\W\d_]+\.?")
_KEPT: Final = frozenset(
    [
        *("dr", "dr.", "prof", "prof.", "mr", "mrs", "ms", "herr", "frau", "hr.", "fr.", "jr", "jr.", "sr"),
        *("von", "van", "der", "den", "de", "la", "le", "zu", "geb", "geb.", "née", "nee", "und", "and"),
        *("co", "co.", "the", "info", "office", "kontakt", "nl", "niederlassung", "filiale", "branch"),
    ]
)
"""Words of names that are nobody's: titles, particles, words for branches and shared mailboxes."""
_EMAIL: Final = re.compile(r"(?P<local>[^@\s]+)@(?P<domain>[^@\s]+)")
_SHARED: Final = re.compile(r"^(info|office|kontakt|service|sales|mail)\b", re.IGNORECASE)


def masked_text(text: str, targets: Sequence[str], parse: Parse) -> str:
    """A text of nobody that has the form of this one; `targets` are what it is for."""
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
            return mask(text)
    found = masked(text, targets, dates=parse.dates, country=parse.phone_country)
    return found if found is not None else shaped(text) if text[:1].isdigit() else HIDDEN


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
    def made(found: re.Match[str]) -> str:
        shared = _SHARED.match(found["local"])
        local = shared.group() if shared else _like(found["local"], _pick(found["local"], _GIVEN).lower())
        return f"{local}@{_like(found['domain'], 'mail.example')}"

    return _EMAIL.sub(made, text) if _EMAIL.search(text) else HIDDEN


def _phone(text: str) -> str:
    """The first four digits stay (country or area), the others are of nobody."""
    made, place = [], 0
    for one in text:
        place += one.isdigit()
        made.append("23125101"[place % 8] if one.isdigit() and place > 4 else one)
    return "".join(made)


def _street(text: str) -> str:
    number = re.search(r"\d+ ?[A-Za-z]?\b", text)
    street = _like(text.split()[0] if text.split() else "", _pick(text, _STREETS))
    return street if number is None else f"{street} {number.group()}"


def _postcode(text: str) -> str:
    """Digits of nobody; a British postcode keeps its district."""
    return shaped(text) if text.strip().isdigit() else re.sub(r"\d[A-Za-z]{2}\b", "1AA", text)


def numbered(text: str, number: int) -> str:
    """A key of nobody, one for each row, as long and with the same letters in front."""
    digits = sum(one.isdigit() for one in text)
    made = iter(f"{number:0{digits}d}"[-digits:] if digits else "")
    return "".join(next(made) if one.isdigit() else one for one in text) if digits else f"KEY{number}"


_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    "person.given_name": lambda text: _words(text, _GIVEN),
    "person.family_name": lambda text: _words(text, _FAMILY),
    "contact_point.email": _email,
    "contact_point.phone": _phone,
    "contact_point.fax": _phone,
    "address.line1": _street,
    "address.line2": lambda text: _words(text, _COMPANY),
    "address.postal_code": _postcode,
    "address.city": lambda text: text,
}
"""By what a value is for. A town is nobody, and its spelling is what rules are about."""
