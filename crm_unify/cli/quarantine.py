"""Rows that wait for a repair: list, fix in a workbook, replay, waive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli import _repairing
from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crm_unify.steward.quarantine import BadRow
    from pipelines.corrections import Correction

SHOWN: Final = 20
"""Rows that `list` shows of each code; ``--json`` has all of them."""


@click.group("quarantine")
@output_options
def command(output: Output) -> None:
    """Rows that wait for a repair, and what people repaired.

    `export` writes a workbook with each row as it came, the reason and cells to fix; `import` takes it back
    as corrections, which every run applies to the text of the source before the rules; `replay` is such a
    run. A correction ends when the source itself says something else, or with `revoke`.
    """


def waiting_options(function: click.decorators.FC) -> click.decorators.FC:
    """Add the options that choose among the rows that wait."""
    for add in (
        click.option("--map", "map_name", metavar="MAP", help="Rows of this rule file alone."),
        click.option("--code", metavar="CODE", help="Rows with this code alone."),
        click.option("--all", "every", is_flag=True, help="Held rows and withheld values, too."),
    ):
        function = add(function)
    return function


@command.command("list")
@waiting_options
@environment_option
@project_argument
@output_options
def listed(
    output: Output,
    project: Path,
    environment: str | None,
    map_name: str | None,
    code: str | None,
    *,
    every: bool,
) -> None:
    """Which rows wait, and why; the newest run decides."""
    desk = _repairing.opened(project, environment, every=every)
    rows = _repairing.chosen(desk.rows, map_name, code)
    data = {"run": desk.newest.run.id, "rows": [row.as_json() for row in rows]}
    output.answer(data, "\n".join([*row_lines(rows), f"{len(rows):,} rows wait"]))


def row_lines(rows: Sequence[BadRow]) -> Iterator[str]:
    """The rows by map and code, the first ones of each."""
    groups: dict[tuple[str, str], list[BadRow]] = {}
    for row in rows:
        groups.setdefault((row.map, ", ".join(row.codes)), []).append(row)
    for (name, codes), mine in groups.items():
        yield f"{name}  {codes}  {len(mine):,}"
        for row in mine[:SHOWN]:
            place = "" if row.place is None else f"  {row.place}"
            yield f"  {row.row_id[:12]}  {row.key or 'no key'}{place}: {' '.join(row.sentences)}"
        if len(mine) > SHOWN:
            yield f"  {len(mine) - SHOWN:,} more (--json shows all)"


@command.command("corrections")
@environment_option
@project_argument
@output_options
def corrections(output: Output, project: Path, environment: str | None) -> None:
    """What people repaired, and whether it holds: in force, dropped with the reason, taken back."""
    desk = _repairing.opened(project, environment, every=False)
    dropped = {one["id"]: one for one in desk.repairs.get("dropped", ())}
    data = [one.as_json() | {"state": _state(one, dropped)} for one in desk.corrections]
    lines = [correction_line(one, _state(one, dropped)) for one in desk.corrections]
    output.answer({"corrections": data}, "\n".join(lines) or "nothing has been corrected yet")


def _state(one: Correction, dropped: dict[int, dict[str, str]]) -> str:
    if one.ended_by is not None:
        return f"ended by {one.ended_by}"
    if one.id in dropped:
        return f"dropped: {dropped[one.id]['outcome']}"
    return "in force"


def correction_line(one: Correction, state: str) -> str:
    """One correction for people."""
    if one.revokes is not None:
        said = f"takes back {one.revokes}"
    elif one.field is None:
        said = f"{one.row} waived"
    else:
        said = f"{one.row} {one.field}: {one.old_value!r} -> {one.new_value!r}"
    return f"{one.id:>4}  {state:<10}  {said}  ({one.by}, {one.at:%Y-%m-%d}: {one.why})"


@command.command("export")
@click.option("--out", type=click.Path(path_type=Path), help="Workbook; quarantine.xlsx beside the project.")
@waiting_options
@environment_option
@project_argument
@output_options
def export(
    output: Output,
    project: Path,
    environment: str | None,
    out: Path | None,
    map_name: str | None,
    code: str | None,
    *,
    every: bool,
) -> None:
    """Write a workbook with the rows that wait: the row as it came, the reason, cells to fix."""
    desk = _repairing.opened(project, environment, every=every)
    path = desk.project.root / "quarantine.xlsx" if out is None else out
    rows = _repairing.chosen(desk.rows, map_name, code)
    if not rows:
        output.answer({"workbook": None, "rows": 0}, "no row waits; no workbook was written")
        return
    desk.write(path, rows)
    output.answer({"workbook": str(path), "rows": len(rows)}, f"{len(rows):,} rows in {path}")


@command.command("files")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the files.")
@environment_option
@project_argument
@output_options
def files(output: Output, project: Path, environment: str | None, out: Path) -> None:
    """Write MAP_loaded.csv and MAP_rejected.csv for each rule file, and missing_parents.csv.

    As CRM administrators know them: every source row is in one of the two, with its line, its key, and the
    customer it became or the reason it did not load.
    """
    from crm_unify.steward.row_files import write_row_files

    desk = _repairing.opened(project, environment, every=False)
    written = write_row_files(desk.project, desk.newest, out)
    data = {"folder": str(out), "files": {one.name: rows for one, rows in written.items()}}
    output.answer(data, "\n".join(_counts((one.name, rows) for one, rows in written.items())))


def _counts(files: Iterable[tuple[str, int]]) -> Iterator[str]:
    return (f"{name}: {rows:,} rows" for name, rows in files)


for _one in (_repairing.taken, _repairing.replay, _repairing.waive, _repairing.revoke):
    command.add_command(_one)
