"""Accuracy against known truth."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.evaluation import evaluate

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)


def tables(labels: list[tuple[int, int]]) -> tuple[pa.Table, pa.Table]:
    """Membership and truth of records with (cluster, customer)."""
    ids = [f"r{i:02d}" for i in range(len(labels))]
    membership = pa.table({"record_id": ids, "cluster": [f"c{found}" for found, _ in labels]})
    return membership, pa.table(
        {"record_id": ids[::-1], "true_customer": [f"t{true}" for _, true in labels][::-1]}
    )


@given(LABELS)
def test_figures_equal_their_definitions(labels: list[tuple[int, int]]) -> None:
    """Pairwise and B-cubed figures are what counting one by one gives."""
    found = evaluate(*tables(labels))
    pairs = [(a, b) for i, a in enumerate(labels) for b in labels[i + 1 :]]
    both = sum(a == b for a, b in pairs)
    together, true = (sum(a[k] == b[k] for a, b in pairs) for k in (0, 1))
    assert found.pairwise.precision == pytest.approx(both / together if together else 1.0)
    assert found.pairwise.recall == pytest.approx(both / true if true else 1.0)
    for k, value in ((0, found.bcubed.precision), (1, found.bcubed.recall)):
        shares = [sum(a == b for b in labels) / sum(a[k] == b[k] for b in labels) for a in labels]
        assert value == pytest.approx(sum(shares) / len(shares))


@given(LABELS)
def test_a_right_membership_is_perfect(labels: list[tuple[int, int]]) -> None:
    """Clusters that are the customers score one everywhere."""
    found = evaluate(*tables([(true, true) for _, true in labels]))
    assert (found.pairwise.f1, found.bcubed.f1, found.clusters_exact.f1) == (1.0, 1.0, 1.0)


def test_pairs_are_counted_by_the_sources_of_their_records() -> None:
    """Pairs within and across sources add up to all pairs."""
    membership, truth = tables([(0, 0), (0, 0), (1, 0)])
    sources = pa.table({"record_id": ["r00", "r01", "r02"], "system": ["crm", "shop", "shop"]})
    found = {(s.left, s.right): (s.true_pairs, s.found_pairs, s.right_pairs) for s in
             evaluate(membership, truth, sources=sources).by_source}  # fmt: skip
    assert found == {("crm", "crm"): (0, 0, 0), ("crm", "shop"): (2, 1, 1), ("shop", "shop"): (1, 0, 0)}


def test_records_without_truth_are_left_aside() -> None:
    """A record that only one table knows counts nowhere."""
    membership, truth = tables([(0, 0), (0, 1)])
    assert evaluate(membership, truth.slice(0, 1)).records == 1
