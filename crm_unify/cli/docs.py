"""The rule book for the people who own the rules, and their answers back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crm_unify.cli._options import environment_option, output_options, project_file, yes_option
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError

if TYPE_CHECKING:
    from crm_unify.rules.loaded import LoadedProject
    from crm_unify.steward.book.values import Book

FOLDER: Final = "rule_book"
"""Folder beside the project file, by default."""
IMPORT: Final = "import"


@click.command("docs")
@click.argument("words", metavar="[PROJECT] | import BOOK.xlsx", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help=f"Folder to write; {FOLDER} beside the project.")
@click.option("-p", "--project", type=click.Path(path_type=Path), help="Project file, or its folder.")
@environment_option
@click.option("--dry-run", is_flag=True, help="Import: show what would change, and change nothing.")
@yes_option
@output_options
def command(
    output: Output,
    words: tuple[str, ...],
    out: Path | None,
    project: Path | None,
    environment: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Write the rule book, or take the answers in its workbook over.

    Writes rule_book.html, rule_book.md and rule_book.xlsx: what becomes of every column in words, why, who
    owns the rule and what is open, with counts and masked examples of the last run. `docs import BOOK.xlsx`
    takes what was edited of a rule (what, why, owner, status, decision, evidence) into the rule files, and
    codes into the code tables: it shows the change, asks, and refuses a workbook that was damaged or whose
    files have been changed since.
    """
    from crm_unify.rules.load import load_project

    if words[:1] == (IMPORT,):
        from crm_unify.cli._docs_import import take_back

        if len(words) != 2:
            raise UsageError(
                "one workbook is needed", "docs import", remedy="crm-unify docs import BOOK.xlsx"
            )
        loaded = load_project(project_file(project), environment=environment)
        return take_back(output, loaded, Path(words[1]), dry_run=dry_run, yes=yes)
    file = project_file(_place(words, project))
    loaded = load_project(file, environment=environment)
    folder = file.parent / FOLDER if out is None else out
    return _write(output, loaded, folder)


def _place(words: tuple[str, ...], project: Path | None) -> Path | None:
    """The project, said as a word or as an option."""
    if len(words) > 1 or (words and project is not None and Path(words[0]) != project):
        raise UsageError("one project is needed", "docs", remedy="give it once")
    return Path(words[0]) if words else project


def _write(output: Output, loaded: LoadedProject, folder: Path) -> int:
    from crm_unify.errors import EXIT_DONE
    from crm_unify.steward.book.markdown import markdown
    from crm_unify.steward.book.page import page
    from crm_unify.steward.book.workbook import write_workbook

    book = _gathered(output, loaded)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rule_book.html").write_text(page(book), encoding="utf-8", newline="\n")
    (folder / "rule_book.md").write_text(markdown(book), encoding="utf-8", newline="\n")
    write_workbook(book, loaded, folder / "rule_book.xlsx")
    answer = {
        "rules": len(book.rules),
        "open_questions": len(book.questions),
        "changed_since_approval": len(book.changed),
        "unexplained_codes": book.open_codes,
        "run": book.run,
        "files": [str(folder / f"rule_book.{kind}") for kind in ("html", "md", "xlsx")],
    }
    text = f"rule book: {len(book.rules)} rules, {len(book.questions)} open: {folder / 'rule_book.html'}"
    output.answer(answer, text)
    return EXIT_DONE


def _gathered(output: Output, loaded: LoadedProject) -> Book:
    """The book with what the last run tells, where there was one and its target answers."""
    from crm_unify.cli.lineage import headers_of
    from crm_unify.errors import Unreachable
    from crm_unify.steward.book.gather import gather, last_run_of
    from crm_unify.steward.book.known_approvals import known_approvals
    from crm_unify.steward.newest import newest_run

    try:
        newest = newest_run(loaded)
    except UsageError:  # never run: the rules can be read all the same
        return gather(loaded, headers=headers_of(loaded))
    except Unreachable as error:
        output.note(f"without counts and examples: {error}")
        return gather(loaded, headers=headers_of(loaded))
    approvals = known_approvals(loaded, newest.engine)
    last = last_run_of(loaded, newest)
    return gather(loaded, headers=headers_of(loaded), last=last, approvals=approvals)
