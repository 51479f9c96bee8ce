"""What is learnt keeps identifying evidence its worth; a slovenly hand is believed as far as its slips go."""

from __future__ import annotations

import numpy as np
import pytest

from matching.guards import guarded, noise
from matching.patterns import Patterns
from matching.policy import CLASSES, COMPARISONS, Comparison

PEOPLE = COMPARISONS["person"]
GIVEN, PLAIN, SLIP, SAME = 0, 0, 4, 6


def documented(c: Comparison) -> np.ndarray:
    """The documented shares of a comparison, class by level; each class adds up to one."""
    named = c.namesakes or [v.unrelated for v in c.levels]
    rows = [(v.same, v.household, v.site, n, v.unrelated) for v, n in zip(c.levels, named, strict=True)]
    return np.array(rows).T / np.array(rows).sum(axis=0)[:, None]


def found(counts: dict[int, int]) -> dict[str, float]:
    """What is allowed where pairs that are surely one customer show these levels of the given name."""
    level = np.full((len(PEOPLE), len(counts)), -1)
    level[GIVEN] = list(counts)
    seen = Patterns(
        level, np.zeros((3, len(counts))), np.ones(level.shape, np.bool_), np.array([*counts.values()])
    )
    shares = [documented(c) for c in PEOPLE]
    logs = np.full((len(CLASSES), len(counts)), -20.0)
    logs[0] = 0.0
    return noise(PEOPLE, seen, logs + np.log2(shares[GIVEN])[:, level[GIVEN]], shares=shares)


@pytest.mark.parametrize(
    ("counts", "allowed"),
    [
        pytest.param({SAME: 900, PLAIN: 100}, 0.0, id="twins: plain differences, no slips"),
        pytest.param({SAME: 800, SLIP: 120, PLAIN: 80}, 0.08, id="a slovenly hand: slips of every size"),
        pytest.param({SAME: 600, SLIP: 50, PLAIN: 350}, 0.0, id="people of one name, a few slips"),
        pytest.param({SAME: 1000}, 0.001, id="a careful hand"),
    ],
)
def test_plain_differences_are_believed_as_far_as_slips_show_them(
    counts: dict[int, int], allowed: float
) -> None:
    """The share of different given names that one customer may be learnt to have follows the slips."""
    assert found(counts)["given"] == pytest.approx(allowed, abs=0.006)


def test_a_home_with_two_phones_stays_a_home() -> None:
    """However often duplicates share a phone, people of one home are not believed to share it always."""
    phone = next(c for c in PEOPLE if c.name == "phone")
    plain, drifted = documented(phone), documented(phone)
    drifted[0] = [0.38, 0.01, 0.11, 0.37, 0.13]
    drifted[1] = [0.05, 0.01, 0.05, 0.85, 0.04]
    kept = guarded(phone, drifted, documented=plain)
    assert kept[1, 0] > 0.25
    assert kept[1].sum() == pytest.approx(1.0)
