"""The features of all records out of those of the last run and of the records that have changed since.

Making features of a million records takes most of a minute's work, and a night changes a thousand. The
dictionaries of both are united (values stay in code-point order, so codes keep their meaning), the records
put in one order with every changed record twice: as it was, and as it is. What depends on all records is
counted anew: rough customers, carriers, degrees. What cannot be told so raises :class:`NotAloneError`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching import contacts
from matching.claimed import ClaimTable
from matching.columns import (
    MISSING,
    Codes,
    Column,
    Flags,
    Ints,
    Part,
    column,
    from_codes,
    single_valued,
    with_degree,
)
from matching.features import KindFeatures, counted_anew, rough_customers
from matching.names import NameTraits, words_of
from matching.person_fields import FILED, surnames
from matching.places import PARTS, Places
from matching.texts import Texts
from matching.united import NAMED, NAMES, Order, ended, ordered, side_by_side, united

SHARED = ("email", "phone", "address", "domain")
"""Columns of which is counted how many different parties carry a value."""


class NotAloneError(Exception):
    """Why changed records cannot be matched without looking at all others anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Rejoined:
    """The records as they were and as they are, side by side."""

    both: KindFeatures
    """Every record that has not changed once, the others as they were and as they are; ascending by id, and
    as they were first. Nothing is counted."""
    now: KindFeatures
    """The features of all records as they are."""
    was_at: Ints
    """Where the records as they were stand in `both`."""
    is_at: Ints
    """Where those as they are stand."""
    changed: Flags
    """Of `both`, those that stand in one of the two alone."""
    name_now: Codes
    """The code that each former name has now, MISSING where nobody has it."""


def rejoined(before: KindFeatures, news: KindFeatures, changed: pa.Array, *, people: pa.Table) -> Rejoined:
    """The persons of the last run, and what those among them that have changed, or are new, are now.

    `changed` are the ids of all records that have changed, gone ones among them; `people` the name claims of
    all persons. Raises NotAloneError where a record that has not changed would have other features.
    """
    order = ordered(before.record_ids, news.record_ids)
    old = np.isin(np.arange(len(before)), _positions(before, changed))
    names = united(before.names.values, news.names.values)
    both = side_by_side(before, news, order, names)
    stays = np.ones(len(both), np.bool_)
    stays[order.was_at[old]] = False
    is_at = np.flatnonzero(stays)
    apart = np.zeros(len(both), np.bool_)
    apart[order.was_at[old]] = apart[order.news_at] = True
    dates = _dates(both, is_at, people)
    _refuse_other_dates(both, dates, is_at, apart)
    filed = surnames(both.names.values, *(both.columns[name] for name in FILED))
    _refuse_other_surnames(both, filed, order)
    fresh = {"birth_date": _with_dates(both, dates, is_at, order), "surname": filed}
    both = replace(both, columns={**both.columns, **fresh})
    now, code = _now(both, is_at)
    return Rejoined(both, now, order.was_at, is_at, apart, code[names.was[:-1]])


def _positions(features: KindFeatures, ids: pa.Array) -> Ints:
    at = Texts(ids.cast(pa.string())).find(features.record_ids)
    return np.flatnonzero(at >= 0)


# --- what all records together say --------------------------------------------------------------------------
def _dates(both: KindFeatures, is_at: Ints, people: pa.Table) -> Column:
    """Birth dates of all records as they are: which of them stand for none, their number tells."""
    ids = both.record_ids.take(pa.array(is_at))
    table = ClaimTable(pa.table({"record_id": ids}), {"person": people})
    (said,), owner = table.texts("person", "birth_date")
    return contacts.birth_dates(column(owner, said, len(ids)))


def _refuse_other_dates(both: KindFeatures, dates: Column, is_at: Ints, apart: Flags) -> None:
    same = ~apart[is_at]
    was = taken(both.columns["birth_date"], is_at[same])
    now = taken(dates, np.flatnonzero(same))
    if not np.array_equal(was.offsets, now.offsets) or not np.array_equal(
        np.append(was.values.find(now.values), MISSING)[now.codes], was.codes
    ):
        raise NotAloneError("a date of birth begins or ceases to stand for an unknown one")


def _with_dates(both: KindFeatures, dates: Column, is_at: Ints, order: Order) -> Column:
    """The column of birth dates, of the changed records without those that stand for none."""
    said = both.columns["birth_date"]
    place = np.full(len(both), MISSING, np.int64)
    place[is_at] = np.arange(len(is_at))
    fresh = taken(dates, place[order.news_at])
    code = np.append(said.values.find(fresh.values), MISSING)
    old = np.ones(len(both), np.bool_)
    old[order.news_at] = False
    kept = old[said.carriers]
    carriers = np.concatenate([said.carriers[kept], order.news_at[fresh.carriers]])
    codes = np.concatenate([said.codes[kept], code[fresh.codes]]).astype(np.int32)
    by = np.lexsort((codes, carriers))
    return from_codes(carriers[by], codes[by], len(both), said.values)


