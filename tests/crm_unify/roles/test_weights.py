"""Sums that are the same on every machine."""

import numpy as np
import pyarrow as pa

from crm_unify.roles.weights import weighed


def test_a_share_does_not_hang_on_the_order_of_adding() -> None:
    """Weights that make one in one order and a hair less in another are one."""
    weights = np.full(10, 0.1)
    assert float(np.add.accumulate(weights)[-1]) < 1.0
    assert weighed(pa.array([True] * 10), weights) == 1.0
    assert weighed(pa.array([], pa.bool_()), np.empty(0)) == 0.0
