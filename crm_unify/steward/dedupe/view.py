"""From a run of `dedupe` to what its page shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow.compute as pc

from crm_unify.progress import Progress
from crm_unify.run.dedupe import DedupeResult
from crm_unify.steward.dedupe.advice import steps
from crm_unify.steward.dedupe.choice import Chosen, chosen
from crm_unify.steward.dedupe.columns import table_views
from crm_unify.steward.dedupe.drawing import Ints, Series, weights
from crm_unify.steward.dedupe.model_chart import kind_charts
from crm_unify.steward.dedupe.pairs import pair_views
from crm_unify.steward.dedupe.rows import input_rows
from crm_unify.steward.dedupe.sizes import large_views, overlap, size_views, source_rows
from crm_unify.steward.dedupe.values import DedupeView, KindView, RuleView, Sure
from crm_unify.steward.dedupe.weighing import Weighing, weighings
from crm_unify.steward.report.drawing import Histogram, stacked
from matching.blocking import RuleReport
from matching.estimate import BINS, Interval, bins
from matching.explain import Explainer
from matching.kind_report import KindReport


def view(result: DedupeResult, *, outputs: Collection[str], progress: Progress) -> DedupeView:
    """Everything on the page; `outputs` are what the run writes."""
    matched = result.matched
    explainer, found = Explainer(result.features, matched.model), chosen(matched)
    weighed = weighings(explainer, matched, link=result.link, progress=progress)
    tables = table_views(result.tables)
    sources = source_rows(result.tables)
    charts = kind_charts(explainer.model, [one.kind for one in weighed], sources=len(sources))
    rows = input_rows(result.tables, _wanted(found))
    sizes = _sizes(result)
    told = steps(tables, found, charts, measured=result.evaluation, outputs=outputs)
    return DedupeView(
        rows=result.membership.num_rows,
        customers=len(sizes),
        repeated=result.membership.num_rows - len(sizes),
        found=found,
        tables=tables,
        files=tuple(one.table.label for one in result.tables),
        sources=sources,
        steps=told,
        sure=_sure(weighed),
        measured=result.evaluation,
        kinds=tuple(_kind(*pair) for pair in zip(matched.report, weighed, strict=True)),
        histogram=_histogram(result, weighed),
        merge_bits=matched.model.merge_bits,
        review_bits=matched.model.review_bits,
        doubtful=pair_views(found.doubtful, explainer, rows),
        strong=pair_views(found.strong, explainer, rows),
        weakest=pair_views(found.weakest, explainer, rows),
        strongest=pair_views(found.strongest, explainer, rows),
        sizes=size_views(sizes),
        largest=large_views(found.largest, rows),
        overlap=overlap(result.tables, result.membership),
        charts=charts,
        outputs=frozenset(outputs),
        link=result.link,
    )


def _wanted(found: Chosen) -> set[str]:
    pairs = (*found.doubtful, *found.strong, *found.weakest, *found.strongest)
    return {record for pair in pairs for record in pair} | {m for one in found.largest for m in one.members}


def _sizes(result: DedupeResult) -> Ints:
    counts = pc.value_counts(result.membership["customer_id"])
    return np.asarray(pc.struct_field(counts, "counts").to_numpy(), np.int64)


def _sure(weighed: Sequence[Weighing]) -> Sure:
    """The estimates of all kinds together, each by the pairs it is about."""
    found = [one.estimate for one in weighed]
    belong = [one.right + one.missed + one.unseen for one in found]
    return Sure(
        precision=_together([one.precision for one in found], [one.merged for one in found]),
        recall=_together([one.recall for one in found], belong),
    )


def _together(intervals: Sequence[Interval], pairs: Sequence[float]) -> Interval | None:
    """The mean by pairs, of the bounds too: as if all kinds erred the same way. None without pairs."""
    total = sum(pairs)
    if total < 1:
        return None
    low, value, high = (
        sum(getattr(one, name) * number for one, number in zip(intervals, pairs, strict=True)) / total
        for name in ("low", "value", "high")
    )
    return Interval(low, value, high)


def _kind(report: KindReport, weighed: Weighing) -> KindView:
    most = max((rule.pairs for rule in report.rules), default=0)
    return KindView(
        kind=report.kind,
        records=report.records,
        candidates=report.candidates,
        compared=report.compared,
        customers=report.clusters,
        merged=report.merged,
        estimate=weighed.estimate,
        rules=tuple(_rule(rule, most) for rule in report.rules if rule.pairs),
        idle=tuple(rule.rule for rule in report.rules if not rule.pairs),
        sampled=weighed.sampled,
    )


def _rule(rule: RuleReport, most: int) -> RuleView:
    parts = [
        ("mapped", "pairs that no other rule proposed", rule.only),
        ("household", "pairs it proposed first, others too", rule.first - rule.only),
        ("discarded", "pairs that a rule above had proposed", rule.pairs - rule.first),
    ]
    return RuleView(rule, stacked(parts, total=most))


def _histogram(result: DedupeResult, weighed: Sequence[Weighing]) -> Histogram | None:
    """Pairs that wait or are a household's are counted one by one, the others by their weighing."""
    pairs, nothing = result.matched.pairs, np.zeros(BINS, np.int64)
    bin_of = bins(np.asarray(pairs["millibits"].to_numpy(), np.int64))
    review = pc.equal(pairs["band"], "review").to_numpy()
    apart = pc.equal(pairs["band"], "apart").to_numpy()
    waiting, near = (np.bincount(bin_of[some], minlength=BINS) for some in (review, apart))
    outside = sum((one.outside for one in weighed), nothing)
    series = (
        Series("merged", "one customer", sum((one.inside for one in weighed), nothing)),
        Series("review", "waiting for a person", waiting),
        Series("household", "one household or site, apart", near),
        Series("discarded", "apart", np.maximum(outside - waiting - near, 0)),
    )
    model = result.matched.model
    return weights(series, (("merge", model.merge_bits), ("ask", model.review_bits)))
