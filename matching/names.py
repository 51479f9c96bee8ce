"""What matching knows of a name: initial, sound, words, and the full names it may be a short form of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from nicknames import NickNamer

from crm_unify.roles.given_names import given_names
from matching.columns import Codes, Flags, Ints
from matching.lists import PARTICLES, SHORT_FORMS
from matching.spellings import STEM, sounds, spellings
from matching.texts import Texts


@dataclass(frozen=True, slots=True, eq=False)
class NameTraits:
    """Traits of every distinct name (given, family or birth name alike), by its code."""

    values: Texts
    """The folded names, ascending: given, family, birth and middle names share these codes."""
    initial: Codes
    """Code of the first letter."""
    single: Flags
    """True where the name is one letter."""
    listed: Flags
    """True where the name stands in the lists of names and their short forms."""
    sound: Codes
    """Code of the phonetic key: equal where two names sound alike."""
    spelt: Codes
    """Code of the spelling key: equal where two names may be one, spelt in two ways."""
    canonical: Codes
    """Code of the first of the names it is related to, itself among them."""
    related: Ints
    """Ascending keys `low << 32 | high` of names of which one is a short form of the other, or both of a
    third."""
    coupled: Ints
    """Ascending keys of the same make: a man's and a woman's form of one name (Christian, Christiane)."""


def name_traits(values: Texts) -> NameTraits:
    """The traits of folded names; the work is one step a distinct name."""
    related = _related(values)
    canonical = np.arange(len(values), dtype=np.int32)
    np.minimum.at(canonical, related & 0xFFFFFFFF, (related >> 32).astype(np.int32))
    known = _short_forms().keys() | _full_names() | given_names()
    listed = pc.is_in(values.array, value_set=pa.array(sorted(known)))
    return NameTraits(
        values,
        _coded(pc.utf8_slice_codeunits(values.array, 0, 1)),
        values.lengths == 1,
        np.asarray(listed.to_numpy(zero_copy_only=False), np.bool_),
        _coded(sounds(values.array)),
        _coded(spellings(values.array)),
        canonical,
        related,
        _coupled(values),
    )


def _coded(keys: pa.StringArray) -> Codes:
    return np.asarray(pc.dictionary_encode(keys).indices.to_numpy(), np.int32)


@lru_cache(100_000)
def _naming_words(name: str) -> frozenset[str]:
    return frozenset(words_of(name))


def words_of(name: str) -> list[str]:
    """The words of a family name that name the family, at least two letters each; all words if none is."""
    words = name.split()
    return [word for word in words if word not in PARTICLES and len(word) > 1] or words


def is_compound(values: Texts) -> Flags:
    """Which names have several words."""
    return np.asarray(pc.match_substring(values.array, " ").to_numpy(zero_copy_only=False))


def one_within_other(values: Texts, one: Codes, two: Codes, *, compound: Flags) -> Flags:
    """True where all naming words of one name are among those of the other, and one has several."""
    found = np.zeros(len(one), np.bool_)
    asked = np.flatnonzero(compound[one] | compound[two])
    a, b = one[asked], two[asked]
    words = [list(map(_naming_words, values[side].tolist())) for side in (a, b)]
    found[asked] = [x <= y or y <= x for x, y in zip(*words, strict=True)]
    return found


@cache
def _short_forms() -> dict[str, set[str]]:
    """From a short form to the full names it may stand for."""
    table: dict[str, set[str]] = {}
    for full, shorts in NickNamer.default_lookup().items():
        for short in shorts:
            table.setdefault(short.upper(), set()).add(full.upper())
    for full, listed in SHORT_FORMS.items():
        for short in listed.split():
            table.setdefault(short, set()).add(full)
    return table


_SPELT = (("IE", "Y"), ("EY", "Y"), ("EY", "IE"), ("Y", "IE"), ("I", "Y"), ("I", "IE"))
"""Endings of pet names that are spelt either way: Tommie, Tommy."""


def formal_names(name: str) -> frozenset[str]:
    """The name itself and every full name it may be a short form of."""
    spellings = (name, *(name.removesuffix(end) + other for end, other in _SPELT if name.endswith(end)))
    return frozenset().union(*(_short_forms().get(spelt, ()) for spelt in spellings)) | {name}


@cache
def _short_spellings() -> frozenset[str]:
    """Every spelling of a name that may be short for another."""
    shorts = _short_forms().keys()
    endings = [(short, end, other) for short in shorts for end, other in _SPELT if short.endswith(other)]
    return frozenset(shorts | {short.removesuffix(other) + end for short, end, other in endings})


def fuller_names(values: Texts) -> dict[int, list[str]]:
    """The code of each name that may be short for others, ascending, with those others."""
    at = values.find(pa.array(sorted(_short_spellings()), pa.string()))
    short = {int(code): values[code] for code in np.sort(at[at >= 0])}
    return {code: sorted(formal_names(name) - {name}) for code, name in short.items()}


def _related(values: Texts) -> Ints:
    """Pairs of names that share a full name; a name shared by chance of spelling alone is not enough."""
    bearers: dict[str, list[int]] = {}
    at = values.find(pa.array(sorted(_full_names() | _short_spellings()), pa.string()))
    for code in np.sort(at[at >= 0]).tolist():
        for full in formal_names(values[code]):
            bearers.setdefault(full, []).append(code)
    keys = {
        (one << 32) | two
        for codes in bearers.values()
        for i, one in enumerate(codes)
        for two in codes[i + 1 :]
    }
    return np.array(sorted(keys), np.int64)


_TITLES = {
    "F": "FRAU FR FRAEULEIN MRS MS MISS MADAM MAAM LADY DAME MME MADAME MLLE MADEMOISELLE SIGNORA SIGRA "
    "SIGNORINA SRA SENORA SRTA SENORITA SENHORA MEVROUW MW FRU FROEKEN PANI",
    "M": "HERR HERRN HR HRN MR MISTER SIR LORD M MONSIEUR SIGNOR SIGNORE SIG SR SENOR SENHOR MENEER DHR PAN",
}
"""Courtesy titles that tell a woman or a man, folded."""


def gender_of_title(title: str) -> str | None:
    """F or M where a folded courtesy title tells it: FRAU DR; Mr and Mrs, or Dr alone, tell nothing."""
    words = set(title.split())
    told = [gender for gender, titles in _TITLES.items() if words & set(titles.split())]
    return told[0] if len(told) == 1 else None


_FEMININE = ("A", "E", "INE", "INA", "IA", "ETTE", "ELLA", "ELLE")
_COUPLED = ({"O", "A"}, {"US", "A"}, {"O", "E"}, {"ER", "RA"})


def _coupled(values: Texts) -> Ints:
    """Pairs of names that are the man's and the woman's form of one: Christian, Christiane; Mario, Maria.

    A name that lacks a feminine ending of the other is its masculine form, unless it ends in a vowel and the
    other in E; of two forms with endings of their own, the rest must have two letters.
    """
    swaps = [("", ending) for ending in _FEMININE] + [tuple(sorted(pair)) for pair in _COUPLED]
    own, other = [], []
    for man, woman in swaps:
        code = np.flatnonzero(pc.ends_with(values.array, woman).to_numpy(zero_copy_only=False))
        base = pc.utf8_slice_codeunits(values.array.take(pa.array(code)), 0, -len(woman))
        fits = pc.greater_equal(pc.utf8_length(base), STEM - 1 if man else 1)
        if woman == "E" and not man:
            fits = pc.and_(fits, pc.invert(pc.match_substring_regex(base, "[AEIOUY]$")))
        own.append(code[fits.to_numpy(zero_copy_only=False)])
        other.append(pc.binary_join_element_wise(base.filter(fits), man, ""))
    code, at = np.concatenate(own), values.find(pa.concat_arrays(other))
    code, at = code[at >= 0], at[at >= 0]
    return np.unique(np.minimum(code, at) << 32 | np.maximum(code, at))


@cache
def _full_names() -> frozenset[str]:
    return frozenset(full for fulls in _short_forms().values() for full in fulls)


def among(keys: Ints, one: Codes, two: Codes) -> Flags:
    """True where a pair of names is among the ascending keys of `related` or `coupled`."""
    wanted = np.minimum(one, two).astype(np.int64) << 32 | np.maximum(one, two)
    if not len(keys):
        return np.zeros(len(wanted), np.bool_)
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.asarray(keys[found] == wanted)
