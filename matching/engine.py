"""Matching, end to end: features in, scored pairs and clusters out. Pure: no files, no clock, no chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from crm_unify.errors import GuardStopped
from crm_unify.progress import Progress, Silent
from matching.blocking import Candidates, RuleReport, candidates
from matching.comparisons import comparers
from matching.decisions import CONFLICT_SCHEMA, codes, resolve
from matching.estimate import Estimate
from matching.evidence import LOST, Standing, kept_whole
from matching.features import Features, KindFeatures
from matching.frequencies import known
from matching.model import Model
from matching.outcome import listed, no_pairs, outcome_of
from matching.pairs import Work, Worth, compared, given_up, worth_keeping
from matching.scored_pairs import Cells
from matching.scoring import MILLI
from matching.settings import Settings
from matching.settling import Settling, weighted
from matching.training import Lessons, assembled, lessons, train_kind
from matching.trust import trust


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
    asked: int
    """Pairs that wait for a person's look."""
    estimate: Estimate | None = None
    """Precision and recall with an interval, where the settings ask for it."""

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
    merged, wait for review, or are a household's. Millibits are what its own fields say; the probability of a
    merged pair holds what its cluster adds, too."""
    membership: pa.Table
    """record_id and cluster, the least record id of the cluster; every record once, ascending."""
    conflicts: pa.Table
    """Contradictions between verdicts."""
    lost: pa.Table
    """LOST: customers that evidence alone holds together no longer."""
    model: Model
    """The model that scored."""
    report: tuple[KindReport, ...]
    """One entry a kind."""


def match(
    features: Features,
    *,
    model: Model | None = None,
    decisions: pa.Table | None = None,
    standing: Standing | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Matched:
    """Match the records: with a model as it stands, without one after training it on these records.

    `decisions` has left, right and verdict (same, different, unsure) on record ids; `standing` is what the
    CRM holds already. Raises GuardStopped for a model without weights for a kind of customer that stands in
    the records.
    """
    context = _Context(decisions, standing or Standing(), settings or Settings(), progress or Silent())
    if model is not None:
        _check_kinds(model, features)
    held = {
        kind: own if model is None else known(own, model.kinds[kind]) for kind, own in features.kinds.items()
    }
    found = {kind: _proposed(own, context) for kind, own in held.items()}
    if model is None:
        kinds = {kind: train_kind(own, found[kind].taught, found[kind].cells) for kind, own in held.items()}
        model = assembled(kinds, context.settings)
    parts = [_cluster_kind(own, found[kind], model=model, context=context) for kind, own in held.items()]
    return _assembled(parts, model)


def _check_kinds(model: Model, features: Features) -> None:
    missing = sorted(set(features.kinds) - set(model.kinds))
    if missing:
        why = f"it was learnt from records of {' and '.join(sorted(model.kinds)) or 'no kind'} alone"
        remedy = "train a new one: `crm-unify train`, or `crm-unify dedupe` without --model"
        what = f"the matching model does not know the kind {', '.join(missing)}"
        raise GuardStopped(what, why=why, remedy=remedy)


@dataclass(frozen=True, slots=True, eq=False)
class _Context:
    """What clustering a kind needs besides its pairs."""

    decisions: pa.Table | None
    standing: Standing
    settings: Settings
    progress: Progress

    def work(self, features: KindFeatures) -> Work:
        """How the pairs of a kind are compared."""
        return Work(features, comparers(features), self.settings.threads, self.progress)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The outcome of one kind."""

    pairs: pa.Table
    membership: pa.Table
    conflicts: pa.Table
    lost: pa.Table
    report: KindReport


@dataclass(frozen=True, slots=True, eq=False)
class _Proposed:
    """The candidate pairs of one kind, and a sample of them, with cells, to learn from and to estimate by."""

    work: Work
    found: Candidates
    taught: Lessons
    cells: Cells


def _proposed(features: KindFeatures, context: _Context) -> _Proposed:
    found = candidates(features, threads=context.settings.threads)
    taught = lessons(features, found)
    work = context.work(features)
    return _Proposed(work, found, taught, compared(work, taught.found.left, taught.found.right))


def _cluster_kind(features: KindFeatures, proposed: _Proposed, *, model: Model, context: _Context) -> _Part:
    weights, found = model.kinds[features.kind], proposed.found
    constraints, conflicts = resolve(context.decisions, features.record_ids)
    review = round(model.review_bits * MILLI)
    line = min(review, round(model.merge_bits * MILLI))
    worth = Worth(line, listed=context.settings.pairs or context.settings.estimate)
    kept = worth_keeping(
        proposed.work,
        weights,
        found,
        worth=worth,
        always=codes({*constraints.cannot, *constraints.must}, len(features)),
        cells=proposed.cells if proposed.taught.share == 1.0 else None,
    )
    work = Settling(features, found, kept, model, context.standing, proposed.work)
    settled = work.settled(constraints)
    whole = kept_whole(
        context.standing,
        features.record_ids,
        clusters=settled.clusters,
        constraints=settled.constraints,
        every=weighted(settled.every),
        line=line,
    )
    if whole.links:
        settled = work.settled(replace(constraints, must=tuple(sorted({*constraints.must, *whole.links}))))
    outcome = outcome_of(features, settled, review=review)
    pairs = listed(features, settled, outcome.band) if context.settings.pairs else no_pairs()
    clusters, inner = settled.clusters, settled.inner
    ids = features.record_ids
    membership = pa.table({"record_id": ids, "cluster": ids.take(pa.array(clusters))})
    unproposed, asked = inner.rule < 0, context.settings.estimate
    share = proposed.taught.share or 1.0  # 0: the hash chose no record, and nothing is told of the rest
    lost = given_up(features.kind, proposed.cells, weights, worth=worth) / share
    believed = (kept.probability, inner.at(np.flatnonzero(unproposed)).probability)
    expected = lost + sum(float(np.add.reduce(one)) for one in believed)
    summary = KindReport(
        features.kind,
        len(features),
        found.report,
        len(found.left),
        len(found.left) + int(unproposed.sum()),
        int((clusters == np.arange(len(clusters))).sum()),
        expected,
        outcome.sure,
        outcome.merged,
        outcome.asked,
        trust(found, settled.every, clusters, expected=expected, prior=weights.prior_same) if asked else None,
    )
    return _Part(pairs, membership, conflicts, whole.lost, summary)


def _assembled(parts: list[_Part], model: Model) -> Matched:
    """The outcome of all kinds in one; columns of the other kind's comparisons are null."""
    if not parts:
        none = pa.table({"record_id": pa.array([], pa.string()), "cluster": pa.array([], pa.string())})
        return Matched(no_pairs(), none, CONFLICT_SCHEMA.empty_table(), LOST.empty_table(), model, ())
    pairs = pa.concat_tables([part.pairs for part in parts], promote_options="default")
    membership = pa.concat_tables([part.membership for part in parts])
    conflicts = pa.concat_tables([part.conflicts for part in parts])
    if len(parts) > 1:  # the pairs and records of one kind are in order
        pairs = pairs.sort_by([("left", "ascending"), ("right", "ascending")])
        membership = membership.sort_by("record_id")
    return Matched(
        pairs,
        membership,
        conflicts.sort_by([("left", "ascending"), ("right", "ascending")]),
        pa.concat_tables([part.lost for part in parts]).sort_by("customer_id"),
        model,
        tuple(part.report for part in parts),
    )
