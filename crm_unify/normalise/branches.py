"""The part of an organisation's name that says which branch it is: "NL Köln", "Leeds Depot", "Werk 2".

A word that is nothing but a marker (Niederlassung, Filiale, Sucursal) is one wherever it follows a name.
A word that names are made of (Office, Depot, Store, Werk) is one only behind a legal form, a comma, dash or
bracket, or before a number: Home Depot and the Olive Branch are no branches.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from crm_unify.normalise.columns import (
    Mask,
    Strings,
    any_true,
    both,
    either,
    extract,
    glue,
    matches,
    negate,
    none_if_blank,
    nulls,
    present,
    replace,
    scatter,
    some,
)
from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.normalise.text import folded

PLACELESS: Final = "BRANCH"
"""The branch of a name that says it is one, but not which."""

_ALWAYS: Final = (
    "NIEDERLASSUNG ZWEIGNIEDERLASSUNG NDL ZNDL FILIALE ZWEIGSTELLE ZWEIGBETRIEB GESCHAEFTSSTELLE "
    "AUSSENSTELLE BETRIEBSSTAETTE VERKAUFSSTELLE SUCURSAL SUCURSALE SUCCURSALE ODDZIAL VESTIGING BIJKANTOOR "
    "FILIAL FILIA POBOCKA FIOKTELEP PODRUZNICA SUBE SIVULIIKE"
)
_WITH_PLACE: Final = "NL FIL STANDORT"
_IN_NAMES: Final = (
    "WERK BUERO LAGER DEPOT STORE SHOP MARKT OFFICE BRANCH SITE PLANT WAREHOUSE AGENCE STANDORT"
)
_NUMBERED: Final = "WERK DEPOT STORE SHOP MARKT BRANCH PLANT WAREHOUSE"
_HEAD_OFFICE: Final = "HEAD OFFICE|MAIN OFFICE|REGISTERED OFFICE|HAUPTNIEDERLASSUNG|HAUPTVERWALTUNG|HAUPTSITZ"
_HEAD_BEHIND: Final = "ZENTRALE|HEADQUARTERS|HQ|SIEGE SOCIAL|SEDE CENTRAL|SIEGE|CENTRALA"

_SEPARATED: Final = (
    r"^(?P<name>.*?[^\s,;(|/\x{2013}\x{2014}-])\s*(?:[,;(|/\x{2013}\x{2014}]|\s-)\s*"
    r"(?P<tail>[^,;()|/]{2,60})\)?$"
)
_NO: Final = "(?:(?:NO|NR|NUMMER|NUMBER) )?"
_PLACE: Final = "[^ ]+(?: [^ ]+){0,3}"


def _any(words: str) -> str:
    return "(?:" + "|".join(words.split()) + ")"


_MARKED: Final = rf" (?:{_any(' '.join((_ALWAYS, _WITH_PLACE, _IN_NAMES)))}|{_HEAD_OFFICE}|{_HEAD_BEHIND})\b"


def parted_from_branch(tidy: Strings, words: Strings) -> tuple[Strings, Strings]:
    """The folded words of names without their branch part, and the branch: its folded place or PLACELESS.

    `tidy` are the names as written, where commas and dashes tell more; a head office is no branch (null).
    """
    asked = matches(words, _MARKED)
    branch = nulls(len(words))
    if not any_true(asked):
        return words, branch
    rest, found = _behind_separator(tidy.filter(asked), words.filter(asked))
    rest, found = _among_words(rest, found)
    return scatter(words, asked, rest), scatter(branch, asked, found)


def _behind_separator(tidy: Strings, words: Strings) -> tuple[Strings, Strings]:
    """Branch parts behind a comma, dash or bracket; behind one, no word is taken for part of the name."""
    parts = extract(tidy, _SEPARATED)
    tail, name = folded(parts["tail"]), folded(replace(parts["name"], "[&+]", " "))
    open_rows = both(present(tail), present(name), negate(matches(tail, rf"\b{_form()}$")))
    head = both(open_rows, matches(tail, rf"^(?:{_HEAD_OFFICE}|{_HEAD_BEHIND})\b"))
    branch = nulls(len(words))
    for pattern in _tails():
        at = both(open_rows, negate(head), negate(present(branch)), matches(tail, pattern))
        branch = either(at, _named(extract(tail, pattern)["place"]), branch)
    return either(some(head, present(branch)), name, words), branch


@cache
def _tails() -> tuple[str, ...]:
    markers = _any(f"{_ALWAYS} {_IN_NAMES}")
    return (
        rf"^(?:{_any(f'{_ALWAYS} {_WITH_PLACE} WERK BUERO LAGER AGENCE')}) {_NO}(?P<place>{_PLACE})$",
        rf"^{_any(_NUMBERED)} {_NO}(?P<place>\d+)$",
        rf"^(?P<place>[^ ]+(?: [^ ]+){{0,2}}) {markers}(?: OFFICE)?$",
        rf"^{_any(f'{_ALWAYS} BRANCH')}(?: OFFICE)?(?P<place>)$",
    )


def _among_words(words: Strings, branch: Strings) -> tuple[Strings, Strings]:
    """Branch parts without a separator; the first pattern that fits has its say."""
    settled: Mask = present(branch)
    for pattern in _phrases():
        parts = extract(words, pattern)
        here = both(negate(settled), present(parts["name"]))
        if "place" in parts:
            here = both(here, negate(matches(parts["place"], f"^{_form()}$")))
        rest = glue(parts["name"], parts["form"], separator=" ")
        words = either(here, replace(replace(rest, "  +", " "), "^ +| +$", ""), words)
        if "place" in parts:
            branch = either(here, _named(parts["place"]), branch)
        settled = some(settled, here)
    return words, branch


@cache
def _phrases() -> tuple[str, ...]:
    """Names with a branch part: head offices first, which have none."""
    always, form, name = _any(_ALWAYS), _form(), "[^ ].*"
    every = _any(f"{_ALWAYS} {_IN_NAMES}")
    return (
        rf"^(?P<name>{name}?)(?P<form>) (?:{_HEAD_OFFICE})$",
        rf"^(?P<name>{name}) (?P<form>{form}) (?:{_HEAD_OFFICE}|{_HEAD_BEHIND})(?: .*)?$",
        rf"^(?P<name>{name}) (?P<form>{form}) (?P<place>{_PLACE}) {every}(?: OFFICE)?$",
        rf"^(?P<name>{name}?) (?:{always}) {_NO}(?P<place>{_PLACE}?)(?P<form> {form})?$",
        rf"^(?P<name>{name}?) (?:{always})(?P<place>)(?P<form> {form})?$",
        rf"^(?P<name>{name}?) {_any(_WITH_PLACE)} (?P<place>{_PLACE}?)(?P<form> {form})?$",
        rf"^(?P<name>{name}) (?P<form>{form}) {_any(_IN_NAMES)}(?: OFFICE)? {_NO}(?P<place>{_PLACE})$",
        rf"^(?P<name>{name}?)(?P<form>) {_any(_NUMBERED)} {_NO}(?P<place>\d+)$",
        rf"^(?P<name>{name}) (?P<form>{form}) BRANCH(?: OFFICE)?(?P<place>)$",
        rf"^(?P<name>[^ ]+ {name})(?P<form>) (?P<place>[^ ]+) BRANCH(?: OFFICE)?$",
    )


@cache
def _form() -> str:
    """Any spelling of a legal form, the longest first."""
    return "(?:" + "|".join(sorted(ALIASES, key=lambda spelling: (-len(spelling), spelling))) + ")"


def _named(place: Strings) -> Strings:
    """The place, or PLACELESS where none is told."""
    bare = none_if_blank(replace(place, "^(?:IN|OF|DE|DEL|DER|W) ", ""))
    return either(present(bare), bare, PLACELESS)
