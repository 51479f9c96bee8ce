"""A project out of nothing but sources: proposed rule files and the questions to ask."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import PROJECT_FILE, output_options
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError

if TYPE_CHECKING:
    from crm_unify.propose.interface import Place


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--source",
    "sources",
    metavar="[NAME=]PLACE",
    multiple=True,
    required=True,
    help="A file, folder, archive or database URL; may be repeated, the most trusted first.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Write over the files of a project that is there.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day after which dates are future; today by default."
)
@output_options
def command(
    output: Output,
    folder: Path,
    sources: tuple[str, ...],
    *,
    dry_run: bool,
    force: bool,
    as_of: datetime | None,
) -> None:
    """Propose a project for files and databases nobody has described yet: DIR/crm_unify.yml and its rules.

    Every table is profiled in full; each gets a rule file that says what its columns are taken for, how sure
    that is and why. What the program cannot know stands there as a business rule in draft: a question. The
    project passes `check` and can be run as it is; answer the questions first.
    """
    from crm_unify.cli._init import as_json, as_text
    from crm_unify.cli._light import spare_pandas

    spare_pandas()
    from crm_unify.propose.start import start
    from crm_unify.propose.write import files_of, write_project

    places = [place_of(one) for one in sources]
    _refuse_twice(places)
    _refuse(folder, force=force or dry_run)
    day = date.today() if as_of is None else as_of.date()
    proposal = start(places, root=folder, as_of=day, progress=output.progress())
    files = files_of(proposal)
    _refuse_strangers(folder, files)
    if not dry_run:
        write_project(files, folder)
    output.answer(
        as_json(proposal, files, folder, written=not dry_run),
        as_text(proposal, files, folder, written=not dry_run),
    )


def place_of(word: str) -> Place:
    """A place as it was named, with the name of its system where one stands in front."""
    from crm_unify.propose.interface import Place
    from crm_unify.propose.names import plain_name

    name, equals, rest = word.partition("=")
    if equals and rest and "/" not in name and "://" not in name and not Path(word).exists():
        if plain_name(name, otherwise="") != name:
            raise UsageError(
                f"'{name}' is no name of a source",
                "--source",
                why="names are lower-case letters, digits and underscores",
                remedy="rename it",
            )
        return Place(rest, name)
    return Place(word)


def _refuse_twice(places: Sequence[Place]) -> None:
    """Stop where a place is named twice or lies in another: its customers would count twice.

    A name that is given to two places could only be kept by one.
    """
    from crm_unify.rules.environment import mask

    known = [Path(one.text) if "://" in one.text else Path(one.text).resolve() for one in places]
    for number, (one, full) in enumerate(zip(places, known, strict=True)):
        others = [*known[:number], *known[number + 1 :]]
        if full in others:
            raise UsageError("a source is named twice", "--source", why=mask(one.text), remedy="name it once")
        outer = next((other for other in others if other in full.parents), None)
        if outer is not None and "://" not in one.text:
            why = f"{mask(one.text)} lies in {outer}, which is read with all that lies in it"
            raise UsageError("a source is named twice", "--source", why=why, remedy="name one of them")
    names = [one.name for one in places if one.name is not None]
    for name in names:
        if names.count(name) > 1:
            remedy = "give each source a name of its own"
            raise UsageError(f"two sources are called '{name}'", "--source", remedy=remedy)


def _refuse(folder: Path, *, force: bool) -> None:
    """Stop where a project is there already, or something that is no folder."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            "a project needs a folder",
            str(folder),
            why="a file of this name is there",
            remedy="name another folder",
        )
    if (folder / PROJECT_FILE).exists() and not force:
        raise UsageError(
            "there is a project already",
            str(folder),
            why=f"{PROJECT_FILE} would be written over",
            remedy="name another folder, or repeat it with --force",
        )


def _refuse_strangers(folder: Path, files: Collection[str]) -> None:
    """Stop where rule files lie that the proposal does not write over: the project would read them, too."""
    from crm_unify.propose.write import RULES

    found = sorted(path.name for path in (folder / RULES).glob("*.yml"))
    left = [name for name in found if f"{RULES}/{name}" not in files]
    if left:
        raise UsageError(
            "rule files are in the way",
            str(folder / RULES),
            why=f"the project would read them, too: {', '.join(left)}",
            remedy="delete them or put them elsewhere, or name another folder",
        )
