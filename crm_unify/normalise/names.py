"""Persons' names: parted, in tidy case, folded for comparison."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from crm_unify.normalise.columns import (
    Column,
    Strings,
    both,
    each_where,
    each_word,
    either,
    glue,
    matches,
    negate,
    piece,
    present,
    record,
    replace_where_found,
    some,
    title,
    upper,
)
from crm_unify.normalise.interface import Normalised, distinct, fine
from crm_unify.normalise.letter_case import capitalised, in_one_case
from crm_unify.normalise.name_parts import FIELDS, name_parts, without_birth_name
from crm_unify.normalise.name_words import BIRTH_MARKER, PARTICLES
from crm_unify.normalise.problems import NAME_EMPTY
from crm_unify.normalise.text import folded, squeezed

Order: TypeAlias = Literal["given_first", "family_first", "auto"]

__all__ = ["FIELDS", "Order", "fold", "person_case", "split_family_names", "split_names"]

_CASED_SUFFIXES: Final = {"PHD": "PhD", "PH.D.": "Ph.D.", "MSC": "MSc", "BSC": "BSc", "MBA": "MBA"}
_NUMERALS: Final = frozenset({"II", "III", "IV"})
# At the head of a family name Romance particles are written large: Di Maggio, La Rosa, Le Pen.
_LARGE_AT_HEAD: Final = r"^(?:la|le|lo|los|las|di|da|dal|dalla|del|della|st\.?) [^ ]"
# Surnames in Mac with an inner capital; most words in Mac have none (Macek, Macias, Mack).
_MAC: Final = (
    "arthur aulay bride callum cormack donald donell dougal dougall duff ewan fadden farlane gregor innes "
    "intosh intyre iver kay kenna kenzie kinnon lachlan laren lean leish lellan lennan leod millan murray "
    "nab namara naughton neil neill niven pherson phail quarrie rae ritchie tavish vicar"
)
_MACS: Final = frozenset(f"mac{rest}" for rest in _MAC.split())


def split_names(full: Column, *, order: Order) -> Normalised:
    """Names as a struct of `FIELDS`, in the letter case they were written in.

    `order` says how a name without a comma reads; "auto" takes a first word in capitals before small
    letters (DUPONT Jean) for the family name, else the given name comes first.  A comma always follows
    the family name.  A single word is the family name.
    """
    return distinct(full, lambda values: _split(values, order))


def split_family_names(family: Column) -> Normalised:
    """Family names as a struct of family_name and birth_name: "Lorenz (geb. Hartmann)" holds both."""
    return distinct(family, _split_family)


def person_case(column: Column) -> Normalised:
    """Names all in capitals or all in small letters get tidy case; others stay as they were written.

    `person_case`: `ANNA MCDONALD` becomes `Anna McDonald`
    """
    # squeezed again: the small form of a letter may come apart (İ becomes i with a dot of its own)
    return distinct(column, lambda values: fine(squeezed(_tidy_case(squeezed(values)))))


def fold(column: Column) -> Normalised:
    """Upper-case ASCII for comparison, as `text.fold`, with Mc joined to what follows."""
    return distinct(column, lambda values: fine(folded_name(values)))


def folded_name(values: Strings) -> Strings:
    """`fold` for a column that needs no reduction to distinct values."""
    return replace_where_found(folded(values), r"\bMC ([A-Z])", r"MC\1")


def _split_family(values: Strings) -> Normalised:
    tidy = squeezed(values)
    marked = matches(tidy, rf"(?i){BIRTH_MARKER}|[(\[]\s*born")
    announced = either(marked, tidy, None)
    parts = {
        "family_name": each_where(tidy, marked, lambda text: without_birth_name(text)[0].strip(" ,") or None),
        "birth_name": each_where(announced, marked, lambda text: without_birth_name(text)[1] or None),
    }
    return fine(record(parts, present(tidy)))


def _split(values: Strings, order: Order) -> Normalised:
    tidy = squeezed(values)
    named = either(matches(tidy, r"\p{L}"), tidy, None)
    parts = name_parts(named, order=order)
    valid = some(present(parts["given_name"]), present(parts["family_name"]))
    empty = both(present(tidy), negate(valid))
    return Normalised(record(parts, valid), either(empty, NAME_EMPTY, None))


def _tidy_case(tidy: Strings) -> Strings:
    simple = both(matches(tidy, r"^[\p{L}'-]+$"), negate(matches(tidy, "(?i)^ma?c|'.$")))
    several = each_word(tidy, _cased)
    large = glue(upper(piece(several, 0, 1)), piece(several, 1))
    several = either(matches(several, _LARGE_AT_HEAD), large, several)
    cased = either(simple, title(tidy), several)
    return either(in_one_case(tidy), cased, tidy)


def _cased(word: str) -> str:
    bare = word.strip(',;()"').upper()
    if bare in _NUMERALS:
        return word.upper()
    if bare in _CASED_SUFFIXES:
        return word.upper().replace(bare, _CASED_SUFFIXES[bare])
    if bare.lower() in PARTICLES:
        return word.lower()
    return re.sub(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", lambda found: _cased_part(found.group()), word)


def _cased_part(part: str) -> str:
    if part.lower() in _MACS:
        return f"Mac{part[3:].capitalize()}"
    return capitalised(part)
