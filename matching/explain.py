"""Why two records are, or are not, one customer: a sentence and its bits for every field.

The parts of an explanation add up to the match weight to the millibit, so they can be drawn as a waterfall:
what was to be expected before any field had spoken, every field, the bounds on what a name and a
contradiction can do. They are the numbers the run itself decided by, not a second opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from matching.blocking import Candidates, candidates
from matching.cells import levels
from matching.columns import Column, Ints
from matching.comparisons import compare
from matching.contradictions import in_force
from matching.explain_blocking import rule_reasons
from matching.explanation import CLASS_WORDS, Contradiction, Explanation, FieldReason
from matching.features import Features, KindFeatures
from matching.frequencies import known
from matching.model import KindModel, Model
from matching.policy import CLASSES, COMPARISONS, SAID, UNRELATED
from matching.rules import RULES
from matching.scoring import MILLI, bits_by_comparison, likelihoods, name_excess, priors, score, tables
from matching.training import train


class Explainer:
    """Explains pairs of one set of records by one model; what all explanations share is made once."""

    def __init__(self, features: Features, model: Model) -> None:
        """Explain pairs of these records, weighed by this model."""
        self.model = replace(model, kinds={**_untrained(features, model), **model.kinds})
        self._kinds = {kind: known(held, self.model.kinds[kind]) for kind, held in features.kinds.items()}
        self._proposed: dict[str, Candidates] = {}

    def pair(self, left: str, right: str, *, silent_rules: bool = True) -> Explanation:
        """Explain a pair. KeyError where a record is not there, ValueError where the kinds differ.

        Without `silent_rules` nothing is said of the rules that do not propose it: that takes the keys of all
        records, of a million half a second for each pair.
        """
        one, two = sorted((left, right))
        held, at = self._found(one, two)
        by = self._proposed_by(held, at)
        rules, silent = rule_reasons(held, at, proposed_by=by) if silent_rules else (_names(held, by), ())
        weighed = _weighed(held, self.model, at)
        return Explanation(
            left=one,
            right=two,
            kind=held.kind,
            band=_band(self.model, weighed["millibits"], contradicted=weighed["contradiction"] is not None),
            merge=round(self.model.merge_bits * MILLI),
            review=round(self.model.review_bits * MILLI),
            rules=rules,
            silent=silent,
            **weighed,
        )

    def held(self, kind: str) -> KindFeatures:
        """The features of a kind, with the counts its model remembers. KeyError where there are none."""
        return self._kinds[kind]

    def proposed(self, kind: str) -> Candidates:
        """The pairs that blocking proposes among all records of a kind; worked out once."""
        if kind not in self._proposed:
            self._proposed[kind] = candidates(self._kinds[kind])
        return self._proposed[kind]

    def place(self, record: str) -> tuple[str, int]:
        """The kind of a record and its position. KeyError where it is not there."""
        for kind, held in self._kinds.items():
            at = pc.index(held.record_ids, record).as_py()
            if at >= 0:
                return kind, at
        raise KeyError(f"there is no record {record}")

    def _found(self, left: str, right: str) -> tuple[KindFeatures, Ints]:
        (kind, one), (other, two) = self.place(left), self.place(right)
        if kind != other:
            raise ValueError(f"{left} is a {kind} and {right} a {other}: never one customer")
        return self._kinds[kind], np.array([one, two], np.int64)

    def _proposed_by(self, held: KindFeatures, at: Ints) -> int:
        """Bit i is set where rule i proposes the pair among all records."""
        found = self.proposed(held.kind)
        pair = np.flatnonzero((found.left == at[0]) & (found.right == at[1]))
        return int(found.proposed_by[pair[0]]) if len(pair) else 0


def explain(features: Features, model: Model, left: str, right: str) -> Explanation:
    """Explain one pair by a model, as :meth:`Explainer.pair` does."""
    return Explainer(features, model).pair(left, right)


def _names(held: KindFeatures, proposed_by: int) -> tuple[str, ...]:
    """The rules that propose a pair; bit i is set for rule i."""
    return tuple(rule.name for i, rule in enumerate(RULES[held.kind]) if proposed_by >> i & 1)


def _untrained(features: Features, model: Model) -> Mapping[str, KindModel]:
    """Kinds that the model has never seen are weighed as a run weighs them: trained on these records."""
    missing = {kind: held for kind, held in features.kinds.items() if kind not in model.kinds}
    return train(Features(missing)).kinds


def _weighed(held: KindFeatures, model: Model, at: Ints) -> dict[str, Any]:
    """The parts of an explanation that come from the weights; `at` are the two positions."""
    kind, weights = held.kind, model.kinds[held.kind]
    cell = compare(held, at[:1], at[1:])
    scores = score(kind, cell, weights)
    found, before = likelihoods(kind, cell, weights)[:, 0], priors(weights)
    rival = int(np.argmax(found[1:])) + 1
    excess = name_excess(kind, cell, tables(kind, weights), prior=before, records=weights.records)
    names = -int(excess[0]) if rival == UNRELATED else 0
    bits = bits_by_comparison(kind, cell[:, 0], weights)[:, rival - 1]
    prior, weight = int(before[0] - before[rival]), int(scores.millibits[0])
    words = CLASS_WORDS[kind]
    likeliest = CLASSES[int(scores.klass[0])]
    return {
        "millibits": weight,
        "probability": float(scores.probability[0]),
        "likeliest": SAID[int(scores.klass[0])],
        "likeliest_words": words[likeliest],
        "rival": SAID[rival],
        "rival_words": words[CLASSES[rival]],
        "prior": prior,
        "fields": _reasons(held, cell[:, 0], bits, at=at),
        "names": names,
        "others": weight - int(found[0] - found[rival]),
        "contradiction": _contradiction(held, weights, cell, at=at) if scores.contradicted[0] else None,
    }


def _contradiction(
    held: KindFeatures, weights: KindModel, cell: npt.NDArray[np.uint8], *, at: Ints
) -> Contradiction:
    """What the two records contradict each other in; every entry of the table that holds."""
    rows = {comparison.name: i for i, comparison in enumerate(COMPARISONS[held.kind])}
    level = {name: int(levels(cell[row])[0]) for name, row in rows.items()}
    holds = [
        together
        for together in in_force(held.kind, weights)
        if all(level[name] in allowed for name, allowed in together.items())
    ]
    fields = sorted({name for each in holds for name in each if level[name] >= 0}, key=rows.__getitem__)
    said = "; ".join(_sentence(held, name, level[name], at) for name in fields)
    return Contradiction(tuple(fields), f"a contradiction ({said}): a person is asked, whatever else agrees")


def _band(model: Model, millibits: int, *, contradicted: bool) -> str:
    if millibits >= round(model.merge_bits * MILLI) and not contradicted:
        return "merge"
    return "review" if millibits >= round(model.review_bits * MILLI) else "apart"


def _reasons(
    held: KindFeatures, cell: npt.NDArray[np.uint8], bits: Ints, *, at: Ints
) -> tuple[FieldReason, ...]:
    level = levels(cell)
    return tuple(
        FieldReason(
            comparison.name,
            int(level[row]),
            len(comparison.levels) - 1,
            _sentence(held, comparison.name, int(level[row]), at),
            int(bits[row]) if level[row] >= 0 else 0,
        )
        for row, comparison in enumerate(COMPARISONS[held.kind])
    )


def _sentence(held: KindFeatures, name: str, level: int, at: Ints) -> str:
    """A level in words, with the values of both records."""
    if level < 0:
        return "nothing to compare"
    comparison = next(c for c in COMPARISONS[held.kind] if c.name == name)
    left, right = (values_of(held.columns[name], int(position)) for position in at)
    return comparison.levels[level].sentence.format(left=left, right=right)


def values_of(column: Column, record: int) -> str:
    """The values of one record, for people."""
    codes = column.codes[column.offsets[record] : column.offsets[record + 1]]
    texts = [" ".join(filter(None, column.values[code].split("\x1f"))) for code in codes]
    return ", ".join(texts) or "-"
