"""What was measured, kept and shown."""

from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Cost
from benchmarks.page import IN_PROCESS, line, write
from benchmarks.results import Result, keep, read, result, stamped
from matching.evaluation import Evaluation, Ratio

COST = Cost(2.04, 3.06, 123.4, 0, "")
FOUND = Evaluation(10, 4, 5, Ratio(0.9, 0.8), Ratio(0.95, 0.85), Ratio(0.5, 0.5), 12)


def test_a_later_measurement_replaces_an_earlier_one(tmp_path: Path) -> None:
    """Of the same tool on the same set of the same size; the others stay."""
    path = tmp_path / "results.json"
    first = [result("s", rows, "tool 1", found=FOUND, cost=COST) for rows in (10, 20)]
    keep(first, path)
    again = replace(first[0], outcome="stopped after 9 s")
    assert keep([again], path) == [again, first[1]]


def test_results_come_back_as_they_were_kept(tmp_path: Path) -> None:
    """All fields survive the file."""
    made = replace(
        stamped(result("s", 10, "tool 1", found=FOUND, cost=COST), "benchmarks.peers", ["s"]),
        homes={"twins": (5, 3, 2, 1)},
        expected={"person": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)},
        bands=((0.9, 0.95, 300, 0.93, 0.8),),
    )
    keep([made], tmp_path / "results.json")
    assert read(tmp_path / "results.json") == [made]
    assert made.command == "python -m benchmarks.peers s"


def test_the_page_shows_every_figure(tmp_path: Path) -> None:
    """Accuracy with goal and best peer, costs, homes, estimate, and the band that is off."""
    peer = result("fake_1000", 1000, "Splink 5.0.0", found=FOUND, cost=COST)
    mine = replace(
        result("fake_1000", 1000, f"crm-unify 1, {IN_PROCESS}", found=FOUND, cost=None),
        homes={"twins": (50, 3, 2, 1)},
        expected={"person": (0.91, 0.92, 0.93, 0.7, 0.8, 0.9)},
        bands=((0.9, 0.95, 300, 0.93, 0.8), (0.95, 0.99, 20, 0.97, 0.5)),
    )
    write([peer, mine], tmp_path / "RESULTS.md")
    page = (tmp_path / "RESULTS.md").read_text()
    assert "| fake_1000 | 1,000 | 0.847 | 0.897 | 0.94 |  | 0.847 | Splink 5.0.0 |" in page
    assert "| 2.0 | 3.1 | 123 |" in page
    assert "| twins | 50 | 3 | 2 | 4.00% |" in page
    assert "| 0.900 | 0.920 (0.910 to 0.930) | 0.800 | 0.800 (0.700 to 0.900) | precision |" in page
    assert "| 0.9 to 0.95 | 300 | 0.930 | 0.800 | -0.130 | off |" in page
    assert "0.95 to 0.99" not in page


def test_a_tool_that_failed_says_why() -> None:
    """Instead of figures."""
    failed = Result("s", 10, "tool 1", outcome="exit 2: no such column")
    assert "exit 2: no such column" in line(failed)
