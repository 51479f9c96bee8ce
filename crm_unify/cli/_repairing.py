"""The part of `crm-unify quarantine` that changes something: import, replay, waive, revoke."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from crm_unify.cli._options import (
    environment_option,
    given_options,
    output_options,
    project_argument,
    project_option,
    yes_option,
)
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who
from crm_unify.errors import EXIT_DONE, EXIT_NEEDS_PERSON, UsageError

if TYPE_CHECKING:
    from crm_unify.run.correcting import NewCorrection
    from crm_unify.run.found import Given
    from crm_unify.run.planned import Outcome
    from crm_unify.steward.desk import Desk
    from crm_unify.steward.quarantine import BadRow

IN_FORCE: Final = "in force from the next run; `crm-unify quarantine replay` is one"
SHOWN: Final = 30
"""Lines shown before a person agrees."""
LEAST: Final = 6
"""Characters of a row id that name it."""


def opened(project: Path, environment: str | None, *, every: bool) -> Desk:
    """The desk of a project after its newest run; `every`: rows of all queues."""
    from crm_unify.rules.load import load_project
    from crm_unify.steward.desk import desk_of
    from crm_unify.steward.newest import newest_run

    loaded = load_project(project, environment=environment)
    return desk_of(loaded, newest_run(loaded), every=every)


def chosen(rows: Sequence[BadRow], map_name: str | None, code: str | None) -> list[BadRow]:
    """The rows of a map and with a code. Raises UsageError for a map or code that no row has."""
    known = (("map", map_name, {row.map for row in rows}), ("code", code, {c for r in rows for c in r.codes}))
    for what, name, names in known:
        if name is not None and name not in names:
            remedy = f"{what}s of rows that wait: {', '.join(sorted(names))}" if names else "no row waits"
            raise UsageError(f"no row waits with this {what}", name, remedy=remedy)
    mine = (row for row in rows if map_name in (None, row.map))
    return [row for row in mine if code is None or code in row.codes]


@click.command("import")
@click.argument("workbook", type=click.Path(path_type=Path))
@click.option("--why", default="", help="The reason, where a line of the workbook gives none.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@by_option
@environment_option
@yes_option
@project_option
@output_options
def taken(
    output: Output,
    workbook: Path,
    project: Path,
    environment: str | None,
    why: str,
    by: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take a workbook back: what was changed in it becomes corrections and waivers.

    All of it or nothing: a workbook of which anything cannot be taken (a formula, a date that Excel made of a
    text, a changed key, a line about a row that does not wait any more) is refused with every cell named.
    """
    from crm_unify.steward.review.pack_rows import told
    from crm_unify.steward.sheet_edits import Returned
    from crm_unify.steward.workbook_back import Known, older_than, read_quarantine, refuse_strange

    desk = opened(project, environment, every=True)
    book = Returned(workbook)
    run = book.about.get("run", "")
    refuse_strange(book, desk.about(run))
    older = older_than(run, desk.newest.run.id)
    if older is not None:
        output.note(older)
    repairs = read_quarantine(book, Known(desk.rows, desk.corrections, who(by), why))
    lines = list(told(repairs))
    words = [word for one in repairs for word in one.said]
    if words and not dry_run:
        _agree(output, lines, yes=yes)
    _record(output, desk, words, lines, by=who(by), yes=True, dry_run=dry_run)


