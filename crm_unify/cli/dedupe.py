"""Which rows of bare files are the same customer? No project, no settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from crm_unify.cli._options import output_options
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError, nearest_name

if TYPE_CHECKING:
    from crm_unify.roles.interface import Role
    from crm_unify.run.dedupe import DedupeResult

OUTPUTS: Final = ("membership", "customers", "pairs", "model", "report")
"""What can be written, and is by default"""


@click.command("dedupe")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--id", "key", metavar="COL", help="Column with the record ids; else rows are named by content."
)
@click.option("--source", metavar="COL", help="Column with the source system; else the file is the source.")
@click.option(
    "--truth", metavar="COL", help="Column with the true customer: kept from matching, compared after."
)
@click.option("--ignore", metavar="COL", multiple=True, help="Leave a column out; may be repeated.")
@click.option("--role", "roles", metavar="COL=ROLE", multiple=True, help="What a column is; may be repeated.")
@click.option("--link", is_flag=True, help="No source holds anybody twice: one record of each a customer.")
@click.option("--model", type=click.Path(path_type=Path), help="Score by this model.json; else train one.")
@click.option(
    "--outputs", metavar="LIST", default=",".join(OUTPUTS), help=f"Of {','.join(OUTPUTS)}; all by default."
)
@click.option(
    "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder to write to."
)
@output_options
def command(output: Output, files: tuple[Path, ...], out: Path, outputs: str, **said: Any) -> None:
    """Find the rows of CSV (also .gz), Parquet or Excel files that are the same customer.

    Writes membership.csv (record_id, customer_id: every row once), customers.csv (one golden record a
    customer), pairs.parquet (scored pairs that were merged or are worth a look), model.json, and report.html
    (how many customers, how sure, what to look at). What each column was taken for is printed; correct it
    with --role COL=ROLE, for example --role ref=identifier:tax.
    """
    from crm_unify.cli._light import spare_pandas

    spare_pandas()
    from crm_unify.cli._dedupe import as_json, as_text
    from crm_unify.run.dedupe import DedupeJob, dedupe
    from crm_unify.run.dedupe_files import check_writable, write

    wanted = _outputs(outputs)
    if out.exists() and not out.is_dir():
        raise UsageError("the results need a folder", str(out), why="a file of this name is there",
                         remedy="name another folder with --out")  # fmt: skip
    check_writable(out)
    job = DedupeJob(
        files, id=said["key"], source=said["source"], truth=said["truth"], ignore=said["ignore"],
        roles=_roles(said["roles"]), link=said["link"], model=said["model"],
        only_membership=wanted == {"membership"},
    )  # fmt: skip
    result: DedupeResult = dedupe(job, progress=output.progress())
    written = write(result, out, wanted)
    if "report" in wanted:
        from crm_unify.steward.dedupe.page import write_page

        written.append(write_page(result, out, outputs=wanted, progress=output.progress()))
    output.answer(as_json(result, written), as_text(result, written))


def _outputs(text: str) -> frozenset[str]:
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    for word in wanted:
        if word not in OUTPUTS:
            nearest = nearest_name(word, OUTPUTS)
            remedy = f"did you mean '{nearest}'?" if nearest else "name some of them, separated by commas"
            raise UsageError(
                f"unknown output '{word}'", "--outputs", why=f"known: {', '.join(OUTPUTS)}", remedy=remedy
            )
    if not wanted:
        raise UsageError("no output is named", "--outputs", why=f"known: {', '.join(OUTPUTS)}",
                         remedy="name some of them, or leave out --outputs for all")  # fmt: skip
    return frozenset(wanted)


def _roles(texts: Sequence[str]) -> dict[str, tuple[Role, str | None]]:
    """Role and scheme by column; a column has one role."""
    roles: dict[str, tuple[Role, str | None]] = {}
    for column, role in map(_role, texts):
        if roles.setdefault(column, role) != role:
            raise UsageError(f"'{column}' is given two roles", "--role", remedy="name each column once")
    return roles


def _role(text: str) -> tuple[str, tuple[Role, str | None]]:
    """`COL=ROLE` or `COL=identifier:SCHEME`."""
    from crm_unify.roles.interface import Role

    column, _, name = text.rpartition("=")
    word, _, scheme = name.strip().lower().replace("_", "-").partition(":")
    known = {role.value: role for role in Role}
    if not column:
        raise UsageError(
            f"'{text}' names no column", "--role", remedy="write COL=ROLE, for example ref=identifier"
        )
    if word not in known:
        nearest = nearest_name(word, known)
        remedy = f"did you mean '{nearest}'?" if nearest else "name one of them"
        raise UsageError(f"unknown role '{word}'", "--role", why=f"known: {', '.join(known)}", remedy=remedy)
    return column, (known[word], scheme or None)
