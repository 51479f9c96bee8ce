"""Why two records are one customer, or are not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_option
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from crm_unify.rules.loaded import LoadedProject
    from crm_unify.steward.explain import Explained


@click.command("explain")
@click.argument("one")
@click.argument("other", required=False)
@click.option(
    "--html", type=click.Path(path_type=Path), help="Write it as a page, with the waterfall as a picture."
)
@environment_option
@project_option
@output_options
def command(
    output: Output, one: str, other: str | None, project: Path, html: Path | None, environment: str | None
) -> None:
    """Show what every field says about two records, in bits, and what it comes to.

    ONE and OTHER are record ids or customer ids; of two customers every pair of their records is looked at.
    ONE customer by itself is explained by its weakest link. Only the CRM database is read: neither workspace
    nor sources are needed.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.steward.explain_text import lines

    loaded = load_project(project, environment=environment)
    found = _found(loaded, one, one if other is None else other, output)
    data = found.as_json()
    if html is not None:
        from crm_unify.steward.explain_page import write_page

        write_page(loaded, found, html)
        data["html"] = str(html)
        output.note(f"written: {html}")
    output.answer(data, "\n".join(lines(found)))


def _found(project: LoadedProject, one: str, other: str, output: Output) -> Explained:
    """The answer, out of the CRM database."""
    from crm_unify.run.explain import explainer
    from crm_unify.run.model import settings
    from crm_unify.run.subjects import subject
    from crm_unify.schema.target import open_target, reachable
    from crm_unify.schema.upgrade import require
    from crm_unify.steward.explain import explained

    engine = open_target(project.project.target, root=project.root)
    require(engine)
    with reachable(engine), engine.connect() as connection:
        subjects = [subject(connection, said) for said in (one, other)]
        known = explainer(connection, settings(project.project), progress=output.progress())
        return explained(connection, known, subjects)