@click.command("waive")
@click.argument("rows", metavar="[ROW]...", nargs=-1)
@click.option("--map", "map_name", metavar="MAP", help="All rows of this rule file that wait.")
@click.option("--code", metavar="CODE", help="All rows that wait with this code.")
@click.option("--why", required=True, help="The reason, kept with it.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@by_option
@environment_option
@yes_option
@project_option
@output_options
def waive(
    output: Output,
    rows: Sequence[str],
    project: Path,
    environment: str | None,
    map_name: str | None,
    code: str | None,
    why: str,
    by: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Say of rows that they shall not be loaded as they are: SYS-WAIVED in the account.

    ROW is the beginning of a row id or MAP:KEY, as `quarantine list` shows them. A waiver holds for as long
    as the row stays as it is in its source.
    """
    from crm_unify.run.correcting import waiving

    if not why.strip():
        raise UsageError("the reason is empty", "--why", remedy="say why, for those who come later")
    if not rows and map_name is None and code is None:
        raise UsageError("no row is named", "ROW", remedy="name rows, or all of a --code or --map")
    desk = opened(project, environment, every=True)
    able = [row for row in desk.rows if row.queue != "withheld"]
    mine = [_named(able, name) for name in rows] if rows else chosen(able, map_name, code)
    words = [waiving(row.source, why=why) for row in mine]
    lines = [f"{row.map} {row.key or row.row_id[:12]}  waived: {why}" for row in mine]
    _record(output, desk, words, lines, by=who(by), yes=yes, dry_run=dry_run)


def _named(rows: Sequence[BadRow], name: str) -> BadRow:
    """The row of this id or key. Raises UsageError for none, or several."""
    found = [
        r for r in rows if name == f"{r.map}:{r.key}" or (len(name) >= LEAST and r.row_id.startswith(name))
    ]
    if len(found) == 1:
        return found[0]
    what = "several rows have this name" if found else "no row that waits has this name"
    remedy = "name it by its row id, as `crm-unify quarantine list --all` shows it"
    raise UsageError(what, name, remedy=remedy)


@click.command("revoke")
@click.argument("numbers", metavar="CORRECTION...", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--why", default="", help="The reason, kept with it.")
@by_option
@environment_option
@yes_option
@project_option
@output_options
def revoke(
    output: Output,
    numbers: Sequence[int],
    project: Path,
    environment: str | None,
    why: str,
    by: str | None,
    *,
    yes: bool,
) -> None:
    """Take corrections or waivers back; `quarantine corrections` lists them with their numbers.

    Nothing is deleted: both stay on record. From the next run on the row is what its source says.
    """
    from crm_unify.run.correcting import taking_back
    from crm_unify.schema.target import reachable

    desk = opened(project, environment, every=False)
    with reachable(desk.newest.engine), desk.newest.engine.connect() as connection:
        words = taking_back(connection, numbers, why=why)
    lines = [f"correction {number} is taken back" for number in dict.fromkeys(numbers)]
    _record(output, desk, words, lines, by=who(by), yes=yes, dry_run=False)


def _agree(output: Output, lines: Sequence[str], *, yes: bool) -> None:
    """Show what would be recorded and ask. Raises UsageError without a yes, or where nobody can be asked."""
    if not yes:
        more = [f"and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
        output.say("\n".join([*lines[:SHOWN], *more]))
    if not output.agreed("Record this?", yes=yes):
        raise UsageError("nothing was recorded", remedy="repeat it and agree")


def _record(
    output: Output,
    desk: Desk,
    words: Sequence[NewCorrection],
    lines: Sequence[str],
    *,
    by: str,
    yes: bool,
    dry_run: bool,
) -> None:
    """Show what is recorded, ask where there is a terminal, and record all of it."""
    from crm_unify.run.correcting import record
    from crm_unify.wording import counted

    if words and not yes and not dry_run and sys.stdin.isatty():
        _agree(output, lines, yes=False)
    numbers = () if dry_run else record(desk.newest.engine, words, by=by)
    data = {"recorded": list(numbers), "words": len(words), "lines": list(lines), "dry_run": dry_run}
    done = "would be recorded" if dry_run else "recorded"
    tail = f"{counted(len(words), 'correction')} {done}" if words else "nothing new: all of it stands already"
    output.answer(data, "\n".join([*lines, tail, *([IN_FORCE] if numbers else [])]))


@click.command("replay")
@given_options
@environment_option
@click.option("--strict", is_flag=True, help="Exit with 1 when something waits for a person.")
@yes_option
@project_argument
@output_options
def replay(
    output: Output, project: Path, given: Given, environment: str | None, *, strict: bool, yes: bool
) -> int:
    """Run with the corrections, and tell what became of each row that was repaired."""
    from crm_unify.cli._summary import outcome_lines
    from crm_unify.cli.run import asking
    from crm_unify.rules.load import load_project
    from crm_unify.run.stages import run

    loaded = load_project(project, environment=environment)
    outcome = run(loaded, given=given, progress=output.progress(), agreed=asking(output, yes=yes))
    repaired = became(outcome)
    lines = [f"  correction {one['id']}: {one['became']}" for one in repaired]
    data = outcome.as_json() | {"repaired": repaired}
    output.answer(data, "\n".join([*outcome_lines(outcome), "repaired rows:" if lines else "", *lines]))
    return EXIT_NEEDS_PERSON if strict and outcome.planned.waiting else EXIT_DONE


def became(outcome: Outcome) -> list[dict[str, Any]]:
    """Of each correction that holds or dropped: what became of its row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    fates = outcome.planned.results.fates
    rows = outcome.planned.repairs
    mine = fates.filter(pc.is_in(fates["row_id"], pa.array([row["row_id"] for row in rows], pa.string())))
    found = {(row["map"], row["row_id"]): row for row in mine.to_pylist()}
    told = []
    for row in rows:
        fate = found.get((row["map"], row["row_id"]))
        where = (
            ""
            if fate is None
            else f", the row is {fate['fate']}" + (f" ({fate['rule']})" if fate["rule"] else "")
        )
        told.append(
            {**row, "fate": None if fate is None else fate["fate"], "became": f"{row['outcome']}{where}"}
        )
    return told
