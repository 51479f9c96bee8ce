"""Questions and rows to repair as a workbook, to be answered away from the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.cli._review_options import wanted_options
from crm_unify.errors import UsageError
from crm_unify.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_unify.steward.desk import Desk
    from crm_unify.steward.quarantine import BadRow
    from crm_unify.steward.review.pack import Pack
    from crm_unify.steward.review.values import Wanted

QUESTIONS = 200
"""Questions in a workbook by default: about what one person answers in an afternoon."""
ROWS = 1_000
"""Rows to repair in a workbook by default."""


@click.command("export")
@click.option("--out", type=click.Path(path_type=Path),
              help="Workbook (.xlsx) or CSV file; review.xlsx beside the project.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=QUESTIONS, show_default=True,
              help="How many questions, those first whose answer settles most.")  # fmt: skip
@click.option("--rows", type=click.IntRange(min=0), default=ROWS, show_default=True,
              help="How many rows of the quarantine; CSV has none.")  # fmt: skip
@wanted_options
@environment_option
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    environment: str | None,
    wanted: Wanted,
    out: Path | None,
    limit: int,
    rows: int,
) -> None:
    """Write open questions and rows that wait in quarantine into a workbook.

    Records stand beside each other with drop-downs for the answers; a sheet for each rule file holds the rows
    that could not be loaded, with cells to fix. Rows may be sorted, filtered and deleted; `crm-unify review
    import` finds each by its keys. --source chooses rows, too; the other filters choose questions alone.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import reachable
    from crm_unify.steward.desk import desk_of
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.review.gather import queue_of
    from crm_unify.steward.review.pack import pack

    as_text = _as_text(out)
    loaded = load_project(project, environment=environment)
    newest = newest_run(loaded)
    with reachable(newest.engine), newest.engine.connect() as connection:
        queue = queue_of(newest, connection)
        page = queue.page(wanted, size=len(tuple(queue.every())))
        name = loaded.project.project
        made = pack(connection, page.questions, project=name, limit=limit, found=page.found)
    desk = desk_of(loaded, newest, every=False)
    waiting = [row for row in desk.rows if wanted.source in (None, row.source.system)]
    shown = [] if as_text else waiting[:rows]
    out = loaded.root / "review.xlsx" if out is None else out
    _write(made, out, desk, shown)
    left = _left(made.left_out, len(waiting) - len(shown))
    data = {
        "file": str(out),
        "questions": made.questions,
        "clusters": made.clusters,
        "rows": len(made.rows),
        "left_out": made.left_out,
        "quarantine": {"rows": len(shown), "left_out": len(waiting) - len(shown)},
        "notes": list(queue.notes),
    }
    text = f"{out}: {made.questions:,} questions in {made.clusters:,} clusters, {len(made.rows):,} records"
    more = f", {counted(len(shown), 'row')} of the quarantine" if shown else ""
    output.answer(data, "\n".join([text + more, *left, *queue.notes]))


def _as_text(out: Path | None) -> bool:
    """Whether CSV is asked for. Raises UsageError for what is neither CSV nor a workbook."""
    suffix = ".xlsx" if out is None else out.suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        remedy = "let its name end in .xlsx or .csv"
        raise UsageError("this is neither a workbook nor CSV", str(out), remedy=remedy)
    return suffix == ".csv"


def _write(made: Pack, out: Path, desk: Desk, rows: Sequence[BadRow]) -> None:
    from crm_unify.steward.review.pack import SHEET
    from crm_unify.steward.review.pack_write import INSTRUCTIONS, write_csv, write_pack

    if _as_text(out):
        write_csv(made, out)
        return
    sheets, about = desk.sheets(rows, taken=(SHEET, INSTRUCTIONS)) if rows else ([], {})
    write_pack(made, out, beside=sheets, about=about)


def _left(questions: int, rows: int) -> list[str]:
    asked = [f"{questions:,} open questions are not in it"] if questions else []
    return asked + ([f"{counted(rows, 'row')} of the quarantine not in it"] if rows else [])
