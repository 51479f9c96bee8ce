"""How far the matches can be trusted: what the model expects of itself, and how the evidence is spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.steward.report.drawing import Histogram, histogram
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.who import KindMatching, Matching

Estimated = tuple[float, float, float]
"""Low, value and high: nine times in ten the truth should lie between low and high."""
PARTS: Final = ("low", "value", "high")
MILLIBITS: Final = 1000
"""Millibits in a bit."""
SERIES: Final = (
    ("merged", "merged into one customer", ("merge", None)),
    ("review", "waits for a person", ("review", None)),
    ("household", "same household or site, kept apart", ("apart", "household")),
)
"""CSS class, label, and band and class of the pairs."""


def matching(left: Leavings) -> Matching:
    """What is known of the matching of this run."""
    said = left.figures
    kinds = tuple(_kind(one, left) for one in said.get("matching", ()))
    lines = said.get("lines", {})
    if left.model is not None and not lines:
        lines = {"merge_bits": left.model.merge_bits, "review_bits": left.model.review_bits}
    known = [one for one in said.get("matching", ()) if one.get("estimate") is not None]
    return Matching(
        kinds=kinds,
        precision=_over_all(known, "precision", lambda one: one["merged"]),
        recall=_over_all(known, "recall", lambda one: one["expected_same"]),
        merge_bits=lines.get("merge_bits"),
        review_bits=lines.get("review_bits"),
        histogram=None if left.pairs is None else _histogram(left.pairs, lines),
        merged=said.get("bands", {}).get("merge"),
        review=said.get("bands", {}).get("review"),
        conflicts=len(said.get("conflicts", ())),
    )


def _over_all(
    kinds: Sequence[Mapping[str, Any]], name: str, weight: Callable[[Mapping[str, Any]], float]
) -> Estimated | None:
    """The mean over the kinds by their pairs; None where nothing was merged."""
    total = sum(map(weight, kinds))
    if not total or not any(one["merged"] for one in kinds):
        return None
    low, value, high = (
        sum(weight(one) * one["estimate"][name][part] for one in kinds) / total for part in PARTS
    )
    return low, value, high


def _interval(one: Mapping[str, Any], name: str) -> Estimated | None:
    found = one.get("estimate")
    if found is None or not one["merged"]:
        return None
    low, value, high = (found[name][part] for part in PARTS)
    return low, value, high


def _kind(one: Mapping[str, Any], left: Leavings) -> KindMatching:
    model = None if left.model is None else left.model.kinds.get(one["kind"])
    return KindMatching(
        kind=one["kind"],
        records=one["records"],
        compared=one["compared"],
        merged=one["merged"],
        customers=one["clusters"],
        precision=_interval(one, "precision"),
        recall=_interval(one, "recall"),
        learnt=None if model is None else model.fitted.reason,
    )


def _histogram(pairs: pa.Table, lines: Mapping[str, float]) -> Histogram | None:
    series = [(css, label, _by_bit(_of(pairs, *which))) for css, label, which in SERIES]
    marks = [
        (label, lines[name])
        for name, label in (("review_bits", "ask from here"), ("merge_bits", "merge from here"))
        if name in lines
    ]
    return histogram([one for one in series if one[2]], marks=marks)


def _of(pairs: pa.Table, band: str, klass: str | None) -> pa.Table:
    wanted = pc.equal(pairs["band"], band)
    return pairs.filter(wanted if klass is None else pc.and_(wanted, pc.equal(pairs["class"], klass)))


def _by_bit(pairs: pa.Table) -> dict[int, int]:
    """Number of pairs in each whole bit of match weight."""
    bits = pc.floor(pc.divide(pairs["millibits"].cast(pa.float64()), MILLIBITS)).cast(pa.int64())
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(bits).to_pylist()}
