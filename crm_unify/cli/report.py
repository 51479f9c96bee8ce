"""What became of every row, as one page to read or print."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError

REPORT: Final = "report.html"
"""Name of the page beside the project file."""


@click.command("report")
@click.option("--out", type=click.Path(path_type=Path), help=f"File to write; {REPORT} beside the project.")
@environment_option
@project_argument
@output_options
def command(output: Output, project: Path, out: Path | None, environment: str | None) -> None:
    """Write the report of the newest run: one HTML page that needs nothing else and prints well.

    How many customers came out of how many rows, where every row went, what waits for a decision, and how far
    the matches can be trusted. The page holds customer data: hand it only to people who may see it.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.report.gather import gather
    from crm_unify.steward.report.page import page

    place = writable(project.parent / REPORT if out is None else out)
    loaded = load_project(project, environment=environment)
    found = gather(loaded, newest_run(loaded))
    text = page(found)
    place.write_text(text, encoding="utf-8", newline="\n")
    answer = {
        "run": found.head.run,
        "report": str(place),
        "customers": found.people.customers,
        "extracted": found.total.extracted,
        "waiting": found.waiting,
    }
    output.answer(answer, f"report of run {found.head.run}: {place}")


def writable(place: Path) -> Path:
    """The file to write, if its folder is there and it is no folder itself; else UsageError."""
    if place.is_dir():
        raise UsageError("the report would replace a folder", "--out", why=str(place), remedy="name a file")
    if not place.parent.is_dir():
        remedy = "make the folder first, or name another file"
        raise UsageError(
            "there is no folder for the report", "--out", why=f"no folder {place.parent}", remedy=remedy
        )
    return place
