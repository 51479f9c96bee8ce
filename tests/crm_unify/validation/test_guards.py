"""A change that is too large to be news stops the run."""

import pyarrow as pa
import pytest

from crm_unify.errors import GuardStopped
from crm_unify.validation.guards import guard_moves, guard_rekeyed, guard_shrunk, guard_vanished


def test_a_delivery_that_lost_a_tenth_of_its_rows_stops_the_run() -> None:
    """The message names the map, the share and the setting."""
    with pytest.raises(GuardStopped, match=r"10\.0 %.*max_delete_pct"):
        guard_vanished({"people": 300}, {"people": 30}, max_pct=2)


@pytest.mark.parametrize(
    ("known", "vanished"),
    [
        pytest.param(199, 199, id="too few rows for a percentage"),
        pytest.param(300, 6, id="exactly the share that is allowed"),
    ],
)
def test_a_small_loss_passes(known: int, vanished: int) -> None:
    """The guard is for broken deliveries."""
    guard_vanished({"people": known}, {"people": vanished}, max_pct=2)


def test_rows_that_come_back_under_other_keys_stop_the_run() -> None:
    """Vanished and arrived records of one map are taken for a changed key; a loss alone is not."""
    guard_rekeyed({"people": 300}, {"people": 100}, {"people": 3, "firms": 100}, max_pct=5)
    with pytest.raises(GuardStopped, match="max_rekey_pct"):
        guard_rekeyed({"people": 300}, {"people": 100}, {"people": 90}, max_pct=5)


def customers(*of_record: int) -> pa.Table:
    """Which customer each record belongs to."""
    return pa.table(
        {"record_id": [f"r{i}" for i in range(len(of_record))], "customer_id": [f"C-{c}" for c in of_record]}
    )


SINGLES = customers(*range(300))


@pytest.mark.parametrize(
    ("after", "moved"),
    [
        pytest.param([0, 0, 2, 2, *range(4, 300)], 4, id="two merges of two"),
        pytest.param([*range(299), 0], 2, id="one merge"),
    ],
)
def test_merged_customers_are_counted(after: list[int], moved: int) -> None:
    """Every customer that takes part in a merge counts."""
    with pytest.raises(GuardStopped, match=f"^{moved} of 300"):
        guard_moves(SINGLES, customers(*after), max_pct=0.5)


def test_split_customers_are_counted() -> None:
    """A customer whose records go apart counts once."""
    before = customers(*range(298), 0, 1)
    with pytest.raises(GuardStopped, match=r"^2 of 298"):
        guard_moves(before, customers(*range(298), 300, 301), max_pct=0.5)


def test_new_records_move_nobody() -> None:
    """Records that join existing customers or found new ones are no merge."""
    guard_moves(SINGLES, customers(*range(300), 0, 1, 2, 301), max_pct=0)


@pytest.mark.parametrize(
    ("before", "now", "allowed", "stops"),
    [
        pytest.param(100, 94, 5, True, id="six percent lost, five allowed"),
        pytest.param(100, 95, 5, False, id="exactly what is allowed"),
        pytest.param(100, 0, None, False, id="the rule file expects nothing"),
        pytest.param(0, 0, 5, False, id="the first run"),
        pytest.param(10, 20, 0, False, id="grown"),
    ],
)
def test_a_source_that_shrank_stops_the_run(
    before: int, now: int, allowed: float | None, stops: bool
) -> None:
    """expects.max_drop_pct holds against the rows of the last run, at any size."""
    if stops:
        with pytest.raises(GuardStopped, match="has 94 rows, the last run read 100"):
            guard_shrunk("people", before=before, now=now, max_drop_pct=allowed)
    else:
        guard_shrunk("people", before=before, now=now, max_drop_pct=allowed)
