"""Answers about codes: meanings and labels, and new codes, put into the code tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.rules.code_tables import LoadedCodeTable, read_code_table
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.mistakes import each
from crm_unify.steward.book.changes import FileChange, Wrong, clash, moved
from crm_unify.steward.book.csv_edits import with_rows
from crm_unify.steward.book.workbook import name_of
from crm_unify.steward.sheet_edits import Edit, Returned

CODE_FIELDS: Final = {"meaning": "target_value", "in words": "label"}
"""Column of the code table by column of the sheet."""


def table_change(
    project: LoadedProject, path: Path, edits: Sequence[Edit], book: Returned, wrong: Wrong
) -> Iterator[tuple[FileChange, list[Edit]]]:
    """The code table with the edits of its sheet; what clashes is added to `wrong`."""
    if not edits:
        return
    name, told = name_of(path, project), len(wrong)
    table = read_code_table(path, shown=name)
    known = {code.source_value: code for code in table.codes}
    changed: dict[str, dict[str, str | None]] = {}
    added: dict[str, dict[str, str | None]] = {}
    kept = []
    for edit in edits:
        code, column = edit.key[0], CODE_FIELDS[edit.column]
        if code is None and edit.after is None:
            continue
        if code is None:
            wrong.append(
                clash(book, edit, "a meaning stands here without a code", "write the code beside it")
            )
        elif code in known and getattr(known[code], column) == edit.after:
            continue
        elif edit.new and code in known:
            wrong.append(clash(book, edit, f"the code '{code}' has another row", "change that one"))
        elif edit.new:
            added.setdefault(code, {})[column] = edit.after
            kept.append(edit)
        elif code not in known:
            wrong.append(clash(book, edit, f"the table no longer has the code '{code}'", "export again"))
        else:
            changed.setdefault(code, {})[column] = edit.after
            kept.append(edit)
    if not kept or len(wrong) > told:
        return
    if changed_since := moved(project, path, book, kept):
        wrong += changed_since
        return
    change = _rewritten_table(table, name, changed, added, wrong)
    if change is not None:
        yield change, kept


def _rewritten_table(
    table: LoadedCodeTable,
    name: str,
    changed: Mapping[str, Mapping[str, str | None]],
    added: Mapping[str, Mapping[str, str | None]],
    wrong: Wrong,
) -> FileChange | None:
    before = table.path.read_bytes()
    try:
        after = with_rows(before.decode("utf-8"), changed, added).encode("utf-8")
        made = _read_again(after, name)
    except KeyError as error:
        remedy = "add it to the header of the table"
        wrong.append(
            ConfigurationError(f"the code table has no column '{error.args[0]}'", name, remedy=remedy)
        )
        return None
    except ConfigurationError as error:
        wrong += each(error)
        return None
    expected = {code: {**values, **changed.get(code, {})} for code, values in _meanings(table).items()}
    if _meanings(made) != {**expected, **added}:
        what = "the code table is written in a form that cannot be changed cell by cell"
        wrong.append(ConfigurationError(what, name, remedy="change it by hand"))
        return None
    return FileChange(table.path, name, before, after)


def _read_again(content: bytes, name: str) -> LoadedCodeTable:
    with TemporaryDirectory(prefix="crm-unify-codes-") as folder:
        place = Path(folder) / "codes.csv"
        place.write_bytes(content)
        return read_code_table(place, shown=name)


def _meanings(table: LoadedCodeTable) -> dict[str, dict[str, str | None]]:
    return {
        code.source_value: {"target_value": code.target_value, "label": code.label} for code in table.codes
    }
