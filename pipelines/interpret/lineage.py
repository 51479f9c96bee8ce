"""How every field a branch maps gets its value, in words, so that each claim can name its column and rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict

from crm_unify.records import FieldLineage, FieldType, Lineage
from crm_unify.rules.branches import expressions_of, field_type
from crm_unify.rules.expressions import parse_expression
from crm_unify.rules.model import Branch, FieldRule, RuleFile, has_own_record
from crm_unify.rules.transforms import step_columns
from pipelines.interpret.parties import FULL_NAME, NAME_PARTS
from pipelines.interpret.plan import Placed, owner, placed


def lineages(rules: RuleFile, number: int, *, file: str) -> tuple[Lineage, ...]:
    """One lineage for each record that branch `number` (from 1) makes, in rule order."""
    branch = rules.targets[number - 1]
    entries = placed(branch, file)
    return tuple(
        _lineage(
            rules,
            number,
            own=own,
            fields=tuple(
                field
                for other in entries
                if owner(entries, other.entry, file=file) is own
                for field in _fields(branch, other)
            ),
        )
        for own in entries
        if has_own_record(own.entry.kind)
    )


def _lineage(rules: RuleFile, number: int, *, own: Placed, fields: tuple[FieldLineage, ...]) -> Lineage:
    return lineage(rules.map, number, own.entry.part, fields)


def lineage(name: str, number: int, part: str, fields: tuple[FieldLineage, ...]) -> Lineage:
    """How branch `number` (0: no branch) of a map makes the record of a part, under the id that follows."""
    said = {"map": name, "branch": number, "part": part, "fields": [asdict(f) for f in fields]}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return Lineage(digest[:16], name, number, part, fields)


def _fields(branch: Branch, own: Placed) -> Iterator[FieldLineage]:
    entry = own.entry
    for name, field in entry.fields.items():
        rule = field.rule or entry.rule or branch.rule
        yield FieldLineage(
            own.target(name), source_columns(field), _how(field, field_type(entry, name)), rule
        )
    yield from _derived(branch, own)


def _derived(branch: Branch, own: Placed) -> Iterator[FieldLineage]:
    """Fields that come out of another one: parts of a full name, the full name of parts, the legal form."""
    fields = own.entry.fields
    if own.entry.kind == "person" and "full_name" in fields:
        yield from (
            _out_of(branch, own, name=part, whole="full_name") for part in NAME_PARTS if part not in fields
        )
    elif own.entry.kind == "person":
        parts = [part for part in FULL_NAME if part in fields]
        columns = dict.fromkeys(column for part in parts for column in source_columns(fields[part]))
        rule = own.entry.rule or branch.rule
        yield FieldLineage(
            own.target("full_name"), tuple(columns), f"put together from {', '.join(parts)}", rule
        )
        if "family_name" in fields and "birth_name" not in fields:
            yield _out_of(branch, own, name="birth_name", whole="family_name")
    elif own.entry.kind == "organisation" and "name" in fields and "legal_form" not in fields:
        yield _out_of(branch, own, name="legal_form", whole="name")


def _out_of(branch: Branch, own: Placed, *, name: str, whole: str) -> FieldLineage:
    field = own.entry.fields[whole]
    rule = field.rule or own.entry.rule or branch.rule
    return FieldLineage(own.target(name), source_columns(field), f"out of {own.entry.kind}.{whole}", rule)


def source_columns(field: FieldRule) -> tuple[str, ...]:
    """Headers a field takes its value from, and those its conditions look at, each once."""
    found = [field.from_] if field.from_ is not None else []
    found += step_columns(field.transform)
    found += [] if field.lookup is None else [field.lookup[2]]
    for _, sql in expressions_of(field):
        found += sorted(parse_expression(sql).columns)
    return tuple(dict.fromkeys(found))


def _how(field: FieldRule, ftype: FieldType) -> str:
    steps = [_start(field), *map(str, field.transform)]
    if field.pad_left is not None:
        condition = "" if field.pad_left.when is None else f" when {field.pad_left.when}"
        steps.append(f"filled up on the left to {field.pad_left.to} with '{field.pad_left.with_}'{condition}")
    if field.code_table is not None:
        steps.append(f"code table {field.code_table}")
    if ftype is not FieldType.TEXT:
        steps.append(f"read as {ftype}")
    if field.sentinels:
        steps.append(f"without {', '.join(map(str, field.sentinels))}")
    return ", ".join(step for step in steps if step) or "as found"


def _start(field: FieldRule) -> str:
    if field.const is not None:
        return f"always '{field.const}'"
    if field.lookup is not None and field.take is not None:
        by = "key" if field.by is None else field.by
        return f"{field.take} of {field.lookup[0]}.{field.lookup[1]} with this {by}"
    if field.lookup is not None:
        return f"record of {field.lookup[0]}.{field.lookup[1]} with this key"
    return "" if field.expr is None else field.expr
