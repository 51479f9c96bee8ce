"""The errors of matching on a labelled set, pair by pair: what was missed, what was wrongly merged, and why.

`python -m benchmarks.errors SET [--kind missed|wrong|both] [--limit 20]` first counts the errors by
cause and by what the fields said, then shows pairs with both rows side by side, the level and the bits of
every field and the blocking rules that propose the pair. One pair stands for all errors between the same two
groups of records: the strongest of them, with the number it stands for; the largest groups come first.
The set is matched as `dedupe` does, without settings, or with `--by-hand` by the roles a person gives.
SET is a labelled set, a generated one (people-1, people-3, people-6, people-legacy, organisations; `--rows`),
or the rows of invented customers (Parquet) with `--truth FILE`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.generated import ROWS
from benchmarks.labelled import Labelled, load
from benchmarks.scored import codes, run
from matching.blocking import candidates
from matching.cells import levels
from matching.comparisons import compare
from matching.engine import Matched
from matching.features import Features, KindFeatures
from matching.frequencies import known
from matching.model import KindModel
from matching.policy import COMPARISONS, SAID
from matching.rules import RULES
from matching.scoring import MILLI, Scores, bits_by_comparison, priors, score

Ints = npt.NDArray[np.int64]

KINDS = {"missed": "one customer, left apart", "wrong": "different customers, merged"}
"""The two kinds of error, in words."""


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """The erroneous pairs of one kind of customer, with all that scoring says of them."""

    held: KindFeatures
    """The features the pairs were scored on."""
    weights: KindModel
    """The weights they were scored by."""
    left: Ints
    right: Ints
    """Positions of the records, left < right."""
    group: Ints
    """Number of the two groups of records each pair stands between."""
    cells: npt.NDArray[np.uint8]
    """Comparison by pair."""
    scores: Scores
    """Weights, classes."""
    rules: tuple[str, ...]
    """Per pair the blocking rules that propose it, joined; empty: none does."""


def pairs_within(codes: Ints) -> tuple[Ints, Ints]:
    """All pairs of positions with the same code, left < right."""
    order = np.argsort(codes, kind="stable").astype(np.int64)
    _, sizes = np.unique(codes, return_counts=True)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    partners = np.repeat(sizes, sizes) - 1 - (np.arange(len(codes)) - first)
    one = np.repeat(np.arange(len(codes)), partners)
    step = np.arange(len(one)) - np.repeat(np.cumsum(partners) - partners, partners) + 1
    left, right = order[one], order[one + step]
    return np.minimum(left, right), np.maximum(left, right)


def find(kind: str, held: KindFeatures, matched: Matched, truth: pa.Table) -> tuple[Ints, Ints, Ints]:
    """Left, right and group of the erroneous pairs among the records of one kind of customer."""
    found = codes(held.record_ids, matched.membership, "cluster")
    true = codes(held.record_ids, truth, "true_customer")
    together, apart = (true, found) if kind == "missed" else (found, true)
    left, right = pairs_within(together)
    wrong = (apart[left] != apart[right]) & (true[left] >= 0) & (true[right] >= 0)
    left, right = left[wrong], right[wrong]
    low, high = np.minimum(apart[left], apart[right]), np.maximum(apart[left], apart[right])
    three = np.stack([together[left], low, high])
    return left, right, np.asarray(np.unique(three, axis=1, return_inverse=True)[1], np.int64).reshape(-1)


def errors(kind: str, held: KindFeatures, matched: Matched, truth: pa.Table) -> Errors:
    """The errors among the records of one kind of customer, scored by the model of the match."""
    weights = matched.model.kinds[held.kind]
    held = known(held, weights)
    left, right, group = find(kind, held, matched, truth)
    cells = compare(held, left, right)
    scores = score(held.kind, cells, weights)
    return Errors(held, weights, left, right, group, cells, scores, _rules(held, left, right))


def _rules(held: KindFeatures, left: Ints, right: Ints) -> tuple[str, ...]:
    found = candidates(held)
    have, want = found.left.astype(np.int64) * len(held) + found.right, left * len(held) + right
    at = np.minimum(np.searchsorted(have, want), max(len(have) - 1, 0))
    none = np.zeros(len(want), np.int64)
    bits = np.where(have[at] == want, found.proposed_by[at], 0) if len(have) else none
    names = [rule.name for rule in RULES[held.kind]]
    text = {b: ", ".join(n for i, n in enumerate(names) if b >> i & 1) for b in np.unique(bits).tolist()}
    return tuple(text[b] for b in bits.tolist())


def causes(kind: str, found: Errors, *, merge: float, review: float) -> list[tuple[str, int]]:
    """How many errors there are by what the pair's own weight said."""
    weight = found.scores.millibits / MILLI
    proposed = np.array([bool(rules) for rules in found.rules], np.bool_)
    above, below = weight >= merge, weight < review
    other = "cut apart by the rest of its cluster" if kind == "missed" else "merged by its own weight"
    chained = "merged through other records, though below"
    counts = {
        f"above the merge line: {other}": above,
        "between the lines, left for review" if kind == "missed" else f"{chained} the merge line":
            ~above & ~below,
        "below the review line, proposed by a rule" if kind == "missed" else f"{chained} the review line":
            below & proposed,
        "below the review line, and no rule proposes it": below & ~proposed,
    }  # fmt: skip
    return [(name, int(mask.sum())) for name, mask in counts.items()]


