"""Invented people in homes of two, matched and scored, as the measurements see them."""

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.accuracy import measured
from benchmarks.calibration import bands, patterns
from benchmarks.claims import Roles
from benchmarks.labelled import Labelled
from benchmarks.scored import Run, Scored, run, scored
from tests.matching.people import town

COLUMNS = {
    "given": "given_name", "family": "family_name", "born": "birth_date", "street": "line1",
    "postcode": "postal_code", "city": "city", "phone": "phone", "email": "email",
}  # fmt: skip


@pytest.fixture(scope="module")
def people() -> Labelled:
    """A town of 400 people, six in ten of whom are known to a second source."""
    rows = town(400)
    table = pa.table({
        "record_id": [row["record_id"] for row in rows],
        "source_system": [row["record_id"].split(":")[0] for row in rows],
        **{name: [row.get(name) for row in rows] for name in COLUMNS},
    })  # fmt: skip
    truth = pa.table({
        "record_id": table["record_id"],
        "true_customer": [row["record_id"].split(":")[1].split("-")[0] for row in rows],
    })  # fmt: skip
    return Labelled(table, truth, Roles(COLUMNS, country="DE"))


@pytest.fixture(scope="module")
def done(people: Labelled) -> Run:
    """The town, matched by given roles."""
    return run(people, by_hand=True)


@pytest.fixture(scope="module")
def one(done: Run) -> Scored:
    """Its candidate pairs."""
    (found,) = scored(done)
    return found


def test_the_estimate_without_truth_holds_the_truth(done: Run) -> None:
    """On invented people the interval of precision and of recall contains what was measured."""
    made, found = measured("town", done, by_hand=True)
    low, _, high, least, _, most = made.expected["person"]
    assert low <= found.pairwise.precision <= high
    assert least <= found.pairwise.recall <= most
    assert found.true_pairs == sum(source.true_pairs for source in found.by_source)


def test_the_bands_hold_every_candidate_pair_once(one: Scored) -> None:
    """Their masks partition the pairs, and their counts are those of the masks."""
    found = list(bands(one))
    assert np.sum([inside for _, inside in found], axis=0).tolist() == [1] * len(one.same)
    assert [band.pairs for band, _ in found] == [int(inside.sum()) for _, inside in found]


def test_patterns_say_what_the_fields_of_a_band_said(one: Scored) -> None:
    """The commonest pattern of the surest pairs agrees on both names."""
    surest = list(bands(one))[-1][1]
    first = next(patterns(one, surest, 1))
    assert "given 6/6" in first
    assert "family 5/5" in first


def test_without_roles_the_columns_are_taken_for_what_they_are(people: Labelled) -> None:
    """As dedupe does: every row comes once, by its record id."""
    membership = run(people).membership
    assert sorted(membership["record_id"].to_pylist()) == sorted(people.table["record_id"].to_pylist())
