"""Matching, end to end: features in, scored pairs and clusters out. Pure: no files, no clock, no chance."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.progress import Progress, Silent
from matching.blocking import Candidates, RuleReport, candidates
from matching.cells import levels
from matching.clustering import Weighted, cluster, components, inner_pairs
from matching.columns import Flags, Ints
from matching.comparisons import compare
from matching.decisions import CONFLICT_SCHEMA, Constraints, between_confirmed, codes, resolve
from matching.features import Features, KindFeatures
from matching.frequencies import known
from matching.model import KindModel, Model
from matching.policy import CLASSES, COMPARISONS, NEAR, SAID
from matching.rules import RULES
from matching.scoring import MILLI, Scores, say, score
from matching.settings import Settings
from matching.training import assembled, train_kind

BATCH = 500_000
"""Pairs compared at a time: what bounds the memory of a comparison."""

BANDS = ("merge", "review", "apart")
"""What comes of a pair: its records are in one customer, a person is asked, or neither."""


@dataclass(frozen=True, slots=True)
class KindReport:
    """What matching did for one kind of customer."""

    kind: str
    records: int
    rules: tuple[RuleReport, ...]
    """Pairs per blocking rule."""
    candidates: int
    """Different pairs that the rules proposed."""
    compared: int
    """Pairs compared: the candidates, and all other pairs inside components."""
    clusters: int
    """Clusters, single records included."""
    expected_same: float
    """Pairs of one customer among the compared, as the model sees them: the sum of their probabilities."""
    expected_merged: float
    """Right pairs among the merged, as the model sees them."""
    merged: int
    """Pairs inside clusters."""

    @property
    def precision(self) -> float:
        """Share of merged pairs that the model believes in, 0 to 1; an estimate, no measurement."""
        return self.expected_merged / self.merged if self.merged else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs the model believes in that are merged, 0 to 1; of compared pairs only."""
        return self.expected_merged / self.expected_same if self.expected_same else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Who is who."""

    pairs: pa.Table
    """left, right (record ids, left < right), kind, rule (null: compared only inside its component), class,
    millibits (int64), probability, band, and level_<comparison> (int8, -1 = no level): the pairs that were
    merged,
    wait for review, or are a household's."""
    membership: pa.Table
    """record_id and cluster, the least record id of the cluster; every record once, ascending."""
    conflicts: pa.Table
    """Contradictions between verdicts."""
    model: Model
    """The model that scored."""
    report: tuple[KindReport, ...]
    """One entry a kind."""


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Pairs of one kind with their cells; ascending by left * records + right."""

    left: Ints
    right: Ints
    rule: npt.NDArray[np.int8]
    """First rule that proposed the pair, -1 where none did."""
    cells: npt.NDArray[np.uint8]


def match(
    features: Features,
    *,
    model: Model | None = None,
    decisions: pa.Table | None = None,
    confirmed: pa.Table | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Matched:
    """Match the records: with a model as it stands, without one after training it on these records.

    `decisions` has left, right and verdict (same, different, unsure) on record ids; `confirmed` has
    record_id and decision, of the records of customers that a person has confirmed.
    """
    chosen = settings or Settings()
    watch = progress or Silent()
    compared, kinds, reports = {}, {}, {}
    for kind, held in features.kinds.items():
        given = model.kinds.get(kind) if model is not None else None
        known_features = held if given is None else known(held, given)
        found = candidates(known_features)
        cells = _compare(known_features, found.left, found.right, settings=chosen, progress=watch)
        kinds[kind] = given if given is not None else train_kind(known_features, found, cells)
        compared[kind] = _Compared(found.left, found.right, found.rule, cells)
        reports[kind] = found
    used = model if model is not None else assembled(kinds, chosen)
    parts = [
        _cluster_kind(
            held if model is None else known(held, kinds[kind]),
            compared[kind],
            reports[kind],
            model=used,
            weights=kinds[kind],
            context=_Context(decisions, confirmed, chosen, watch),
        )
        for kind, held in features.kinds.items()
    ]
    return _assembled(parts, used)


@dataclass(frozen=True, slots=True, eq=False)
class _Context:
    """What clustering a kind needs besides its pairs."""

    decisions: pa.Table | None
    confirmed: pa.Table | None
    settings: Settings
    progress: Progress


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The outcome of one kind."""

    pairs: pa.Table
    membership: pa.Table
    conflicts: pa.Table
    report: KindReport


