"""Questions as a workbook, to be answered away from the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.cli._review_options import opened, wanted_options
from crm_unify.errors import UsageError

if TYPE_CHECKING:
    from crm_unify.steward.review.values import Wanted

QUESTIONS = 200
"""Questions in a workbook by default: about what one person answers in an afternoon."""


@click.command("export")
@click.option("--out", type=click.Path(path_type=Path),
              help="Workbook (.xlsx) or CSV file; review.xlsx beside the project.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=QUESTIONS, show_default=True,
              help="How many questions, those first whose answer settles most.")  # fmt: skip
@wanted_options
@environment_option
@project_argument
@output_options
def command(
    output: Output, project: Path, environment: str | None, wanted: Wanted, out: Path | None, limit: int
) -> None:
    """Write open questions into a workbook: records beside each other, drop-downs for the answers.

    Rows may be sorted, filtered and deleted; `crm-unify review import` finds each by its keys.
    """
    from crm_unify.schema.target import reachable
    from crm_unify.steward.review.pack import pack
    from crm_unify.steward.review.pack_write import write_csv, write_pack

    write = {".xlsx": write_pack, ".csv": write_csv}.get(".xlsx" if out is None else out.suffix.lower())
    if write is None:
        remedy = "let its name end in .xlsx or .csv"
        raise UsageError("this is neither a workbook nor CSV", str(out), remedy=remedy)
    loaded, engine, queue = opened(project, environment)
    out = loaded.root / "review.xlsx" if out is None else out
    page = queue.page(wanted, size=len(tuple(queue.every())))
    with reachable(engine), engine.connect() as connection:
        made = pack(connection, page.questions, project=loaded.project.project, limit=limit, found=page.found)
    write(made, out)
    data = {
        "file": str(out),
        "questions": made.questions,
        "clusters": made.clusters,
        "rows": len(made.rows),
        "left_out": made.left_out,
        "notes": list(queue.notes),
    }
    text = f"{out}: {made.questions:,} questions in {made.clusters:,} clusters, {len(made.rows):,} records"
    left = [f"{made.left_out:,} open questions are not in it"] if made.left_out else []
    output.answer(data, "\n".join([text, *left, *queue.notes]))
