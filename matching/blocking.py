"""Which pairs are worth comparing: records that agree on the keys of at least one rule.

A rule is a conjunction of keys. A block of more records than the rule allows is not dropped: it is refined by
each of the rule's further keys in turn, and what is still too large then is paired with its neighbours in
order of record id, so that every record keeps partners. A pair belongs to the first rule that proposes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from matching.columns import (
    MISSING,
    Codes,
    Column,
    Flags,
    Ints,
    counted,
    distinct,
    numbered,
    run_starts,
    within,
)
from matching.features import KindFeatures
from matching.hashing import Hashes, extended, in_blocks
from matching.keys import key_column
from matching.rules import MOST, RULES, Rule

SHARE = 4_000_000
"""Proposals sorted together at a time."""

NEIGHBOURS = 8
"""Partners of each record in a block that no further key can refine."""


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What one rule proposed."""

    rule: str
    """Name of the rule."""
    pairs: int
    """Pairs it proposed."""
    first: int
    """Pairs that no earlier rule proposed."""
    only: int
    """Pairs that no other rule proposed."""
    refined: int
    """Blocks that were too large and were refined."""
    windowed: int
    """Records whose block no key could refine, paired with their neighbours only."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The candidate pairs of one kind, ascending by left and right record: 13 bytes a pair."""

    left: Codes
    right: Codes
    """Positions of the records, left < right."""
    rule: npt.NDArray[np.int8]
    """Position in RULES of the first rule that proposed the pair."""
    proposed_by: Codes
    """Bit i is set where rule i proposes the pair."""
    report: tuple[RuleReport, ...]
    """One entry a rule."""

    def at(self, where: Ints) -> Candidates:
        """Some of the pairs."""
        return replace(
            self,
            left=self.left[where],
            right=self.right[where],
            rule=self.rule[where],
            proposed_by=self.proposed_by[where],
        )


@dataclass(slots=True)
class Tally:
    """The bound of one rule, and its counts while its blocks are taken apart."""

    strangers: int
    customer: Ints
    """Rough customer of each record."""
    refined: int = 0
    windowed: int = 0

    def crowded(self, records: Codes, sizes: Ints) -> Flags:
        """Which blocks hold too many records, or records of too many customers; `records` block by block."""
        large = sizes > MOST
        asked = (sizes > self.strangers) & ~large
        if asked.any():
            mine = np.repeat(asked, sizes)
            block = np.repeat(np.arange(int(asked.sum())), sizes[asked])
            customers = counted(block, self.customer[records[mine]], int(asked.sum()))
            large[asked] = customers > self.strangers
        return large


def candidates(features: KindFeatures, *, threads: int = 1) -> Candidates:
    """All pairs that any rule of the kind proposes."""
    rules, records = RULES[features.kind], len(features)

    def propose(number: int) -> tuple[Ints, Tally]:
        tally = Tally(rules[number].strangers, features.customer)
        rule = rules[number]
        left, right = paired(entered(records, rule, keys), rule, keys, tally=tally)
        return distinct(numbered(left, right, records)) * len(rules) + number, tally

    with ThreadPoolExecutor(threads) as pool:
        keys = keys_of(features, pool)
        coded, tallies = zip(*pool.map(propose, range(len(rules))), strict=True)
        shares = -(-sum(map(len, coded)) // SHARE) or 1
        cuts = np.linspace(0, records, shares + 1).astype(np.int64) * records * len(rules)
        spans = [(int(low), int(high)) for low, high in pairwise(cuts)]
        parts = list(pool.map(lambda span: _attributed(coded, span, records, rules=len(rules)), spans))
    return Candidates(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.rule for part in parts]),
        np.concatenate([part.by for part in parts]),
        _report(rules, list(tallies), coded, parts),
    )


