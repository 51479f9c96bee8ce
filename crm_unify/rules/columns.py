"""Which columns of a source a rule file takes, held against the header the source has today.

A column that no header ever had is a mistake in the rule file; one that the last snapshot still had is a
change in the source, and the run stops instead of loading half. A column nobody takes is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from crm_unify.errors import ConfigurationError, GuardStopped, SourceMissing
from crm_unify.rules.branches import expressions_of
from crm_unify.rules.expressions import ROW_FLAGS, parse_expression
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.mistakes import raise_all
from crm_unify.rules.model import Branch, ContentKey, Entry
from crm_unify.rules.transforms import step_columns
from crm_unify.rules.yaml_tree import Path

SHOWN: Final = 40
"""Columns of a header that a message names."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One place of a rule file that takes a column."""

    column: str
    """Header as the rule file writes it."""
    path: Path
    """Where it stands in the rule file."""
    claims: bool = True
    """Whether the column counts as taken; an example only mentions it."""
    asked_by: LoadedRules | None = None
    """The rule file in which it stands, where that is not the source's own."""


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """What became of each column of a header."""

    claimed: tuple[str, ...]
    """Taken by the key, a condition or a mapped value; header order."""
    ignored: tuple[str, ...]
    """Left out on purpose, with a reason in the rule file."""
    unclaimed: tuple[str, ...]
    """Taken by nobody and not ignored: to be reported."""


def column_uses(loaded: LoadedRules) -> tuple[ColumnUse, ...]:
    """Every place of a rule file that names a column, in the order of the file's blocks."""
    lent = (ColumnUse(one.column, one.path, asked_by=one.asked_by) for one in loaded.lends)
    return (*_source_uses(loaded), *_target_uses(loaded), *_other_uses(loaded), *lent)


def check_columns(
    loaded: LoadedRules,
    headers: Sequence[str],
    last_headers: Sequence[str] | None = None,
    *,
    explain: Callable[[Sequence[str]], Sequence[str]] = lambda gone: (),
) -> ColumnCheck:
    """Hold a rule file against the `headers` of its source; `last_headers` are those of earlier snapshots.

    `explain` is asked what became of columns that are gone and needed, for the message.

    Raises ConfigurationError for columns never seen (all of them at once), SourceMissing for those that the
    last snapshot had, and GuardStopped for columns nobody takes where the rule file says `columns: exact`.
    """
    uses = column_uses(loaded)
    known, before = set(headers), set(last_headers or ())
    missing = [use for use in uses if use.column not in known]
    never = [use for use in missing if use.column not in before]
    raise_all(_never_seen(loaded, never, headers))
    claimed = {use.column for use in uses if use.claims}
    if gone := sorted({use.column for use in missing if use.column in claimed}):
        raise _columns_gone(loaded, gone, headers, explain(gone))
    ignored = loaded.rules.source.ignore
    found = ColumnCheck(
        claimed=tuple(h for h in headers if h in claimed),
        ignored=tuple(h for h in headers if h in ignored and h not in claimed),
        unclaimed=tuple(dict.fromkeys(h for h in headers if h not in claimed and h not in ignored)),
    )
    if found.unclaimed and loaded.rules.source.expects.columns == "exact":
        raise _columns_extra(loaded, found.unclaimed)
    return found


# --- what goes wrong ---
def _never_seen(
    loaded: LoadedRules, uses: Sequence[ColumnUse], headers: Sequence[str]
) -> Iterator[ConfigurationError]:
    """One mistake for each column, at its first place."""
    for column, places in groupby(sorted(uses, key=lambda use: use.column), key=lambda use: use.column):
        first = min(places, key=lambda use: (use.asked_by is not None, _file(loaded, use).where(use.path)))
        yield _file(loaded, first).unknown("column", column, first.path, known=dict.fromkeys(headers))


def _file(loaded: LoadedRules, use: ColumnUse) -> LoadedRules:
    return use.asked_by or loaded


