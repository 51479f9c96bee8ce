"""Apply exactly what a plan says, or refuse if anything moved."""

from __future__ import annotations

from pathlib import Path

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import who


@click.command("apply")
@click.argument("plan", type=click.Path(path_type=Path))
@environment_option
@click.option("--unapproved", is_flag=True, help="Let it pass although rules are not approved; kept.")
@yes_option
@project_option
@output_options
def command(
    output: Output, plan: Path, project: Path, environment: str | None, *, unapproved: bool, yes: bool
) -> None:
    """Write the changes of a plan file into the CRM in one transaction.

    Refused, with nothing written: a plan whose file was changed, one made for another database, and one made
    of rules, sources or a state of the CRM that are others now. The sources are read again for that.
    """
    from crm_unify.errors import UsageError
    from crm_unify.rules.load import load_project
    from crm_unify.run.applying import apply_file

    loaded = load_project(project, environment=environment)
    if not output.agreed(f"Write the changes of {plan} into the CRM?", yes=yes):
        raise UsageError("nothing was written", str(plan), remedy="repeat it and agree")
    allows = who(None) if unapproved else ""
    applied = apply_file(loaded, plan, progress=output.progress(), unapproved=allows)
    data = {"run": applied.run, "written_rows": applied.written_rows}
    output.answer(data, f"run {applied.run}: written_rows {applied.written_rows:,}")
