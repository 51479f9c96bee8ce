"""Why two records are, or are not, one customer: a sentence and its bits for every field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from matching.blocking import candidates
from matching.cells import levels
from matching.columns import Column
from matching.comparisons import compare
from matching.features import Features, KindFeatures
from matching.frequencies import known
from matching.model import KindModel, Model
from matching.policy import COMPARISONS, SAID
from matching.rules import RULES
from matching.scoring import MILLI, bits_by_comparison, priors, score


@dataclass(frozen=True, slots=True)
class FieldReason:
    """What one field says about a pair."""

    comparison: str
    """Name of the comparison."""
    level: int
    """Level of agreement; -1 where a side lacks the field."""
    sentence: str
    """The level in words, with both values."""
    millibits: int
    """For the same customer against the likeliest other class; above 0 speaks for it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two records are, or are not, one customer. The bits of all parts add up to the match weight."""

    left: str
    right: str
    """Record ids, the lesser first."""
    kind: str
    millibits: int
    """The match weight."""
    probability: float
    """Of the same customer, 0 to 1."""
    likeliest: str
    """same, household or unrelated."""
    rival: str
    """The likeliest class besides the same customer; the bits of the fields are against it."""
    prior: int
    """Millibits before any field has spoken: how much rarer one customer is than the rival class."""
    fields: tuple[FieldReason, ...]
    """In the order of the policy."""
    correction: int
    """Millibits for the other rival classes, and for names, which do not decide by themselves."""
    band: str
    """merge, review or apart, by the weight of the pair alone."""
    rules: tuple[str, ...]
    """The blocking rules that propose the pair; none: it is compared only inside a component."""

    def __str__(self) -> str:
        """The explanation for people, a line a reason."""
        odds = f"{self.millibits / MILLI:+.1f} bits, probability {self.probability:.3f}"
        lines = [f"{self.left} and {self.right}: {self.band} ({odds}; {self.likeliest})"]
        lines.append(f"{self.prior / MILLI:+8.1f}  before any field has spoken, against: {self.rival}")
        lines += [f"{f.millibits / MILLI:+8.1f}  {f.sentence}" for f in self.fields if f.level >= 0]
        lines.append(f"{self.correction / MILLI:+8.1f}  namesakes, and the other ways not to be the same")
        proposed = ", ".join(self.rules)
        lines.append(f"proposed by: {proposed}" if proposed else "no blocking rule proposes this pair")
        return "\n".join(lines)


def explain(features: Features, model: Model, left: str, right: str) -> Explanation:
    """Explain a pair by a model. KeyError where a record is not there, ValueError where the kinds differ."""
    kind, at = _found(features, *sorted((left, right)))
    held, weights = known(features.kinds[kind], model.kinds[kind]), model.kinds[kind]
    cell = compare(held, at[:1], at[1:])
    scores = score(kind, cell, weights)
    bits = bits_by_comparison(kind, cell[:, 0], weights)
    before = priors(weights)[0] - priors(weights)[1:]
    rival = int(np.argmin(bits.sum(axis=0) + before))
    weight, prior = int(scores.millibits[0]), int(before[rival])
    reasons = _reasons(held, cell[:, 0], bits[:, rival], at=at)
    return Explanation(
        left=min(left, right),
        right=max(left, right),
        kind=kind,
        millibits=weight,
        probability=float(scores.probability[0]),
        likeliest=SAID[int(scores.klass[0])],
        rival=SAID[rival + 1],
        prior=prior,
        fields=reasons,
        correction=weight - prior - sum(reason.millibits for reason in reasons),
        band=_band(model, weight),
        rules=_rules(held, at),
    )


def _found(
    features: Features, left: str, right: str
) -> tuple[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The kind of two records and their positions."""
    places = {}
    for kind, held in features.kinds.items():
        for record in (left, right):
            at = pc.index(held.record_ids, record).as_py()
            if at >= 0:
                places[record] = (kind, at)
    for record in (left, right):
        if record not in places:
            raise KeyError(f"there is no record {record}")
    if places[left][0] != places[right][0]:
        raise ValueError(
            f"{left} is a {places[left][0]} and {right} a {places[right][0]}: never one customer"
        )
    return places[left][0], np.array([places[left][1], places[right][1]], np.int64)


def _band(model: Model, millibits: int) -> str:
    if millibits >= round(model.merge_bits * MILLI):
        return "merge"
    return "review" if millibits >= round(model.review_bits * MILLI) else "apart"


def _rules(features: KindFeatures, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[str, ...]:
    """The rules that propose a pair among all records."""
    found = candidates(features)
    pair = np.flatnonzero((found.left == at[0]) & (found.right == at[1]))
    bits = int(found.proposed_by[pair[0]]) if len(pair) else 0
    return tuple(rule.name for i, rule in enumerate(RULES[features.kind]) if bits >> i & 1)


def _reasons(
    features: KindFeatures,
    cell: np.ndarray[tuple[int], np.dtype[np.uint8]],
    bits: np.ndarray[tuple[int], np.dtype[np.int64]],
    *,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> tuple[FieldReason, ...]:
    reasons = []
    for row, comparison in enumerate(COMPARISONS[features.kind]):
        level = int(levels(cell)[row])
        column = features.columns[comparison.name]
        shown = [values_of(column, int(position)) for position in at]
        plain = "nothing to compare" if level < 0 else comparison.levels[level].sentence
        sentence = plain.format(left=shown[0], right=shown[1])
        reasons.append(FieldReason(comparison.name, level, sentence, int(bits[row]) if level >= 0 else 0))
    return tuple(reasons)


def values_of(column: Column, record: int) -> str:
    """The values of one record, for people."""
    codes = column.codes[column.offsets[record] : column.offsets[record + 1]]
    texts = [" ".join(filter(None, column.values[code].split("\x1f"))) for code in codes]
    return ", ".join(texts) or "-"


def explain_kind(model: KindModel) -> str:
    """How a kind's weights came about, in a sentence."""
    fitted = model.fitted
    if not fitted.learnt:
        return fitted.reason
    return (
        f"{fitted.reason}: {fitted.pairs} pairs in {fitted.patterns} patterns, about {fitted.same:.0f} of "
        f"one customer and {fitted.household + fitted.site:.0f} of one household or site"
    )
