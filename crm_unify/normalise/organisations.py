"""Organisation names: tidy case, legal form, and the core that is left for comparison."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from crm_unify.normalise.branches import parted_from_branch
from crm_unify.normalise.columns import (
    Column,
    Strings,
    both,
    each_word,
    either,
    extract,
    glue,
    lookup,
    lower,
    matches,
    negate,
    none_if_blank,
    nulls,
    piece,
    present,
    record,
    replace,
    replace_where_found,
    scatter,
    upper,
)
from crm_unify.normalise.interface import Normalised, distinct, fine
from crm_unify.normalise.legal_forms import ALIASES, ANYWHERE, LEADING, WRITTEN
from crm_unify.normalise.letter_case import acronym_like, capitalised, in_one_case
from crm_unify.normalise.problems import NAME_EMPTY
from crm_unify.normalise.text import folded, squeezed

_JOINING: Final = frozenset({"AND", "UND", "ET", "ETS"})
_SMALL_WORDS: Final = (
    "AND UND ET OF THE FOR A AN IN ON AT BY DER DIE DAS FUER FÜR VON VOM ZUM ZUR AM IM MIT BEI DE DU DES LA "
    "LE LES DEL EL LOS LAS Y E DI DA DO DOS VAN HET EN AAN VOOR W Z I NA"
)
_SMALL: Final = frozenset(_SMALL_WORDS.split())
_NEVER_NAMES: Final = frozenset({"GMBH", "GGMBH", "MBH", "KGAA", "CO."})
_SPACED: Final = {
    r"(?i)\bsp\. ?z ?o\. ?o\.": "Sp. z o.o.",
    r"(?i)\be\. ?k\.$": "e.K.",
    r"(?i)\be\. ?kfm\.": "e.Kfm.",
    r"(?i)\be\. ?kfr\.": "e.Kfr.",
    r"(?i)\be\. ?u\.$": "e.U.",
    r"(?i)\be\. ?v\.$": "e.V.",
    r"(?i)\bges\. ?m\. ?b\. ?h\.": "Ges.m.b.H.",
    r"(?i)\bgesellschaft m\. ?b\. ?h\.": "Gesellschaft m.b.H.",
    r"(?i)\bg\. ?m\. ?b\. ?h\.": "G.m.b.H.",
    r"(?i)\bs\. ?p\. ?a\.$": "S.p.A.",
    r"(?i)\bb\. ?v\.$": "B.V.",
    r"(?i)\bn\. ?v\.$": "N.V.",
    r"(?i)\bs\. ?a\.$": "S.A.",
    r"(?i)\bl\. ?l\. ?c\.$": "L.L.C.",
}
"""Forms of several abbreviated words, with or without spaces between them, and how they are written"""
_DOTTED: Final = r"\pL\. ?\pL{1,3}\."


def organisations(name: Column) -> Normalised:
    """Names as a struct: `name` in tidy case, `core` (folded), `legal_form` (canonical), `branch`.

    The core has neither legal form nor branch part; `branch` is the folded place of a branch, PLACELESS
    where a name says only that it is one, null for head offices and names that say nothing.
    """
    return distinct(name, _organisations)


def org_case(column: Column) -> Normalised:
    """Names all in capitals or all in small letters get tidy case; legal forms are spelt as they should be.

    Acronyms stay in capitals: words that cannot be spoken (IBM, BASF), known ones (SAP), words with digits.

    `org_case`: `ACME TRADING GMBH` becomes `Acme Trading GmbH`
    """
    return distinct(column, lambda values: fine(_tidy_case(squeezed(values))))


def _organisations(values: Strings) -> Normalised:
    tidy = squeezed(values)
    words = none_if_blank(each_word(folded(replace_where_found(tidy, "[&+]", " ")), _without_joining))
    rest, branch = parted_from_branch(tidy, words)
    core, form = _parted(rest)
    named = present(words)
    fields = {"name": _tidy_case(tidy), "core": core, "legal_form": form, "branch": branch}
    empty = both(present(tidy), negate(named))
    return Normalised(record(fields, named), either(empty, NAME_EMPTY, None))


def _without_joining(word: str) -> str | None:
    return None if word in _JOINING else word


def _parted(words: Strings) -> tuple[Strings, Strings]:
    """Core and legal form: at the end, anywhere if it cannot be misread, or in front."""
    core, spelling = words, nulls(len(words))
    for pattern in _patterns():
        parts = extract(words, pattern)
        found = both(present(parts["form"]), negate(present(spelling)))
        rest = none_if_blank(glue(parts["before"], parts["after"], separator=" "))
        core = either(found, replace(rest, "^ +| +$", ""), core)
        spelling = either(found, parts["form"], spelling)
    core = replace_where_found(core, "^THE (.)", r"\1")
    return core, lookup(spelling, ALIASES)


@cache
def _patterns() -> tuple[str, ...]:
    def one_of(spellings: frozenset[str]) -> str:
        return "|".join(sorted(spellings, key=lambda spelling: (-len(spelling), spelling)))

    name = "[^ ].*?"
    return (
        rf"^(?P<before>{name}) (?P<form>{one_of(frozenset(ALIASES))})(?P<after>)$",
        rf"^(?P<before>{name}) (?P<form>{one_of(ANYWHERE)}) (?P<after>.+)$",
        rf"^(?P<before>)(?P<form>{one_of(LEADING)}) (?P<after>.+)$",
    )


def _tidy_case(tidy: Strings) -> Strings:
    plain = in_one_case(tidy)
    cased = each_word(tidy, _cased)
    first = glue(upper(piece(cased, 0, 1)), piece(cased, 1))
    lead = either(matches(lower(cased), r"^[a-z]{1,3} "), first, cased)
    mixed = each_word(tidy, _form_spelt)
    found = either(plain, lead, mixed)
    dotted = matches(found, _DOTTED)
    spelt = found.filter(dotted)
    for pattern, spelling in _SPACED.items():
        spelt = replace_where_found(spelt, pattern, spelling)
    return scatter(found, dotted, spelt)


def _form_spelt(word: str) -> str:
    """Few forms are never names; the others are left as written in a name of mixed case."""
    return WRITTEN[word.upper()] if word.upper() in _NEVER_NAMES else word


def _cased(word: str) -> str:
    bare = word.upper().strip(",;()")
    if bare in WRITTEN:
        return word.upper().replace(bare, WRITTEN[bare])
    if bare in _SMALL:
        return word.lower()
    return re.sub(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d\w*", lambda found: _cased_part(found.group()), word)


def _cased_part(part: str) -> str:
    if part[0].isdigit():
        return part.lower() if re.fullmatch(r"\d+(?:st|nd|rd|th|er|e|ème)", part.lower()) else part.upper()
    return part.upper() if acronym_like(part) else capitalised(part)
