"""What is in files and databases nobody has looked at, and what is wrong with it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from crm_unify.cli._options import output_options
from crm_unify.cli._output import Output


@click.command("profile")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--table", "tables", metavar="NAME", multiple=True, help="Only this table; may be repeated.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write it as a page.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day after which dates are future; today by default."
)
@output_options
def command(
    output: Output,
    sources: tuple[str, ...],
    *,
    tables: tuple[str, ...],
    html: Path | None,
    as_of: datetime | None,
) -> None:
    """Look at files, folders, archives or database URLs: what is in them, and what is wrong with it.

    Every row of every table is counted: what each column holds, in which forms, which values stand for
    nothing, what tells rows apart, which tables refer to which. Nothing is written but the page. Answer and
    page hold customer data: hand them only to people who may see it.
    """
    from crm_unify.cli._light import spare_pandas

    spare_pandas()
    from crm_unify.cli._profile import as_json, as_text
    from pipelines.profile.profile import profile

    day = date.today() if as_of is None else as_of.date()
    found = profile(sources, as_of=day, progress=output.progress(), only=tables)
    answer = as_json(found)
    if html is not None:
        from crm_unify.steward.profile_page import write_page

        write_page(found, html)
        answer["html"] = str(html)
        output.note(f"written: {html}")
    output.answer(answer, as_text(found))
