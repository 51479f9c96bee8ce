"""The sources of a project, opened: headers held against the rules before any data row is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_unify.errors import SourceMissing
from crm_unify.rules.columns import ColumnCheck, check_columns, column_uses
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.model import ProjectSource, Source
from pipelines.cursor import CursorRows, CursorState
from pipelines.delta import delta_reader
from pipelines.kept import Keeper, KeptRows
from pipelines.sources import header_of, open_reader
from pipelines.sources.interface import Reader
from pipelines.sources.lookalikes import lookalikes

Explain = Callable[[LoadedRules, Reader, Sequence[str]], Sequence[str]]
"""A sentence about each of the columns that are gone and that something can be said of."""


@dataclass(frozen=True, slots=True)
class OpenSource:
    """One rule file with the reader of its source."""

    rules: LoadedRules
    reader: Reader
    headers: tuple[str, ...]
    """Names of its columns today."""
    columns: ColumnCheck


@dataclass(frozen=True, slots=True)
class Reading:
    """How sources are read beside what their rule files say."""

    keeper: Keeper
    as_of: date
    whole: bool = False
    """Tables with a cursor are read whole: ``--full``."""


def kept_rows(source: Source) -> bool:
    """Whether the rows of a source are kept because nobody delivers them again, or not all of them."""
    if source.state == "live":
        return source.delivery == "delta" or source.cursor is not None
    return source.state == "frozen"


def open_sources(
    project: LoadedProject,
    *,
    last_headers: Mapping[str, Sequence[str]],
    explain: Explain | None = None,
    reading: Reading,
) -> tuple[OpenSource, ...]:
    """Every source of the project that is not retired, in order of map name.

    ``last_headers`` are the columns of earlier runs by map; ``explain`` says what became of columns that are
    gone. Raises what the readers and the column check raise: a missing file or table is a guard, a column
    nobody ever saw a mistake in the rule file.
    """
    asked = explain or (lambda rules, reader, gone: ())
    return tuple(
        _opened(rules, project, last_headers.get(rules.rules.map), asked, reading=reading)
        for rules in project.files
        if rules.rules.source.state != "retired"
    )


def _reader(rules: LoadedRules, project: LoadedProject, reading: Reading) -> Reader:
    """The reader of a source: of the rows that were kept, where it is frozen or sends changes alone."""
    source, name, keeper = rules.rules.source, rules.rules.map, reading.keeper
    place = project.project.sources[source.system]
    kept = keeper.rows(name) if kept_rows(source) else None
    if source.state == "frozen" and kept is not None:
        return kept
    if source.delivery == "delta":
        known = keeper.of(name)
        base = kept if known.content is not None else None
        return delta_reader(source, place, project.root, base=base, known=known)
    reader = open_reader(source, place, project.root)
    return reader if source.cursor is None else _by_cursor(rules, reader, kept, reading)


def _by_cursor(rules: LoadedRules, reader: Reader, kept: KeptRows | None, reading: Reading) -> CursorRows:
    """The reader of a table of which new rows alone are asked for; raises ConfigurationError."""
    source, state = rules.rules.source, reading.keeper.cursors.get(rules.rules.map)
    from pipelines.sources.sql import SqlReader  # heavy, and already there where a database is read

    refuse_unfit_cursor(rules, reader)
    assert isinstance(reader, SqlReader), "checked when the rule file was loaded"
    known = None if state is None else CursorState(**state)
    return CursorRows(source, reader, base=kept, state=known, as_of=reading.as_of, whole=reading.whole)


def refuse_unfit_cursor(rules: LoadedRules, reader: Reader) -> None:
    """Raise ConfigurationError for a cursor that the table of this reader cannot have."""
    cursor = rules.rules.source.cursor
    if cursor is None:
        return
    from pipelines.sources.sql import SqlReader

    assert isinstance(reader, SqlReader), "checked when the rule file was loaded"
    if why := reader.unfit_cursor(cursor.column, cursor.lag):
        what, remedy = f"column '{cursor.column}' can be no cursor", "name another, or leave it out"
        raise rules.wrong(what, ("source", "cursor", "column"), why=why, remedy=remedy)


def _opened(
    rules: LoadedRules,
    project: LoadedProject,
    last: Sequence[str] | None,
    explain: Explain,
    *,
    reading: Reading,
) -> OpenSource:
    place = project.project.sources[rules.rules.source.system]
    try:
        reader = _reader(rules, project, reading)
        headers = header_of(reader)
    except SourceMissing as missing:
        raise _with_lookalikes(missing, rules, place, project.root, last) from None
    checked = check_columns(rules, headers, last, explain=lambda gone: explain(rules, reader, gone))
    return OpenSource(rules, reader, headers, checked)


def _with_lookalikes(
    missing: SourceMissing, rules: LoadedRules, place: ProjectSource, root: Path, last: Sequence[str] | None
) -> SourceMissing:
    """The error, with the tables that have the header of the one that is not there."""
    wanted = tuple(last or dict.fromkeys(use.column for use in column_uses(rules) if use.claims))
    found = lookalikes(place, root, wanted)
    if not found:
        return missing
    said = "; ".join(f"{name} has {share:.0%} of its columns: was it renamed?" for name, share in found)
    why = "; ".join(part for part in (missing.why, said) if part)
    return SourceMissing(missing.what, missing.where, why=why, remedy=missing.remedy)
