"""Where did this cell go, and which value won?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_option
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.steward.trace import CellTrace, Step


@click.command("trace")
@click.argument("origin")
@environment_option
@project_option
@output_options
def command(output: Output, origin: str, project: Path, environment: str | None) -> None:
    """Follow one cell from its file through rule and claim to the golden value, or say why not.

    ORIGIN is FILE!SHEET!C7 for a workbook, FILE!LINE!COLUMN for a text file (first line of the row, the
    header is line 1), or RECORD_ID!COLUMN for any record. Quote it: the shell has plans of its own for "!".
    """
    from crm_unify.rules.load import load_project
    from crm_unify.steward.ledger_view import LedgerView
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.origin import parse_origin
    from crm_unify.steward.trace import Snapshot, trace
    from pipelines.corrections import read_corrections

    asked = parse_origin(origin)
    loaded = load_project(project, environment=environment)
    newest = newest_run(loaded)
    with newest.engine.connect() as connection:
        results = newest.results
        by_id = {one.id: one for one in read_corrections(connection)}
        said = ((by_id[one["id"]], one) for one in results.figures.get("repaired", ()))
        corrected = {(at["map"], at["row_id"], one.field or ""): one for one, at in said}
        snapshot = Snapshot(newest.landed, results.fates, results.rejections, corrected)
        found = trace(asked, project=loaded, snapshot=snapshot, view=LedgerView(connection))
    text = "\n\n".join("\n".join(lines(one)) for one in found)
    output.answer({"origin": origin, "traces": [one.as_json() for one in found]}, text)


def lines(found: CellTrace) -> Iterator[str]:
    """The way of a cell for people."""
    place = ", ".join(str(part) for part in (found.file, found.sheet, found.row) if part is not None)
    raw = "absent" if found.raw is None else repr(found.raw)
    yield f"{place}, column {found.column}: {raw}"
    if found.corrected is not None:
        yield f"  corrected to {found.corrected}"
    yield f"  map {found.map}: {found.sentence}"
    for step in found.steps:
        yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    if step.target is None:
        yield f"  {step.outcome}: {step.sentence}"
        return
    yield f"  -> {step.target} of {step.record_id}"
    yield f"     how:     {step.how}"
    if step.rule is not None:
        yield f"     rule:    {step.rule}"
    yield f"     claim:   {step.value!r}"
    yield f"     {step.outcome + ':':<8} {step.sentence}"
    if step.customer_id is not None:
        yield f"     in CRM:  {step.golden!r}, customer {step.customer_id}"
