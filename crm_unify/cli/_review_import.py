"""Answers out of a workbook that came back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who
from crm_unify.errors import UsageError
from crm_unify.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.steward.review.found import Returned
    from crm_unify.steward.review.pack_rows import ReturnedRows


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@by_option
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@yes_option
@environment_option
@project_option
@output_options
def command(
    output: Output,
    project: Path,
    environment: str | None,
    file: Path,
    by: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Record the answers of FILE, a workbook or CSV file of `review export`.

    Answers become decisions, repaired rows corrections, each kind all together. What cannot be understood,
    and what contradicts a decision or correction that holds, is listed with its cell; nothing is overwritten.
    The same file may be imported twice.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.correcting import record
    from crm_unify.steward.desk import desk_of
    from crm_unify.steward.review.importing import imported, opened_pack
    from crm_unify.steward.review.pack_rows import returned_rows

    loaded = load_project(project, environment=environment)
    pack = opened_pack(loaded, file, as_of=date.today())
    rows = returned_rows(desk_of(loaded, pack.newest, every=True), file, by=who(by))
    found, words, recorded, corrected = pack.found, rows.words, tuple[int, ...](), tuple[int, ...]()
    if rows.older is not None:
        output.note(rows.older)
    if (found.taken or words) and not dry_run:
        if not yes:
            output.say("\n".join(lines(found, rows, dry_run=True)))
        if not output.agreed("Record these answers?", yes=yes):
            raise UsageError("nothing was recorded", remedy="repeat it and agree, or look with --dry-run")
        recorded = imported(pack, by=who(by))
        corrected = record(pack.engine, words, by=who(by))
    data = {
        "recorded": list(recorded),
        "answers": sum(1 for one in found.taken if one.draft.kind == "verdict"),
        "pins": sum(1 for one in found.taken if one.draft.kind == "pin"),
        "already": found.already,
        "empty": found.empty,
        "corrections": {"words": len(words), "recorded": list(corrected)},
        "problems": [problem.as_json() for problem in (*found.problems, *rows.problems)],
        "dry_run": dry_run,
    }
    output.answer(data, "\n".join(lines(found, rows, dry_run=dry_run)))


def lines(found: Returned, rows: ReturnedRows, *, dry_run: bool) -> Iterator[str]:
    """What a pack said, for people."""
    from crm_unify.steward.review.pack_rows import told

    answers = sum(1 for one in found.taken if one.draft.kind == "verdict")
    pins = len(found.taken) - answers
    would = "would be" if dry_run else "are"
    yield f"{answers:,} answers and {pins:,} chosen values {would} recorded; in force from the next run"
    if rows.words:
        yield f"{counted(len(rows.words), 'correction')} {would} recorded:"
        yield from (f"  {line}" for line in told(rows.repairs))
    if found.already:
        yield f"{found.already:,} answers hold already"
    if found.empty:
        yield f"{found.empty:,} questions came back without an answer and stay open"
    problems = (*found.problems, *rows.problems)
    if problems:
        yield f"{len(problems):,} cells or rows are not taken:"
    for problem in problems:
        raw = f" {problem.raw!r}" if problem.raw else ""
        yield f"  {problem.place}:{raw} {problem.sentence}"
