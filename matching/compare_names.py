"""Comparisons of names of persons and organisations."""

from __future__ import annotations

import re

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Indel

from crm_unify.normalise.branches import PLACELESS
from matching.alike import Scores, edits, similarity
from matching.cells import NO_LEVEL, best, cells, rarity
from matching.columns import MISSING, Codes, Column, Flags, Ints, Small, combinations, per_distinct
from matching.features import KindFeatures
from matching.names import NameTraits, are_related, paired_forms, short_form, stem_start, words_of
from matching.texts import Texts
from matching.tokens import shared_weight

LIKE, VERY_LIKE = 0.88, 0.94
"""Jaro-Winkler similarity from which two names count as alike, and as alike but for a slip."""

SHORT_FORM = 3
"""Letters that a name must have for one letter to be a slip, and an abbreviated word to be one."""

SLIP_COUNT, SLIP_RATIO = 2, 8
"""A name carried by this many, or by so many times fewer than the other, may be a misspelling of it."""


USUAL_COUNT = 3
"""People who carry a name from whom on it is taken for a name, not for a slip."""

SAME_ORDER, SAME_LETTERS = 0.5, 0.66
"""Share of letters in one order, or in any, from which an unlike name may be a garbled other."""

CROSSED_EXACTLY, CROSSED = 0.75, 0.88
"""Similarity of a given name to the other's family name in swapped names: where the other two are equal, and
where they are only alike as well."""


