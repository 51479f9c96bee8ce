"""Features of two lots of records in one: their dictionaries united, their records in one order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from matching.columns import MISSING, Codes, Column, Ints, Part, from_codes, single_valued
from matching.features import KindFeatures
from matching.names import name_traits
from matching.places import PARTS, Places
from matching.texts import Texts

NAMES = ("given", "middle", "family", "birth_name", "called", "spelt")
"""Columns of names a person claims; all of a person's columns of names share one dictionary."""
NAMED = (*NAMES, "lone", "surname")
"""All columns that share it."""


# --- one order --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Records as they were and as they are in one order; of each id, as it was first."""

    was_at: Ints
    """Where the records as they were stand."""
    news_at: Ints
    """Where those that have changed stand, as they are."""


def ordered(before: pa.Array, news: pa.Array) -> Order:
    """The order of two ascending arrays of record ids together."""
    ids = Texts(before)
    places = np.array([bisect_right(ids, one) for one in news.to_pylist()], np.int64)
    was_at = np.arange(len(before)) + np.searchsorted(places, np.arange(len(before)), side="right")
    return Order(was_at, places + np.arange(len(places)))


# --- one dictionary ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class United:
    """Two ascending dictionaries in one."""

    values: Texts
    was: Codes
    """The code of each former value; MISSING at the end, where a record without a value finds it."""
    news: Codes
    """The same of each value of the changed records."""


def united(before: Texts, news: Texts) -> United:
    """Two dictionaries in one, in code-point order."""
    found = before.find(news)
    fresh = np.flatnonzero(found < 0)
    places = np.array([bisect_left(before, news[i]) for i in fresh], np.int64)
    was = np.arange(len(before)) + np.searchsorted(places, np.arange(len(before)), side="right")
    own = np.where(found < 0, 0, was[np.maximum(found, 0)] if len(was) else 0)
    own[fresh] = places + np.arange(len(fresh))
    source = np.empty(len(before) + len(fresh), np.int64)
    source[was], source[own[fresh]] = np.arange(len(was)), len(was) + np.arange(len(fresh))
    together = pa.concat_arrays([before.array, news.array.take(pa.array(fresh))])
    return United(Texts(together.take(pa.array(source))), ended(was), ended(own))


def ended(codes: Ints) -> Codes:
    """The codes with MISSING at the end, where a record without a value finds it."""
    return np.append(codes, MISSING).astype(np.int32)


def side_by_side(before: KindFeatures, news: KindFeatures, order: Order, names: United) -> KindFeatures:
    """The features of both lots in one order; nothing is counted."""
    columns, parts, places = dict[str, Column](), dict[str, Part](), None
    for name, col in before.columns.items():
        other = news.columns[name]
        one = names if name in NAMED else united(col.values, other.values)
        columns[name] = _spread(col, other, one, order)
        parts |= {
            piece: _part(before.parts[piece], news.parts[piece], one)
            for piece in before.parts
            if piece.partition("_")[0] == name
        }
        if name == "address":
            pieces = [
                _part(getattr(before.places, piece), getattr(news.places, piece), one) for piece in PARTS
            ]
            places = Places(columns[name], *pieces)
    assert places is not None, "every kind has addresses"
    ids = _merged_ids(before.record_ids, news.record_ids, order)
    nobody = np.zeros(len(ids), np.int64)
    return KindFeatures(before.kind, ids, columns, places, name_traits(names.values), parts, nobody)


def _merged_ids(before: pa.Array, news: pa.Array, order: Order) -> pa.Array:
    source = np.empty(len(before) + len(news), np.int64)
    source[order.was_at], source[order.news_at] = np.arange(len(before)), len(before) + np.arange(len(news))
    return pa.concat_arrays([before, news]).take(pa.array(source))


def _spread(was: Column, news: Column, one: United, order: Order) -> Column:
    records = was.records + news.records
    if was.several is None and news.several is None:
        first = np.full(records, MISSING, np.int32)
        first[order.was_at], first[order.news_at] = one.was[was.first], one.news[news.first]
        return single_valued(first, one.values)
    carriers = [order.was_at[was.carriers], order.news_at[news.carriers]]
    codes = [one.was[was.codes], one.news[news.codes]]
    return from_codes(np.concatenate(carriers), np.concatenate(codes), records, one.values)


def _part(was: Part, news: Part, whole: United) -> Part:
    one = united(was.values, news.values)
    codes = np.full(len(whole.values), MISSING, np.int32)
    codes[whole.news[:-1]] = one.news[news.codes]
    codes[whole.was[:-1]] = one.was[was.codes]
    return Part(one.values, codes, np.ones(len(one.values), np.int64))
