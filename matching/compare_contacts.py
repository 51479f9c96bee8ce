"""Comparisons of birth dates, e-mail, phone and postal addresses, identifiers and web domains."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from matching.alike import edits, similarity
from matching.cells import NO_LEVEL, best, cells, levels, rarity
from matching.columns import MISSING, Codes, Column, Flags, Ints, Part, Small, combinations, per_distinct
from matching.compare_names import LIKE
from matching.features import KindFeatures
from matching.policy import FEW, MANY
from matching.scoring import SMOOTHING_RECORDS
from matching.texts import Texts

LONG_LOCAL = 5
"""Characters that the part of an e-mail address before the @ must have to mean anything at another
provider."""

_ROLE_WORDS = (
    "info office kontakt contact contacto contatti mail post zentrale empfang reception service support "
    "kundenservice kundendienst sales vertrieb verkauf ventas ventes order orders bestellung einkauf "
    "purchasing accounts accounting billing invoice invoices rechnung rechnungen buchhaltung finance compta "
    "admin verwaltung administration hr jobs bewerbung personal karriere marketing presse press hello hallo "
    "enquiries anfrage team buero biuro shop webmaster noreply"
)
ROLES = frozenset(_ROLE_WORDS.split())
"""First words of mailboxes that belong to a task and not to a person; a place may follow (info-koeln)."""

LIKE_EMAIL = 0.8
"""Similarity (1 less edits by length) from which two e-mail addresses count as one with slips."""

DAYS = np.array([365.25, 30.44, 1.0])
"""Days in a year, a month and a day, near enough to measure how far two dates lie apart."""

TWO_SLIPS = 2
"""Edits within which one birth date may still be a mistyped other."""

NEAR_DAYS = 400
"""Days within which two birth dates are near each other: a year, and a slip in the month."""


YEARS = 60
"""Years of birth that customers are spread over: a year alone is as common as one in so many, however few
records there are to count it in."""


def birth_date(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `birth_date`; a year alone agrees in part, or differs, with any date."""
    col = features.columns["birth_date"]
    parts = _date_parts(col.values)
    year = rarity(np.array([(col.filled + SMOOTHING_RECORDS) // YEARS]))

    def level(one: Codes, two: Codes) -> Small:
        a, b = parts[one], parts[two]
        same = a == b
        crossed = same[:, 0] & (a[:, 1] == b[:, 2]) & (a[:, 2] == b[:, 1])
        steps = edits(col.values, one, two, TWO_SLIPS)
        slip = crossed | (steps == 1)
        near = (np.abs((a - b) @ DAYS) <= NEAR_DAYS) | (steps <= TWO_SLIPS)
        # a year wrong by more than a digit is another generation, day and month notwithstanding
        generation = same[:, 1] & same[:, 2] & ~same[:, 0]
        found = np.where(near & ~generation, 1, 0)
        found = np.where(slip, 3, np.where(same[:, 0] & (same.sum(axis=1) == 2), 2, found))
        year_only = (a[:, 1] == 0) | (b[:, 1] == 0)
        found = np.where(year_only, np.where(same[:, 0], 2, 0), found)
        common = np.maximum(rarity(col.counts)[one], np.where(year_only, year, 0))
        return np.where(one == two, cells(np.full(len(one), 4), common), cells(found))

    where, one, two = combinations(col, col, left, right)
    return best(where, per_distinct(one, two, level), len(left))


def _date_parts(values: Texts) -> Ints:
    """Year, month and day of ISO dates; month and day are 0 where only the year is known."""
    packed = values.trait(_packed_date, np.int64)
    return np.stack([packed >> 32, (packed >> 16) & 0xFFFF, packed & 0xFFFF], axis=1)


def _packed_date(date: str) -> int:
    year, month, day = (int(p) if p.isdigit() else 0 for p in (date + "--").split("-")[:3])
    return year << 32 | (month & 0xFFFF) << 16 | (day & 0xFFFF)


def _shared(col: Column, few: int, personal: int, site: int) -> npt.NDArray[np.int64]:
    """The level of agreeing on each value, by how many different names carry it."""
    return np.where(col.degree >= MANY, site, np.where(col.degree > FEW, few, personal))


def email(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `email`."""
    col = features.columns["email"]
    local, domain = features.parts["email_local"], features.parts["email_domain"]
    same = cells(_shared(col, 5, 6, 4), rarity(col.counts))
    size, role = local.values.lengths, local.values.trait(_is_role, np.bool_)

    def level(one: Codes, two: Codes) -> Small:
        found = _agree(domain, one, two, level=1)
        roles = role[local.codes[one]] & role[local.codes[two]]
        telling = (size[local.codes[one]] >= LONG_LOCAL) & ~roles
        kept = np.flatnonzero(_agreeing(local, one, two) & telling)
        found[kept] = cells(np.full(len(kept), 2), rarity(local.counts)[local.codes[one[kept]]])
        # info@ and info-koeln@ are two mailboxes of one firm; info@ at two domains of a letter's difference
        # is one mailbox with a slip.
        slip = _slip(col.values, local, one, two) & ~(roles & ~_agreeing(local, one, two))
        found = np.where(slip, cells(np.array([3])), found)
        found = np.where((levels(found) <= 1) & _shared_by_several(col, one, two), np.uint8(0), found)
        return np.where(one == two, same[one], found)

    where, one, two = combinations(col, col, left, right)
    found = per_distinct(one, two, level)
    asked = np.flatnonzero((one != two) & (levels(found) >= 2))
    mine = _named_after(features, left[where[asked]], one[asked])
    theirs = _named_after(features, right[where[asked]], two[asked])
    told = np.where(levels(found[asked]) == 2, mine, mine & theirs)
    found[asked[told]] = _agree(domain, one[asked[told]], two[asked[told]], level=1)
    return best(where, found, len(left))


def _is_role(local: str) -> bool:
    """True where the local part of an e-mail address names a task: info, sales, info-koeln."""
    return re.split(r"[-._+\d]", local, maxsplit=1)[0] in ROLES


def _slip(values: Texts, local: Part, one: Codes, two: Codes) -> Flags:
    """True where two e-mail addresses are alike but for a few characters, no digit before the @."""
    longer = np.maximum(values.lengths[one], values.lengths[two])
    most = np.floor(longer * (1 - LIKE_EMAIL)).astype(np.int64) + 1
    like = (1 - edits(values, one, two, most) / np.maximum(longer, 1) >= LIKE_EMAIL) & (longer >= 8)
    return _unnumbered(local.values, local.codes[one], local.codes[two], like)


def _shared_by_several(col: Column, one: Codes, two: Codes) -> Flags:
    """True where either value is not one person's own: another one besides it is no disagreement."""
    return (col.degree[one] > FEW) | (col.degree[two] > FEW)


def _unnumbered(values: Texts, one: Codes, two: Codes, like: Flags) -> Flags:
    """The pairs that are alike and have the same digits: smith1@ and smith2@ are two people, not a slip."""
    asked = np.flatnonzero(like)
    texts = [pc.fill_null(values.take(codes[asked]), "") for codes in (one, two)]
    digits = [pc.replace_substring_regex(side, r"\P{Nd}", "") for side in texts]
    out = np.zeros(len(one), np.bool_)
    out[asked] = pc.equal(*digits).to_numpy(zero_copy_only=False)
    return out


def _named_after(features: KindFeatures, records: Ints, emails: Codes) -> Flags:
    """True where the local part is made of the record's own names: every namesake has it at some provider."""
    if features.kind != "person" or not len(records):
        return np.zeros(len(records), np.bool_)
    local, names = features.parts["email_local"], features.names.values
    texts = (
        local.values.take(local.codes[emails]),
        names.take(features.columns["given"].first[records]),
        names.take(features.columns["family"].first[records]),
    )
    rows = zip(*(pc.fill_null(text, "").to_pylist() for text in texts), strict=True)
    return np.array([_made_of(*row) for row in rows], np.bool_)


def _made_of(local: str, given: str, family: str) -> bool:
    """True where a local part is nothing but the name in one of its usual spellings."""
    bare = "".join(filter(str.isalnum, local.upper()))
    one, two = given.replace(" ", ""), family.replace(" ", "")
    return bare in {one + two, two + one, one[:1] + two, two + one[:1], one, two, one + two[:1]}


def _agreeing(part: Part, one: Codes, two: Codes) -> Flags:
    return np.asarray((part.codes[one] == part.codes[two]) & (part.codes[one] != MISSING))


def _agree(part: Part, one: Codes, two: Codes, *, level: int) -> Small:
    """Level 0, or `level` with its rarity where both values have the part in common."""
    out = cells(np.zeros(len(one), np.int64))
    where = np.flatnonzero(_agreeing(part, one, two))
    out[where] = cells(np.full(len(where), level), rarity(part.counts)[part.codes[one[where]]])
    return out


def phone(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `phone`."""
    col, tail = features.columns["phone"], features.parts["phone_tail"]
    same = cells(_shared(col, 3, 4, 1), rarity(col.counts))

    def level(one: Codes, two: Codes) -> Small:
        near = _agreeing(tail, one, two) | (edits(col.values, one, two, 1) == 1)
        apart = np.where(_shared_by_several(col, one, two), NO_LEVEL, 0)
        return np.where(one == two, same[one], cells(np.where(near, 2, apart)))

    where, one, two = combinations(col, col, left, right)
    return best(where, per_distinct(one, two, level), len(left))


def identifier(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `identifier`; only identifiers of one scheme are compared."""
    col = features.columns["identifier"]
    scheme = pc.replace_substring_regex(col.values.array, "(?s):.*", "")
    codes = pc.dictionary_encode(scheme).indices.to_numpy()
    long = col.values.lengths - pc.utf8_length(scheme).to_numpy() - 1 >= 5

    def level(one: Codes, two: Codes) -> Small:
        slip = (edits(col.values, one, two, 1) == 1) & long[one] & long[two]
        return np.where(
            one == two, cells(np.full(len(one), 2), rarity(col.counts)[one]), cells(slip.astype(int))
        )

    where, one, two = combinations(col, col, left, right)
    comparable = codes[one] == codes[two]
    where, one, two = where[comparable], one[comparable], two[comparable]
    return best(where, per_distinct(one, two, level), len(left))


def domain(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `domain`."""
    col = features.columns["domain"]
    same = cells(_shared(col, 3, 3, 2), rarity(col.counts))

    def level(one: Codes, two: Codes) -> Small:
        slip = (edits(col.values, one, two, 1) == 1) & (col.values.lengths[one] >= 8)
        return np.where(one == two, same[one], cells(slip.astype(np.int64)))

    where, one, two = combinations(col, col, left, right)
    return best(where, per_distinct(one, two, level), len(left))


def address(features: KindFeatures, left: Ints, right: Ints) -> Small:
    """Levels of the comparison `address`."""
    col = features.columns["address"]

    def level(one: Codes, two: Codes) -> Small:
        return _address_cells(features, one, two)

    where, one, two = combinations(col, col, left, right)
    return best(where, per_distinct(one, two, level), len(left))


def _address_cells(features: KindFeatures, one: Codes, two: Codes) -> Small:
    places, col = features.places, features.columns["address"]
    street = _close(places.street, one, two)
    number, unit_differs = _agreeing(places.number, one, two), _differ(places.unit, one, two)
    postcode, city = _agreeing(places.postcode, one, two), _close(places.city, one, two)
    out = cells(np.zeros(len(one), np.int64))
    untold = ~(_located(places.street, one) & _located(places.street, two))
    place = np.where(untold & ~_differ(places.postcode, one, two), 2, 1)
    out = _put(out, city | postcode, cells(place, _place_rarity(features, one, two)))
    elsewhere = _differ(places.postcode, one, two) & _differ(places.city, one, two) & ~city
    out = _put(out, street & ~elsewhere, cells(np.full(len(one), 3)))
    door = street & number & ~unit_differs
    out = _put(out, door & ~elsewhere, cells(np.full(len(one), 4)))
    degree, counts = (
        np.maximum(col.degree[one], col.degree[two]),
        np.maximum(col.counts[one], col.counts[two]),
    )
    # Home and work are two addresses of one person.
    out = np.where((levels(out) == 0) & (degree >= MANY) & ~untold, np.uint8(0), out)
    home = cells(np.where(degree >= MANY, 5, 6), rarity(counts))
    return _put(out, (door & (postcode | city)) | ((one == two) & _located(places.street, one)), home)


def _put(out: Small, where: Flags, cell: Small) -> Small:
    return np.where(where, np.maximum(out, cell), out)


def _place_rarity(features: KindFeatures, one: Codes, two: Codes) -> Small:
    """The rarity of the postcode where it agrees, else of the city."""
    places = features.places
    by_code, by_city = (np.append(rarity(part.counts), 0) for part in (places.postcode, places.city))
    city = np.maximum(by_city[places.city.codes[one]], by_city[places.city.codes[two]])
    shared = _agreeing(places.postcode, one, two)
    return np.where(shared, by_code[places.postcode.codes[one]], city).astype(np.uint8)


def _located(part: Part, one: Codes) -> Flags:
    return np.asarray(part.codes[one] != MISSING)


def _differ(part: Part, one: Codes, two: Codes) -> Flags:
    """True where both have the part and it is not the same."""
    a, b = part.codes[one], part.codes[two]
    return np.asarray((a != b) & (a != MISSING) & (b != MISSING))


def _close(part: Part, one: Codes, two: Codes) -> Flags:
    """True where both have the part and it is the same but for a slip."""
    found = _agreeing(part, one, two)
    asked = np.flatnonzero(_differ(part, one, two))
    a, b = part.codes[one[asked]], part.codes[two[asked]]

    def close(x: Codes, y: Codes) -> Small:
        like = similarity(part.values, x, y) >= LIKE
        return _unnumbered(part.values, x, y, like).astype(np.uint8)

    found[asked] = per_distinct(a, b, close).astype(np.bool_)
    return found
