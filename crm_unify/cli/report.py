"""Reports people act on: of the run, for stewards, on the quality of sources, for the sponsor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError

if TYPE_CHECKING:
    from crm_unify.rules.loaded import LoadedProject
    from crm_unify.steward.newest import Newest
    from crm_unify.steward.reports.values import Report

RUN: Final = "run"
KINDS: Final = (RUN, "steward", "quality", "sponsor")


@click.command("report")
@click.option("--kind", type=click.Choice(KINDS), default=RUN, show_default=True,
              help="What it is about.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path),
              help="File: .html, .pdf, .xlsx (not of the run); by default beside the project.")  # fmt: skip
@click.option("--pdf", is_flag=True, help="A PDF instead of a page, printed by the system's Chromium.")
@click.option(
    "--mask", "masked", is_flag=True, help="Names of customers and stewards taken out (not of the run)."
)
@environment_option
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    environment: str | None,
    kind: str,
    out: Path | None,
    *,
    pdf: bool,
    masked: bool,
) -> None:
    """Write a report as of the newest run: one HTML page that needs nothing else and prints well.

    run: how many customers came out of how many rows, where every row went, what waits, how far the matches
    can be trusted. steward: the queue by reason and age, decisions by person and day, agreement, accuracy by
    samples. quality: how full, valid, unique, consistent and fresh each source is, run after run, by field.
    sponsor: one page on where the migration stands. With --json the tables come as JSON, too.

    Pages may hold customer data: hand them only to people who may see it, or use --mask.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.steward.newest import newest_run

    place = writable(_place(project, kind, out, pdf=pdf))
    if kind == RUN and (masked or place.suffix.lower() == ".xlsx"):
        remedy = f"choose another --kind ({', '.join(KINDS[1:])}), or leave it out"
        raise UsageError(
            "the report of the run shows records side by side as a page", "--kind run", remedy=remedy
        )
    loaded = load_project(project, environment=environment)
    newest = newest_run(loaded)
    write = _of_run if kind == RUN else _of_kind(kind, masked=masked)
    answer = write(loaded, newest, place)
    output.answer(answer, f"report of run {newest.run.id}: {place}")


def _place(project: Path, kind: str, out: Path | None, *, pdf: bool) -> Path:
    """The file to write. Raises UsageError where its name and --pdf do not agree."""
    if out is None:
        name = "report" if kind == RUN else f"report-{kind}"
        return project.parent / f"{name}{'.pdf' if pdf else '.html'}"
    suffix = out.suffix.lower()
    if pdf and suffix != ".pdf":
        raise UsageError("--pdf and the name of the file do not agree", str(out), remedy="let it end in .pdf")
    return out


def _of_run(project: LoadedProject, newest: Newest, place: Path) -> dict[str, Any]:
    from crm_unify.steward.report.gather import gather
    from crm_unify.steward.report.page import page

    found = gather(project, newest)
    _write(page(found), place)
    return {
        "run": found.head.run,
        "report": str(place),
        "customers": found.people.customers,
        "extracted": found.total.extracted,
        "waiting": found.waiting,
    }


def _of_kind(kind: str, *, masked: bool) -> Callable[[LoadedProject, Newest, Path], dict[str, Any]]:
    def write(project: LoadedProject, newest: Newest, place: Path) -> dict[str, Any]:
        from crm_unify.steward.reports.book import write_report
        from crm_unify.steward.reports.page import page

        report = _made(kind, project, newest, masked=masked)
        if place.suffix.lower() == ".xlsx":
            write_report(report, place)
        else:
            _write(page(report), place)
        return report.as_json() | {"file": str(place)}

    return write


def _made(kind: str, project: LoadedProject, newest: Newest, *, masked: bool) -> Report:
    from crm_unify.steward.reports.quality import quality_report
    from crm_unify.steward.reports.sponsor import sponsor_report
    from crm_unify.steward.reports.stewards import steward_report

    if kind == "steward":
        return steward_report(project, newest, today=date.today(), masked=masked)
    return (quality_report if kind == "quality" else sponsor_report)(project, newest, masked=masked)


def _write(text: str, place: Path) -> None:
    if place.suffix.lower() == ".pdf":
        from crm_unify.steward.reports.pdf import write_pdf

        write_pdf(text, place)
    else:
        place.write_text(text, encoding="utf-8", newline="\n")


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
