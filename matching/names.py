"""What matching knows of a name: initial, sound, words, and the full names it may be a short form of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import jellyfish
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from nicknames import NickNamer

from crm_unify.roles.given_names import given_names
from matching.columns import Codes, Flags, Ints, Small
from matching.lists import PARTICLES, SHORT_FORMS
from matching.texts import Texts


@dataclass(frozen=True, slots=True, eq=False)
class NameTraits:
    """Traits of every distinct name (given, family or birth name alike), by its code."""

    values: Texts
    """The folded names, ascending: given, family, birth and middle names share these codes."""
    initial: Small
    """The first letter's code point."""
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


def name_traits(values: Texts) -> NameTraits:
    """The traits of folded names; the work is one step a distinct name."""
    sounds = pc.dictionary_encode(pa.array([sound(value) for value in values], pa.string()))
    related = _related(values)
    canonical = np.arange(len(values), dtype=np.int32)
    np.minimum.at(canonical, related & 0xFFFFFFFF, (related >> 32).astype(np.int32))
    spelt = pc.dictionary_encode(pa.array([spelling(value) for value in values], pa.string()))
    known = _short_forms().keys() | _full_names() | given_names()
    listed = pc.is_in(values.array, value_set=pa.array(sorted(known)))
    return NameTraits(
        values,
        values.trait(_initial, np.uint8),
        values.lengths == 1,
        np.asarray(listed.to_numpy(zero_copy_only=False), np.bool_),
        sounds.indices.to_numpy().astype(np.int32),
        spelt.indices.to_numpy().astype(np.int32),
        canonical,
        related,
    )


def _initial(name: str) -> int:
    return min(ord(name[0]), 255)


def sound(name: str) -> str:
    """The phonetic key of a folded name: metaphone over its words, run together."""
    words = name.split()
    kept = [word for word in words if word not in PARTICLES] or words
    return "".join(jellyfish.metaphone(word.replace("Y", "I")) for word in kept) or name


_SPELLINGS = (("PH", "F"), ("TZ", "Z"), ("C", "K"), ("Y", "I"), ("J", "I"), ("W", "V"), ("Z", "S"), ("H", ""))
"""What is written either way in names: Philip, Filip; Marc, Mark; Sonja, Sonia; Kathrin, Katrin."""


def spelling(name: str) -> str:
    """The key of a folded name's spellings: letters written either way as one, the last vowels left out."""
    for one, other in _SPELLINGS:
        name = name.replace(one, other)
    return _undoubled(name).rstrip("AEIOU") or name


def words_of(name: str) -> list[str]:
    """The words of a family name that name the family, at least two letters each; all words if none is."""
    words = name.split()
    return [word for word in words if word not in PARTICLES and len(word) > 1] or words


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


def _related(values: Texts) -> Ints:
    """Pairs of names that share a full name; a name shared by chance of spelling alone is not enough."""
    bearers: dict[str, list[int]] = {}
    for code, name in enumerate(values):
        formal = formal_names(name)
        if len(formal) > 1 or name in _full_names():
            for full in formal:
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


STEM = 3
"""Letters that the stem of a pet form must have (Max of Maximilian, Dor- of Dorle and Dorothea)."""

_PET_ENDINGS = ("CHEN", "LEIN", "IE", "LE", "EL", "I", "Y", "E")
_FEMININE = ("A", "E", "INE", "INA", "IA", "ETTE", "ELLA", "ELLE")
_COUPLED = ({"O", "A"}, {"US", "A"}, {"O", "E"}, {"ER", "RA"})


def stem_start(name: str) -> int:
    """A number that two names share where one may be a short form of the other: how their stems begin."""
    return int.from_bytes(_undoubled(name)[:STEM].encode()[: 2 * STEM])


def _undoubled(name: str) -> str:
    return "".join(c for i, c in enumerate(name) if i == 0 or c != name[i - 1])


@cache
def _stems(name: str) -> tuple[str, ...]:
    """The name with doubled letters made single, as it is and without a pet ending."""
    single = _undoubled(name)
    bare = next((single.removesuffix(end) for end in _PET_ENDINGS if single.endswith(end)), single)
    return tuple(stem for stem in (single, bare) if len(stem) >= STEM)


def short_form(one: str, two: str) -> bool:
    """True where one name is the beginning or a pet form of the other: Max, Maximilian; Dorle, Dorothea."""
    short, long = sorted((one, two), key=lambda name: (len(name), name))
    whole = _stems(long)[:1]
    return not paired_forms(one, two) and any(
        full.startswith(stem) for stem in _stems(short) for full in whole
    )


def paired_forms(one: str, two: str) -> bool:
    """True for the man's and the woman's form of one name: Christian, Christiane; Mario, Maria."""
    short, long = sorted((one, two), key=lambda name: (len(name), name))
    if long.startswith(short):
        ending = long[len(short) :]
        return ending in _FEMININE and not (ending == "E" and short[-1] in "AEIOUY")
    common = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return common >= STEM - 1 and {short[common:], long[common:]} in _COUPLED


@cache
def _full_names() -> frozenset[str]:
    return frozenset(full for fulls in _short_forms().values() for full in fulls)


def are_related(traits: NameTraits, low: Codes, high: Codes) -> Flags:
    """True where one name is a short form of the other, or both are of a third; low < high."""
    keys = (low.astype(np.int64) << 32) | high
    if not len(traits.related):
        return np.zeros(len(keys), np.bool_)
    found = np.minimum(np.searchsorted(traits.related, keys), len(traits.related) - 1)
    return np.asarray(traits.related[found] == keys)
