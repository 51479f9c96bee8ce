"""The rule book as a workbook: what may be answered in it is yellow, and comes back by `docs import`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.book.values import Book, CodeRow, Codes, Rule, Source
from crm_unify.steward.sheets import MEMORY, Sheet, SheetColumn, Value, unique_titles, write_book

KIND: Final = "rule book"
"""What the workbook says it is."""
STATUSES: Final = ("draft", "proposed", "disputed", "approved", "retired")
RULES: Final = "Rules"
ROOM: Final = 25
"""Empty rows below a code table."""
RULE_COLUMNS: Final = (
    SheetColumn("source", 20, key=True),
    SheetColumn("rule", 10, key=True),
    SheetColumn("what", 50, editable=True),
    SheetColumn("why", 40, editable=True),
    SheetColumn("status", 12, editable=True, choices=STATUSES),
    SheetColumn("owner", 16, editable=True),
    SheetColumn("decided on", 12, editable=True),
    SheetColumn("decided where", 20, editable=True),
    SheetColumn("evidence", 40, editable=True),
    SheetColumn("rows in the last run", 11),
    SheetColumn("approved", 24),
)
CODE_COLUMNS: Final = (
    SheetColumn("code", 24, key=True),
    SheetColumn("meaning", 28, editable=True),
    SheetColumn("in words", 36, editable=True),
    SheetColumn("rows in the last run", 14),
    SheetColumn("used by", 40),
)
_FIELDS: Final = (
    SheetColumn("source", 20), SheetColumn("rows", 40), SheetColumn("field of the CRM", 28),
    SheetColumn("of", 22), SheetColumn("how", 60), SheetColumn("columns", 24), SheetColumn("rules", 14),
    SheetColumn("agreed", 10), SheetColumn("before (masked)", 34), SheetColumn("after", 34),
)  # fmt: skip
_COLUMNS: Final = (
    SheetColumn("source", 20), SheetColumn("column", 26), SheetColumn("goes to", 50),
    SheetColumn("also", 50), SheetColumn("left out because", 50),
)  # fmt: skip


def write_workbook(book: Book, project: LoadedProject, file: Path) -> None:
    """Write the workbook with the hashes of the files it shows."""
    sheets = [_first(book), _rules(book), *code_sheets(book, project), _fields(book), _columns(book)]
    about = {"kind": KIND, "project": book.project, **hashes(project)}
    write_book(file, sheets, about=about)


def hashes(project: LoadedProject) -> dict[str, str]:
    """SHA-256 of every rule file and code table, by name."""
    return {f"file {name}": digest(path) for name, path in files(project).items()}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files(project: LoadedProject) -> dict[str, Path]:
    """Rule files and code tables by their name from the project's folder on."""
    found = [loaded.path.resolve() for loaded in project.files]
    found += [table.path.resolve() for loaded in project.files for table in loaded.code_tables.values()]
    return {name_of(path, project): path for path in dict.fromkeys(found)}


def name_of(path: Path, project: LoadedProject) -> str:
    """A file as the workbook names it, the same on every machine."""
    return Path(os.path.relpath(path.resolve(), project.root)).as_posix()


def table_titles(project: LoadedProject) -> dict[str, Path]:
    """Titles of the sheets of code tables; tables of two rule files that share a file have one sheet."""
    paths = dict.fromkeys(
        table.path.resolve() for loaded in project.files for table in loaded.code_tables.values()
    )
    titles = unique_titles((f"codes {path.stem}" for path in paths), taken=(MEMORY, RULES))
    return dict(zip(titles, paths, strict=True))


# --- sheets ---
def _first(book: Book) -> Sheet:
    run = "never run" if book.run is None else f"run {book.run} of {book.as_of}"
    lines: list[tuple[Value, ...]] = [
        ("project", book.project),
        ("last run", run),
        ("rules", f"{len(book.rules)}, of which {len(book.questions)} are open"),
        (
            "what to do",
            "Change yellow cells only: what a rule says and why, its status, owner, decision and evidence; "
            "meanings of codes.",
        ),
        ("new codes", "Write them into the empty yellow rows below a code table."),
        ("a code that means nothing", "Leave its meaning empty. Write ? where nobody knows it yet."),
        ("dates", "Write them as text, like 2026-05-31."),
        ("send it back", "crm-unify docs import rule_book.xlsx shows what would change, and asks."),
    ]
    return Sheet("Read me", (SheetColumn("what", 28), SheetColumn("", 90)), lines)