def keys_of(features: KindFeatures, pool: ThreadPoolExecutor) -> dict[str, Column]:
    """The columns of all keys that the rules of the kind ask for, by name."""
    names = sorted({name for rule in RULES[features.kind] for name in (*rule.keys, *rule.refine)})
    return dict(zip(names, pool.map(lambda name: key_column(features, name), names), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The candidates whose left records stand in one stretch."""

    left: Codes
    right: Codes
    rule: npt.NDArray[np.int8]
    by: Codes
    first: Ints
    """Pairs of which each rule is the first."""
    only: Ints
    """Pairs that no other rule proposes."""


def _attributed(coded: Sequence[Ints], span: tuple[int, int], records: int, *, rules: int) -> _Part:
    """The pairs of a stretch of left records, each once, with the rules that propose it."""
    runs = [one[slice(*np.searchsorted(one, span))] for one in coded]
    # each rule's pairs are in order: to merge such runs takes a fifth of the time of sorting them anew
    code = np.sort(np.concatenate(runs), kind="stable")
    pair = code // rules
    number = (code - pair * rules).astype(np.int8)
    starts = run_starts(pair)
    bits = np.left_shift(np.int32(1), number.astype(np.int32))
    by = np.bitwise_or.reduceat(bits, starts) if len(starts) else bits
    first, sizes = number[starts], np.diff(np.append(starts, len(pair)))
    left = pair[starts] // records
    right = pair[starts] - left * records
    counts = [np.bincount(x, minlength=rules) for x in (first, first[sizes == 1])]
    return _Part(left.astype(np.int32), right.astype(np.int32), first, by, *counts)


def _report(
    rules: tuple[Rule, ...], tallies: list[Tally], coded: Sequence[Ints], parts: list[_Part]
) -> tuple[RuleReport, ...]:
    first = np.add.reduce([part.first for part in parts])
    only = np.add.reduce([part.only for part in parts])
    return tuple(
        RuleReport(rule.name, len(coded[i]), int(first[i]), int(only[i]), tally.refined, tally.windowed)
        for i, (rule, tally) in enumerate(zip(rules, tallies, strict=True))
    )


def entered(count: int, rule: Rule, keys: Mapping[str, Column]) -> Entries:
    """All records under the keys of a rule."""
    none = np.zeros(count, np.int32)
    entries = Entries(np.arange(count, dtype=np.int32), np.zeros(count, np.uint64), none)
    for key in rule.keys:
        entries = entries.under(keys[key])
    return entries


def paired(entries: Entries, rule: Rule, keys: Mapping[str, Column], *, tally: Tally) -> tuple[Codes, Codes]:
    """Pairs of one rule among some entries, left < right, possibly repeated."""
    found: list[tuple[Codes, Codes]] = []
    collect(entries, [keys[key] for key in rule.refine], found=found, tally=tally)
    left = np.concatenate([f[0] for f in found] or [np.empty(0, np.int32)])
    right = np.concatenate([f[1] for f in found] or [np.empty(0, np.int32)])
    apart = left != right
    return np.minimum(left, right)[apart], np.maximum(left, right)[apart]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Records under the keys by which they are put into blocks; a record may stand under several."""

    records: Codes
    hashes: Hashes
    above: Codes
    """Entries of the block that these are a part of, 0 at first."""

    def under(self, key: Column) -> Entries:
        """The entries under one more key."""
        entry, hashes = extended(self.records, self.hashes, key)
        return Entries(self.records[entry], hashes, self.above[entry])

    def shared(self) -> Entries:
        """Without most of the entries whose block holds nothing else: sorting is what blocks cost."""
        low = np.uint64(64 - len(self.hashes).bit_length() - 1)
        bucket = (self.hashes >> low).astype(np.int64)
        kept = np.flatnonzero(np.bincount(bucket)[bucket] > 1)
        return Entries(self.records[kept], self.hashes[kept], self.above[kept])


def collect(
    entries: Entries, refine: list[Column], *, found: list[tuple[Codes, Codes]], tally: Tally
) -> None:
    """Add the pairs of all blocks to `found`, refining those that are too large."""
    entries = entries.shared()
    order, hashes = in_blocks(entries.hashes)
    records = entries.records[order]
    starts = run_starts(hashes)
    sizes = np.diff(np.append(starts, len(records)))
    crowded = tally.crowded(records, sizes)
    small = (sizes > 1) & ~crowded
    found.append(_within(records, starts[small], sizes[small], MOST))
    # A block that a key did not divide is divided by the further keys already, without this one.
    divided = (sizes != entries.above[order][starts]) | (not refine)
    large = crowded & divided
    if not large.any():
        return
    tally.refined += int(large.sum())
    kept = np.repeat(large, sizes)
    rest = Entries(records[kept], hashes[kept], np.repeat(sizes[large], sizes[large]).astype(np.int32))
    stuck = np.ones(len(rest.records), np.bool_)
    for position, key in enumerate(refine):
        collect(rest.under(key), refine[position + 1 :], found=found, tally=tally)
        stuck &= key.first[rest.records] == MISSING
    tally.windowed += int(stuck.sum())
    found.append(_neighbours(rest.records[stuck], rest.hashes[stuck]))


def _neighbours(records: Codes, hashes: Hashes) -> tuple[Codes, Codes]:
    """Pairs of neighbours within blocks that no key can refine; entries stand in hash order."""
    starts = run_starts(hashes)
    return _within(records, starts, np.diff(np.append(starts, len(records))), NEIGHBOURS)


def _within(records: Codes, starts: Ints, sizes: Ints, reach: int) -> tuple[Codes, Codes]:
    """Pairs of records of one block that stand at most `reach` places apart."""
    place = within(sizes)
    partners = np.minimum(np.repeat(sizes, sizes) - 1 - place, reach)
    left = np.repeat(np.repeat(starts, sizes) + place, partners)
    return records[left], records[left + within(partners) + 1]
