"""What a match weight is made of: rarity without a customer's own records, and how far a name goes."""

from dataclasses import replace

import numpy as np
import pytest

from matching.contradictions import in_force
from matching.policy import NAME_ALONE_BITS, REACHED_BY
from matching.scoring import frequency, name_alone_bits, own_carriers
from matching.training import train
from tests.matching.people import base, town

TOWN = base(*town(60))


def test_a_customers_own_records_do_not_make_a_name_common() -> None:
    """Ten carriers of whom nine are expected to be one customer are as rare as two of whom one is."""
    ten = frequency(np.array([10]), 5000, own=8.0, documented=0.001)
    two = frequency(np.array([2]), 5000, own=0.0, documented=0.001)
    assert ten == pytest.approx(two)


def test_what_customers_are_reached_by_counts_all_its_carriers() -> None:
    """Sisters and families share a number too: none of its carriers is taken for the customer's own."""
    model = train(TOWN).kinds["person"]
    assert {own_carriers(model, name, 1) for name in ("email", "phone")} == {0.0}
    assert "family" not in REACHED_BY
    assert own_carriers(model, "family", 5) > 0


def test_a_name_goes_further_where_more_names_are_counted() -> None:
    """A bit with each doubling beyond a thousand records, and never less than in a small file."""
    assert [name_alone_bits(n) for n in (0, 10, 1000)] == [NAME_ALONE_BITS] * 3
    assert name_alone_bits(4000) == pytest.approx(NAME_ALONE_BITS + 2)


@pytest.mark.parametrize(("pairs", "holds"), [(100.0, True), (5000.0, False)], ids=["few", "many"])
def test_a_contradiction_is_given_up_only_where_the_file_shows_it(pairs: float, holds: bool) -> None:
    """Six in a hundred with different names are more than five: many pairs show it, a hundred do not."""
    model = train(TOWN).kinds["person"]
    given = (replace(model.weights["given"][0], same=0.06), *model.weights["given"][1:])
    fitted = replace(model.fitted, same=pairs)
    learnt = replace(model, weights={**model.weights, "given": given}, fitted=fitted)
    assert ({"given": (0,)} in in_force("person", learnt)) is holds
