"""What a sample says is kept with the run it was drawn of, and shows in the reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import UsageError
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.newest import newest_run
from crm_unify.steward.reports.quality import quality_report
from crm_unify.steward.review.pack import stamp
from crm_unify.steward.review.recording import recorded
from crm_unify.steward.review.sample import Accuracy, Design
from matching.sampling import Share, wilson


def accuracy(value: float, answers: int = 200) -> Accuracy:
    """Precision as so many answers give it; no recall."""
    low, high = wilson(value, answers)
    return Accuracy(Share(low, value, high, answers), None, {}, answers, 0, 0)


def design(project: LoadedProject, seed: int) -> Design:
    """A sample that was drawn of the newest run."""
    with newest_run(project).engine.connect() as connection:
        return Design(str(stamp(connection, project.project.project)), seed, (), {})


def test_a_fall_stands_in_the_report(touring: Path) -> None:
    """Both samples are in the trend with their intervals, the fall beside the later one."""
    project = load_project(touring)
    told = [recorded(project, design(project, seed), accuracy(value), by="Ada")
            for seed, value in ((1, 0.97), (2, 0.80))]  # fmt: skip
    assert (told[0], len(told[1])) == ((), 1)
    section = quality_report(project, newest_run(project)).sections[-1]
    assert [row[3] for row in section.tables[0].rows] == [0.80, 0.97]
    assert [row[-1] for row in section.tables[0].rows] == [told[1][0], ""]
    assert len(section.pictures[0].boxes) == 2


def test_what_tells_nothing_is_not_kept(touring: Path) -> None:
    """Too few answers, and samples of another database, are refused."""
    project = load_project(touring)
    with pytest.raises(UsageError, match="nothing to record"):
        recorded(project, design(project, 1), accuracy(0.9, 10), by="Ada")
    with pytest.raises(UsageError, match="not of this project"):
        recorded(project, Design("P1-0-000000000000", 1, (), {}), accuracy(0.9), by="Ada")
