"""Pairs compared and scored in batches."""

import numpy as np
import pytest

from crm_unify.progress import Silent
from matching.blocking import candidates
from matching.comparisons import compare, comparers
from matching.pairs import Work, Worth, all_of, missing_inside, spans, worth_keeping
from matching.scored_pairs import Scored, merged
from matching.scoring import score
from matching.training import lessons, train_kind
from tests.matching.people import base, town

FEATURES = base(*town(300)).kinds["person"]
FOUND = candidates(FEATURES)
LEFT, RIGHT = FOUND.left.astype(np.int64), FOUND.right.astype(np.int64)
CELLS = compare(FEATURES, LEFT, RIGHT)
WEIGHTS = train_kind(FEATURES, lessons(FEATURES, FOUND), CELLS)
WORK = Work(FEATURES, comparers(FEATURES), 2, Silent())


def kept(least: int, always: list[int]) -> Scored:
    """What is kept of the candidates."""
    asked = np.array(always, np.int64)
    return worth_keeping(WORK, WEIGHTS, FOUND, worth=Worth(least, listed=True), always=asked, cells=None)


def test_pairs_scored_by_their_pattern_are_scored_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells and scores of batches equal those of all pairs at once."""
    monkeypatch.setattr("matching.pairs.BATCH", 83)
    found, exact = all_of(WORK, WEIGHTS, LEFT, RIGHT, FOUND.rule), score("person", CELLS, WEIGHTS)
    assert (found.cells == CELLS).all()
    assert (found.millibits == exact.millibits).all()
    assert (found.klass == exact.klass).all()
    assert (found.vote == exact.vote).all()


@pytest.mark.parametrize(
    ("pairs", "threads", "sizes"),
    [
        pytest.param(0, 2, [], id="none"),
        pytest.param(99, 2, [99], id="too few to share"),
        pytest.param(1001, 2, [500, 501], id="two threads, two lots"),
        pytest.param(2500, 2, [625] * 4, id="a lot has a bound"),
        pytest.param(2500, 1, [833, 833, 834], id="one thread"),
    ],
)
def test_pairs_are_shared_out_evenly(
    monkeypatch: pytest.MonkeyPatch, pairs: int, threads: int, sizes: list[int]
) -> None:
    """No thread is without work while another has more than one lot of many."""
    monkeypatch.setattr("matching.pairs.BATCH", 1000)
    monkeypatch.setattr("matching.pairs.WORTH_SHARING", 100)
    found = spans(pairs, threads)
    assert [one.stop - one.start for one in found] == sizes
    assert [at for one in found for at in range(one.start, one.stop)] == list(range(pairs))


def test_every_pair_at_the_line_is_kept_and_few_below_it() -> None:
    """Below it only pairs of a household, and those asked for by name."""
    weight = score("person", CELLS, WEIGHTS).millibits
    asked = int(np.argmin(weight))
    found = kept(2000, [int(LEFT[asked] * len(FEATURES) + RIGHT[asked])])
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    above = np.flatnonzero(weight >= 2000)
    assert pairs >= set(zip(LEFT[above].tolist(), RIGHT[above].tolist(), strict=True))
    assert (int(LEFT[asked]), int(RIGHT[asked])) in pairs
    assert len(pairs) < len(LEFT)


def test_all_pairs_inside_components_are_at_hand_in_order() -> None:
    """Those kept and those missing make up every pair of a component; a candidate keeps its rule."""
    label = np.arange(len(FEATURES)) // 5 * 5
    have = kept(2000, [])
    new = missing_inside(FOUND, have, label, must=np.empty((2, 0), np.int64))
    every = merged(have, all_of(WORK, WEIGHTS, *new), len(FEATURES))
    pairs = set(zip(every.left.tolist(), every.right.tolist(), strict=True))
    assert {
        (a, b) for a in range(len(label)) for b in range(a + 1, len(label)) if label[a] == label[b]
    } <= pairs
    assert (np.diff(every.codes(len(FEATURES))) > 0).all()
    rules = dict(zip(zip(LEFT.tolist(), RIGHT.tolist(), strict=True), FOUND.rule.tolist(), strict=True))
    assert all(
        rules.get(pair, -1) == rule
        for pair, rule in zip(
            zip(every.left.tolist(), every.right.tolist(), strict=True), every.rule.tolist(), strict=True
        )
    )
