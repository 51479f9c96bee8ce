"""Comparisons of the names of persons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from matching.alike import LIKE, Scores, edits, similarity
from matching.cells import best, cells, rarity
from matching.columns import MISSING, Codes, Flags, Ints, Small, combinations
from matching.comparer import CellsOfPairs, CellsOfValues, Comparer, by_values, ceiling, once
from matching.features import KindFeatures
from matching.names import among, is_compound, one_within_other
from matching.spellings import begun_by, pet_forms, stem_starts
from matching.texts import Texts

VERY_LIKE = 0.94
"""Jaro-Winkler similarity from which two names count as alike but for a slip."""

SHORTEST = 3
"""Letters that a name must have for one letter to be a slip."""

SLIP_COUNT, SLIP_RATIO = 2, 8
"""A name carried by this many, or by so many times fewer than the other, may be a misspelling of it."""

USUAL_COUNT = 3
"""People who carry a name from whom on it is taken for a name, not for a slip."""

SAME_ORDER, SAME_LETTERS = 0.5, 0.66
"""Share of letters in one order, or in any, from which an unlike name may be a garbled other."""

CROSSED_EXACTLY, CROSSED = 0.75, 0.88
"""Similarity of a given name to the other's family name in swapped names: where the other two are equal, and
where they are only alike as well."""

ELSEWHERE = 5
"""The level of a given name that agrees in another form or place."""

OF_ANOTHER = 4
"""The level of a family name that agrees with a birth name, or in the place of the given name."""


def given(features: KindFeatures) -> Comparer:
    """The comparison `given`."""
    col, names = features.columns["given"], features.names
    same = cells(np.where(names.single, 2, 6), rarity(col.counts))
    own = by_values(col, same, _unlike_given(features), repeated=True)
    others = [features.columns[name] for name in ("called", "middle")]
    crosses = [pair for other in others if other.filled for pair in ((other, col), (col, other))]
    misplaced, swapped = _misplaced(features), _swapped(features)
    elsewhere = cells(np.array([ELSEWHERE]))

    def compare(left: Ints, right: Ints) -> Small:
        out = own(left, right)
        for a, b in crosses:
            where, one, two = combinations(a, b, left, right)
            here = where[(one == two) & ~names.single[one]]
            out[here] = np.maximum(out[here], elsewhere)
        out[misplaced(left, right) > 0] = 0
        return np.where(swapped(left, right), np.maximum(out, elsewhere), out)

    return Comparer(compare, ceiling(col, same, unlike=ELSEWHERE))


def _unlike_given(features: KindFeatures) -> CellsOfValues:
    """The cells of two different given names."""
    names = features.names
    levels = _given_levels(features)

    def compare(one: Codes, two: Codes) -> Small:
        initial = names.initial[one] == names.initial[two]
        alone = names.single[one] | names.single[two]
        return cells(np.where(alone, np.where(initial, 2, 0), levels(one, two)))

    return compare


def _given_levels(features: KindFeatures) -> Callable[[Codes, Codes], Ints]:
    """Levels of two different given names of more than a letter."""
    names, counts = features.names, features.columns["given"].counts
    values, garbled, begun = names.values, _garbled(features), _begun(features)

    def compare(one: Codes, two: Codes) -> Ints:
        found = np.where(garbled(one, two), 1, 0)
        close = (similarity(values, one, two, least=LIKE) > 0) | (names.sound[one] == names.sound[two])
        found = np.where(close, 3, found)
        # Two common names one letter apart (Tina, Nina) are two names; a slip makes a rare one.
        slip = edits(values, one, two, 1) == 1
        mistyped = slip & may_be_slip(counts[one], counts[two])
        long = np.minimum(values.lengths[one], values.lengths[two]) >= SHORTEST
        found = np.where(mistyped & long, 4, found)
        # Two names in wide use that are not two spellings of one (Lena, Lea; Tim, Tom) are no slip.
        known = names.listed[one] & names.listed[two] & (names.spelt[one] != names.spelt[two])
        coupled = among(names.coupled, one, two)
        found = np.where(known | coupled, 0, found)
        return np.where(among(names.related, one, two) | (begun(one, two) & ~coupled), ELSEWHERE, found)

    return compare


def may_be_slip(one: Ints, two: Ints) -> Flags:
    """Whether of two names, carried by so many each, one may be a misspelling of the other."""
    rare, common = np.minimum(one, two), np.maximum(one, two)
    return np.asarray((rare <= SLIP_COUNT) | (rare * SLIP_RATIO <= common))


def _garbled(features: KindFeatures) -> Callable[[Codes, Codes], Flags]:
    """True where one of two unlike names may be what a slovenly hand made of the other.

    Half of their letters stand in one order, or two thirds are the same in any order; and one of them is not
    known to be a name: neither listed, nor carried by several people here.
    """
    names, counts = features.names, features.columns["given"].counts
    usual = names.listed | (counts >= USUAL_COUNT)

    def compare(one: Codes, two: Codes) -> Flags:
        found = ~(usual[one] & usual[two])
        asked = np.flatnonzero(found)
        a, b = (names.values[side[asked]].tolist() for side in (one, two))
        ordered = np.asarray(process.cpdist(a, b, scorer=OSA.normalized_similarity)) >= SAME_ORDER
        a, b = (["".join(sorted(value)) for value in side] for side in (a, b))
        jumbled = np.asarray(process.cpdist(a, b, scorer=Indel.normalized_similarity)) >= SAME_LETTERS
        found[asked] = ordered | jumbled
        return np.asarray(found)

    return compare


def _begun(features: KindFeatures) -> Callable[[Codes, Codes], Flags]:
    """Which pairs of names are the beginning or a pet form of the other: few begin so alike that they are."""
    values = features.names.values
    stem = stem_starts(values.array)

    def compare(one: Codes, two: Codes) -> Flags:
        found = np.zeros(len(one), np.bool_)
        asked = np.flatnonzero(stem[one] == stem[two])
        a, b = np.minimum(one, two)[asked], np.maximum(one, two)[asked]
        longer = values.lengths[a] > values.lengths[b]
        found[asked] = pet_forms(values.take(np.where(longer, b, a)), values.take(np.where(longer, a, b)))
        return found

    return compare


def _misplaced(features: KindFeatures) -> CellsOfPairs:
    """Family name cells of pairs in which the only name of one record is the family name of the other.

    No level where there is no such name, or it is no closer to the family name than to the given name.
    """
    lone, family = features.columns["lone"], features.columns["family"]
    names, levels = features.columns["given"].first, _family_levels(features)
    rare, none = rarity(family.counts), not (lone.filled and family.filled)

    def cell(one: Codes, two: Codes) -> Small:
        found = levels(one, two)
        agree = cells(np.full(len(one), OF_ANOTHER), rare[one])
        return np.where(one == two, agree, cells(np.where(found >= 2, found, -1)))

    def compare(left: Ints, right: Ints) -> Small:
        out = np.zeros(len(left), np.uint8)
        for a, b in () if none else ((left, right), (right, left)):
            where, one, two = combinations(lone, family, a, b)
            out = np.maximum(out, best(where, once(one, two, cell), len(left)))
        return np.where(names[left] == names[right], np.uint8(0), out)

    return compare


def _swapped(features: KindFeatures) -> Callable[[Ints, Ints], Flags]:
    """True where given and family name have changed places between two records, but for slips."""
    names, surnames = features.columns["given"].first, features.columns["family"].first
    initial, values = features.names.initial, features.names.values

    def compare(left: Ints, right: Ints) -> Flags:
        (g, h), (f, i) = (names[left], names[right]), (surnames[left], surnames[right])
        crossed = (g == i) & (h == f) & (g != MISSING) & (h != MISSING) & (g != h)
        full = (np.minimum(np.minimum(g, h), np.minimum(f, i)) != MISSING) & (g != h) & (f != i) & ~crossed
        asked = np.flatnonzero(full)
        meets = [initial[a[asked]] == initial[b[asked]] for a, b in ((g, i), (h, f))]
        asked = asked[meets[0] | meets[1]]
        near = [_similarity(values, a[asked], b[asked]) for a, b in ((g, i), (h, f))]
        low, high = np.minimum(*near), np.maximum(*near)
        crossed[asked] = (low >= CROSSED) | ((high == 1.0) & (low >= CROSSED_EXACTLY))
        return np.asarray(crossed)

    return compare


def _similarity(values: Texts, one: Codes, two: Codes) -> Scores:
    """Jaro-Winkler similarity of name pairs, each distinct pair compared once."""
    return once(one, two, lambda a, b: similarity(values, a, b))


def family(features: KindFeatures) -> Comparer:
    """The comparison `family`."""
    col, birth, spelt = (features.columns[name] for name in ("family", "birth_name", "spelt"))
    carriers = np.maximum(np.maximum(col.counts, birth.counts), spelt.counts)
    rare, levels = rarity(carriers), _family_levels(features)
    agree, other = (cells(np.full(len(rare), level), rare) for level in (5, OF_ANOTHER))
    own = by_values(col, agree, lambda one, two: cells(levels(one, two)), repeated=True)
    crosses = [(a, b, other) for a, b in ((birth, col), (col, birth), (birth, birth)) if birth.filled]
    # Signs of Korean names are spelt in several ways: what is spelt so agrees, what is only like it does not.
    crosses += [(a, b, agree) for a, b in ((spelt, col), (col, spelt)) if spelt.filled]
    misplaced, swapped = _misplaced(features), _swapped(features)

    def compare(left: Ints, right: Ints) -> Small:
        out = own(left, right)
        for a, b, as_found in crosses:
            where, one, two = combinations(a, b, left, right)
            found = np.where(one == two, as_found[one], np.uint8(0))
            out = np.maximum(out, best(where, found, len(left)))
        out = np.maximum(out, misplaced(left, right))
        crossed = np.flatnonzero(swapped(left, right))
        out[crossed] = np.maximum(out[crossed], other[col.first[left[crossed]]])
        return out

    return Comparer(compare, ceiling(col, agree, unlike=5 if spelt.filled else OF_ANOTHER))


def _family_levels(features: KindFeatures) -> Callable[[Codes, Codes], Ints]:
    """Levels of two different family names."""
    names, values = features.names, features.names.values
    compound = is_compound(values)

    def compare(one: Codes, two: Codes) -> Ints:
        close, steps = similarity(values, one, two, least=LIKE), edits(values, one, two, 2)
        shorter = np.minimum(values.lengths[one], values.lengths[two])
        alike = (close >= LIKE) | (names.sound[one] == names.sound[two])
        slip = ((steps == 1) & (shorter >= 4)) | ((close >= VERY_LIKE) & (steps <= 2) & (shorter >= 4))
        found = np.where(slip, 2, alike.astype(np.int64))
        return np.where(one_within_other(values, one, two, compound=compound), 3, found)

    return compare


def middle(features: KindFeatures) -> Comparer:
    """The comparison `middle`."""
    col = features.columns["middle"]
    same = cells(np.where(col.values.lengths == 1, 1, 2), rarity(col.counts))

    def unlike(one: Codes, two: Codes) -> Small:
        texts = [col.values.take(side) for side in (one, two)]
        begins = begun_by(*texts) | begun_by(*reversed(texts))
        like = similarity(col.values, one, two) >= LIKE
        return cells((begins | like).astype(np.int64))

    return Comparer(by_values(col, same, unlike, repeated=True))
