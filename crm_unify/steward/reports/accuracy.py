"""The part of a report that tells how right the customers are by blind samples, run after run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crm_unify.run.accuracy import PRECISION, RECALL, Estimate
from crm_unify.steward.reports.trend import Point, Trend, trend
from crm_unify.steward.reports.values import Cell, Column, Form, Section, Table

HOW: Final = (
    "People answered samples of pairs that tell nothing of what the machine thinks: `review sample`, then "
    "`review estimate --record`. Intervals hold the truth 95 times in 100; recall is that of the "
    "pairs that were proposed. A figure has fallen where the interval of its difference from the sample "
    "before, or from the first one, lies below nought."
)
COLUMNS: Final = (
    Column("run"),
    Column("sources"),
    Column("figure"),
    Column("estimate", Form.SHARE),
    Column("at least", Form.SHARE),
    Column("at most", Form.SHARE),
    Column("answers", Form.COUNT),
    Column("fallen"),
)
SHOWN: Final = 40
"""Estimates in the table, the newest ones."""


def accuracy_section(found: Sequence[Estimate]) -> Section:
    """The estimates as lines over the runs, and one by one."""
    rows = tuple(_row(one) for one in reversed(found[-SHOWN:]))
    table = Table("Estimates", COLUMNS, rows, nothing="nobody has answered a sample yet")
    picture = _picture(found)
    return Section("How right the customers are", HOW, (table,), (picture,) if picture else ())


def _row(one: Estimate) -> tuple[Cell, ...]:
    share = one.share
    source = one.source or "all"
    return (one.run, source, one.measure, share.value, share.low, share.high, share.answers, one.alert or "")


def _picture(found: Sequence[Estimate]) -> Trend | None:
    """Precision and recall over all sources, with their intervals."""
    samples = list(dict.fromkeys((one.run, one.sample) for one in found if one.source is None))
    at = {sample: place for place, sample in enumerate(samples)}
    series = [
        (
            measure,
            [
                Point(at[one.run, one.sample], one.share.value, one.share.low, one.share.high)
                for one in found
                if one.source is None and one.measure == measure
            ],
        )
        for measure in (PRECISION, RECALL)
    ]
    title = "Precision and recall by blind samples, with 95 % intervals"
    return trend(title, [f"run {run}" for run, _ in samples], series)
