"""The open questions, those first whose answer settles most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.cli._review_options import looked_for, opened, wanted_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.steward.review.values import Page, Progress, Question, Wanted

SHOWN = 25
"""Questions on a page of the terminal."""


@click.command("list")
@wanted_options
@click.option("--start", type=click.IntRange(min=1), default=1, help="Place of the first to show.")
@click.option("--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, help="How many.")
@environment_option
@project_argument
@output_options
def command(
    output: Output, project: Path, environment: str | None, wanted: Wanted, start: int, limit: int
) -> None:
    """List the open questions, those first whose answer settles most.

    Filters add up. A question is named by its id, which stays as long as the same two records lead it.
    """
    _, _, queue = opened(project, environment)
    page, progress = queue.page(wanted, start=start - 1, size=limit), queue.progress()
    data = {
        "questions": [question.as_json() for question in page.questions],
        "found": page.found,
        "start": start,
        "progress": progress.as_json(),
        "notes": list(queue.notes),
    }
    output.answer(data, "\n".join([*_listed(page, wanted), *said(progress), *queue.notes]))


def _listed(page: Page, wanted: Wanted) -> Iterator[str]:
    if not page.found:
        yield "no open question is like that" if looked_for(wanted) else "nothing is open"
    for question in page.questions:
        yield from line(question)
    last = page.start + len(page.questions)
    if page.questions and len(page.questions) < page.found:
        yield f"{page.start + 1:,} to {last:,} of {page.found:,}"


def line(question: Question) -> Iterator[str]:
    """A question in two lines."""
    one, other = question.sides
    sure = "" if question.probability is None else f"  {question.probability:4.0%}"
    whose = "" if question.assignee is None else f"  [{question.assignee}]"
    yield f"{question.id}  {question.reasons[0]:<13}  settles {question.worth:g}{sure}{whose}"
    yield (
        f"    {one.name} ({len(one.records):,}) / {other.name} ({len(other.records):,})  "
        f"{' / '.join(question.sources)}  {question.records:,} records, {question.orders:,} orders"
    )


def said(progress: Progress) -> Iterator[str]:
    """How far it is answered."""
    if progress.questions:
        yield (
            f"{progress.questions:,} questions about {progress.pairs:,} pairs are open, "
            f"likely {progress.likely_answers:,} answers"
        )
    if progress.settled_questions:
        yield f"{progress.settled_questions:,} are settled and take effect with the next run"
    left = progress.seconds_left
    if progress.questions and left is not None and progress.seconds_an_answer is not None:
        yield f"about {duration(left)} left, at {progress.seconds_an_answer:.0f} seconds an answer"


def duration(seconds: float) -> str:
    """A time as people say it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
