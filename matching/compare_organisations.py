"""Comparisons of the names of organisations and of their branches."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz, process

from crm_unify.normalise.branches import PLACELESS
from matching.alike import LIKE, similarity
from matching.cells import NO_LEVEL, best, cells, rarity
from matching.columns import MISSING, Codes, Column, Flags, Ints, Small, combinations
from matching.comparer import CellsOfValues, Comparer, by_values, ceiling, per_distinct
from matching.features import KindFeatures
from matching.names import is_compound, one_within_other
from matching.tokens import SharedWords

SHORTEST = 3
"""Letters that an abbreviated word must have."""


def name(features: KindFeatures) -> Comparer:
    """The comparison `name`."""
    col = features.columns["name"]
    same = cells(np.full(len(col.values), 5), rarity(col.counts))
    return Comparer(by_values(col, same, _unlike(col), repeated=True), ceiling(col, same, unlike=4))


def _unlike(col: Column) -> CellsOfValues:
    """The cells of two different names; two that differ in their numbers (Werk 2, Werk 3) are no slip."""
    shared, numbered = SharedWords(col), _numbers(col)

    def compare(one: Codes, two: Codes) -> Small:
        a, b = col.values[one].tolist(), col.values[two].tolist()
        ordered = np.asarray(process.cpdist(a, b, scorer=fuzz.token_sort_ratio)) / 100
        close = similarity(col.values, one, two)
        common, lesser, greater = shared.weights(one, two)
        found = ((close >= LIKE) | (common >= 0.5 * greater) | (common >= 0.75 * lesser)).astype(np.int64)
        contained = (common >= 0.95 * lesser) & (common >= 0.35 * greater)
        shortened = np.array([_clipped(x, y) for x, y in zip(a, b, strict=True)], np.bool_)
        found = np.where(contained | shortened | _abbreviates(a, b), 2, found)
        found = np.where((ordered >= 0.90) & ((close >= LIKE) | (common >= 0.5 * greater)), 3, found)
        respaced = np.array([_same_letters(x, y) for x, y in zip(a, b, strict=True)], np.bool_)
        found = np.where(respaced, 4, found)
        other = (numbered[one] != numbered[two]) & (numbered[one] >= 0) & (numbered[two] >= 0)
        return cells(np.where(other, np.minimum(found, 1), found))

    return compare


def _numbers(col: Column) -> Codes:
    """A code of all digits of each name, -1 where it has none."""
    digits = pc.replace_substring_regex(col.values.array, r"\P{Nd}", "")
    coded = pc.if_else(pc.equal(digits, ""), pa.scalar(None, pa.string()), digits).dictionary_encode()
    return np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), np.int32)


def branch(features: KindFeatures) -> Comparer:
    """The comparison `branch`; of two branches one of which names no place nothing is known."""
    col, named = features.columns["branch"], features.columns["name"].first
    found = per_distinct(cells(np.full(len(col.values), 3)), _unlike_branches(col))

    def compare(left: Ints, right: Ints) -> Small:
        where, one, two = combinations(col, col, left, right)
        mine, theirs = col.first[left] != MISSING, col.first[right] != MISSING
        out = cells(np.where(mine | theirs, np.where(mine & theirs, NO_LEVEL, 1), 2))
        out[where] = best(where, found(one, two), len(left))[where]
        return np.where((named[left] == MISSING) | (named[right] == MISSING), np.uint8(0), out)

    return Comparer(compare)


def _unlike_branches(col: Column) -> CellsOfValues:
    compound = is_compound(col.values)

    def compare(one: Codes, two: Codes) -> Small:
        a, b = col.values[one], col.values[two]
        unknown = (a == PLACELESS) | (b == PLACELESS)
        within = one_within_other(col.values, one, two, compound=compound)
        alike = (similarity(col.values, one, two) >= LIKE) | within
        same = alike & np.array([_same_digits(*pair) for pair in zip(a, b, strict=True)], np.bool_)
        return cells(np.where(unknown, NO_LEVEL, np.where(same, 3, 0)))

    return compare


def _same_digits(a: str, b: str) -> bool:
    """False for two numbered places (Werk 2, Werk 3), which are never a slip of each other."""
    return re.sub(r"\D", "", a) == re.sub(r"\D", "", b)


def _same_letters(a: str, b: str) -> bool:
    """True where two names have the same words in another order, or run together."""
    return sorted(a.split()) == sorted(b.split()) or a.replace(" ", "") == b.replace(" ", "")


def _clipped(a: str, b: str) -> bool:
    """True where the words agree in order, some in full and the others as beginnings: SPED, SPEDITION."""
    pairs = list(zip(a.split(), b.split(), strict=False))
    if len(a.split()) != len(b.split()) or all(one != two for one, two in pairs):
        return False
    shorts = [sorted(pair, key=len) for pair in pairs]
    return all(short == long or (len(short) >= SHORTEST and long.startswith(short)) for short, long in shorts)


def _abbreviates(a: list[str], b: list[str]) -> Flags:
    """True where one name is the initials of the other, three letters or more."""
    return np.array([_initials(x, y) or _initials(y, x) for x, y in zip(a, b, strict=True)], np.bool_)


def _initials(short: str, long: str) -> bool:
    words = long.split()
    bare = short.replace(" ", "")
    return len(words) >= 3 and 3 <= len(bare) <= 6 and bare == "".join(word[0] for word in words)