def _compare(
    features: KindFeatures, left: Ints, right: Ints, *, settings: Settings, progress: Progress
) -> npt.NDArray[np.uint8]:
    """Cells of pairs, batch by batch on the threads of the settings."""
    spans = [slice(start, start + BATCH) for start in range(0, len(left), BATCH)]
    if not spans:
        return compare(features, left, right)
    with (
        progress.stage(f"comparing pairs of {features.kind}s", len(left)) as stage,
        ThreadPoolExecutor(settings.threads) as pool,
    ):
        done = []
        for span, cells in zip(
            spans, pool.map(lambda s: compare(features, left[s], right[s]), spans), strict=True
        ):
            done.append(cells)
            stage.advance(min(BATCH, len(left) - span.start))
    return np.concatenate(done, axis=1)


def _cluster_kind(
    features: KindFeatures,
    first: _Compared,
    found: Candidates,
    *,
    model: Model,
    weights: KindModel,
    context: _Context,
) -> _Part:
    constraints, conflicts = resolve(context.decisions, features.record_ids)
    merge, review = round(model.merge_bits * MILLI), round(model.review_bits * MILLI)
    scores = score(features.kind, first.cells, weights)
    must = np.array(constraints.must, np.int64).reshape(-1, 2).T
    label = components(len(features), _linked(first, scores), line=min(review, merge), must=must)
    constraints = between_confirmed(constraints, context.confirmed, features.record_ids, label)
    every = _with_inner(features, first, label, must=must, context=context)
    scores = score(features.kind, every.cells, weights)
    pairs_of = _weighted(features.kind, every, scores, weights)
    clusters = cluster(*_by_component(label, pairs_of), line=merge, constraints=constraints)
    pairs, report = _outcome(
        features, every, scores, clusters=clusters, constraints=constraints, review=review
    )
    size = len(np.unique(clusters))
    ids = features.record_ids
    membership = pa.table({"record_id": ids, "cluster": ids.take(pa.array(clusters))})
    merged, sure, all_sure = report
    summary = KindReport(
        features.kind,
        len(features),
        found.report,
        len(first.left),
        len(every.left),
        size,
        all_sure,
        sure,
        merged,
    )
    return _Part(pairs, membership, conflicts, summary)


def _with_inner(
    features: KindFeatures, first: _Compared, label: Ints, *, must: Ints, context: _Context
) -> _Compared:
    """The compared pairs and all other pairs inside components, ascending.

    Pairs that a person said are the same are among them, also in a component too large to compare all.
    """
    left, right = (np.concatenate(sides) for sides in zip(inner_pairs(label), must, strict=True))
    have = first.left * len(features) + first.right
    want = np.unique(left * len(features) + right)
    new = want[~_contained(want, have)]
    one, two = new // len(features), new % len(features)
    cells = _compare(features, one, two, settings=context.settings, progress=context.progress)
    order = np.argsort(np.concatenate([have, new]), kind="stable")
    return _Compared(
        np.concatenate([first.left, one])[order],
        np.concatenate([first.right, two])[order],
        np.concatenate([first.rule, np.full(len(new), -1, np.int8)])[order],
        np.concatenate([first.cells, cells], axis=1)[:, order],
    )


def _contained(wanted: Ints, ascending: Ints) -> Flags:
    if not len(ascending):
        return np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.asarray(ascending[at] == wanted)


def _linked(compared: _Compared, scores: Scores) -> Weighted:
    return Weighted(compared.left, compared.right, scores.millibits, np.ones(len(compared.left), np.int64))


def _weighted(kind: str, compared: _Compared, scores: Scores, weights: KindModel) -> Weighted:
    return Weighted(compared.left, compared.right, scores.vote, say(kind, compared.cells, weights))


