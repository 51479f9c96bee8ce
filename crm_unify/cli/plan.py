"""Write down what a run would change, and change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli._options import environment_option, given_options, output_options, project_argument
from crm_unify.cli._output import Output

SHOWN: Final = 8
"""Customers shown one by one; ``--json`` has all of them."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.run.found import Given
    from crm_unify.run.planned import Planned
    from pipelines.changes import PlanDiff


@click.command("plan")
@given_options
@environment_option
@click.option("--out", type=click.Path(path_type=Path), help="Plan file; plan.jsonl beside the project file.")
@click.option("--diff", "other", type=click.Path(path_type=Path), help="Compare it with this earlier plan.")
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    given: Given,
    environment: str | None,
    *,
    out: Path | None,
    other: Path | None,
) -> None:
    """Compute everything a run would write, and write it to a file instead of into the CRM.

    The file holds one change a line (JSON) and a hash over all of them; `crm-unify apply` writes exactly
    that, or refuses when the CRM has changed since. Where the CRM is filled already it is told how far the
    changes reach: customers merged and split, those among them that a person had confirmed, golden values.
    """
    from crm_unify.cli._summary import planned_lines
    from crm_unify.rules.load import load_project
    from crm_unify.run.stages import plan_to_file
    from crm_unify.wording import counted
    from pipelines.changes import plan_diff, read_plan

    loaded = load_project(project, environment=environment)
    path = loaded.root / "plan.jsonl" if out is None else out
    before = None if other is None else read_plan(other)  # it may be the file that is written anew
    planned = plan_to_file(loaded, path, given=given, progress=output.progress())
    changes = counted(planned.changes.written_rows, "change")
    found = None if before is None else plan_diff(planned.changes, before)
    told = [] if found is None else ["", *diff_lines(found)]
    text = "\n".join([*planned_lines(planned), *told, "", f"{changes} in {path}"])
    output.answer(as_json(planned, path) | ({} if found is None else {"diff": found.as_json()}), text)


def diff_lines(found: PlanDiff) -> Iterator[str]:
    """Two plans side by side, for people."""
    if not (found.head or found.tables or found.moves):
        yield "the plans are the same"
        return
    yield "against the earlier plan:"
    yield from (f"  {said}" for said in found.head)
    for name, one in found.tables.items():
        yield f"  {name}: {one.only_new:,} only new, {one.only_old:,} only before, {one.other:,} otherwise"
    yield from (f"    {said}" for said in (*found.moves[:SHOWN], *found.samples))
    if len(found.moves) > SHOWN:
        yield f"    and {len(found.moves) - SHOWN:,} customers more (--json shows all)"


def as_json(planned: Planned, path: Path) -> dict[str, object]:
    """The account and the changes by table."""
    changes = {
        table: {"create": len(c.creates), "update": len(c.updates), "delete": len(c.deletes)}
        for table, c in planned.changes.tables.items()
    }
    return {
        "plan": str(path),
        "account": {line.map: line.as_json() for line in planned.account},
        "customers": planned.customers,
        "review_pairs": planned.review_pairs,
        "changes": changes,
        "blocked": planned.blocked,
        "stay_deleted": list(planned.stay_deleted),
        "radius": None if planned.radius is None else planned.radius.as_json(),
        "drift": planned.drift,
        "rekeyed": planned.rekeyed,
        "resembles_erased": list(planned.resembling),
        "open_keys": [list(pair) for pair in planned.open_keys],
        "stops": [stop.as_json() for stop in planned.stops],
        "rows": planned.changes.written_rows,
    }
