"""Precision and recall from the answers to a sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import PROJECT_HELP, environment_option, output_options, project_file, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.steward.review.found import Problem
    from crm_unify.steward.review.sample import Accuracy, Design
    from matching.sampling import Share


@click.command("estimate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--design", type=click.Path(path_type=Path), help="Where the design is, if not beside FILE.")
@click.option("--record", is_flag=True, help="Keep the figures in the CRM database, for the trend.")
@by_option
@environment_option
@yes_option
@click.option("-p", "--project", type=click.Path(path_type=Path), help=PROJECT_HELP)
@output_options
def command(
    output: Output,
    project: Path | None,
    environment: str | None,
    file: Path,
    design: Path | None,
    by: str | None,
    *,
    record: bool,
    yes: bool,
) -> None:
    """Read the answers of FILE, a workbook of `review sample`, and tell how right the customers are.

    Each figure comes with the interval that holds the truth 95 times in 100. Recall is that of the pairs
    which the blocking rules proposed. Nothing is recorded without --record; with it the figures stand in the
    reports, and one that has fallen since an earlier sample is told here, by every run, and to `notify`.
    """
    from crm_unify.steward.review.pack_read import read_pack
    from crm_unify.steward.review.returned import answers
    from crm_unify.steward.review.sample import design_file, estimated, read_design

    drawn = read_design(design_file(file) if design is None else design)
    said, problems = answers(read_pack(file), drawn.stamp)
    found = estimated(drawn, said)
    if record:
        output.asked("\n".join(_lines(found, problems)), "Keep these figures?", yes=yes)
    fallen = _recorded(project, environment, drawn, found, by=who(by)) if record else ()
    data = found.as_json() | {
        "problems": [problem.as_json() for problem in problems],
        "recorded": record,
        "alerts": list(fallen),
    }
    output.answer(data, "\n".join([*_lines(found, problems), *fallen]))


def _recorded(
    project: Path | None, environment: str | None, drawn: Design, found: Accuracy, *, by: str
) -> tuple[str, ...]:
    """Keep the figures, and tell whoever looks after the project what has fallen."""
    from crm_unify.rules.load import load_project
    from crm_unify.steward.review.recording import recorded, told

    loaded = load_project(project_file(project), environment=environment)
    fallen = recorded(loaded, drawn, found, by=by)
    told(loaded, fallen)
    return fallen


def _lines(found: Accuracy, problems: tuple[Problem, ...]) -> Iterator[str]:
    yield f"{found.answered:,} answers, {found.unsure:,} unsure, {found.empty:,} pairs without an answer"
    yield f"{'':<32}{'precision':<24}recall of proposed pairs"
    yield f"{'all sources':<32}{_said(found.precision):<24}{_said(found.recall)}"
    for source, (precision, recall) in found.sources.items():
        yield f"{source:<32}{_said(precision):<24}{_said(recall)}"
    for problem in problems:
        yield f"  {problem.place}: {problem.raw!r} {problem.sentence}"


def _said(share: Share | None) -> str:
    return "-" if share is None else f"{share.value:.3f} ({share.low:.3f} to {share.high:.3f})"
