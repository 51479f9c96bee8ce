"""Blocking keys by name: the fields themselves, and sounds, initials and rare words of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from matching.columns import MISSING, Column, column, empty, from_codes, merge
from matching.features import KindFeatures
from matching.names import formal_names, sound

FEWEST_LETTERS = 3
"""Letters that the local part of an e-mail address or a word of a name must have to be a key."""

RARE_WORDS = 2
"""Words of an organisation's name, rarest first, that make keys of their own."""


def key_column(features: KindFeatures, name: str) -> Column:
    """The key of each record; a record without it has no value, one with alternatives has several."""
    make = _KEYS.get(name)
    if make is not None:
        return make(features)
    return features.columns.get(name) or empty(len(features))


def _sound(field: str) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        col = features.columns[field]
        return from_codes(
            col.carriers,
            features.names.sound[col.codes].astype(np.int64),
            col.records,
            _numbers(len(features.names.values)),
        )

    return key


def _numbers(count: int) -> np.ndarray[Any, np.dtype[Any]]:
    """Stand-ins for the values of a column whose codes are taken from elsewhere."""
    return np.arange(count).astype(object)


def _initial(field: str) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        col = features.columns[field]
        return from_codes(
            col.carriers, features.names.initial[col.codes].astype(np.int64), col.records, _numbers(256)
        )

    return key


def _given(features: KindFeatures) -> Column:
    """The given name and every full name it may be a short form of."""
    col = features.columns["given"]
    formals = [
        sorted(formal_names(value)) if n else [] for value, n in zip(col.values, col.counts, strict=True)
    ]
    sizes = np.array([len(f) for f in formals], np.int64)
    flat = pa.array([name for names in formals for name in names], pa.string())
    starts = np.cumsum(sizes) - sizes
    repeat = sizes[col.codes]
    within = np.arange(int(repeat.sum())) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    index = np.repeat(starts[col.codes], repeat) + within
    return column(np.repeat(col.carriers, repeat), flat.take(pa.array(index)), col.records)


def _full_name(features: KindFeatures) -> Column:
    """Given name and surname in any order, by any part of the surname; short forms as full forms."""
    given, surname = features.columns["given"], features.columns["surname"]
    values = features.names.values
    canonical = features.names.canonical
    size = np.diff(surname.offsets)
    has = given.first != MISSING
    repeat = np.where(has, size, 0)
    carriers = np.repeat(np.arange(given.records), repeat)
    within = np.arange(len(carriers)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    family = surname.codes[surname.offsets[:-1][carriers] + within].astype(np.int64)
    mine = given.first[carriers].astype(np.int64)
    formal = canonical[mine].astype(np.int64) if len(values) else mine
    keys = [np.minimum(g, family) * len(values) + np.maximum(g, family) for g in (mine, formal)]
    distinct, codes = np.unique(np.concatenate(keys), return_inverse=True)
    return from_codes(np.tile(carriers, 2), codes.astype(np.int64), given.records, _numbers(len(distinct)))


def _place(*parts: str) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        return features.places.column(*parts)

    return key


def _door(features: KindFeatures) -> Column:
    """Number and street with the postcode, or with the city."""
    by_code = features.places.column("number", "street", "postcode")
    by_city = features.places.column("number", "street", "city")
    return merge([by_code, by_city])


def _date(first: int, last: int) -> Callable[[KindFeatures], Column]:
    """Characters of the ISO birth date; '' where only the year is known and more is asked."""

    def key(features: KindFeatures) -> Column:
        return features.columns["birth_date"].attribute(lambda date: date[first:last])

    return key


def _digits(features: KindFeatures) -> Column:
    """The digits of the birth date in ascending order: the same after an exchange of any of them."""
    return features.columns["birth_date"].attribute(lambda date: "".join(sorted(filter(str.isdigit, date))))


def _head(field: str, letters: int) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        return features.columns[field].attribute(lambda name: name[:letters] if len(name) >= letters else "")

    return key


def _tail(field: str, letters: int) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        return features.columns[field].attribute(lambda name: name[-letters:] if len(name) >= letters else "")

    return key


def _part(field: str, name: str, letters: int) -> Callable[[KindFeatures], Column]:
    def key(features: KindFeatures) -> Column:
        col, part = features.columns[field], features.parts[name]
        held = part.codes[col.codes] if len(col.codes) else np.empty(0, np.int32)
        long = np.array([len(value) >= letters for value in part.values] + [False], np.bool_)
        kept = (held != MISSING) & long[held]
        return from_codes(col.carriers[kept], held[kept], col.records, part.values)

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
    value = np.repeat(np.arange(len(words)), sizes)
    if col.single:
        return _spread(col, value, flat)
    raise ValueError("an organisation record claims one name")


def _spread(col: Column, value: np.ndarray[Any, Any], texts: pa.Array) -> Column:
    """A column with the texts of each value (ascending) given to every record that carries the value."""
    sizes = np.bincount(value, minlength=len(col.values))
    starts = np.cumsum(sizes) - sizes
    repeat = sizes[col.codes]
    within = np.arange(int(repeat.sum())) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    index = np.repeat(starts[col.codes], repeat) + within
    return column(np.repeat(col.carriers, repeat), texts.take(pa.array(index)), col.records)


def _of_name(of: Callable[[str], str]) -> Callable[[KindFeatures], Column]:
    return lambda features: features.columns["name"].attribute(of)


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
    "name_sound": _of_name(lambda name: sound(name)[:8]),
    "name_initials": _of_name(_initials),
}
