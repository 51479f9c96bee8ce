"""Write down what a run would change, and change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, given_options, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from crm_unify.run.found import Given
    from crm_unify.run.planned import Planned


@click.command("plan")
@given_options
@environment_option
@click.option("--out", type=click.Path(path_type=Path), help="Plan file; plan.jsonl beside the project file.")
@project_argument
@output_options
def command(
    output: Output, project: Path, given: Given, environment: str | None, out: Path | None
) -> None:
    """Compute everything a run would write, and write it to a file instead of into the CRM.

    The file holds one change a line (JSON) and a hash over all of them; `crm-unify apply` writes exactly
    that, or refuses when the CRM has changed since.
    """
    from crm_unify.cli._summary import planned_lines
    from crm_unify.rules.load import load_project
    from crm_unify.run.stages import plan_to_file
    from crm_unify.wording import counted

    loaded = load_project(project, environment=environment)
    path = loaded.root / "plan.jsonl" if out is None else out
    planned = plan_to_file(loaded, path, given=given, progress=output.progress())
    changes = counted(planned.changes.written_rows, "change")
    text = "\n".join([*planned_lines(planned), "", f"{changes} in {path}"])
    output.answer(as_json(planned, path), text)


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
        "drift": planned.drift,
        "rekeyed": planned.rekeyed,
        "open_keys": [list(pair) for pair in planned.open_keys],
        "stops": [stop.as_json() for stop in planned.stops],
        "rows": planned.changes.written_rows,
    }
