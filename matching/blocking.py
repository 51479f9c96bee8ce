"""Which pairs are worth comparing: records that agree on the keys of at least one rule.

A rule is a conjunction of keys. A block of more than MAX_BLOCK records is not dropped: it is refined by
each of the rule's further keys in turn, and what is still too large then is paired with its neighbours in
order of record id, so that every record keeps partners. A pair belongs to the first rule that proposes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.columns import MISSING, Column, Ints, distinct
from matching.features import KindFeatures
from matching.hashing import Hashes, joined
from matching.keys import key_column
from matching.rules import RULES, Rule

MAX_BLOCK = 40
"""Records in a block from which on it is refined: 780 pairs at most come out of one block."""

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
    """The candidate pairs of one kind, ascending by left and right record."""

    left: Ints
    right: Ints
    """Positions of the records, left < right."""
    rule: npt.NDArray[np.int8]
    """Position in RULES of the first rule that proposed the pair."""
    proposed_by: Ints
    """Bit i is set where rule i proposes the pair."""
    report: tuple[RuleReport, ...]
    """One entry a rule."""


@dataclass(slots=True)
class _Tally:
    """Counts of one rule while its blocks are taken apart."""

    refined: int = 0
    windowed: int = 0


def candidates(features: KindFeatures) -> Candidates:
    """All pairs that any rule of the kind proposes."""
    rules = RULES[features.kind]
    known: dict[str, Column] = {}
    coded, tallies = [], []
    for number, rule in enumerate(rules):
        tally = _Tally()
        left, right = _pairs(features, rule, known, tally=tally)
        coded.append(distinct(left * len(features) + right) * len(rules) + number)
        tallies.append(tally)
    return _attributed(np.sort(np.concatenate(coded)), len(features), rules, tallies=tallies)


def _attributed(coded: Ints, records: int, rules: tuple[Rule, ...], *, tallies: list[_Tally]) -> Candidates:
    pair, number = coded // len(rules), coded % len(rules)
    starts = (
        np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))
        if len(pair)
        else np.empty(0, np.int64)
    )
    bits = np.left_shift(np.int64(1), number)
    proposed = np.bitwise_or.reduceat(bits, starts) if len(starts) else bits
    sizes = np.diff(np.append(starts, len(pair)))
    first = number[starts]
    counts = [np.bincount(x, minlength=len(rules)) for x in (number, first, first[sizes == 1])]
    report = tuple(
        RuleReport(
            rule.name, int(counts[0][i]), int(counts[1][i]), int(counts[2][i]), tally.refined, tally.windowed
        )
        for i, (rule, tally) in enumerate(zip(rules, tallies, strict=True))
    )
    unique = pair[starts]
    return Candidates(unique // records, unique % records, first.astype(np.int8), proposed, report)


def _pairs(
    features: KindFeatures, rule: Rule, known: dict[str, Column], *, tally: _Tally
) -> tuple[Ints, Ints]:
    """Pairs of one rule, left < right, possibly repeated."""
    records = np.arange(len(features), dtype=np.int64)
    hashes = np.zeros(len(features), np.uint64)
    for key in rule.keys:
        records, hashes = joined(records, hashes, _key(features, key, known))
    found: list[tuple[Ints, Ints]] = []
    refine = [_key(features, key, known) for key in rule.refine]
    _collect(records, hashes, refine, found=found, tally=tally)
    left = np.concatenate([f[0] for f in found] or [np.empty(0, np.int64)])
    right = np.concatenate([f[1] for f in found] or [np.empty(0, np.int64)])
    apart = left != right
    return np.minimum(left, right)[apart], np.maximum(left, right)[apart]


def _key(features: KindFeatures, name: str, known: dict[str, Column]) -> Column:
    if name not in known:
        known[name] = key_column(features, name)
    return known[name]


def _collect(
    records: Ints, hashes: Hashes, refine: list[Column], *, found: list[tuple[Ints, Ints]], tally: _Tally
) -> None:
    """Add the pairs of all blocks to `found`, refining those that are too large."""
    if not len(records):
        return
    order = np.argsort(hashes, kind="stable")
    records, hashes = records[order], hashes[order]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    sizes = np.diff(np.append(starts, len(records)))
    small = (sizes > 1) & (sizes <= MAX_BLOCK)
    found.append(_within(records, starts[small], sizes[small], MAX_BLOCK))
    large = np.repeat(sizes > MAX_BLOCK, sizes)
    if not large.any():
        return
    tally.refined += int((sizes > MAX_BLOCK).sum())
    rest, rest_hashes = records[large], hashes[large]
    stuck = np.ones(len(rest), np.bool_)
    for position, key in enumerate(refine):
        _collect(*joined(rest, rest_hashes, key), refine[position + 1 :], found=found, tally=tally)
        stuck &= key.first[rest] == MISSING
    tally.windowed += int(stuck.sum())
    found.append(_neighbours(rest[stuck], rest_hashes[stuck]))


def _neighbours(records: Ints, hashes: Hashes) -> tuple[Ints, Ints]:
    """Pairs of neighbours within blocks that no key can refine; entries stand in hash order."""
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else records
    return _within(records, starts, np.diff(np.append(starts, len(records))), NEIGHBOURS)


def _within(records: Ints, starts: Ints, sizes: Ints, reach: int) -> tuple[Ints, Ints]:
    """Pairs of records of one block that stand at most `reach` places apart."""
    begin = np.repeat(starts, sizes)
    place = np.arange(len(begin)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    partners = np.minimum(np.repeat(sizes, sizes) - 1 - place, reach)
    left = np.repeat(begin + place, partners)
    step = np.arange(len(left)) - np.repeat(np.cumsum(partners) - partners, partners) + 1
    return records[left], records[left + step]
