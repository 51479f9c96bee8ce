"""`docs import`: the answers of a workbook shown, agreed and written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crm_unify.cli._output import Output
from crm_unify.errors import EXIT_DONE, UsageError
from crm_unify.wording import counted

if TYPE_CHECKING:
    from crm_unify.rules.loaded import LoadedProject
    from crm_unify.steward.book.answers import Answers


def take_back(output: Output, project: LoadedProject, book: Path, *, dry_run: bool, yes: bool) -> int:
    """Take the answers of a workbook over, once a person has seen and agreed to them."""
    from crm_unify.steward.book.answers import answers, apply

    found = answers(project, book)
    for line in _shown(found):
        output.say(line)
    taken = bool(found.changes) and not dry_run
    if taken:
        if not output.agreed(f"Change {counted(len(found.changes), 'file')}?", yes=yes):
            raise UsageError("nothing was written", remedy="repeat it and agree, or look with --dry-run")
        apply(found.changes)
    output.answer(_as_json(found, taken=taken), _said(found, taken=taken))
    return EXIT_DONE


def _shown(found: Answers) -> Iterator[str]:
    for edit in found.edits:
        key = " ".join(str(part) for part in edit.key)
        before = "(new)" if edit.new else repr(edit.before or "")
        yield f"{edit.sheet} {edit.cell}: {key}, {edit.column}: {before} -> {edit.after or ''!r}"
    for change in found.changes:
        yield change.difference().rstrip("\n")


def _said(found: Answers, *, taken: bool) -> str:
    known = f"; {counted(found.known, 'answer')} already there" if found.known else ""
    if not found.changes:
        return f"nothing to change{known}"
    what = f"{counted(len(found.edits), 'answer')} in {counted(len(found.changes), 'file')}"
    if taken:
        return f"taken over: {what}{known}; look at it with `git diff`, then run `crm-unify check`"
    return f"dry run: {what} would change, nothing was written{known}"


def _as_json(found: Answers, *, taken: bool) -> dict[str, object]:
    return {
        "taken": taken,
        "answers": [
            {
                "sheet": edit.sheet,
                "cell": edit.cell,
                "key": list(edit.key),
                "column": edit.column,
                "before": edit.before,
                "after": edit.after,
                "new": edit.new,
            }
            for edit in found.edits
        ],
        "files": {change.name: change.difference() for change in found.changes},
        "already_there": found.known,
    }
