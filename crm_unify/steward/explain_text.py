"""An explanation for a terminal: the match weight as a waterfall of bars, and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crm_unify.run.consequences import described
from crm_unify.steward.explain import CustomerTies, Explained
from crm_unify.steward.report.drawing import signed
from matching.explain_cluster import Tie
from matching.explanation import Explanation, Step

BAR: Final = 32
"""Columns of the picture."""
FOR: Final = "█"
AGAINST: Final = "░"
"""What a bar is made of that speaks for one customer, or against it."""
PAIRS_SHOWN: Final = 12
"""Further pairs of two customers that are listed."""
RULES_SHOWN: Final = 5
"""Rules that are told of a pair that none of them proposes, the nearest first."""
BANDS: Final = {
    "merge": "enough to merge them",
    "review": "a person is asked",
    "apart": "too little, they stay apart",
}
"""What comes of a pair by its weight alone."""


def lines(found: Explained) -> Iterator[str]:
    """The whole answer."""
    yield from _standing(found)
    if found.pair is not None:
        yield ""
        yield from pair_lines(found.pair)
    if len(found.subjects) == 2 and len(found.ties) > 1:
        yield ""
        yield f"all {len(found.ties):,} pairs between them, the strongest first:"
        yield from (f"  {_tie(tie)}" for tie in found.ties[:PAIRS_SHOWN])
        if len(found.ties) > PAIRS_SHOWN:
            yield f"  and {len(found.ties) - PAIRS_SHOWN:,} more (--json has all)"
    for customer in found.customers:
        yield ""
        yield from customer_lines(customer)


def _standing(found: Explained) -> Iterator[str]:
    """Who is asked about, and whether they are one customer now."""
    for one in found.subjects:
        moved = "" if one.whole and one.said == one.customer else f", customer {one.customer}"
        many = f", {len(one.records):,} records" if one.whole else ""
        yield f"{one.said} [{one.kind}{moved}{many}]"
    if len(found.subjects) == 2:
        yield "one customer now" if found.together else "two customers now"
    yield from (f"decision {one.id}: {described(one)}" for one in found.decisions)


def pair_lines(pair: Explanation) -> Iterator[str]:
    """One pair: what it comes to, the waterfall, and who proposed it."""
    yield f"{pair.left}"
    yield f"{pair.right}"
    yield (
        f"{signed(pair.millibits / 1000)} bits, probability {pair.probability:.3f}: {BANDS[pair.band]} "
        f"(merge from {signed(pair.merge / 1000)}, ask from {signed(pair.review / 1000)})"
    )
    yield f"most likely {pair.likeliest_words}"
    yield ""
    yield from waterfall(pair)
    yield ""
    yield from (f"  not known of both: {name}" for name in _unknown(pair))
    if pair.contradiction is not None:
        yield f"  {pair.contradiction.sentence}"
    yield from rule_lines(pair)


def _unknown(pair: Explanation) -> list[str]:
    names = [field.comparison.replace("_", " ") for field in pair.fields if field.level < 0]
    return [", ".join(names)] if names else []


def waterfall(pair: Explanation) -> Iterator[str]:
    """A line a part: its bits, its level of all levels, its bar, and its sentence."""
    steps = [*pair.steps]
    level = {f.comparison: f"{f.level}/{f.top}" for f in pair.fields}
    ends = _running(steps)
    low, high = min(0, *ends), max(0, *ends)
    scale = BAR / max(high - low, 1)
    for step, end in zip(steps, ends, strict=True):
        start = end - step.millibits
        first, last = round((min(start, end) - low) * scale), round((max(start, end) - low) * scale)
        mark = FOR if step.millibits >= 0 else AGAINST
        bar = " " * first + mark * max(last - first, 1 if step.millibits else 0)
        of = level.get(step.name, "")
        yield f"  {signed(step.millibits / 1000):>6}  {of:>3}  {bar:<{BAR + 1}} {step.sentence}"
    yield f"  {signed(ends[-1] / 1000):>6}  {'':<{BAR + 6}} together, the match weight"


def _running(steps: list[Step]) -> list[int]:
    totals, total = [], 0
    for step in steps:
        total += step.millibits
        totals.append(total)
    return totals


def rule_lines(pair: Explanation) -> Iterator[str]:
    """Who proposed the pair; where nobody did, what each of the nearest rules would have needed."""
    if pair.rules:
        yield f"  proposed by the blocking rule: {', '.join(pair.rules)}"
        return
    yield "  no blocking rule proposes this pair: it is compared only among others of one component."
    yield "  The nearest rules:"
    for rule in pair.silent[:RULES_SHOWN]:
        yield f"    {rule.rule}: {rule.sentence}"


def customer_lines(customer: CustomerTies) -> Iterator[str]:
    """What holds a customer together."""
    held = customer.held
    name = customer.name or "(deleted in the CRM)"
    if held.weakest is None:
        yield f"{customer.id} {name}: one record"
        return
    yield f"{customer.id} {name}: {held.records:,} records; its weakest link is"
    yield f"  {_tie(held.weakest)}"
    smaller = min(held.parts, key=lambda part: (len(part), part))
    cut = smaller[0] if len(smaller) == 1 else f"{len(smaller):,} records ({', '.join(smaller[:3])} ...)"
    yield f"  without it {cut} would stand alone"
    if held.compared < held.records:
        yield f"  (of the first {held.compared:,} records by id)"


def _tie(tie: Tie) -> str:
    return f"{signed(tie.millibits / 1000):>6} bits  {tie.left} / {tie.right}"