def _source_name(loaded: LoadedRules) -> str:
    source = loaded.rules.source
    return f"source '{source.system}', map '{loaded.rules.map}'"


def _columns_gone(
    loaded: LoadedRules, gone: Sequence[str], headers: Sequence[str], said: Sequence[str]
) -> SourceMissing:
    shown = ", ".join(headers[:SHOWN]) + (" ..." if len(headers) > SHOWN else "")
    return SourceMissing(
        f"the source no longer has the column{'s' * (len(gone) > 1)} {', '.join(map(repr, gone))}",
        _source_name(loaded),
        why="; ".join(("an earlier snapshot had it", *said, f"the header is now: {shown}")),
        remedy="ask whoever delivers the source, or change the rule file",
    )


def _columns_extra(loaded: LoadedRules, extra: Sequence[str]) -> GuardStopped:
    return GuardStopped(
        f"the source has columns nobody takes: {', '.join(repr(column) for column in extra)}",
        _source_name(loaded),
        why="the rule file says 'columns: exact'",
        remedy="map them, or list them under ignore with a reason",
    )


# --- where columns are named ---
def _source_uses(loaded: LoadedRules) -> Iterator[ColumnUse]:
    source = loaded.rules.source
    content = isinstance(source.key, ContentKey)
    columns = source.key.content if isinstance(source.key, ContentKey) else source.key
    for i, column in enumerate(columns):
        yield ColumnUse(column, ("source", "key", "content", i) if content else ("source", "key", i))
    for name in ("created", "updated", "op_column"):
        if (column := getattr(source, name)) is not None:
            yield ColumnUse(column, ("source", name))
    if source.join_rows is not None:
        for name in ("order", "count"):
            if (column := getattr(source.join_rows, name)) is not None:
                yield ColumnUse(column, ("source", "join_rows", name))
        for column in source.join_rows.columns:
            yield ColumnUse(column, ("source", "join_rows", "columns", column))
    for column in source.ignore:
        yield ColumnUse(column, ("source", "ignore", column), claims=False)


def _target_uses(loaded: LoadedRules) -> Iterator[ColumnUse]:
    for i, branch in enumerate(loaded.rules.targets):
        at: Path = ("targets", i)
        yield from _in_expression(branch.when, (*at, "when"))
        yield from _branch_uses(branch, at)


def _branch_uses(branch: Branch, at: Path) -> Iterator[ColumnUse]:
    for j, entry in enumerate(branch.entries):
        path: Path = (*at, "entries", j)
        if entry.skip_if_null is not None:
            yield ColumnUse(entry.skip_if_null, (*path, "skip_if_null"))
        yield from _entry_uses(entry, path)


def _entry_uses(entry: Entry, at: Path) -> Iterator[ColumnUse]:
    for field, rule in entry.fields.items():
        path: Path = (*at, "fields", field)
        if rule.from_ is not None:
            yield ColumnUse(rule.from_, (*path, "from"))
        for column in step_columns(rule.transform):
            yield ColumnUse(column, (*path, "transform"))
        if rule.lookup is not None:
            yield ColumnUse(rule.lookup[2], (*path, "lookup", 2))
        for below, sql in expressions_of(rule):
            yield from _in_expression(sql, (*path, *below))


def _other_uses(loaded: LoadedRules) -> Iterator[ColumnUse]:
    for i, control in enumerate(loaded.rules.reconcile):
        yield from _in_expression(control.source, ("reconcile", i, "source"), aggregates=True)
    for i, example in enumerate(loaded.rules.tests):
        for j, row in enumerate(example.given):
            for column in (name for name in row if name not in ROW_FLAGS):
                yield ColumnUse(column, ("tests", i, "given", j, column), claims=False)


def _in_expression(sql: str, path: Path, *, aggregates: bool = False) -> Iterator[ColumnUse]:
    for column in sorted(parse_expression(sql, aggregates=aggregates).columns):
        yield ColumnUse(column, path)
