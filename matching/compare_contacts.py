"""Comparisons of birth dates, phone numbers, postal addresses, identifiers and web domains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.alike import LIKE, edits, may_be_similar, similarity
from matching.cells import NO_LEVEL, best, cells, levels, rarity
from matching.columns import MISSING, Codes, Column, Flags, Ints, Part, Small, combinations
from matching.comparer import CellsOfValues, Comparer, by_values, ceiling, once, per_pair
from matching.features import KindFeatures
from matching.places import Places
from matching.policy import MANY
from matching.scoring import SMOOTHING_RECORDS
from matching.sharing import agreeing, by_sharing, shared_by_several, unnumbered
from matching.texts import Texts

DAYS = (365.25, 30.44, 1.0)
"""Days in a year, a month and a day, near enough to measure how far two dates lie apart."""

TWO_SLIPS = 2
"""Edits within which one birth date may still be a mistyped other."""

NEAR_DAYS = 400
"""Days within which two birth dates are near each other: a year, and a slip in the month."""


YEARS = 60
"""Years of birth that customers are spread over: a year alone is as common as one in so many, however few
records there are to count it in."""


def birth_date(features: KindFeatures) -> Comparer:
    """The comparison `birth_date`; a year alone agrees in part, or differs, with any date."""
    col = features.columns["birth_date"]
    parts = _date_parts(col.values)
    year_alone = parts[1] == 0
    year = years_alone(col)
    common = np.maximum(rarity(col.counts), np.where(year_alone, year, 0))
    same = cells(np.full(len(col.values), 4), common)

    def unlike(one: Codes, two: Codes) -> Small:
        years, months, days = (part[one] - part[two] for part in parts)
        agree = [years == 0, months == 0, days == 0]
        crossed = agree[0] & (parts[1][one] == parts[2][two]) & (parts[2][one] == parts[1][two])
        steps = edits(col.values, one, two, TWO_SLIPS)
        apart = np.abs(years * DAYS[0] + months * DAYS[1] + days * DAYS[2])
        # a year wrong by more than a digit is another generation, day and month notwithstanding
        generation = agree[1] & agree[2] & ~agree[0]
        near = ((apart <= NEAR_DAYS) | (steps <= TWO_SLIPS)) & ~generation
        found = np.where(crossed | (steps == 1), 3, np.where(agree[0] & (agree[1] ^ agree[2]), 2, near))
        return cells(np.where(year_alone[one] | year_alone[two], np.where(agree[0], 2, 0), found))

    def limit(left: Ints, right: Ints) -> Codes:
        # one edit leaves two of year, month and day as they are; an exchange leaves the year
        one, two = col.first.take(left), col.first.take(right)
        year, month, day = (part.take(one) == part.take(two) for part in parts)
        alone = year_alone.take(one) | year_alone.take(two)
        return np.where(year | (month & day) | alone, 3, 1).astype(np.int32)

    return Comparer(by_values(col, same, unlike), ceiling(col, same, unlike=3, told=True, limit=limit))


def years_alone(dates: Column) -> Small:
    """The rarity of a year of birth by itself.

    Out of the values, not the records: where an engine brings the pairs, only some records are at hand.
    """
    return rarity(np.array([(int(dates.counts.sum()) + SMOOTHING_RECORDS) // YEARS]))


def _date_parts(values: Texts) -> tuple[Codes, Codes, Codes]:
    """Year, month and day of ISO dates; month and day are 0 where only the year is known."""
    packed = values.trait(_packed_date, np.int64)
    year, month, day = packed >> 32, (packed >> 16) & 0xFFFF, packed & 0xFFFF
    return year.astype(np.int32), month.astype(np.int32), day.astype(np.int32)


def _packed_date(date: str) -> int:
    year, month, day = (int(p) if p.isdigit() else 0 for p in (date + "--").split("-")[:3])
    return year << 32 | (month & 0xFFFF) << 16 | (day & 0xFFFF)


def phone(features: KindFeatures) -> Comparer:
    """The comparison `phone`."""
    col, tail = features.columns["phone"], features.parts["phone_tail"]
    same, neighbours = cells(by_sharing(col, 3, 4, 1), rarity(col.counts)), _neighbours(col.values)

    def unlike(one: Codes, two: Codes) -> Small:
        slip = (edits(col.values, one, two, 1) == 1) & ~neighbours(one, two)
        near = agreeing(tail, one, two) | slip
        apart = np.where(shared_by_several(col, one, two), NO_LEVEL, 0)
        return cells(np.where(near, 2, apart))

    return Comparer(by_values(col, same, unlike), ceiling(col, same, unlike=2, told=True))


def _neighbours(values: Texts) -> Callable[[Codes, Codes], Flags]:
    """True where two numbers follow one another: lines of one house or two cards bought together, no slip."""
    head = pc.dictionary_encode(pc.utf8_slice_codeunits(values.array, 0, -1)).indices.to_numpy()
    last = pc.utf8_slice_codeunits(values.array, -1).cast(pa.int8()).to_numpy()

    def follow(one: Codes, two: Codes) -> Flags:
        return np.asarray((head[one] == head[two]) & (np.abs(last[one] - last[two]) == 1))

    return follow


def identifier(features: KindFeatures) -> Comparer:
    """The comparison `identifier`; only identifiers of one scheme are compared, and none that calls many."""
    col = features.columns["identifier"]
    scheme = pc.replace_substring_regex(col.values.array, "(?s):.*", "")
    codes = pc.dictionary_encode(scheme).indices.to_numpy()
    long = col.values.lengths - pc.utf8_length(scheme).to_numpy() - 1 >= 5

    def unlike(one: Codes, two: Codes) -> Small:
        return cells(((edits(col.values, one, two, 1) == 1) & long[one] & long[two]).astype(np.int64))

    found = per_pair(cells(np.full(len(col.values), 2), rarity(col.counts)), unlike)

    def compare(left: Ints, right: Ints) -> Small:
        where, one, two = combinations(col, col, left, right)
        many = (col.degree[one] >= MANY) | (col.degree[two] >= MANY)
        comparable = np.flatnonzero((codes[one] == codes[two]) & ~many)
        return best(where[comparable], found(one[comparable], two[comparable]), len(left))

    return Comparer(compare)


def domain(features: KindFeatures) -> Comparer:
    """The comparison `domain`."""
    col = features.columns["domain"]
    same = cells(by_sharing(col, 3, 3, 2), rarity(col.counts))

    def unlike(one: Codes, two: Codes) -> Small:
        slip = (edits(col.values, one, two, 1) == 1) & (col.values.lengths[one] >= 8)
        return cells(slip.astype(np.int64))

    return Comparer(by_values(col, same, unlike))


def address(features: KindFeatures) -> Comparer:
    """The comparison `address`."""
    found, col = _address_cells(features), features.columns["address"]
    every = np.arange(len(col.values), dtype=np.int32)
    same, number, street = found(every, every), features.places.number.codes, features.places.street.codes

    def limit(left: Ints, right: Ints) -> Codes:
        one, two = col.first.take(left), col.first.take(right)
        told = (street.take(one) != MISSING) & (street.take(two) != MISSING)
        door = (number.take(one) == number.take(two)) & (number.take(one) != MISSING)
        return np.where(told, np.where(door, 1, 0), 2).astype(np.int32)

    known = ceiling(col, same, unlike=6, told=True, limit=limit, limits=_ADDRESS_LIMITS)
    return Comparer(by_values(col, same, found), known)


_ADDRESS_LIMITS = ((NO_LEVEL, 0, 1, 3), (NO_LEVEL, 0, 1, 3, 4, 5, 6), (NO_LEVEL, 0, 1, 2))
"""Levels of two streets at different numbers, at the same, and of a street or none and a place alone."""


def _address_cells(features: KindFeatures) -> CellsOfValues:
    """The cells of two addresses."""
    places, col = features.places, features.columns["address"]
    rare_place, rare = _place_rarity(places), rarity(col.counts)

    def compare(one: Codes, two: Codes) -> Small:
        street, city = _close(places.street, one, two), _close(places.city, one, two)
        number, unit_differs = agreeing(places.number, one, two), _differ(places.unit, one, two)
        postcode, other_code = agreeing(places.postcode, one, two), _differ(places.postcode, one, two)
        told = _located(places.street, one) & _located(places.street, two)
        out = cells(np.zeros(len(one), np.int64))
        near = np.flatnonzero(city | postcode)
        place = np.where(told | other_code, 1, 2)[near]
        out[near] = cells(place, rare_place(one[near], two[near]))
        elsewhere = other_code & _differ(places.city, one, two) & ~city
        out = _put(out, street & ~elsewhere, cells(np.array([3])))
        door = street & number & ~unit_differs
        out = _put(out, door & ~elsewhere, cells(np.array([4])))
        many = np.maximum(col.degree[one], col.degree[two]) >= MANY
        # Home and work are two addresses of one person.
        out[(levels(out) == 0) & many & told] = 0
        home = np.flatnonzero((door & (postcode | city)) | ((one == two) & _located(places.street, one)))
        rarest = np.maximum(rare[one[home]], rare[two[home]])
        out[home] = np.maximum(out[home], cells(np.where(many[home], 5, 6), rarest))
        return out

    return compare


def _put(out: Small, where: Flags, cell: Small) -> Small:
    return np.where(where, np.maximum(out, cell), out)


def _place_rarity(places: Places) -> CellsOfValues:
    """The rarity of the postcode where it agrees, else of the city."""
    known = (places.postcode, places.city)
    by_code, by_city = (np.append(rarity(part.counts), np.uint8(0)) for part in known)

    def rare(one: Codes, two: Codes) -> Small:
        city = np.maximum(by_city[places.city.codes[one]], by_city[places.city.codes[two]])
        shared = agreeing(places.postcode, one, two)
        return np.where(shared, by_code[places.postcode.codes[one]], city).astype(np.uint8)

    return rare


def _located(part: Part, one: Codes) -> Flags:
    return np.asarray(part.codes[one] != MISSING)


def _differ(part: Part, one: Codes, two: Codes) -> Flags:
    """True where both have the part and it is not the same."""
    a, b = part.codes[one], part.codes[two]
    return np.asarray((a != b) & (a != MISSING) & (b != MISSING))


def _close(part: Part, one: Codes, two: Codes) -> Flags:
    """True where both have the part and it is the same but for a slip."""
    found = agreeing(part, one, two)
    asked = np.flatnonzero(_differ(part, one, two))
    a, b = part.codes[one[asked]], part.codes[two[asked]]
    near = np.flatnonzero(may_be_similar(part.values, a, b, least=LIKE))

    def close(x: Codes, y: Codes) -> Flags:
        return unnumbered(part.values, x, y, similarity(part.values, x, y, least=LIKE) > 0)

    found[asked[near]] = once(a[near], b[near], close)
    return found