def _refuse_other_surnames(both: KindFeatures, filed: Column, order: Order) -> None:
    """A word of a double name is a name to file under where somebody is called so."""
    made = taken(filed, order.was_at)
    was = taken(both.columns["surname"], order.was_at)
    if not np.array_equal(made.offsets, was.offsets) or not np.array_equal(made.codes, was.codes):
        raise NotAloneError("a part of double names is somebody's name for the first time")
    held = _live(both.names.values, [taken(both.columns[name], order.was_at) for name in NAMES])
    _refuse_other_relations(both.names, held)


def _refuse_other_relations(names: NameTraits, held: Flags) -> None:
    """The least of related names stands for all of them: it must be one that somebody has."""
    if not held[names.canonical[held]].all():
        raise NotAloneError("a name that others are short for comes or goes")


def _live(values: Texts, columns: list[Column]) -> Flags:
    held = np.zeros(len(values), np.bool_)
    for col in columns:
        held[col.codes] = True
    return held


# --- the records as they are --------------------------------------------------------------------------------
def _now(both: KindFeatures, is_at: Ints) -> tuple[KindFeatures, Codes]:
    """The records as they are, counted, and their code of each name of both."""
    columns = {name: taken(col, is_at) for name, col in both.columns.items()}
    held = _live(both.names.values, [columns[name] for name in NAMES])
    _refuse_lost_words(both.names.values, held)
    _refuse_other_relations(both.names, held)
    names, code = _names(both.names, held)
    alive = {name: held if name in NAMED else _live(col.values, [col]) for name, col in columns.items()}
    cut = {
        name: _cut(col, code, names.values)
        if name in NAMED
        else _cut(col, *_renamed(col.values, alive[name]))
        for name, col in columns.items()
    }
    parts = {name: _cut_part(piece, alive[name.partition("_")[0]]) for name, piece in both.parts.items()}
    pieces = [_cut_part(getattr(both.places, piece), alive["address"]) for piece in PARTS]
    given, family = cut["given"].first, cut["family"].first
    formal = names.canonical[given] if len(names.values) else given
    party = np.where(given != MISSING, formal, family).astype(np.int32)
    for name in SHARED:
        cut[name] = with_degree(cut[name], party)
    cut["identifier"] = contacts.with_callers(cut["identifier"])
    ids = both.record_ids.take(pa.array(is_at))
    places = Places(cut["address"], *pieces)
    customer = rough_customers(both.kind, cut, places)
    return counted_anew(KindFeatures(both.kind, ids, cut, places, names, parts, customer)), code


def _refuse_lost_words(values: Texts, held: Flags) -> None:
    """A name that nobody has any more may have been one to file double names under."""
    gone = values.take(np.flatnonzero(~held))
    if len(gone) == 0:
        return
    lost = set(gone.to_pylist())
    for name in values.array.filter(pc.match_substring(values.array, " ")).to_pylist():
        if not lost.isdisjoint(words_of(name)):
            raise NotAloneError("a part of double names is nobody's name any more")


def _names(names: NameTraits, held: Flags) -> tuple[NameTraits, Codes]:
    """The traits of the names that somebody has, and their codes."""
    code, values = _renamed(names.values, held)

    def kept(pairs: Ints) -> Ints:
        one, two = code[pairs >> 32].astype(np.int64), code[pairs & 0xFFFFFFFF].astype(np.int64)
        both = (one >= 0) & (two >= 0)
        return np.asarray(one[both] << 32 | two[both])

    cut = replace(
        names,
        values=values,
        initial=names.initial[held],
        single=names.single[held],
        listed=names.listed[held],
        sound=names.sound[held],
        spelt=names.spelt[held],
        canonical=code[names.canonical[held]],
        related=kept(names.related),
        coupled=kept(names.coupled),
    )
    return cut, code


def _renamed(values: Texts, held: Flags) -> tuple[Codes, Texts]:
    code = np.where(held, np.cumsum(held) - 1, MISSING)
    return ended(code), Texts(values.array.filter(pa.array(held)))


def _cut(col: Column, code: Codes, values: Texts) -> Column:
    if col.several is None:
        return single_valued(code[col.first], values)
    return from_codes(col.carriers, code[col.codes], col.records, values)


def _cut_part(piece: Part, alive: Flags) -> Part:
    codes = piece.codes[alive] if len(piece.codes) else piece.codes
    held = np.zeros(len(piece.values), np.bool_)
    held[codes[codes != MISSING]] = True
    code, values = _renamed(piece.values, held)
    return Part(values, code[codes], np.ones(len(values), np.int64))


def taken(col: Column, at: Ints) -> Column:
    """The column of some of its records, given in ascending order."""
    if col.several is None:
        return single_valued(col.first[at], col.values)
    place = np.full(col.records, MISSING, np.int64)
    place[at] = np.arange(len(at))
    owner = place[col.carriers]
    kept = owner != MISSING
    return from_codes(owner[kept], col.codes[kept], len(at), col.values)
