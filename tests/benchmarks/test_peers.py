"""Tools side by side."""

import re

import pyarrow as pa
import pytest

from benchmarks.claims import Roles
from benchmarks.labelled import Labelled
from benchmarks.measure import Cost
from benchmarks.peers import TOOLS, UNPUBLISHED, outcome
from benchmarks.peers_environment import HERE, PEERS, script

IDS = ["1", "2", "3"]
DATA = Labelled(
    pa.table({"record_id": IDS, "source_system": ["s"] * 3}),
    pa.table({"record_id": IDS, "true_customer": ["a", "a", "b"]}),
    Roles({}),
)


@pytest.mark.parametrize(
    ("code", "said", "wanted"),
    [
        pytest.param(None, "", "stopped after 9 s", id="too slow"),
        pytest.param(
            1, "Traceback\nValueError: no blocking\n", "exit 1: ValueError: no blocking", id="failed"
        ),
        pytest.param(1, "Splink publishes no settings for s\n", UNPUBLISHED, id="no settings"),
    ],
)
def test_a_tool_without_figures_says_why(code: int | None, said: str, wanted: str) -> None:
    """The outcome is the end of what it said, and what it cost is kept."""
    made = outcome("splink", "s", DATA, Cost(9.0, 1.0, 50.0, code, said), None)
    assert (made.outcome, made.wall_seconds, made.pairwise) == (wanted, 9.0, None)


def test_a_tool_is_judged_by_its_membership() -> None:
    """Precision and recall of what it wrote."""
    found = pa.table({"record_id": IDS, "cluster": ["x", "x", "x"]})
    made = outcome("controller", "s", DATA, Cost(1.0, 1.0, 50.0, 0, ""), found)
    assert made.pairwise == (0.3333, 1.0, 0.5)
    assert made.tool == TOOLS["controller"]


def test_a_membership_with_rows_missing_is_refused() -> None:
    """A tool that loses rows would be judged by the easy ones."""
    with pytest.raises(ValueError, match="gives 1 rows of s, which has 3"):
        outcome(
            "splink", "s", DATA, Cost(1.0, 1.0, 50.0, 0, ""), pa.table({"record_id": ["1"], "cluster": ["x"]})
        )


@pytest.mark.parametrize("peer", PEERS)
def test_peers_are_pinned_by_version_alone(peer: str) -> None:
    """Every line of the list of versions is name==version: no address to download from."""
    assert script(peer).is_file()
    for line in (HERE / f"peers_{peer}.txt").read_text().split():
        assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line
