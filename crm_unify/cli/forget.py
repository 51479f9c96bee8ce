"""Erase a customer everywhere, and keep it from coming back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_option, yes_option
from crm_unify.cli._output import Output
from crm_unify.cli._who import by_option, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.run.forget import Erasure


@click.command("forget")
@click.argument("customer")
@click.option("--why", required=True, help="The reason, kept for ever: no names in it.")
@by_option
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.option(
    "--certificate", type=click.Path(path_type=Path), help="Certificate; erasure-N.json beside the project."
)
@environment_option
@yes_option
@project_option
@output_options
def command(
    output: Output,
    customer: str,
    project: Path,
    environment: str | None,
    why: str,
    by: str | None,
    *,
    certificate: Path | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Erase a customer: rows, orders and cases, claims, before-images, decision texts, plans, reports, logs.

    Its source rows are blocked for ever by keyed hashes, whose key stands in CRM_UNIFY_ERASURE_KEY (or the
    variable that the project file names under `erasure`); from then on no run works without that key. A later
    record that only resembles it is loaded and listed for review. This cannot be undone. The sources
    themselves are not touched: the certificate names the files in the project that still tell of the person.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.forget import forget

    def agreed(found: Erasure) -> bool:
        if not yes:
            output.say("\n".join(lines(found, done=False)))
        return output.agreed("Erase this customer for ever?", yes=yes)

    loaded = load_project(project, environment=environment)
    found = forget(loaded, customer, why=why, by=who(by), agreed=None if dry_run else agreed)
    data, text = found.as_json() | {"dry_run": dry_run}, "\n".join(lines(found, done=not dry_run))
    if not dry_run:
        path = loaded.root / f"erasure-{found.number}.json" if certificate is None else certificate
        path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        path.with_suffix(".txt").write_text(text + "\n", encoding="utf-8")
        text += f"\ncertificate: {path} and {path.with_suffix('.txt').name}"
    output.answer(data, text)


def lines(found: Erasure, *, done: bool) -> Iterator[str]:
    """A certificate for people."""
    at = found.at.strftime("%Y-%m-%d %H:%M UTC")
    yield (
        f"erasure {found.number}: customer {found.customer} was erased on {at} by {found.by}"
        if done
        else f"customer {found.customer} would be erased"
    )
    yield f"  why: {found.why}"
    yield from (f"  {name}: {count:,} rows" for name, count in found.rows.items() if count)
    for one in found.as_json()["files"]:
        yield f"  {one['what']}: {one['file']}"
    blocked = ", ".join(f"{count} {what}" for what, count in found.blocked.items() if what != "key")
    yield f"  blocked for ever (keyed hashes): {blocked}"
    if found.clean is not None:
        yield "  a search of the database files finds " + ("nothing" if found.clean else "SOMETHING STILL")
    for name in found.lent:
        yield f"  still holds a text looked up in the rows, until the next run empties it: {name}"
    if found.lent:
        yield "  what those fields held stays among the before-images until `undo_horizon` has passed"
    for name in found.evidence:
        yield f"  still tells of the person, evidence pack that stays as it was signed: {name}"
    for name in found.left:
        yield f"  still tells of the person, not made by this program: {name}"