def rules_sheet() -> Sheet:
    """The sheet of rules without its rows, to read it back."""
    return Sheet(RULES, RULE_COLUMNS, said="Open questions stand first. Yellow cells may be changed.")


def _rules(book: Book) -> Sheet:
    rows = [
        (
            rule.map, rule.id, rule.what, rule.why, rule.status, rule.owner, rule.decided_on,
            rule.decided_where, rule.evidence, rule.hits,
            _approved(rule),
        )
        for rule in book.rules
    ]  # fmt: skip
    marked = frozenset(i for i, rule in enumerate(book.rules) if rule.open or rule.changed)
    empty = rules_sheet()
    return Sheet(empty.title, empty.columns, rows, said=empty.said, marked=marked)


def _approved(rule: Rule) -> str | None:
    if rule.approved is None:
        return None
    return f"{rule.approved.by}, {rule.approved.at[:10]}" + (" (changed since)" if rule.changed else "")


def code_sheet(title: str) -> Sheet:
    """The sheet of a code table without its rows."""
    return Sheet(
        title, CODE_COLUMNS, said="What each code means; new codes go into the empty rows.", room=ROOM
    )


def code_sheets(book: Book, project: LoadedProject) -> Iterator[Sheet]:
    """One sheet for each file of codes, whatever number of sources uses it."""
    by_path: dict[Path, list[Codes]] = {}
    for source in book.sources:
        for codes in source.codes:
            by_path.setdefault(codes.path.resolve(), []).append(codes)
    for title, path in table_titles(project).items():
        used = by_path[path]
        places = ", ".join(f"{one.map} ({', '.join(one.columns)})" for one in used)
        rows = [(*_code(row, used), places) for row in used[0].codes]
        empty = code_sheet(title)
        yield Sheet(title, empty.columns, rows, said=f"{empty.said}{_lacking(used)}", room=ROOM)


def _code(row: CodeRow, used: list[Codes]) -> tuple[Value, ...]:
    found = [one.found for codes in used for one in codes.codes if one.code == row.code]
    counted = None if any(one is None for one in found) else sum(one or 0 for one in found)
    return (row.code, row.meaning, row.label, counted)


def _lacking(used: list[Codes]) -> str:
    """Codes of the data that the table lacks, for whoever fills in the empty rows."""
    lacking = {one.code: one.found for codes in used if codes.explained for one in codes.lacking}
    if not lacking:
        return ""
    return " Not explained yet: " + ", ".join(f"{code} ({rows} rows)" for code, rows in lacking.items()) + "."


def _fields(book: Book) -> Sheet:
    return Sheet("Fields", _FIELDS, [row for source in book.sources for row in _field_rows(source)])


def _field_rows(source: Source) -> Iterator[tuple[Value, ...]]:
    for branch in source.branches:
        for one in branch.fields:
            before = "\n".join(
                " / ".join(value or "nothing" for _, value in sample.before) for sample in one.samples
            )
            after = "\n".join(sample.after or sample.refused or "nothing" for sample in one.samples)
            rules = ", ".join(one.rules or ((branch.rule,) if branch.rule else ()))
            agreed = "no" if one.unapproved or branch.open else "yes"
            yield (
                source.map, plain(branch.rows), one.target, one.entry, plain(" ".join(one.how)),
                ", ".join((*one.columns, *(f"({column})" for column in one.looked_at))), rules, agreed,
                before, after,
            )  # fmt: skip


def _columns(book: Book) -> Sheet:
    rows = [
        (source.map, one.name, ", ".join(one.goes_to), plain("; ".join(one.other)),
         one.ignored or (None if one.taken else "NOBODY TAKES IT"))
        for source in book.sources
        for one in source.columns
    ]  # fmt: skip
    return Sheet("Columns", _COLUMNS, rows)


def plain(said: str) -> str:
    """A sentence without backticks."""
    return said.replace("`", "'")
