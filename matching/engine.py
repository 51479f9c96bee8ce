"""Matching, end to end: features in, scored pairs and clusters out. Pure: no files, no clock, no chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from crm_unify.errors import GuardStopped
from crm_unify.progress import Progress, Silent
from matching.blocking import Candidates, candidates
from matching.columns import Ints
from matching.comparisons import comparers
from matching.decisions import CONFLICT_SCHEMA, Constraints, codes, resolve
from matching.evidence import LOST, Standing, kept_whole
from matching.features import Features, KindFeatures
from matching.frequencies import known
from matching.kind_report import KindReport
from matching.memory import KindMemory, Memory
from matching.model import KindModel, Model
from matching.outcome import Outcome, listed, no_pairs, outcome_of
from matching.pairs import Work, Worth, compared, given_up, worth_keeping
from matching.rematch import Changed, held_again, scored_again
from matching.scored_pairs import Cells, Scored
from matching.scoring import MILLI
from matching.settings import Settings
from matching.settling import Settled, Settling, weighted
from matching.training import Lessons, assembled, lessons, train_kind
from matching.trust import trust


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
    memory: Memory | None = None
    """What the next matching needs to look at changed records alone, where the settings ask for it."""


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
        kinds = {kind: _trained(own, found[kind]) for kind, own in held.items()}
        model = assembled(kinds, context.settings)
    weighed = [_weighed(own, found[kind], model=model, context=context) for kind, own in held.items()]
    return _assembled([_cluster_kind(one, model=model, context=context) for one in weighed], model, context)


def match_again(
    memory: Memory,
    changed: Changed,
    *,
    model: Model,
    decisions: pa.Table | None = None,
    standing: Standing | None = None,
    settings: Settings | None = None,
) -> Matched:
    """What :func:`match` makes of all records with this model, out of what it made of them before.

    The `memory` must be of an outcome with the same model and the same lines. Raises NotAloneError where all
    records have to be looked at.
    """
    context = _Context(decisions, standing or Standing(), settings or Settings(), Silent())
    weighed = []
    for held in held_again(memory, changed, weights=model.kinds).values():
        work = context.work(held.features)
        asked = _asked(held.features, model, context)
        weights = model.kinds[held.features.kind]
        kept = scored_again(held, work, weights, worth=asked.worth, always=asked.always)
        weighed.append(_Weighed(work, held.found, kept, asked, held.let_go))
    return _assembled([_cluster_kind(one, model=model, context=context) for one in weighed], model, context)


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
    memory: KindMemory | None


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


def _trained(features: KindFeatures, proposed: _Proposed) -> KindModel:
    return train_kind(features, proposed.taught, proposed.cells, made=proposed.work.made)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What the pairs of one kind are held against."""

    constraints: Constraints
    conflicts: pa.Table
    review: int
    line: int
    """Millibits from which on records are of one component."""
    worth: Worth
    """Which pairs are kept."""
    always: Ints
    """Numbers of the pairs that people spoke on."""


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """The pairs of one kind, scored."""

    work: Work
    found: Candidates
    kept: Scored
    asked: _Asked
    let_go: float
    """Pairs of one customer among those that were not kept, as the model sees them."""


def _asked(features: KindFeatures, model: Model, context: _Context) -> _Asked:
    constraints, conflicts = resolve(context.decisions, features.record_ids)
    review = round(model.review_bits * MILLI)
    line = min(review, round(model.merge_bits * MILLI))
    always = codes({*constraints.cannot, *constraints.must}, len(features))
    worth = Worth(line, listed=context.settings.pairs or context.settings.estimate)
    return _Asked(constraints, conflicts, review, line, worth, always)


def _weighed(features: KindFeatures, proposed: _Proposed, *, model: Model, context: _Context) -> _Weighed:
    weights, asked, found = model.kinds[features.kind], _asked(features, model, context), proposed.found
    kept = worth_keeping(
        proposed.work,
        weights,
        found,
        worth=asked.worth,
        always=asked.always,
        cells=proposed.cells if proposed.taught.share == 1.0 else None,
    )
    share = proposed.taught.share or 1.0  # 0: the hash chose no record, and nothing is told of the rest
    let_go = given_up(features.kind, proposed.cells, weights, worth=asked.worth) / share
    return _Weighed(proposed.work, found, kept, asked, let_go)


def _cluster_kind(weighed: _Weighed, *, model: Model, context: _Context) -> _Part:
    work, found, kept, asked = weighed.work, weighed.found, weighed.kept, weighed.asked
    features, constraints = work.features, asked.constraints
    settling = Settling(features, found, kept, model, context.standing, work)
    settled = settling.settled(constraints)
    whole = kept_whole(
        context.standing,
        features.record_ids,
        clusters=settled.clusters,
        constraints=settled.constraints,
        every=weighted(settled.every),
        line=asked.line,
    )
    if whole.links:
        settled = settling.settled(
            replace(constraints, must=tuple(sorted({*constraints.must, *whole.links})))
        )
    outcome = outcome_of(features, settled, review=asked.review)
    pairs = listed(features, settled, outcome.band) if context.settings.pairs else no_pairs()
    ids = features.record_ids
    membership = pa.table({"record_id": ids, "cluster": ids.take(pa.array(settled.clusters))})
    report = _report(weighed, settled, outcome, model=model, estimated=context.settings.estimate)
    memory = KindMemory(features, found, kept, weighed.let_go) if context.settings.remember else None
    return _Part(pairs, membership, asked.conflicts, whole.lost, report, memory)


def _report(
    weighed: _Weighed, settled: Settled, outcome: Outcome, *, model: Model, estimated: bool
) -> KindReport:
    features, found, kept = weighed.work.features, weighed.found, weighed.kept
    clusters, inner = settled.clusters, settled.inner
    unproposed, prior = inner.rule < 0, model.kinds[features.kind].prior_same
    believed = (kept.probability, inner.at(np.flatnonzero(unproposed)).probability)
    expected = weighed.let_go + sum(float(np.add.reduce(one)) for one in believed)
    return KindReport(
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
        trust(found, settled.every, clusters, expected=expected, prior=prior) if estimated else None,
    )


def _assembled(parts: list[_Part], model: Model, context: _Context) -> Matched:
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
        {part.report.kind: part.memory for part in parts if part.memory is not None}
        if context.settings.remember
        else None,
    )