def patterns(found: Errors, limit: int) -> list[tuple[str, int, float]]:
    """The commonest patterns of levels: the fields compared with their levels, pairs, mean weight in bits."""
    level = levels(found.cells)
    distinct, at, count = np.unique(level, axis=1, return_inverse=True, return_counts=True)
    weight = np.bincount(at.reshape(-1), found.scores.millibits / MILLI) / count
    names = [comparison.name for comparison in COMPARISONS[found.held.kind]]
    tops = [len(comparison.levels) - 1 for comparison in COMPARISONS[found.held.kind]]
    order = np.argsort(-count, kind="stable")[:limit]
    return [(_pattern(distinct[:, i], names, tops), int(count[i]), float(weight[i])) for i in order]


def _pattern(level: npt.NDArray[np.int8], names: list[str], tops: list[int]) -> str:
    return " ".join(f"{n} {v}/{top}" for n, v, top in zip(names, level.tolist(), tops, strict=True) if v >= 0)


def chosen(found: Errors, limit: int, *, order: str = "size") -> list[tuple[int, int]]:
    """The strongest pair of each group and the group's number of pairs; by size or weight."""
    if not len(found.left):
        return []
    weight = found.scores.millibits
    by_weight = np.lexsort((found.right, found.left, -weight, found.group))
    groups, first, count = np.unique(found.group[by_weight], return_index=True, return_counts=True)
    best = by_weight[first]
    rank = {"size": -count, "strong": -weight[best], "weak": weight[best]}[order]
    return [(int(best[i]), int(count[i])) for i in np.lexsort((groups, rank))[:limit]]


def show(found: Errors, pair: int, stands_for: int, *, data: Labelled, matched: Matched) -> str:
    """One pair for people: both rows, the fields' levels and bits, the rules."""
    ids = [found.held.record_ids[int(side[pair])].as_py() for side in (found.left, found.right)]
    one, two = (data.row(record) for record in ids)
    clusters = [_value(matched.membership, record, "cluster") for record in ids]
    weight, klass = found.scores.millibits[pair] / MILLI, SAID[int(found.scores.klass[pair])]
    against = "; contradicted" if found.scores.contradicted[pair] else ""
    head = f"{weight:+.1f} bits, likeliest {klass}{against}; stands for {stands_for} pairs; in {clusters}"
    rows = [_beside(name, one[name], two[name]) for name in one if one[name] or two[name]]
    proposed = found.rules[pair]
    last = f"    proposed by: {proposed}" if proposed else "    no rule proposes it"
    return "\n".join([head, *rows, *_fields(found, found.cells[:, pair]), last])


def _fields(found: Errors, cell: npt.NDArray[np.uint8]) -> list[str]:
    """A line a field that both records have: bits, level, what the level means."""
    lines = []
    compared = zip(COMPARISONS[found.held.kind], levels(cell).tolist(), _bits(found, cell), strict=True)
    for comparison, level, bits in compared:
        if level >= 0:
            said = comparison.levels[level].sentence.format(left="", right="").strip(" /:,")
            lines.append(f"    {bits:+7.1f}  {comparison.name} {level}/{len(comparison.levels) - 1}: {said}")
    return lines


def _bits(found: Errors, cell: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """What each field says for the same customer against the likeliest other class, in bits."""
    bits = bits_by_comparison(found.held.kind, cell, found.weights)
    before = priors(found.weights)[0] - priors(found.weights)[1:]
    return np.asarray(bits[:, np.argmin(bits.sum(axis=0) + before)] / MILLI)


def _beside(name: str, left: str, right: str) -> str:
    mark = " " if left == right else "-" if left and right else "."
    return f"  {mark} {name[:24]:24s} {left[:38]:38s} | {right[:38]}"


def _value(table: pa.Table, record: str, label: str) -> str:
    return str(table[label][pc.index(table["record_id"], record).as_py()].as_py())


def report(data: Labelled, made: Features, matched: Matched, options: argparse.Namespace) -> None:
    """Print the errors of every kind of customer."""
    model = matched.model
    for kind in KINDS if options.kind == "both" else [options.kind]:
        for held in made.kinds.values():
            found = errors(kind, held, matched, data.truth)
            print(f"\n== {held.kind}s, {kind} ({KINDS[kind]}): {len(found.left)} pairs")
            for cause, count in causes(kind, found, merge=model.merge_bits, review=model.review_bits):
                print(f"  {count:8d}  {cause}")
            for pattern, count, weight in patterns(found, options.patterns):
                print(f"  {count:8d} x {weight:+6.1f} bits  {pattern}")
            for pair, stands_for in chosen(found, options.limit, order=options.order):
                print("\n" + show(found, pair, stands_for, data=data, matched=matched))


def main() -> int:
    """Match the set, print its errors."""
    parser = argparse.ArgumentParser(prog="benchmarks.errors", description=__doc__.splitlines()[0])
    parser.add_argument("set", help="a labelled or generated set, or a file of rows (Parquet)")
    parser.add_argument("--truth", help="truth of a synthetic set (Parquet)")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of a generated set")
    parser.add_argument("--by-hand", action="store_true", help="use the roles a person gives the columns")
    parser.add_argument("--kind", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--limit", type=int, default=20, help="pairs shown a kind")
    parser.add_argument("--patterns", type=int, default=12, help="level patterns shown a kind")
    parser.add_argument("--order", choices=["size", "strong", "weak"], default="size")
    options = parser.parse_args()
    data = load(options.set, truth=options.truth, rows=options.rows)
    done = run(data, by_hand=options.by_hand)
    report(data, done.features, done.matched, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
