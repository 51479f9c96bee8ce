"""What a reader should do next, what matters most first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from crm_unify.steward.dedupe.choice import WEAK_BITS, Chosen
from crm_unify.steward.dedupe.columns import LOST
from crm_unify.steward.dedupe.model_chart import KindChart
from crm_unify.steward.dedupe.values import ColumnView, Step, TableView
from crm_unify.steward.report.drawing import clipped
from crm_unify.steward.report.page import count, listed, visible
from matching.evaluation import Evaluation

NAMED: Final = 4
"""Columns that a sentence names."""
WELL_FILLED: Final = 0.5
"""A column that was not understood is worth a word from so many filled rows on."""
TELLING: Final = 0.05
"""... and from so many distinct values by filled rows on: fewer are a category."""
LARGE: Final = 10
"""Rows of a customer from which on it is worth a look for its size alone."""


def steps(
    tables: Sequence[TableView],
    chosen: Chosen,
    charts: Sequence[KindChart],
    *,
    measured: Evaluation | None,
    outputs: Collection[str],
) -> tuple[Step, ...]:
    """Everything that applies to this run."""
    return (
        *_weights(charts),
        *_columns([column for table in tables for column in table.columns]),
        *_merges(chosen),
        *_waiting(chosen),
        *_truth(measured),
        *_again(outputs),
    )


def _weights(charts: Sequence[KindChart]) -> Iterator[Step]:
    for chart in charts:
        if not chart.learnt:
            what = f"Trust the weights of {chart.kind}s less: the documented ones are in force."
            yield Step(what, chart.how.removesuffix("."), "model")


def _columns(columns: Sequence[ColumnView]) -> Iterator[Step]:
    doubtful = [column for column in columns if column.doubtful]
    if doubtful:
        said = listed([f"{_name(column)} ({column.role})" for column in doubtful[:NAMED]])
        more = f" and {len(doubtful) - NAMED} more" if len(doubtful) > NAMED else ""
        yield Step(f"Check what these columns were taken for: {said}{more}.", _CORRECT, "columns")
    lost = [column for column in columns if _lost(column)]
    if lost:
        said = listed([_name(column) for column in lost[:NAMED]])
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        what = f"Say what {said}{more} {'is' if len(lost) == 1 else 'are'}, if it tells customers apart."
        yield Step(what, f"Nobody understood it, so matching left it out. {_CORRECT}", "columns")


_CORRECT: Final = "Correct a column with `--role COL=ROLE`, leave one out with `--ignore COL`"


def _lost(column: ColumnView) -> bool:
    """Well filled, full of different values, and not understood by header or content."""
    telling = column.distinct >= TELLING * max(sum(part.value for part in column.fill), 1)
    return column.role == LOST and column.filled >= WELL_FILLED and telling


def _name(column: ColumnView) -> str:
    return f"'{clipped(visible(column.taken.column), 40).replace('`', chr(39))}'"


def _merges(chosen: Chosen) -> Iterator[Step]:
    if chosen.weakest:
        weak = count(chosen.weak_customers, "customer") if chosen.weak_customers else "None"
        said = "hang" if chosen.weak_customers > 1 else "hangs"
        of = f"of {chosen.merged_customers:,} with several rows"
        tie = f"{said} together by less than {WEAK_BITS:.0f} bits"
        why = f"{weak} {of} {tie}; if the weakest are right, so are the others"
        yield Step("Read the weakest merges.", why, "weakest")
    if chosen.largest and chosen.largest[0].records >= LARGE:
        why = f"The largest has {chosen.largest[0].records:,} rows; a wrong merge does most harm there"
        yield Step("Look at the largest customers.", why, "sizes")


def _waiting(chosen: Chosen) -> Iterator[Step]:
    if not chosen.review:
        return
    why = (
        f"{count(chosen.review, 'pair')} of rows between {count(chosen.between, 'pair')} of customers may be "
        f"the same; if all were, there would be {count(chosen.fewest, 'customer')}"
    )
    yield Step("Judge the doubtful pairs.", why, "doubtful")


def _truth(measured: Evaluation | None) -> Iterator[Step]:
    if measured is None:
        why = "Label the true customer of a few hundred rows in a column; empty cells are left aside"
        yield Step("Measure instead of estimating: `--truth COL`.", why, "sure")


def _again(outputs: Collection[str]) -> Iterator[Step]:
    if "model" in outputs:
        why = "With `--model model.json` the weights stay as they are; a new model may move a few customers"
        yield Step("Match the next delivery by the same model.", why, "model")
