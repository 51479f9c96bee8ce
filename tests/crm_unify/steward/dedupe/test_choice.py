"""The pairs to look at: by weight, one of a customer, the same whatever the order of the pairs."""

import numpy as np
import pyarrow as pa
import pytest

from crm_unify.steward.dedupe.choice import Chosen, chosen
from matching.engine import Matched
from matching.model import Model
from matching.policy import Costs

IDS = [f"r{i}" for i in range(9)]
CLUSTER = ["r0", "r0", "r0", "r3", "r3", "r5", "r6", "r7", "r8"]
PAIRS = [
    ("r0", "r1", 9_000, "merge"), ("r0", "r2", -2_000, "merge"), ("r1", "r2", 3_000, "merge"),
    ("r3", "r4", 20_000, "merge"), ("r4", "r5", 300, "review"), ("r3", "r5", -100, "review"),
    ("r6", "r7", -2_000, "review"), ("r0", "r8", 2_500, "review"), ("r7", "r8", -9_000, "apart"),
]  # fmt: skip


@pytest.fixture
def found() -> Chosen:
    """What is chosen of nine records in six customers."""
    left, right, millibits, band = zip(*sorted(PAIRS), strict=True)
    pairs = pa.table({"left": left, "right": right, "millibits": np.array(millibits), "band": band})
    membership = pa.table({"record_id": IDS, "cluster": CLUSTER})
    model = Model({}, Costs(), merge_bits=1.0, review_bits=-3.0)
    return chosen(Matched(pairs, membership, pa.table({}), pa.table({}), model, ()))


def test_the_weakest_merge_is_the_tie_a_customer_hangs_by(found: Chosen) -> None:
    """Two records that hang together through a third are not its weakest tie, however unlike they are."""
    assert found.weakest == (("r1", "r2"), ("r3", "r4"))
    assert (found.weak_customers, found.merged_customers) == (1, 2)


def test_the_strongest_merges_come_one_of_a_customer(found: Chosen) -> None:
    """The strongest pair of each customer, the strongest first."""
    assert found.strongest == (("r3", "r4"), ("r0", "r1"))


def test_the_most_doubtful_are_nearest_to_even_odds(found: Chosen) -> None:
    """Of two pairs between the same customers the more doubtful is shown; a strong pair is listed apart."""
    assert found.doubtful == (("r3", "r5"), ("r6", "r7"))
    assert found.strong == (("r0", "r8"),)


def test_questions_are_counted_by_customers(found: Chosen) -> None:
    """Four pairs of records are three questions; were all answered SAME, three customers would be left."""
    assert (found.review, found.between, found.strong_pairs, found.fewest) == (4, 3, 1, 3)


def test_the_largest_customers_are_told_with_their_weakest_tie(found: Chosen) -> None:
    """Customers of one record are not among them."""
    assert [(one.records, one.members[0], one.weakest) for one in found.largest] == [
        (3, "r0", 3.0), (2, "r3", 20.0),
    ]  # fmt: skip