def given(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `given`."""
    col, called, names = features.columns["given"], features.columns["called"], features.names

    def level(one: Codes, two: Codes) -> Small:
        initial = names.initial[one] == names.initial[two]
        alone = names.single[one] | names.single[two]
        found = np.where(alone, np.where(initial, 2, 0), _given_levels(features, one, two))
        same = cells(np.where(names.single[one], 2, 6), rarity(col.counts)[one])
        return np.where(one == two, same, cells(found))

    where, one, two = combinations(col, col, left, right)
    out = best(where, per_distinct(one, two, level), len(left))
    second = features.columns["middle"]
    for a, b in ((called, col), (col, called), (second, col), (col, second)):
        where, one, two = combinations(a, b, left, right)
        whole = (one == two) & ~names.single[one] if len(names.single) else one == two
        out = np.maximum(out, best(where, cells(np.where(whole, 5, -1)), len(left)))
    out = np.where(misplaced(features, left, right) > 0, np.uint8(0), out)
    return np.where(swapped(features, left, right), np.maximum(out, cells(np.array([5]))), out)


def _given_levels(features: KindFeatures, one: Codes, two: Codes) -> Ints:
    """Levels of two different given names of more than a letter."""
    names, counts = features.names, features.columns["given"].counts
    found = np.where(_garbled(features, one, two), 1, 0)
    found = np.where(_alike(features, one, two), 3, found)
    rare, common = np.minimum(counts[one], counts[two]), np.maximum(counts[one], counts[two])
    # Two common names one letter apart (Tina, Nina) are two names; a slip makes a rare one.
    slip = edits(names.values, one, two, 1) == 1
    mistyped = slip & ((rare <= SLIP_COUNT) | (rare * SLIP_RATIO <= common))
    long = np.minimum(names.values.lengths[one], names.values.lengths[two]) >= SHORT_FORM
    found = np.where(mistyped & long, 4, found)
    # Two names in wide use that are not two spellings of one (Lena, Lea; Tim, Tom) are no slip.
    known = names.listed[one] & names.listed[two] & (names.spelt[one] != names.spelt[two])
    found = np.where(known, 0, found)
    related = are_related(names, np.minimum(one, two), np.maximum(one, two))
    begins, paired = _forms(names, one, two)
    return np.where(related | begins, 5, np.where(paired, 0, found))


def _garbled(features: KindFeatures, one: Codes, two: Codes) -> Flags:
    """True where one of two unlike names may be what a slovenly hand made of the other.

    Half of their letters stand in one order, or two thirds are the same in any order; and one of them is not
    known to be a name: neither listed, nor carried by several people here.
    """
    names, counts = features.names, features.columns["given"].counts
    usual = names.listed | (counts >= USUAL_COUNT)
    found = ~(usual[one] & usual[two])
    asked = np.flatnonzero(found)
    a, b = (names.values[side[asked]].tolist() for side in (one, two))
    ordered = np.asarray(process.cpdist(a, b, scorer=OSA.normalized_similarity)) >= SAME_ORDER
    a, b = (["".join(sorted(value)) for value in side] for side in (a, b))
    jumbled = np.asarray(process.cpdist(a, b, scorer=Indel.normalized_similarity)) >= SAME_LETTERS
    found[asked] = ordered | jumbled
    return np.asarray(found)


def _forms(names: NameTraits, one: Codes, two: Codes) -> tuple[Flags, Flags]:
    """Which pairs of names are short forms, and which a man's and a woman's form of one name.

    Only names that begin alike can be (of names with the same initial one in four): few are looked at.
    """
    begins, paired = np.zeros(len(one), np.bool_), np.zeros(len(one), np.bool_)
    stem, begin = names.values.trait(stem_start, np.int64), names.values.heads >> np.uint32(16)
    asked = np.flatnonzero(stem[one] == stem[two])
    begins[asked] = list(map(short_form, names.values[one[asked]], names.values[two[asked]]))
    asked = np.flatnonzero(begin[one] == begin[two])
    paired[asked] = list(map(paired_forms, names.values[one[asked]], names.values[two[asked]]))
    return begins, paired


def misplaced(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Family name cells of pairs in which the only name of one record is the family name of the other.

    No level where there is no such name, or it is no closer to the family name than to the given name.
    """
    lone, family, names = (
        features.columns["lone"],
        features.columns["family"],
        features.columns["given"].first,
    )
    rare = rarity(family.counts)

    def level(one: Codes, two: Codes) -> Small:
        found = _family_levels(features, one, two)
        return np.where(
            one == two, cells(np.full(len(one), 4), rare[one]), cells(np.where(found >= 2, found, -1))
        )

    out = np.zeros(len(left), np.uint8)
    for a, b in ((left, right), (right, left)):
        where, one, two = combinations(lone, family, a, b)
        out = np.maximum(out, best(where, per_distinct(one, two, level), len(left)))
    return np.where(names[left] == names[right], np.uint8(0), out)


def swapped(features: KindFeatures, left: Ints, right: Ints) -> Flags:
    """True where given and family name have changed places between two records, but for slips."""
    names, surnames = features.columns["given"].first, features.columns["family"].first
    (g, h), (f, i) = (names[left], names[right]), (surnames[left], surnames[right])
    crossed = (g == i) & (h == f) & (g != MISSING) & (h != MISSING) & (g != h)
    full = (np.minimum(np.minimum(g, h), np.minimum(f, i)) != MISSING) & (g != h) & (f != i) & ~crossed
    initial = features.names.initial
    asked = np.flatnonzero(full)
    meets = [(initial[a[asked]] == initial[b[asked]]) for a, b in ((g, i), (h, f))]
    asked = asked[(meets[0] | meets[1])]
    near = [per_distinct_similarity(features, a[asked], b[asked]) for a, b in ((g, i), (h, f))]
    low, high = np.minimum(*near), np.maximum(*near)
    crossed[asked] = (low >= CROSSED) | ((high == 1.0) & (low >= CROSSED_EXACTLY))
    return np.asarray(crossed)


def per_distinct_similarity(features: KindFeatures, one: Codes, two: Codes) -> Scores:
    """Jaro-Winkler similarity of name pairs, each distinct pair compared once."""
    key = one.astype(np.int64) << 32 | two
    distinct, back = np.unique(key, return_inverse=True)
    return similarity(features.names.values, distinct >> 32, distinct & 0xFFFFFFFF)[back]


def _alike(features: KindFeatures, one: Codes, two: Codes) -> Flags:
    names = features.names
    close = similarity(names.values, one, two) >= LIKE
    return np.asarray(close | (names.sound[one] == names.sound[two]))


def family(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `family`."""
    col, birth = features.columns["family"], features.columns["birth_name"]
    rare = rarity(np.maximum(col.counts, birth.counts))

    def level(one: Codes, two: Codes) -> Small:
        found = _family_levels(features, one, two)
        return np.where(one == two, cells(np.full(len(one), 5), rare[one]), cells(found))

    where, one, two = combinations(col, col, left, right)
    out = best(where, per_distinct(one, two, level), len(left))
    for a, b in ((birth, col), (col, birth), (birth, birth)):
        where, one, two = combinations(a, b, left, right)
        found = np.where(one == two, cells(np.full(len(one), 4), rare[one]), np.uint8(0))
        out = np.maximum(out, best(where, found, len(left)))
    out = np.maximum(out, misplaced(features, left, right))
    crossed = swapped(features, left, right)
    swap = cells(np.full(len(left), 4), rare[np.where(crossed, col.first[left], 0)]) if len(rare) else out
    return np.where(crossed, np.maximum(out, swap), out)


def _family_levels(features: KindFeatures, one: Codes, two: Codes) -> Ints:
    names = features.names
    close, steps = similarity(names.values, one, two), edits(names.values, one, two, 2)
    shorter = np.minimum(names.values.lengths[one], names.values.lengths[two])
    alike = (close >= LIKE) | (names.sound[one] == names.sound[two])
    slip = ((steps == 1) & (shorter >= 4)) | ((close >= VERY_LIKE) & (steps <= 2) & (shorter >= 4))
    found = np.where(slip, 2, alike.astype(np.int64))
    return np.where(_one_within_other(names.values, one, two), 3, found)


def _one_within_other(values: Texts, one: Codes, two: Codes) -> Flags:
    """True where all naming words of one name are among those of the other."""
    compound = values.trait(_is_compound, np.bool_)
    found = np.zeros(len(one), np.bool_)
    words = {}
    for i in np.flatnonzero(compound[one] | compound[two]):
        a, b = int(one[i]), int(two[i])
        for code in (a, b):
            if code not in words:
                words[code] = frozenset(words_of(values[code]))
        found[i] = words[a] <= words[b] or words[b] <= words[a]
    return found


def _is_compound(name: str) -> bool:
    return " " in name


def middle(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `middle`."""
    col = features.columns["middle"]

    def level(one: Codes, two: Codes) -> Small:
        a, b = col.values[one], col.values[two]
        pairs = list(zip(a, b, strict=True))
        initial = np.array([x[0] == y[0] and min(len(x), len(y)) == 1 for x, y in pairs], np.bool_)
        begins = np.array([x.startswith(y) or y.startswith(x) for x, y in pairs], np.bool_)
        like = similarity(col.values, one, two) >= LIKE
        single = np.array([len(x) == 1 for x in a], np.bool_)
        same = cells(np.where(single, 1, 2), rarity(col.counts)[one])
        return np.where(one == two, same, cells((initial | begins | like).astype(np.int64)))

    where, one, two = combinations(col, col, left, right)
    return best(where, per_distinct(one, two, level), len(left))


def organisation(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `name` of organisations."""
    col = features.columns["name"]

    def level(one: Codes, two: Codes) -> Small:
        found = _organisation_levels(col, one, two)
        return np.where(one == two, cells(np.full(len(one), 5), rarity(col.counts)[one]), cells(found))

    where, one, two = combinations(col, col, left, right)
    return best(where, per_distinct(one, two, level), len(left))


def branch(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `branch`; of two branches one of which names no place nothing is known."""
    col, named = features.columns["branch"], features.columns["name"].first

    def level(one: Codes, two: Codes) -> Small:
        unknown = (col.values[one] == PLACELESS) | (col.values[two] == PLACELESS)
        alike = (similarity(col.values, one, two) >= LIKE) | _one_within_other(col.values, one, two)
        same = alike & np.array([_same_digits(*pair) for pair in _values(col, one, two)], np.bool_)
        found = np.where(same, 3, 0)
        return cells(np.where(one == two, 3, np.where(unknown, NO_LEVEL, found)))

    where, one, two = combinations(col, col, left, right)
    mine, theirs = col.first[left] != MISSING, col.first[right] != MISSING
    out = cells(np.where(mine | theirs, np.where(mine & theirs, NO_LEVEL, 1), 2))
    out[where] = per_distinct(one, two, level)
    return np.where((named[left] == MISSING) | (named[right] == MISSING), np.uint8(0), out)


def _values(col: Column, one: Codes, two: Codes) -> list[tuple[str, str]]:
    return list(zip(col.values[one].tolist(), col.values[two].tolist(), strict=True))


def _same_digits(a: str, b: str) -> bool:
    """False for two numbered places (Werk 2, Werk 3), which are never a slip of each other."""
    return re.sub(r"\D", "", a) == re.sub(r"\D", "", b)


def _organisation_levels(col: Column, one: Codes, two: Codes) -> Ints:
    a, b = col.values[one].tolist(), col.values[two].tolist()
    ordered = np.asarray(process.cpdist(a, b, scorer=fuzz.token_sort_ratio)) / 100
    close = similarity(col.values, one, two)
    common, lesser, greater = shared_weight(col, one, two)
    found = ((close >= LIKE) | (common >= 0.5 * greater) | (common >= 0.75 * lesser)).astype(np.int64)
    contained = (common >= 0.95 * lesser) & (common >= 0.35 * greater)
    shortened = np.array([_clipped(x, y) for x, y in zip(a, b, strict=True)], np.bool_)
    found = np.where(contained | shortened | _abbreviates(a, b), 2, found)
    found = np.where((ordered >= 0.90) & ((close >= LIKE) | (common >= 0.5 * greater)), 3, found)
    respaced = np.array([_same_letters(x, y) for x, y in zip(a, b, strict=True)], np.bool_)
    return np.where(respaced, 4, found)


def _same_letters(a: str, b: str) -> bool:
    """True where two names have the same words in another order, or run together."""
    return sorted(a.split()) == sorted(b.split()) or a.replace(" ", "") == b.replace(" ", "")


def _clipped(a: str, b: str) -> bool:
    """True where the words agree in order, some in full and the others as beginnings: SPED, SPEDITION."""
    pairs = list(zip(a.split(), b.split(), strict=False))
    if len(a.split()) != len(b.split()) or all(one != two for one, two in pairs):
        return False
    shorts = [sorted(pair, key=len) for pair in pairs]
    return all(
        short == long or (len(short) >= SHORT_FORM and long.startswith(short)) for short, long in shorts
    )


def _abbreviates(a: list[str], b: list[str]) -> Flags:
    """True where one name is the initials of the other, three letters or more."""
    return np.array([_initials(x, y) or _initials(y, x) for x, y in zip(a, b, strict=True)], np.bool_)


def _initials(short: str, long: str) -> bool:
    words = long.split()
    bare = short.replace(" ", "")
    return len(words) >= 3 and 3 <= len(bare) <= 6 and bare == "".join(word[0] for word in words)
