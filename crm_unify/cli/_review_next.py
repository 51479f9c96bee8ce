"""The question whose answer settles most, with what both sides say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.cli._review_list import said
from crm_unify.cli._review_options import asked, opened, wanted_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.steward.review.beside import Beside
    from crm_unify.steward.review.values import Question, Wanted


@click.command("next")
@click.option("--question", metavar="Q-ID", help="This one, whatever it settles.")
@wanted_options
@environment_option
@project_argument
@output_options
def command(
    output: Output, project: Path, environment: str | None, wanted: Wanted, question: str | None
) -> None:
    """Show the question whose answer settles most: both sides field by field, and how to answer.

    The answer holds for all records of both sides; other questions that follow from it are asked no more.
    """
    from crm_unify.schema.target import reachable
    from crm_unify.steward.review.beside import beside

    _, engine, queue = opened(project, environment)
    found = queue.next(wanted) if question is None else asked(queue, question)
    progress = queue.progress()
    rows: tuple[Beside, ...] = ()
    if found is not None:
        with reachable(engine), engine.connect() as connection:
            rows = beside(connection, found)
    data = {
        "question": None if found is None else found.as_json(),
        "fields": [row.as_json() for row in rows],
        "progress": progress.as_json(),
        "notes": list(queue.notes),
    }
    shown = ["nothing is open"] if found is None else lines(found, rows)
    output.answer(data, "\n".join([*shown, *said(progress), *queue.notes]))


SHOWN = 3
"""Values of a field shown of each side."""


def lines(question: Question, rows: tuple[Beside, ...]) -> Iterator[str]:
    """A question for people."""
    one, other = question.sides
    yield f"{question.id}: {question.sentence}"
    for side in (one, other):
        where = ", ".join(side.systems)
        yield f"  {side.customer or 'no customer yet'}  {side.name}  {len(side.records):,} records ({where})"
    wide = max((len(row.label) for row in rows), default=0)
    for row in rows:
        left, right = (_cell(texts) for texts in row.values)
        yield f"    {row.label:<{wide}}  {row.likeness:<9}  {left}  |  {right}"
    if question.probability is not None and question.bits is not None:
        both = " and ".join(question.leading)
        yield f"  {question.probability:.0%} likely, {question.bits:.1f} bits between {both}"
    yield f"  an answer settles about {question.worth:g} pairs"
    yield from _ways(question)


def _cell(texts: tuple[str, ...]) -> str:
    shown = "; ".join(texts[:SHOWN])
    return (shown or "-") + (f" (and {len(texts) - SHOWN} more)" if len(texts) > SHOWN else "")


def _ways(question: Question) -> Iterator[str]:
    one, other = question.sides
    if question.decisions and question.reasons[0] == "conflict":
        yield f"  answer: crm-unify revoke {' or '.join(map(str, question.decisions))} --why ..."
    elif one.customer == other.customer and one.customer is not None:
        names = " ".join(f"'{record}'" for record in other.records[:SHOWN])
        more = " ..." if len(other.records) > SHOWN else ""
        yield f"  it is one: crm-unify confirm {one.customer}"
        yield f"  it is two: crm-unify split {one.customer} {names}{more}"
    else:
        names = " ".join(f"'{side.customer or side.records[0]}'" for side in question.sides)
        yield f"  answer: crm-unify decide {names} same|different|unsure --why ..."
