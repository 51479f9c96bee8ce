"""The candidate pairs of all records out of those of the last run: only blocks a change reaches are read.

A block is reached when a record with other keys left or joined it, or when records in it are of other rough
customers than before, which decides whether it is too large. Every other block proposes what it proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.blocking import Candidates, Entries, RuleReport, Tally, entered, keys_of, paired
from matching.columns import Codes, Column, Flags, Ints, distinct, numbered, run_starts
from matching.rejoined import Rejoined
from matching.rules import RULES, Rule

BUCKET_BITS = 22
"""Bits of a hash by which most entries of blocks that nobody asks for are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Reblocked:
    """All candidate pairs, and those of them that nothing is known of."""

    found: Candidates
    unknown: Flags
    """Of the candidates, those with a record that has changed, or that no rule proposed before."""


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """The records as they were, or as they are."""

    at: Ints
    """Where they stand among both."""
    holds: Flags
    """Of both, those that stand in this one."""
    customer: Ints
    """Rough customer of each of both."""

    @classmethod
    def of(cls, at: Ints, customer: Ints, records: int) -> _World:
        """One of two."""
        holds, whole = np.zeros(records, np.bool_), np.zeros(records, np.int64)
        holds[at], whole[at] = True, customer
        return cls(at, holds, whole)


def reblocked(side: Rejoined, found: Candidates, customer: Ints, *, threads: int) -> Reblocked:
    """The candidates of the records as they are; `found` and `customer` are of those as they were."""
    was = _World.of(side.was_at, customer, len(side.both))
    now = _World.of(side.is_at, side.now.customer, len(side.both))
    focus = side.changed | _regrouped(was, now, side.changed)
    rules = RULES[side.both.kind]
    with ThreadPoolExecutor(threads) as pool:
        keys = keys_of(side.both, pool)
        news = list(pool.map(lambda rule: _news(rule, keys, (was, now), focus), rules))
    return _updated(side, found, now, news)


def _regrouped(was: _World, now: _World, changed: Flags) -> Flags:
    """The records that have not changed and are of another rough customer than before."""
    both = was.holds & now.holds
    sizes = [np.bincount(world.customer[world.at])[world.customer] for world in (was, now)]
    first = np.full(int(now.customer.max(initial=0)) + 1, -1, np.int64)
    first[now.customer[both]] = was.customer[both]
    other = both & ((sizes[0] != sizes[1]) | (first[now.customer] != was.customer))
    spread = np.zeros(len(first), np.bool_)
    spread[now.customer[other | (now.holds & changed)]] = True
    return np.asarray(both & spread[now.customer] | other)


@dataclass(frozen=True, slots=True, eq=False)
class _News:
    """What one rule proposes in the blocks that a change reaches, as numbers of pairs of both."""

    was: Ints
    now: Ints
    refined: int
    """Blocks refined now, less those refined before."""
    windowed: int


