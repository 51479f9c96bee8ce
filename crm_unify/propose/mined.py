"""Which columns an example needs, where each column goes, and what is said of an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from crm_unify.records import KINDS
from crm_unify.rules.branches import needed_fields
from crm_unify.rules.expressions import ROW_FLAGS
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import Branch, ContentKey, Entry, has_own_record
from crm_unify.rules.parsing import parse_expression
from pipelines.interpret.coverage import Part
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.lineage import source_columns

_NAMELESS: Final = frozenset(
    {"record_id", "person_record_id", "customer_record_id", "order_record_id", "value_raw", "system"}
)
"""Columns of claims that say nothing of the mapping"""


def needed_columns(loaded: LoadedRules, tries: Sequence[Part]) -> set[str]:
    """Columns that decide where a row goes, that name parties, and that the tried parts are about."""
    fields, found = set(_fields(loaded, tries)), {*_key(loaded), *ROW_FLAGS}
    for branch in loaded.rules.targets:
        found |= parse_expression(branch.when).columns
        for entry in branch.entries:
            found |= {entry.skip_if_null} if entry.skip_if_null is not None else set()
            for name, field in entry.fields.items():
                told = (entry.kind, _claimed(entry.kind, name))
                named = any(name in group for group in needed_fields(entry.kind)) and has_own_record(
                    entry.kind
                )
                if named or field.required or told in fields:
                    found |= set(source_columns(field))
                if told in fields and field.pad_left is not None:
                    found |= {c for f in entry.fields.values() for c in source_columns(f)}
    return found


def _key(loaded: LoadedRules) -> Sequence[str]:
    key = loaded.rules.source.key
    return key.content if isinstance(key, ContentKey) else key


def column_targets(loaded: LoadedRules) -> dict[str, set[str]]:
    """Where each column goes: fields, `key`, `created`, `updated` or `branch`."""
    found: dict[str, set[str]] = {}
    source = loaded.rules.source
    for column in _key(loaded):
        found.setdefault(column, set()).add("key")
    for name, named in (("created", source.created), ("updated", source.updated)):
        if named is not None:
            found.setdefault(named, set()).add(name)
    for branch in loaded.rules.targets:
        for column, target in _branch_targets(branch):
            found.setdefault(column, set()).add(target)
    return found


def _branch_targets(branch: Branch) -> Iterator[tuple[str, str]]:
    for column in parse_expression(branch.when).columns:
        yield column, "branch"
    for entry in branch.entries:
        for name, field in entry.fields.items():
            for column in source_columns(field):
                yield column, _target(entry, name)


def _target(entry: Entry, name: str) -> str:
    kind = entry.fields.get("kind")
    said = name if kind is None or name != "value" else str(kind.const)
    return f"{entry.kind}.{said}"


# --- what is said of an example ---
def named(tries: Sequence[Part]) -> str:
    """The name of an example that tries these parts."""
    listed = [f"{part.kind} {part.name}" for part in tries[:2]]
    more = f" and {len(tries) - 2} more" if len(tries) > 2 else ""
    return f"tries {', '.join(listed)}{more}"[:120]


def expected(
    loaded: LoadedRules, made: Interpreted, tries: Sequence[Part]
) -> dict[str, list[dict[str, Any]]]:
    """What the rules make of the row today: the fields that the tried parts decide, else all of it."""
    ((fate, rule),) = ((row["fate"], row["rule"]) for row in made.fates.to_pylist())
    if fate != "mapped":
        return {"fate": [{"fate": fate, "rule": rule}]}
    fields = set(_fields(loaded, tries))
    wanted = {kind for kind, _ in fields}
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS:
        rows = made.claims[kind].to_pylist()
        if rows and (not wanted or kind in wanted):
            names = {name for one, name in fields if one == kind}
            found[kind] = [_plain(row, names) for row in rows]
    if any(part.kind == "check" for part in tries):
        told = sorted(one for one in made.rejections["code"].to_pylist())
        found["rejection"] = [{"code": code} for code in told]
    return found


def _fields(loaded: LoadedRules, tries: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Kinds and claim columns that these parts decide."""
    tables = {str(mark[1]) for part in tries for mark in part.marks if mark[0] == "code"}
    for part in tries:
        for mark in part.marks:
            if mark[0] in ("transform", "pad", "pad when"):
                entry = loaded.rules.targets[int(mark[1])].entries[int(mark[2])]
                yield entry.kind, _claimed(entry.kind, str(mark[3]))
    for branch in loaded.rules.targets:
        for entry in branch.entries:
            for name, field in entry.fields.items():
                if field.code_table in tables:
                    yield entry.kind, _claimed(entry.kind, name)


def _claimed(kind: str, name: str) -> str:
    return {("contact_point", "value"): "value_norm", ("consent", "flag"): "raw_flag"}.get((kind, name), name)


def _plain(row: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    if names:
        return {name: row[name] for name in sorted(names) if name in row}
    return {name: value for name, value in row.items() if value is not None and name not in _NAMELESS}
