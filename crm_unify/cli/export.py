"""The CRM tables as sorted CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.export import Exported


@click.command("export")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the files.")
@environment_option
@project_argument
@output_options
def command(output: Output, project: Path, out: Path, environment: str | None) -> None:
    """Write every CRM table and the cross reference of source keys as CSV, sorted by key.

    The same content gives the same bytes on every database. Values are exact, made for systems: text that
    looks like a spreadsheet formula is not changed.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.schema.target import open_target
    from crm_unify.schema.upgrade import require
    from pipelines.export import export

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    files = export(engine, out, progress=output.progress())
    output.answer(as_json(files), "\n".join(lines(files)))


def as_json(files: Sequence[Exported]) -> dict[str, object]:
    """The files for programs."""
    return {"files": [{"table": f.table, "path": str(f.path), "rows": f.rows} for f in files]}


def lines(files: Sequence[Exported]) -> list[str]:
    """The files for people."""
    width = max((len(str(f.path)) for f in files), default=0)
    return [f"{f.path!s:<{width}}  {f.rows:>12,} rows" for f in files]
