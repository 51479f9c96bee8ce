"""What changed in the CRM since a run, for the systems that run alongside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.run.history import Since


@click.command("changes")
@click.option("--since", required=True, metavar="RUN", help="What came after this run; 0 for everything.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output by default.")
@environment_option
@project_argument
@output_options
def command(
    output: Output, project: Path, since: str, form: str, out: Path | None, environment: str | None
) -> None:
    """Tell row by row what later runs created, changed and deleted in the CRM tables.

    Several changes of a row are told as one. A follower that asks once more with the number of the newest
    run (`until` with --json, the last line of `crm-unify runs`) gets what is new to it.
    """
    import json

    from crm_unify.rules.load import load_project
    from crm_unify.run import history
    from crm_unify.schema.target import open_target, reachable
    from crm_unify.schema.upgrade import require
    from crm_unify.wording import counted

    loaded = load_project(project, environment=environment)
    engine = open_target(loaded.project.target, root=loaded.root)
    require(engine)
    with reachable(engine), engine.connect() as connection:
        found = history.since(connection, since)
    data: dict[str, object] = {"since": found.since, "until": found.until, "rows": len(found.changes)}
    if out is not None:
        write(out, "".join(f"{line}\n" for line in lines(found, form)))
        told = f"{counted(len(found.changes), 'row')} since run {found.since}, up to run {found.until}: {out}"
        output.answer({**data, "path": str(out)}, told)
    elif output.json:
        output.answer({**data, "changes": [json.loads(line) for line in found.lines()]}, "")
    else:
        output.answer(data, "\n".join(lines(found, form)))


def lines(found: Since, form: str) -> Iterator[str]:
    """The changes as CSV with a header, or as one JSON object a line."""
    if form == "jsonl":
        yield from found.lines()
        return
    import pyarrow as pa
    import pyarrow.csv

    sink = pa.BufferOutputStream()
    pa.csv.write_csv(found.changes, sink, pa.csv.WriteOptions(quoting_header="none", quoting_style="needed"))
    yield sink.getvalue().to_pybytes().decode().rstrip("\n")


def write(path: Path, text: str) -> None:
    """Write the file. Raises UsageError when that is impossible."""
    from crm_unify.errors import UsageError

    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        remedy = "name a file that can be written with --out"
        raise UsageError("the changes cannot be written", str(path), why=str(error), remedy=remedy) from error