def _by_component(label: Ints, every: Weighted) -> tuple[Ints, Weighted, Weighted]:
    """The pairs inside components: those whose pairs were all compared, and those too large for that."""
    records = len(label)
    left, right = inner_pairs(label)
    at = np.searchsorted(every.left * records + every.right, left * records + right)
    inside = label[every.left] == label[every.right]
    inside[at] = False
    return label, _some(every, at), _some(every, np.flatnonzero(inside))


def _some(pairs: Weighted, at: Ints) -> Weighted:
    return Weighted(pairs.left[at], pairs.right[at], pairs.millibits[at], pairs.say[at])


def _outcome(
    features: KindFeatures,
    every: _Compared,
    scores: Scores,
    *,
    clusters: Ints,
    constraints: Constraints,
    review: int,
) -> tuple[pa.Table, tuple[int, float, float]]:
    """The pairs to keep, with bands; how many were merged, how many of them believed in, and of all."""
    together = clusters[every.left] == clusters[every.right]
    pair = every.left * len(features) + every.right
    apart = np.isin(pair, codes(set(constraints.cannot) - set(constraints.ask), len(features)))
    asked = (scores.millibits >= review) | np.isin(pair, codes(constraints.ask, len(features)))
    band = np.where(together, 0, np.where(asked & ~apart, 1, 2))
    living = np.isin(scores.klass, [CLASSES.index(name) for name in NEAR])
    kept = np.flatnonzero((band < 2) | living)
    ids, rules = features.record_ids, pa.array([rule.name for rule in RULES[features.kind]])
    rule = every.rule[kept]
    columns = {
        "left": ids.take(pa.array(every.left[kept])),
        "right": ids.take(pa.array(every.right[kept])),
        "kind": pa.array(np.full(len(kept), features.kind, dtype=object), pa.string()),
        "rule": rules.take(pa.array(rule.astype(np.int64), mask=rule < 0)),
        "class": pa.array(SAID).take(pa.array(scores.klass[kept])),
        "millibits": pa.array(scores.millibits[kept]),
        "probability": pa.array(scores.probability[kept]),
        "band": pa.array(BANDS).take(pa.array(band[kept])),
    }
    level = levels(every.cells[:, kept])
    for row, comparison in enumerate(COMPARISONS[features.kind]):
        columns[f"level_{comparison.name}"] = pa.array(level[row])
    sure = scores.probability
    believed = (int(together.sum()), float(np.add.reduce(sure[together])), float(np.add.reduce(sure)))
    return pa.table(columns), believed


def _assembled(parts: list[_Part], model: Model) -> Matched:
    """The outcome of all kinds in one; columns of the other kind's comparisons are null."""
    if not parts:
        none = pa.table({"record_id": pa.array([], pa.string()), "cluster": pa.array([], pa.string())})
        return Matched(_no_pairs(), none, CONFLICT_SCHEMA.empty_table(), model, ())
    pairs = pa.concat_tables([part.pairs for part in parts], promote_options="default")
    membership = pa.concat_tables([part.membership for part in parts])
    conflicts = pa.concat_tables([part.conflicts for part in parts])
    return Matched(
        pairs.sort_by([("left", "ascending"), ("right", "ascending")]),
        membership.sort_by("record_id"),
        conflicts.sort_by([("left", "ascending"), ("right", "ascending")]),
        model,
        tuple(part.report for part in parts),
    )


def _no_pairs() -> pa.Table:
    names = ("left", "right", "kind", "rule", "class", "band")
    numbers: Mapping[str, pa.DataType] = {"millibits": pa.int64(), "probability": pa.float64()}
    return pa.table(
        {n: pa.array([], pa.string()) for n in names} | {n: pa.array([], t) for n, t in numbers.items()}
    )


def weakest_link(matched: Matched, cluster_id: str) -> pa.Table:
    """The pairs of one cluster, weakest first."""
    members = matched.membership.filter(pc.equal(matched.membership["cluster"], cluster_id))["record_id"]
    inside = pc.and_(pc.is_in(matched.pairs["left"], members), pc.is_in(matched.pairs["right"], members))
    return matched.pairs.filter(inside).sort_by([("millibits", "ascending"), ("left", "ascending")])
