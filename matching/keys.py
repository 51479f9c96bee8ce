"""Blocking keys by name: the fields themselves, and sounds, initials and rare words of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.columns import MISSING, Codes, Column, Ints, dense, empty, from_codes, within
from matching.features import KindFeatures
from matching.names import fuller_names
from matching.spellings import sounds

FEWEST_LETTERS = 3
"""Letters that the local part of an e-mail address or a word of a name must have to be a key."""

SOUND = 8
"""Letters of the sound of an organisation's name that are a key."""

RARE_WORDS = 2
"""Words of an organisation's name, rarest first, that make keys of their own."""


def key_column(features: KindFeatures, name: str) -> Column:
    """The key of each record; a record without it has no value, one with alternatives has several."""
    make = _KEYS.get(name)
    if make is not None:
        return make(features)
    return features.columns.get(name) or empty(len(features))


def _sound(field: str) -> Callable[[KindFeatures], Column]:
    return lambda features: features.columns[field].recoded(features.names.sound)


def _initial(field: str) -> Callable[[KindFeatures], Column]:
    return lambda features: features.columns[field].recoded(features.names.initial)


def _given(features: KindFeatures) -> Column:
    """The given name and every full name it may be a short form of."""
    col = features.columns["given"]
    fuller = fuller_names(col.values)
    names = pa.array([name for names in fuller.values() for name in names], pa.string())
    known = col.values.find(names)
    unknown = len(col.values) + pc.dictionary_encode(names).indices.to_numpy()
    sizes = np.ones(len(col.values), np.int64)
    sizes[list(fuller)] += np.array([len(names) for names in fuller.values()], np.int64)
    own = np.cumsum(sizes) - sizes
    codes = np.empty(int(sizes.sum()), np.int32)
    others = np.ones(len(codes), np.bool_)
    others[own] = False
    codes[own], codes[others] = np.arange(len(own)), np.where(known < 0, unknown, known)
    return _spread(col, sizes, codes)


def _full_name(features: KindFeatures) -> Column:
    """Given name and surname in any order, by any part of the surname; short forms as full forms."""
    given, surname = features.columns["given"], features.columns["surname"]
    names, canonical = len(features.names.values), features.names.canonical
    carriers = surname.carriers
    family, mine = surname.codes.astype(np.int64), given.first[carriers].astype(np.int64)
    has = mine != MISSING
    carriers, family, mine = carriers[has], family[has], mine[has]
    formal = canonical[mine].astype(np.int64)
    another = formal != mine
    keys = [
        np.minimum(g, f) * names + np.maximum(g, f)
        for g, f in ((mine, family), (formal[another], family[another]))
    ]
    codes = dense(np.concatenate(keys)).astype(np.int32)
    return from_codes(np.concatenate([carriers, carriers[another]]), codes, given.records)


def _place(*parts: str) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        return features.places.column(*parts)

    return key


def _door(features: KindFeatures) -> Column:
    """Number and street with the postcode, or with the city."""
    by_code = features.places.column("number", "street", "postcode")
    by_city = features.places.column("number", "street", "city")
    other = int(by_code.first.max(initial=0)) + 1
    return from_codes(
        np.concatenate([by_code.carriers, by_city.carriers]),
        np.concatenate([by_code.codes, by_city.codes + other]),
        by_code.records,
    )


def _date(first: int, last: int) -> Callable[[KindFeatures], Column]:
    """Characters of the ISO birth date; '' where only the year is known and more is asked."""

    def key(features: KindFeatures) -> Column:
        col = features.columns["birth_date"]
        return col.mapped(pc.utf8_slice_codeunits(col.values.array, first, last))

    return key


def _digits(features: KindFeatures) -> Column:
    """The digits of the birth date in ascending order: the same after an exchange of any of them."""
    return features.columns["birth_date"].attribute(lambda date: "".join(sorted(filter(str.isdigit, date))))


def _head(field: str, letters: int) -> Callable[[KindFeatures], Column]:
    return _cut(field, 0, letters, letters=letters)


def _tail(field: str, letters: int) -> Callable[[KindFeatures], Column]:
    return _cut(field, -letters, None, letters=letters)


def _cut(field: str, first: int, last: int | None, *, letters: int) -> Callable[[KindFeatures], Column]:
    """Some characters of each value that has at least so many letters."""

    def key(features: KindFeatures) -> Column:
        col = features.columns[field]
        cut = pc.utf8_slice_codeunits(col.values.array, first, last)
        return col.mapped(pc.if_else(pa.array(col.values.lengths >= letters), cut, ""))

    return key


def _part(field: str, name: str, letters: int) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        col, part = features.columns[field], features.parts[name]
        long = np.append(part.values.lengths >= letters, False)
        return col.recoded(np.where(long[part.codes], part.codes, MISSING).astype(np.int32))

    return key


def _words(features: KindFeatures, keep: int | None) -> Column:
    """The words of an organisation's name, or its `keep` rarest."""
    col = features.columns["name"]
    words = [[w for w in dict.fromkeys(value.split()) if len(w) >= FEWEST_LETTERS] for value in col.values]
    tally: dict[str, int] = {}
    for row, count in zip(words, col.counts, strict=True):
        for word in row:
            tally[word] = tally.get(word, 0) + int(count)
    if keep is not None:
        words = [sorted(row, key=lambda w: (tally[w], w))[:keep] for row in words]
    sizes = np.array([len(row) for row in words], np.int64)
    flat = pa.array([word for row in words for word in row], pa.string())
    return _spread(col, sizes, pc.dictionary_encode(flat).indices.to_numpy())


def _spread(col: Column, sizes: Ints, code: Codes) -> Column:
    """A column, without texts, in which the carriers of a value carry the `sizes` codes it has in turn."""
    codes, starts = col.codes, np.cumsum(sizes) - sizes
    repeat = sizes[codes]
    at = np.repeat(starts[codes], repeat) + within(repeat)
    return from_codes(np.repeat(col.carriers, repeat), code[at], col.records)


def _of_name(of: Callable[[str], str]) -> Callable[[KindFeatures], Column]:
    return lambda features: features.columns["name"].attribute(of)


def _name_sound(features: KindFeatures) -> Column:
    col = features.columns["name"]
    return col.mapped(pc.utf8_slice_codeunits(sounds(col.values.array), 0, SOUND))


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in words) if len(words) >= FEWEST_LETTERS else name.replace(" ", "")[:6]


_KEYS: dict[str, Callable[[KindFeatures], Column]] = {
    "given": _given,
    "given_sound": _sound("given"),
    "surname_sound": _sound("surname"),
    "initial": _initial("given"),
    "surname_initial": _initial("surname"),
    "full_name": _full_name,
    "postcode": _place("postcode"),
    "city": _place("city"),
    "street": _place("street"),
    "door": _door,
    "door_anywhere": _place("number", "street"),
    "birth_year": _date(0, 4),
    "birth_day": _date(5, 10),
    "birth_digits": _digits,
    "given_head": _head("given", FEWEST_LETTERS),
    "surname_head": _head("surname", FEWEST_LETTERS),
    "surname_tail": _tail("surname", FEWEST_LETTERS + 1),
    "email_local": _part("email", "email_local", FEWEST_LETTERS + 2),
    "phone_tail": _part("phone", "phone_tail", 7),
    "name_word": lambda features: _words(features, None),
    "name_rare": lambda features: _words(features, RARE_WORDS),
    "name_letters": _of_name(lambda name: name.replace(" ", "")),
    "name_sound": _name_sound,
    "name_initials": _of_name(_initials),
}