def _news(rule: Rule, keys: Mapping[str, Column], worlds: tuple[_World, _World], focus: Flags) -> _News:
    entries, count = entered(len(focus), rule, keys), len(focus)
    news = _of_blocks(rule, keys, worlds, _reached(entries, focus), count)
    lost = news.was[~among(news.was, news.now)]
    if len(lost) and any(not keys[name].single for name in rule.keys):
        # a record may stand in several blocks of the rule: another one may propose the pair still
        more = focus.copy()
        more[lost // count] = more[lost % count] = True
        news = _of_blocks(rule, keys, worlds, _reached(entries, more), count)
    return news


def _of_blocks(
    rule: Rule, keys: Mapping[str, Column], worlds: tuple[_World, _World], entries: Entries, count: int
) -> _News:
    made: list[tuple[Ints, Tally]] = []
    for world in worlds:
        tally = Tally(rule.strangers, world.customer)
        mine = np.flatnonzero(world.holds[entries.records])
        left, right = paired(_some(entries, mine), rule, keys, tally=tally)
        made.append((distinct(numbered(left, right, count)), tally))
    (was, before), (now, after) = made
    refined, windowed = after.refined - before.refined, after.windowed - before.windowed
    return _News(was, now, refined, windowed)


def _reached(entries: Entries, focus: Flags) -> Entries:
    """All entries of the blocks that any of these records stands in."""
    wanted = np.sort(entries.hashes[focus[entries.records]])
    low = np.uint64(64 - BUCKET_BITS)
    asked = np.zeros(1 << BUCKET_BITS, np.bool_)
    asked[(wanted >> low).astype(np.int64)] = True
    near = np.flatnonzero(asked[(entries.hashes >> low).astype(np.int64)])
    return _some(entries, near[among(entries.hashes[near], wanted)])


def among(numbers: npt.NDArray[Any], ascending: npt.NDArray[Any]) -> Flags:
    """Which of the numbers are among ascending ones; sorts nothing, so `np.isin` takes far longer."""
    if not len(ascending):
        return np.zeros(len(numbers), np.bool_)
    at = np.minimum(np.searchsorted(ascending, numbers), len(ascending) - 1)
    return np.asarray(ascending[at] == numbers)


def _some(entries: Entries, at: Ints) -> Entries:
    return Entries(entries.records[at], entries.hashes[at], entries.above[at])


# --- the pairs of all records -------------------------------------------------------------------------------
def _updated(side: Rejoined, found: Candidates, now: _World, news: list[_News]) -> Reblocked:
    records = len(now.at)
    place = np.full(len(side.both), -1, np.int64)
    place[now.at] = np.arange(records)
    moved = place[side.was_at]
    moved[side.changed[side.was_at]] = -1
    left, right = moved[found.left], moved[found.right]
    stays = (left >= 0) & (right >= 0)
    kept = numbered(left[stays], right[stays], records)  # ascending: the order of records has not changed
    bits = found.proposed_by[stays].astype(np.int32)
    fresh, by = [kept], [bits]
    for number, one in enumerate(news):
        bit = np.int32(1 << number)
        gone = _renamed(one.was[~among(one.was, one.now)], len(side.both), place, side.changed, records)
        bits[np.searchsorted(kept, gone)[among(gone, kept)]] &= ~bit
        come = _renamed(one.now, len(side.both), place, None, records)
        fresh.append(come)
        by.append(np.full(len(come), bit, np.int32))
    return _together(side, found, np.concatenate(fresh), np.concatenate(by), known=kept, news=news)


def _renamed(pairs: Ints, count: int, place: Ints, changed: Flags | None, records: int) -> Ints:
    """Pairs of both as numbers of pairs of the records as they are, ascending; changed ones left out."""
    left, right = pairs // count, pairs % count
    kept = np.ones(len(pairs), np.bool_) if changed is None else ~(changed[left] | changed[right])
    return numbered(place[left[kept]], place[right[kept]], records)


def _together(
    side: Rejoined, found: Candidates, pairs: Ints, by: Codes, *, known: Ints, news: list[_News]
) -> Reblocked:
    records, rules = len(side.now), RULES[side.both.kind]
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    starts = run_starts(pairs)
    bits = np.bitwise_or.reduceat(by[order], starts) if len(starts) else by
    some = bits != 0
    pairs, bits = pairs[starts][some], bits[some]
    first = np.bitwise_count((bits & -bits) - 1).astype(np.int8)
    left = pairs // records
    made = Candidates(
        left.astype(np.int32),
        (pairs - left * records).astype(np.int32),
        first,
        bits,
        tuple(_report(rule, i, bits, first, found.report[i], news[i]) for i, rule in enumerate(rules)),
    )
    return Reblocked(made, ~among(pairs, known))


def _report(
    rule: Rule, number: int, bits: Codes, first: np.ndarray, before: RuleReport, news: _News
) -> RuleReport:
    mine = bits & np.int32(1 << number) != 0
    return replace(
        before,
        pairs=int(mine.sum()),
        first=int((first == number).sum()),
        only=int((bits == np.int32(1 << number)).sum()),
        refined=before.refined + news.refined,
        windowed=before.windowed + news.windowed,
    )
